/**
 * @file The plot of the benchmark as an SVG text: GFLOP/s over size, both axes logarithmic. Square products are
 * joined by lines; the others stand at the size of the square product with as many operations. Pure.
 */
import { isSquare, type Product } from './products.ts';
import type { Outcome, Rate, Row } from './report.ts';
import {
  binaryTicks,
  circle,
  decimalTicks,
  diamond,
  element,
  FRAME,
  GRID,
  logScale,
  number,
  picture,
  type Scale,
  SOFT,
  text,
  WARNING,
} from './svg.ts';

const WIDTH = 880;
const HEIGHT = 560;
const BOX = { left: 84, right: WIDTH - 28, top: 132, bottom: HEIGHT - 92 };
const LABEL_HEIGHT = 16;
const RADIUS = 5;

const SERIES = [
  { key: 'webgpu', name: 'WebGPU', color: '#1d4ed8', marker: circle },
  { key: 'cpu', name: 'CPU device', color: '#c2410c', marker: diamond },
] as const;

/** The side of the cube with as many multiplications. */
export function sizeOf({ m, k, n }: Product): number {
  return Math.cbrt(m * k * n);
}

function axes(xTicks: readonly number[], yTicks: readonly number[], x: Scale, y: Scale): string[] {
  const { left, right, top, bottom } = BOX;
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return [
    ...xTicks.flatMap((tick) => [
      element('line', { x1: x(tick), y1: top, x2: x(tick), y2: bottom, stroke: GRID }),
      text(x(tick), bottom + 22, String(tick), { 'text-anchor': 'middle' }),
    ]),
    ...yTicks.flatMap((tick) => [
      element('line', { x1: left, y1: y(tick), x2: right, y2: y(tick), stroke: GRID }),
      text(left - 10, y(tick) + 5, tick.toLocaleString('en-US', { maximumFractionDigits: 6 }), {
        'text-anchor': 'end',
      }),
    ]),
    element('rect', {
      x: left,
      y: top,
      width: right - left,
      height: bottom - top,
      fill: 'none',
      stroke: FRAME,
    }),
    text(middle.x, bottom + 48, 'size n of the product n×n · n×n', { 'text-anchor': 'middle' }),
    text(24, middle.y, 'GFLOP/s', {
      'text-anchor': 'middle',
      transform: `rotate(-90 24 ${number(middle.y)})`,
    }),
  ];
}

/** A dotted line for each product that is not square, with its name on top; names that would meet take another row. */
function guides(rows: readonly Row[], x: Scale): string[] {
  const ends: number[] = [];
  const others = rows.filter((row) => !isSquare(row)).sort((a, b) => sizeOf(a) - sizeOf(b));
  return others.flatMap((row) => {
    const name = `${row.m}×${row.k}×${row.n}`;
    const half = name.length * 3.9;
    const at = x(sizeOf(row));
    const middle = Math.min(Math.max(at, BOX.left + half + 4), BOX.right - half - 4);
    let level = ends.findIndex((end) => end < middle - half);
    if (level < 0) level = ends.length;
    ends[level] = middle + half + 8;
    const y = BOX.top + 18 + level * LABEL_HEIGHT;
    return [
      element('line', {
        x1: at,
        y1: y + 6,
        x2: at,
        y2: BOX.bottom,
        stroke: FRAME,
        'stroke-dasharray': '2 4',
      }),
      text(middle, y, name, {
        'text-anchor': 'middle',
        'font-size': 13,
        fill: SOFT,
        stroke: '#ffffff',
        'stroke-width': 4,
        'paint-order': 'stroke', // a white rim, which keeps the grid out of the letters
      }),
    ];
  });
}

function series(rows: readonly Row[], { key, color, marker }: (typeof SERIES)[number], x: Scale, y: Scale) {
  const place = (row: Row) => `${number(x(sizeOf(row)))},${number(y(row[key].gflops))}`;
  const squares = rows.filter(isSquare).sort((a, b) => a.m - b.m);
  const line = element('polyline', {
    points: squares.map(place).join(' '),
    fill: 'none',
    stroke: color,
    'stroke-width': 2,
  });
  // Hollow ones are larger and lie below, so that none is hidden.
  const point = (row: Row) => {
    const at = x(sizeOf(row));
    const { gflops, low, high } = row[key];
    const [fill, radius] = isSquare(row) ? [color, RADIUS] : ['#ffffff', 1.5 * RADIUS];
    return [
      element('line', { x1: at, y1: y(low), x2: at, y2: y(high), stroke: color, 'stroke-width': 2 }),
      marker(at, y(gflops), radius, { fill, stroke: color, 'stroke-width': 2 }),
    ];
  };
  const others = rows.filter((row) => !isSquare(row));
  return [...others.flatMap(point), ...(squares.length > 1 ? [line] : []), ...squares.flatMap(point)];
}

function legend(): string[] {
  return SERIES.flatMap(({ name, color, marker }, i) => {
    const left = BOX.left + i * 130;
    const y = BOX.top - 20;
    return [
      element('line', { x1: left, y1: y, x2: left + 30, y2: y, stroke: color, 'stroke-width': 2 }),
      marker(left + 15, y, RADIUS, { fill: color, stroke: color, 'stroke-width': 2 }),
      text(left + 38, y + 5, name),
    ];
  });
}

/** The whole picture. */
export function plotSvg({ adapter, software, rows }: Pick<Outcome, 'adapter' | 'software' | 'rows'>): string {
  if (rows.length === 0) throw new RangeError('plotSvg: nothing to draw');
  const rates: Rate[] = rows.flatMap((row) => [row.webgpu, row.cpu]);
  const others = rows.filter((row) => !isSquare(row));
  const low = Math.min(...rates.map((r) => r.low)) / 1.6;
  // The names of the other products have the room on top to themselves.
  const high = Math.max(...rates.map((r) => r.high)) * (others.length > 0 ? 2.2 : 1.6);
  const sizes = rows.map(sizeOf);
  // With room enough on either side for a power of two on any axis.
  const [smallest, largest] = [Math.min(...sizes) / 1.45, Math.max(...sizes) * 1.45];
  const x = logScale(smallest, largest, BOX.left, BOX.right);
  const y = logScale(low, high, BOX.bottom, BOX.top);
  const note = [
    'Medians; bars: quartiles.',
    ...(others.length > 0 ? ['Hollow: m×k×n, not square, at n = ∛(m·k·n).'] : []),
  ].join(' ');
  const body = [
    text(BOX.left, 38, 'Matrix products in float32, WebGPU against CPU', {
      'font-size': 20,
      'font-weight': '600',
    }),
    text(BOX.left, 62, `tapegrad in Chrome; adapter: ${adapter}`, { fill: SOFT }),
    ...(software
      ? [text(BOX.left, 84, 'A software adapter: this says nothing about a real GPU.', { fill: WARNING })]
      : []),
    ...legend(),
    ...axes(binaryTicks(smallest, largest), decimalTicks(low, high), x, y),
    ...guides(rows, x),
    ...SERIES.flatMap((s) => series(rows, s, x, y)),
    text(BOX.left, HEIGHT - 16, note, { 'font-size': 13, fill: SOFT }),
  ];
  const title = `Matrix products on ${adapter} and on the CPU device: GFLOP/s over size`;
  return picture(WIDTH, HEIGHT, title, body);
}
