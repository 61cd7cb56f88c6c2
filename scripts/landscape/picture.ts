/** @file Landscapes as SVG: filled contours on a logarithmic scale, and the way that a training took. Pure. */
import { contours } from 'd3-contour';
import {
  circle,
  decimalTicks,
  element,
  INK,
  number,
  picture,
  type Scale,
  SOFT,
  text,
} from '../../bench/svg.ts';
import { viridis } from '../../src/landscape/colors.ts';
import { type LogScale, logScale } from '../../src/landscape/log_scale.ts';
import type { Drawn } from './session.ts';

/** What a panel says of itself. */
export interface Panel {
  readonly drawn: Drawn;
  readonly title: string;
  /** What lies along the two directions. */
  readonly axes: readonly [horizontal: string, vertical: string];
}

const SIDE = 380;
const BANDS = 24;
const LEFT = 70;
const TOP = 60;
const GAP = 90;
const BAR = 16;

const fill = (position: number): string => `rgb(${viridis(position).join(',')})`;

/** The bands between contour lines, one on another, from the lowest up. */
function bands({ alphas, losses }: Drawn, scale: LogScale, across: Scale, up: Scale): string[] {
  const size = alphas.length;
  const positions = losses.map((loss) => scale.position(loss ?? Infinity));
  const levels = Array.from({ length: BANDS }, (_, k) => k / BANDS);
  return contours()
    .size([size, size])
    .thresholds(levels)(positions)
    .map(({ value, coordinates }) => {
      const ring = (points: readonly number[][]) =>
        `M${points.map(([x = 0, y = 0]) => `${number(across(x - 0.5))} ${number(up(y - 0.5))}`).join('L')}Z`;
      const d = coordinates.flat().map(ring).join('');
      const look = {
        fill: fill(value + 0.5 / BANDS),
        stroke: '#000000',
        'stroke-opacity': 0.25,
        'stroke-width': 0.6,
      };
      return element('path', { d, ...look });
    });
}

const linear = (low: number, high: number, from: number, to: number): Scale => {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
};

function pathOf({ alphas, betas, path }: Drawn, across: Scale, up: Scale): string[] {
  if (!path) return [];
  const [x, y] = [
    linear(alphas[0] as number, alphas.at(-1) as number, across(0), across(alphas.length - 1)),
    linear(betas[0] as number, betas.at(-1) as number, up(0), up(betas.length - 1)),
  ];
  const places = path.alphas.map((alpha, k) => [x(alpha), y(path.betas[k] as number)] as const);
  const points = places.map(([px, py]) => `${number(px)},${number(py)}`).join(' ');
  const white = { stroke: '#ffffff', 'stroke-width': 1.5 };
  return [
    element('polyline', { points, fill: 'none', ...white }),
    ...places.map(([px, py], k) =>
      circle(px, py, k === 0 ? 5 : 2, k === 0 ? { fill: 'none', ...white } : { fill: '#ffffff' }),
    ),
  ];
}

function panelOf({ drawn, title, axes }: Panel, scale: LogScale, left: number, id: string): string[] {
  const size = drawn.alphas.length;
  const across = linear(0, size - 1, left, left + SIDE);
  const up = linear(0, size - 1, TOP + SIDE, TOP);
  const frame = { x: left, y: TOP, width: SIDE, height: SIDE };
  const small = { 'font-size': 12, fill: SOFT };
  const ends = (values: readonly number[]) =>
    [values[0] as number, values.at(-1) as number].map((v) => v.toPrecision(2));
  const [west = '', east = ''] = ends(drawn.alphas);
  const [south = '', north = ''] = ends(drawn.betas);
  const middle = TOP + SIDE / 2;
  return [
    element('clipPath', { id }, element('rect', frame)),
    element(
      'g',
      { 'clip-path': `url(#${id})` },
      [...bands(drawn, scale, across, up), ...pathOf(drawn, across, up)].join('\n'),
    ),
    text(left, TOP - 14, title, { 'font-weight': 600 }),
    text(left, TOP + SIDE + 18, west, small),
    text(left + SIDE, TOP + SIDE + 18, east, { ...small, 'text-anchor': 'end' }),
    text(left + SIDE / 2, TOP + SIDE + 18, axes[0], { ...small, 'text-anchor': 'middle' }),
    text(left - 8, TOP + SIDE, south, { ...small, 'text-anchor': 'end' }),
    text(left - 8, TOP + 10, north, { ...small, 'text-anchor': 'end' }),
    text(left - 12, middle, axes[1], {
      ...small,
      'text-anchor': 'middle',
      transform: `rotate(-90 ${left - 12} ${middle})`,
    }),
  ];
}

/** What the colours mean. */
function legend(scale: LogScale, left: number): string[] {
  const y = (loss: number) => TOP + SIDE * (1 - scale.position(loss));
  const height = SIDE / BANDS;
  const steps = Array.from({ length: BANDS }, (_, k) =>
    element('rect', {
      x: left,
      y: TOP + SIDE - (k + 1) * height,
      width: BAR,
      height: height + 0.5,
      fill: fill((k + 0.5) / BANDS),
    }),
  );
  const ticks = decimalTicks(scale.low, scale.high);
  const kept = ticks.filter((_, k) => k % Math.ceil(ticks.length / 10) === 0);
  return [
    ...steps,
    ...kept.map((loss) =>
      text(left + BAR + 6, y(loss) + 4, loss >= 1e4 ? loss.toExponential() : String(loss), {
        'font-size': 12,
        fill: INK,
      }),
    ),
    text(left, TOP - 14, 'loss', { 'font-size': 12, fill: SOFT }),
  ];
}

/** Landscapes beside each other, on one scale. */
export function landscapeSvg(title: string, panels: readonly Panel[]): string {
  const scale = logScale(panels.flatMap(({ drawn }) => drawn.losses.map((loss) => loss ?? Infinity)));
  const step = SIDE + GAP;
  const bar = LEFT + panels.length * step - GAP + 20;
  return picture(bar + 80, TOP + SIDE + 40, title, [
    text(LEFT, 24, title, { 'font-size': 16, 'font-weight': 600 }),
    ...panels.flatMap((panel, k) => panelOf(panel, scale, LEFT + k * step, `frame${k}`)),
    ...legend(scale, bar),
  ]);
}
