/** @file What was taken for what: a table of counts, whose cells show the digits behind them. */
import { follow, number, t, text } from '../i18n/language.ts';
import { h, onClick } from '../ui/dom.ts';
import { paintInk } from '../ui/pictures.ts';
import { PIXELS, type Split } from './data.ts';

const MOST = 24;
const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export interface Confusion {
  readonly element: HTMLElement;
  /** What was read in each digit of the test. */
  set(read: Uint8Array): void;
}

export function confusion({ inputs, labels }: Split): Confusion {
  let read: Uint8Array | undefined;
  let chosen: readonly [number, number] | undefined;
  const caption = h('caption');
  const head = h('thead');
  const buttons = TEN.map(() => TEN.map(() => h('button', { type: 'button', disabled: true }, '')));
  const body = h(
    'tbody',
    {},
    ...buttons.map((row, a) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, String(a)),
        ...row.map((button, r) => h('td', a === r ? { class: 'right' } : {}, button)),
      ),
    ),
  );
  const title = h('p', { class: 'note', role: 'status' });
  const examples = h('div', { class: 'examples' });

  const indices = ([a, r]: readonly [number, number]): number[] =>
    [...labels.keys()].filter((i) => labels[i] === a && read?.[i] === r);

  const showExamples = () => {
    if (!chosen) {
      title.textContent = t('noExamples');
      return;
    }
    const found = indices(chosen);
    const [actual, taken] = chosen;
    const values = { count: number(found.length), shown: MOST, actual, read: taken };
    title.textContent = t(found.length > MOST ? 'examplesMore' : 'examples', values);
    examples.replaceChildren(
      ...found.slice(0, MOST).map((i) => {
        const canvas = h('canvas', {
          width: 16,
          height: 16,
          class: 'pixels',
          role: 'img',
          'aria-label': `${actual} → ${taken}`,
        });
        paintInk(canvas, inputs.subarray(i * PIXELS, (i + 1) * PIXELS));
        return canvas;
      }),
    );
  };

  const showCounts = () => {
    caption.textContent = `${t('actual')} ↓  ${t('read')} →`;
    head.replaceChildren(h('tr', {}, h('td'), ...TEN.map((r) => h('th', { scope: 'col' }, String(r)))));
    const counts = TEN.map(() => TEN.map(() => 0));
    labels.forEach((a, i) => {
      const row = counts[a] as number[];
      const taken = read?.[i];
      if (taken !== undefined) row[taken] = (row[taken] ?? 0) + 1;
    });
    buttons.forEach((row, a) => {
      const all = (counts[a] as number[]).reduce((sum, n) => sum + n, 0);
      row.forEach((button, r) => {
        const count = counts[a]?.[r] ?? 0;
        const part = all === 0 ? 0 : count / all;
        button.textContent = count === 0 ? '' : number(count);
        button.disabled = count === 0;
        button.style.setProperty('--part', Math.sqrt(part).toFixed(3));
        button.setAttribute('aria-label', t('cell', { count: number(count), actual: a, read: r }));
      });
    });
    showExamples();
  };

  buttons.forEach((row, a) => {
    row.forEach((button, r) => {
      onClick(button, () => {
        chosen = [a, r];
        showExamples();
      });
    });
  });
  follow(showCounts);
  const element = h(
    'div',
    { class: 'card' },
    h('h3', {}, text('confusionHeading')),
    h('p', { class: 'note' }, text('confusionIntro')),
    h(
      'div',
      { class: 'beside' },
      h('div', { class: 'scroll' }, h('table', { class: 'confusion' }, caption, head, body)),
      h('div', { class: 'fields' }, title, examples),
    ),
  );
  return {
    element,
    set(now) {
      read = now;
      showCounts();
    },
  };
}
