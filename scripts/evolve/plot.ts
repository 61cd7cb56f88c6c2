/** @file The picture of a search: accuracy over parameters of all finished nets, and the fronts. Pure. */
import {
  circle,
  decimalTicks,
  element,
  FRAME,
  GRID,
  logScale,
  number,
  picture,
  SOFT,
  text,
} from '../../bench/svg.ts';
import type { Individual } from '../../src/evolve.ts';
import type { SessionResult } from './session.ts';

const WIDTH = 880;
const HEIGHT = 520;
const BOX = { left: 84, right: WIDTH - 28, top: 96, bottom: HEIGHT - 72 };

const SERIES = [
  { key: 'random', name: 'random search', color: '#9a6700' },
  { key: 'evolution', name: 'evolution', color: '#1d4ed8' },
] as const;

/** Round accuracies between two. */
function ticksBetween(low: number, high: number): number[] {
  const step = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1].find((s) => (high - low) / s <= 8) ?? 0.2;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step);
  return ticks;
}

export function frontPlot(result: Pick<SessionResult, 'evolution' | 'random'>): string {
  const finished = (list: readonly Individual[]) =>
    list.filter((one) => one.finished && !Number.isNaN(one.accuracy));
  const all = SERIES.flatMap(({ key }) => finished(result[key].individuals));
  const sizes = all.map(({ parameters }) => parameters);
  const [least, most] = [Math.min(...sizes) * 0.9, Math.max(...sizes) * 1.1];
  const sorted = all.map(({ accuracy }) => accuracy).sort((a, b) => a - b);
  // The worst tenth would press the rest together.
  const low = sorted[Math.floor(sorted.length / 10)] as number;
  const high = sorted.at(-1) as number;
  const x = logScale(least, most, BOX.left, BOX.right);
  const y = (value: number) =>
    BOX.bottom - ((value - low) / (high - low || 1)) * (BOX.bottom - BOX.top) * 0.96;
  const lines = [
    ...decimalTicks(least, most).flatMap((tick) => [
      element('line', { x1: x(tick), x2: x(tick), y1: BOX.top, y2: BOX.bottom, stroke: GRID }),
      text(x(tick), BOX.bottom + 22, tick.toLocaleString('en'), { 'text-anchor': 'middle', fill: SOFT }),
    ]),
    ...ticksBetween(low, high).flatMap((tick) => [
      element('line', { x1: BOX.left, x2: BOX.right, y1: y(tick), y2: y(tick), stroke: GRID }),
      text(BOX.left - 10, y(tick) + 5, `${(100 * tick).toFixed(1)} %`, { 'text-anchor': 'end', fill: SOFT }),
    ]),
  ];
  const frame = element('rect', {
    x: BOX.left,
    y: BOX.top,
    width: BOX.right - BOX.left,
    height: BOX.bottom - BOX.top,
    fill: 'none',
    stroke: FRAME,
  });
  const series = SERIES.flatMap(({ key, color }) => {
    const { individuals, front, best } = result[key];
    const dots = finished(individuals)
      .filter(({ accuracy }) => accuracy >= low)
      .map((one) => circle(x(one.parameters), y(one.accuracy), 3, { fill: color, opacity: 0.35 }));
    const visible = front.filter(({ accuracy }) => accuracy >= low);
    const points = visible.map((one) => `${number(x(one.parameters))},${number(y(one.accuracy))}`).join(' ');
    return [
      ...dots,
      element('polyline', { points, fill: 'none', stroke: color, 'stroke-width': 2 }),
      circle(x(best.parameters), y(best.accuracy), 7, { fill: 'none', stroke: color, 'stroke-width': 2 }),
    ];
  });
  const legend = SERIES.flatMap(({ name, color }, k) => [
    circle(BOX.left + 6 + 170 * k, 68, 5, { fill: color }),
    text(BOX.left + 18 + 170 * k, 73, name),
  ]);
  return picture(WIDTH, HEIGHT, 'Accuracy over parameters of nets that evolution and random search found', [
    text(BOX.left, 38, 'Nets for handwritten digits: accuracy on unseen digits over parameters', {
      'font-size': 18,
      'font-weight': 600,
    }),
    ...legend,
    text(BOX.left + 18 + 340, 73, 'lines: fronts; rings: the fittest', { fill: SOFT }),
    ...lines,
    frame,
    ...series,
    text((BOX.left + BOX.right) / 2, HEIGHT - 20, 'parameters', { 'text-anchor': 'middle', fill: SOFT }),
  ]);
}
