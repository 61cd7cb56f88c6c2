/** @file Nets one by one: the latest generation as diagrams, the chosen one with its family, and all of them in a table. */
import type { Individual } from 'tapegrad/evolve';
import { follow, type Key, number, t, text } from '../i18n/language.ts';
import { h, onClick } from '../ui/dom.ts';
import { diagram, structureText } from './diagram.ts';
import { byFitness, familyOf } from './layout.ts';

const percent = (accuracy: number): string =>
  Number.isNaN(accuracy) ? '–' : `${number(100 * accuracy, 1)} %`;

const nameOf = ({ id }: Individual): string => t('evolveNet', { net: number(id + 1) });

const MUTATED: Readonly<Record<string, Key>> = {
  widen: 'evolveWiden',
  narrow: 'evolveNarrow',
  deepen: 'evolveDeepen',
  shorten: 'evolveShorten',
  activation: 'evolveActivation',
  learningRate: 'evolveRate',
  l2: 'evolveL2',
};

/** How a net came to be, in words. */
function originText({ parents, mutations }: Individual): string {
  if (parents.length === 0) return t('evolveDrawn');
  const changes = mutations.map((name) => t(MUTATED[name] ?? 'evolveUnchanged'));
  return changes.length > 0 ? changes.join(t('comma')) : t('evolveUnchanged');
}

/** The button that chooses a net; the chosen one is pressed. */
function chooser(
  net: Individual,
  chosen: boolean,
  choose: (id: number) => void,
  ...children: readonly (Node | string)[]
) {
  return onClick(
    h('button', { type: 'button', 'aria-pressed': String(chosen), 'data-net': net.id }, ...children),
    () => choose(net.id),
  );
}

/** Shows other elements, and keeps the focus on the button of the same net. */
function renew(place: HTMLElement, ...children: readonly HTMLElement[]): void {
  const focused = place.contains(document.activeElement)
    ? document.activeElement?.closest<HTMLElement>('[data-net]')?.dataset.net
    : undefined;
  place.replaceChildren(...children);
  if (focused !== undefined) place.querySelector<HTMLElement>(`[data-net="${focused}"]`)?.focus();
}

/** The latest generation, the fittest first. */
export function generationCard(choose: (id: number) => void) {
  const heading = h('h3');
  const list = h('div', { class: 'nets' });
  return {
    element: h(
      'div',
      { class: 'card wide' },
      heading,
      h('p', { class: 'note' }, text('evolveDiagramNote')),
      list,
    ),
    set(nets: readonly Individual[], parents: readonly number[], chosen: number | undefined) {
      const generation = nets.at(-1)?.generation;
      heading.textContent =
        generation === undefined
          ? t('evolveNone')
          : t('evolveGeneration', { generation: number(generation + 1) });
      const latest = nets.filter((net) => net.generation === generation).sort(byFitness);
      renew(
        list,
        ...latest.map((net) =>
          chooser(
            net,
            net.id === chosen,
            choose,
            diagram(net.member.hidden, [120, 56]),
            h('span', {}, structureText(net.member.hidden)),
            h('b', {}, percent(net.accuracy)),
            h('span', { class: 'note' }, t('evolveParameters', { parameters: number(net.parameters) })),
            h(
              'span',
              { class: 'note' },
              parents.includes(net.id)
                ? `✓ ${t('evolveStays')}`
                : t(net.finished ? 'evolveGoes' : 'evolveFell'),
            ),
          ),
        ),
      );
    },
  };
}

/** The chosen net, or the fittest: its structure, its numbers, and whom it comes from. */
export function chosenCard(choose: (id: number) => void, further: (id: number) => void) {
  const element = h('div', { class: 'card', id: 'chosen' });
  return {
    element,
    set(
      nets: readonly Individual[],
      chosen: number | undefined,
      { kept, winner }: { readonly kept: boolean; readonly winner: boolean },
    ) {
      const net = nets[chosen ?? -1];
      if (!net) {
        element.replaceChildren(h('h3', {}, t('evolveFittest')), h('p', { class: 'note' }, t('evolveNone')));
        return;
      }
      const { member, accuracy, parameters, epochs, inherited, generation } = net;
      const facts: readonly (readonly [Key, string])[] = [
        ['evolveStructure', `256 → ${structureText(member.hidden)} → 10`],
        ['evolveRight', percent(accuracy)],
        ['evolveWeights', number(parameters)],
        ['learningRate', String(member.learningRate)],
        ['l2', member.l2 === 0 ? t('none') : String(member.l2)],
        [
          'evolveTrained',
          t('evolveEpochs', {
            epochs: number(epochs),
            inherited: number(inherited),
            generation: number(generation + 1),
          }),
        ],
      ];
      const family = familyOf(nets, net.id);
      renew(
        element,
        h('h3', {}, winner ? t('evolveWinner', { net: number(net.id + 1) }) : nameOf(net)),
        h('figure', {}, diagram(member.hidden, [320, 120]) as unknown as HTMLElement),
        h(
          'dl',
          { class: 'facts' },
          ...facts.flatMap(([key, value]) => [h('dt', {}, t(key)), h('dd', {}, value)]),
        ),
        h(
          'div',
          {},
          onClick(
            h(
              'button',
              { type: 'button', class: 'main', 'data-net': 'further' },
              t(winner ? 'evolveFurther' : kept ? 'evolveFurtherNet' : 'evolveFurtherAnew'),
            ),
            () => further(net.id),
          ),
        ),
        ...(kept ? [] : [h('p', { class: 'note' }, t('evolveForgotten'))]),
        h('h3', {}, t('evolveFamilyOf')),
        h(
          'ol',
          { class: 'family' },
          ...family.map((one) =>
            h(
              'li',
              {},
              chooser(one, one.id === net.id, choose, nameOf(one)),
              h('span', {}, `${percent(one.accuracy)} · ${originText(one)}`),
            ),
          ),
        ),
      );
    },
  };
}

/** All nets, the fittest first: what the picture shows, for those who do not see it. */
export function netsTable(choose: (id: number) => void) {
  const summary = h('summary', {}, text('table'));
  const head = h('tr');
  const body = h('tbody');
  const details = h(
    'details',
    {},
    summary,
    h('div', { class: 'scroll tall' }, h('table', {}, h('thead', {}, head), body)),
  );
  let shown: { readonly nets: readonly Individual[]; readonly chosen: number | undefined } = {
    nets: [],
    chosen: undefined,
  };
  const fill = () => {
    if (!details.open) return;
    const { nets, chosen } = shown;
    renew(
      body,
      ...[...nets]
        .sort(byFitness)
        .map((net) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, chooser(net, net.id === chosen, choose, nameOf(net))),
            h('td', {}, percent(net.accuracy)),
            h('td', {}, number(net.parameters)),
            h('td', {}, structureText(net.member.hidden)),
            h('td', {}, number(net.generation + 1)),
            h('td', {}, net.parents.map((id) => number(id + 1)).join() || '–'),
          ),
        ),
    );
  };
  follow(() => {
    head.replaceChildren(
      ...(
        [
          'evolveNetColumn',
          'evolveRight',
          'evolveWeights',
          'evolveStructure',
          'evolveGenerationColumn',
          'evolveParent',
        ] as const
      ).map((key) => h('th', { scope: 'col' }, t(key))),
    );
  });
  details.addEventListener('toggle', fill);
  return {
    element: details,
    set(nets: readonly Individual[], chosen: number | undefined) {
      shown = { nets, chosen };
      fill();
    },
  };
}
