/** @file The section of the structure search: what is shown of it, and what is asked of the worker. */
import type { Individual } from 'tapegrad/evolve';
import { type Digits, loadDigits } from '../digits/data.ts';
import { follow, number, t, text } from '../i18n/language.ts';
import { readAddress, writeAddress } from '../ui/address.ts';
import { h, onClick } from '../ui/dom.ts';
import { offer } from '../ui/handoff.ts';
import { pauseWhenHidden } from '../ui/hiding.ts';
import { notices, placeText } from '../ui/notices.ts';
import { startWorker } from '../ui/start-worker.ts';
import { settingsFor } from './further.ts';
import type { FromEvolve, ToEvolve } from './messages.ts';
import { chosenCard, generationCard, netsTable } from './nets.ts';
import { legend, scatter } from './scatter.ts';
import {
  AT_ONCE,
  type Choice,
  COSTS,
  COUNTS,
  choiceOf,
  digitsFor,
  JUDGES,
  queryOfChoice,
  SPACE,
} from './space.ts';

export function evolveSection(): HTMLElement {
  const notice = notices();
  const intro = h('p', { class: 'lead' });
  follow(() => {
    intro.textContent = t('evolveIntro', {
      parents: number(SPACE.parents),
      children: number(SPACE.children),
    });
  });
  const content = h('div');
  const begin = async () => {
    notice.set(() => t('loading', { percent: 0 }));
    try {
      const digits = await loadDigits((part) =>
        notice.set(() => t('loading', { percent: number(100 * part) })),
      );
      notice.set(() => t('starting'));
      content.replaceChildren(search(digits, notice));
    } catch (error) {
      notice.set(() => t('loadFailed', { reason: (error as Error).message }), true);
      content.replaceChildren(
        onClick(h('button', { type: 'button' }, text('retry')), () => {
          content.replaceChildren();
          void begin();
        }),
      );
    }
  };
  void begin();
  return h(
    'section',
    { 'aria-labelledby': 'evolve-heading' },
    h('h2', { id: 'evolve-heading' }, text('evolveHeading')),
    intro,
    notice.element,
    content,
  );
}

function search(digits: Digits, notice: ReturnType<typeof notices>): HTMLElement {
  const worker = startWorker('evolve');
  const send = (message: ToEvolve) => worker.postMessage(message);
  let choice = choiceOf(readAddress());
  let nets: Individual[] = [];
  let parents: readonly number[] = [];
  let front: readonly number[] = [];
  let kept: ReadonlySet<number> = new Set();
  let generation = 0;
  let seconds: number | undefined;
  let running = false;
  /** Whether what the worker says is of the search before: until the new one has begun. */
  let stale = true;
  /** The net that the visitor has chosen; else the fittest is shown. */
  let chosen: number | undefined;
  const winner = () => parents[0];

  const play = h('button', { type: 'button', class: 'main', disabled: true });
  const anew = h('button', { type: 'button', disabled: true }, text('evolveAnew'));
  const doing = h('p', { class: 'note', id: 'evolve-doing' });
  const live = h('p', { class: 'unseen', role: 'status' });
  const figures = {
    evolveGenerations: h('b', { id: 'generations' }),
    evolveTried: h('b'),
    evolveBest: h('b', { id: 'best' }),
    evolveSize: h('b'),
    evolveSeconds: h('b'),
  };
  const choose = (id: number) => {
    chosen = id;
    show();
  };
  const picture = scatter(choose);
  const table = netsTable(choose);
  const latest = generationCard(choose);
  const card = chosenCard(choose, (id) => {
    if (running) setRunning(false);
    send({ type: 'weights', id });
  });

  const show = () => {
    play.textContent = t(running ? 'pause' : generation === 0 ? 'evolveStart' : 'evolveOn');
    doing.textContent = running
      ? t('evolveDoing', { generation: number(generation + 1), children: number(SPACE.children) })
      : t(generation === 0 ? 'evolveReady' : 'evolvePaused', { generation: number(generation) });
    const best = nets[winner() ?? -1];
    figures.evolveGenerations.textContent = number(generation);
    figures.evolveTried.textContent = number(nets.length);
    figures.evolveBest.textContent = best ? `${number(100 * best.accuracy, 1)} %` : '–';
    figures.evolveSize.textContent = best ? number(best.parameters) : '–';
    figures.evolveSeconds.textContent = seconds === undefined ? '–' : number(seconds, 1);
    const shown = chosen ?? winner();
    picture.set({ nets, front, chosen: shown });
    table.set(nets, shown);
    latest.set(nets, parents, shown);
    card.set(nets, shown, { kept: kept.has(shown ?? -1), winner: shown === winner() });
  };
  const setRunning = (now: boolean) => {
    running = now;
    send(now ? { type: 'run', until: generation + AT_ONCE } : { type: 'pause' });
    show();
  };
  const start = () => {
    [running, stale] = [false, true];
    [nets, parents, front, kept, generation] = [[], [], [], new Set(), 0];
    [seconds, chosen] = [undefined, undefined];
    send({
      type: 'start',
      backend: readAddress().get('device') === 'cpu' ? 'cpu' : 'auto',
      task: { digits: digitsFor(digits, choice.count), seed: choice.seed, cost: choice.cost },
    });
    show();
  };
  const handOver = (
    { id, member, accuracy }: Individual,
    layers: Extract<FromEvolve, { type: 'weights' }>['layers'],
  ) => {
    offer({
      settings: settingsFor(member),
      ...(layers.length > 0 ? { layers } : {}),
      say: () =>
        t(layers.length > 0 ? 'evolveHanded' : 'evolveHandedAnew', {
          net: number(id + 1),
          accuracy: number(100 * accuracy, 1),
          judges: number(JUDGES),
        }),
    });
    location.hash = 'digits';
  };

  const onMessage = (message: FromEvolve): void => {
    if (stale && (message.type === 'generation' || message.type === 'weights')) return;
    switch (message.type) {
      case 'device':
        notice.set(() => placeText(message.place), message.place.kind === 'cpu');
        play.disabled = anew.disabled = false;
        stale = false;
        return;
      case 'generation': {
        nets = [...nets, ...message.children];
        ({ parents, front, seconds } = message);
        kept = new Set(message.kept);
        generation = message.generation + 1;
        show();
        const best = nets[winner() ?? -1];
        if (best)
          live.textContent = t('evolveSaid', {
            generation: number(generation),
            accuracy: number(100 * best.accuracy, 1),
            parameters: number(best.parameters),
          });
        return;
      }
      case 'paused':
        running = false;
        show();
        return;
      case 'recovered':
        notice.set(
          () =>
            t('evolveRecovered', {
              generation: number(message.generation + 1),
              place: placeText(message.place),
            }),
          true,
        );
        return;
      case 'weights':
        if (nets[message.id]) handOver(nets[message.id] as Individual, message.layers);
        return;
      case 'failed':
        notice.add(() => t('failed', { reason: message.message }));
        return;
    }
  };
  worker.addEventListener('message', ({ data }: MessageEvent<FromEvolve>) => onMessage(data));
  worker.addEventListener('error', ({ message }) => notice.add(() => t('failed', { reason: message })));
  onClick(play, () => setRunning(!running));
  onClick(anew, start);
  pauseWhenHidden(() => running, setRunning);
  follow(show);
  start();

  const panel = choices(choice, (now) => {
    choice = now;
    writeAddress(queryOfChoice(choice));
    start();
  });
  return h(
    'div',
    { class: 'columns search' },
    h(
      'div',
      { class: 'card wide' },
      h('div', { class: 'row low' }, play, anew, ...panel),
      doing,
      live,
      h(
        'div',
        { class: 'figures' },
        ...Object.entries(figures).map(([key, value]) =>
          h('div', {}, value, h('span', {}, text(key as keyof typeof figures))),
        ),
      ),
    ),
    h(
      'figure',
      { class: 'card' },
      h('h3', {}, text('evolveScatter')),
      picture.element,
      h('figcaption', {}, text('evolveScatterNote'), legend()),
      table.element,
    ),
    card.element,
    latest.element,
  );
}

/** Seed, digits and cost, each with its label. */
function choices(start: Choice, onChange: (choice: Choice) => void): readonly HTMLElement[] {
  let choice = start;
  const change = (part: Partial<Choice>) => {
    choice = { ...choice, ...part };
    onChange(choice);
  };
  const field = (key: 'seed' | 'evolveCount' | 'evolveCost', control: HTMLElement) => {
    control.id = `evolve-${key}`;
    return h(
      'div',
      { class: 'labelled' },
      h('label', { for: control.id, class: 'note' }, text(key)),
      control,
    );
  };
  const select = (
    values: readonly number[],
    value: number,
    say: (value: number) => string,
    then: (value: number) => void,
  ) => {
    const element = h('select', {}, ...values.map((v) => h('option', { value: v })));
    follow(() => {
      values.forEach((v, k) => {
        (element.options[k] as HTMLOptionElement).textContent = say(v);
      });
    });
    element.value = String(value);
    element.addEventListener('change', () => then(values[element.selectedIndex] as number));
    return element;
  };
  const seed = h('input', { type: 'number', min: 0, max: 2 ** 32 - 1, step: 1, value: choice.seed });
  seed.addEventListener('change', () => {
    if (seed.validity.valid && seed.value !== '') change({ seed: Number(seed.value) });
    else seed.reportValidity();
  });
  return [
    field('seed', seed),
    field(
      'evolveCount',
      select(
        COUNTS,
        choice.count,
        (n) => number(n),
        (count) => change({ count }),
      ),
    ),
    field(
      'evolveCost',
      select(
        COSTS,
        choice.cost,
        (cost) => (cost === 0 ? t('none') : t('evolvePoints', { points: number(100_000 * cost, 2) })),
        (cost) => change({ cost }),
      ),
    ),
  ];
}
