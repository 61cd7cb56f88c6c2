/** @file The section of the line: one epoch at a time, every number in sight, held against the course's printed ones. */
import { follow, labelled, number, t, text } from '../i18n/language.ts';
import { readAddress, writeAddress } from '../ui/address.ts';
import { h, onClick } from '../ui/dom.ts';
import { startWorker } from '../ui/start-worker.ts';
import { deviation, type Epoch, LAST, NAMES, printedOf, type Values, XS, YS } from './course.ts';
import { figure } from './figure.ts';

/** The point whose way through the net is shown. */
const SHOWN = 13;

const times = (
  row: readonly number[],
  kernel: readonly (readonly number[])[],
  bias: readonly number[],
): number[] => bias.map((b, j) => row.reduce((sum, v, i) => sum + v * (kernel[i]?.[j] as number), b));

function forward(x: number, { w1, b1, w2, b2, w3, b3 }: Values): number[][] {
  const first = times([x], w1, b1[0] as number[]);
  const second = times(first, w2, b2[0] as number[]);
  return [[x], first, second, times(second, w3, b3[0] as number[])];
}

const short = (value: number): string => number(value, Math.abs(value) >= 100 ? 1 : 2);
const signed = (value: number): string => short(value).replace('-', '−');
const bracketed = (value: number): string => (value < 0 ? `(${signed(value)})` : signed(value));
const precise = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(3) : number(value, 6);

export function lineSection(): HTMLElement {
  let epochs: readonly Epoch[] = [];
  let at = Math.min(LAST, Math.max(0, Math.trunc(Number(readAddress().get('epoch') ?? 0)) || 0));
  const body = h('div', { class: 'columns' });
  const title = h('h3');
  const verdict = h('p', { role: 'status' });
  const slider = labelled(
    h('input', { type: 'range', min: 0, max: LAST, value: at, style: 'flex: 1 1 160px' }),
    'aria-label',
    'epochAxis',
  );
  const go = (epoch: number) => {
    at = Math.min(LAST, Math.max(0, epoch));
    slider.value = String(at);
    writeAddress({ epoch: at === 0 ? undefined : String(at) });
    show();
  };
  const button = (label: Node, epoch: () => number) =>
    onClick(h('button', { type: 'button' }, label), () => go(epoch()));
  const toEpoch = (epoch: number) => {
    const label = document.createTextNode('');
    follow(() => {
      label.data = t('toEpoch', { epoch });
    });
    return button(label, () => epoch);
  };
  slider.addEventListener('input', () => go(Number(slider.value)));

  function show(): void {
    const now = epochs[at];
    if (!now) return;
    title.textContent = t('epochIs', { epoch: number(at) });
    const printed = printedOf(at);
    const off = printed && deviation(now, printed);
    verdict.className = off === undefined ? 'note' : off <= 1 ? 'good' : 'bad';
    verdict.textContent =
      printed && off !== undefined
        ? off <= 1
          ? t('equalPrinted', { tolerance: printed.tolerance.weights })
          : t('unequalPrinted', { difference: off.toPrecision(3) })
        : t('notPrinted');
    const units = forward(XS[SHOWN] as number, now.weights);
    const back = units.map((layer) => layer.map(() => Number.NaN));
    const drawn = (
      key: 'forwardPass' | 'backwardPass',
      lines: Values,
      values: readonly (readonly number[])[],
    ) =>
      h(
        'figure',
        { class: 'card' },
        h('h3', {}, t(key, { x: XS[SHOWN] as number })),
        figure(lines, values, (v) => (Number.isNaN(v) ? '' : short(v))),
        h('figcaption', {}, t(key === 'forwardPass' ? 'netFigure' : 'gradientFigure')),
      );
    body.replaceChildren(
      drawn('forwardPass', now.weights, units),
      drawn('backwardPass', now.gradients, back),
      lossCard(now),
      predictions(now),
      weights(now),
    );
  }

  function lossCard({ predictions: p, loss }: Epoch): HTMLElement {
    const term = (i: number) => `(${signed(p[i] as number)} − ${bracketed(YS[i] as number)})²`;
    const mean =
      XS.map((_, i) => ((p[i] as number) - (YS[i] as number)) ** 2).reduce((a, b) => a + b, 0) / XS.length;
    return h(
      'div',
      { class: 'card wide' },
      h('h3', {}, t('lossFormula')),
      h('p', { class: 'formula' }, `L = 1/${XS.length} · Σ (ŷ − y)²`),
      h(
        'p',
        { class: 'formula' },
        `= 1/${XS.length} · [${term(0)} + ${term(1)} + … + ${term(XS.length - 1)}]`,
      ),
      h('p', { class: 'formula' }, `= ${precise(loss)}`),
      ...(Math.abs(mean - loss) <= 1e-5 * Math.max(1, loss) ? [] : [h('p', { class: 'bad' }, precise(mean))]),
    );
  }

  function predictions({ predictions: p }: Epoch): HTMLElement {
    const printed = printedOf(at)?.predictions;
    const head = (['input', 'target', 'prediction', ...(printed ? (['printed'] as const) : [])] as const).map(
      (key) => h('th', { scope: 'col' }, t(key)),
    );
    return h(
      'div',
      { class: 'card' },
      h(
        'div',
        { class: 'scroll', tabindex: 0, style: 'max-height: 340px; overflow: auto' },
        h(
          'table',
          {},
          h('caption', {}, t('predictionsTable')),
          h('thead', {}, h('tr', {}, ...head)),
          h(
            'tbody',
            {},
            ...XS.map((x, i) =>
              h(
                'tr',
                {},
                h('th', { scope: 'row' }, String(x)),
                h('td', {}, String(YS[i])),
                h('td', {}, precise(p[i] as number)),
                ...(printed ? [h('td', {}, precise(printed[i] as number))] : []),
              ),
            ),
          ),
        ),
      ),
    );
  }

  function weights(now: Epoch): HTMLElement {
    const printed = printedOf(at)?.weights;
    const head = (['name', 'value', 'gradient', ...(printed ? (['printed'] as const) : [])] as const).map(
      (key) => h('th', { scope: 'col' }, t(key)),
    );
    const lines = NAMES.flatMap((name) =>
      now.weights[name].flatMap((row, i) =>
        row.map((value, j) => {
          const place = name.startsWith('b') ? `[${j}]` : `[${i}, ${j}]`;
          return h(
            'tr',
            {},
            h('th', { scope: 'row' }, `${name}${place}`),
            h('td', {}, precise(value)),
            h('td', {}, precise(now.gradients[name][i]?.[j] as number)),
            ...(printed ? [h('td', {}, precise(printed[name][i]?.[j] as number))] : []),
          );
        }),
      ),
    );
    return h(
      'div',
      { class: 'card' },
      h(
        'div',
        { class: 'scroll', tabindex: 0, style: 'max-height: 340px; overflow: auto' },
        h(
          'table',
          {},
          h('caption', {}, t('weightsTable')),
          h('thead', {}, h('tr', {}, ...head)),
          h('tbody', {}, ...lines),
        ),
      ),
    );
  }

  follow(show);
  const worker = startWorker('line');
  worker.addEventListener('message', ({ data }: MessageEvent<readonly Epoch[]>) => {
    epochs = data;
    worker.terminate();
    show();
  });
  return h(
    'section',
    { 'aria-labelledby': 'line-heading' },
    h('h2', { id: 'line-heading' }, text('lineHeading')),
    h('p', { class: 'lead' }, text('lineIntro')),
    h(
      'div',
      { class: 'row' },
      button(text('toStart'), () => 0),
      button(text('back'), () => at - 1),
      onClick(h('button', { type: 'button', class: 'main' }, text('forward')), () => go(at + 1)),
      toEpoch(5),
      toEpoch(LAST),
      slider,
    ),
    title,
    verdict,
    body,
  );
}
