/** @file A net as a small diagram: a bar for each hidden layer, as high as it has units, between the inputs and the outputs. */
import type { HiddenLayer } from 'tapegrad/evolve';
import { number, t } from '../i18n/language.ts';
import { svg } from '../ui/dom.ts';
import { type Bar, barsOf } from './layout.ts';
import { SPACE } from './space.ts';

const BAR = 10;

/** What the layers are, in words. */
export const structureText = (hidden: readonly HiddenLayer[]): string =>
  hidden
    .map(({ units, activation }) => `${number(units)} ${t(activation as (typeof SPACE.activations)[number])}`)
    .join(' → ');

/** Lines from everything in one layer to everything in the next, as one shape. */
const between = (a: Bar, b: Bar): SVGElement =>
  svg('polygon', {
    points: [
      [a.x, a.y],
      [b.x, b.y],
      [b.x, b.y + b.height],
      [a.x, a.y + a.height],
    ]
      .map((point) => point.map((v) => v.toFixed(1)).join())
      .join(' '),
    class: 'lines',
  });

export function diagram(
  hidden: readonly HiddenLayer[],
  [width, height]: readonly [number, number],
): SVGSVGElement {
  const box = { left: 0, right: width, top: 2, bottom: height - 2 };
  const bars = barsOf(
    hidden.map(({ units }) => units),
    box,
    SPACE.maxUnits,
  );
  const [inputs] = barsOf([SPACE.maxUnits], box, SPACE.maxUnits) as [Bar];
  const [outputs] = barsOf([SPACE.outputs], box, SPACE.maxUnits) as [Bar];
  const all = [{ ...inputs, x: 0 }, ...bars, { ...outputs, x: width }];
  return svg(
    'svg',
    { class: 'diagram', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': true },
    ...all.slice(1).map((bar, k) => between(all[k] as Bar, bar)),
    ...bars.map(({ x, y, height: h }) =>
      svg('rect', { x: x - BAR / 2, y, width: BAR, height: h, rx: 2, class: 'layer' }),
    ),
  );
}
