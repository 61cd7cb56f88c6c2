/**
 * @file The plots of the race, as SVG texts: GFLOP/s of products over their size, training steps per second, and the
 * roofline, which holds every kernel against what the adapter can do at best. Pure.
 */
import {
  type Attributes,
  binaryTicks,
  circle,
  decimalTicks,
  diamond,
  element,
  FRAME,
  GRID,
  logScale,
  picture,
  type Scale,
  SOFT,
  text,
  WARNING,
} from '../svg.ts';
import { type Entry, medianOf, type Outcome, type Result } from './results.ts';

const WIDTH = 880;
const HEIGHT = 520;
const BOX = { left: 84, right: WIDTH - 28, top: 132, bottom: HEIGHT - 66 };
const RADIUS = 4;

type Marker = (x: number, y: number, radius: number, look: Attributes) => string;

const square: Marker = (x, y, radius, look) =>
  element('rect', { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius, ...look });
const triangle: Marker = (x, y, radius, look) =>
  element('path', {
    d: `M${x} ${y - 1.3 * radius}l${1.3 * radius} ${2.3 * radius}h${-2.6 * radius}z`,
    ...look,
  });

/** The same look for a library in every plot. */
const LIBRARIES: readonly { readonly library: string; readonly color: string; readonly marker: Marker }[] = [
  { library: 'tapegrad', color: '#1d4ed8', marker: circle },
  { library: 'jax-js', color: '#c2410c', marker: diamond },
  { library: 'tfjs', color: '#15803d', marker: square },
  { library: 'ort', color: '#7e22ce', marker: triangle },
];

type About = Pick<Outcome, 'adapter' | 'software'>;

function heading(title: string, { adapter, software }: About, legend = true): string[] {
  const warning = software ? ['A software adapter: this says nothing about a real GPU.'] : [];
  return [
    text(BOX.left, 34, title, { 'font-size': 20, 'font-weight': '600' }),
    text(BOX.left, 58, `In Chrome; adapter: ${adapter}`, { fill: SOFT }),
    ...warning.map((line) => text(BOX.left, 80, line, { fill: WARNING })),
    ...(legend ? LIBRARIES : []).flatMap(({ library, color, marker }, i) => {
      const x = BOX.left + i * 120;
      return [
        marker(x + 6, BOX.top - 20, RADIUS + 1, { fill: color, stroke: color }),
        text(x + 20, BOX.top - 15, library),
      ];
    }),
  ];
}

interface Axis {
  readonly label: string;
  readonly ticks: readonly number[];
  readonly scale: Scale;
}

const tickText = (tick: number) => tick.toLocaleString('en-US', { maximumFractionDigits: 6 });

function axes(x: Axis, y: Axis): string[] {
  const { left, right, top, bottom } = BOX;
  const middle = (top + bottom) / 2;
  const frame = { x: left, y: top, width: right - left, height: bottom - top, fill: 'none', stroke: FRAME };
  return [
    ...x.ticks.flatMap((tick) => {
      const at = x.scale(tick);
      return [
        element('line', { x1: at, y1: top, x2: at, y2: bottom, stroke: GRID }),
        text(at, bottom + 20, tickText(tick), { 'text-anchor': 'middle' }),
      ];
    }),
    ...y.ticks.flatMap((tick) => {
      const at = y.scale(tick);
      return [
        element('line', { x1: left, y1: at, x2: right, y2: at, stroke: GRID }),
        text(left - 10, at + 5, tickText(tick), { 'text-anchor': 'end' }),
      ];
    }),
    element('rect', frame),
    text((left + right) / 2, bottom + 46, x.label, { 'text-anchor': 'middle' }),
    text(24, middle, y.label, { 'text-anchor': 'middle', transform: `rotate(-90 24 ${middle})` }),
  ];
}

/** One way of a library at a work. */
interface Point {
  readonly x: number;
  readonly y: number;
  /** Joined to its neighbours by a line, and filled. */
  readonly joined: boolean;
}

function drawn(points: readonly Point[], look: (typeof LIBRARIES)[number], x: Scale, y: Scale): string[] {
  const joined = points.filter((point) => point.joined).sort((a, b) => a.x - b.x);
  const place = (point: Point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`;
  const line = element('polyline', {
    points: joined.map(place).join(' '),
    fill: 'none',
    stroke: look.color,
    'stroke-width': 2,
  });
  const marker = ({ joined: filled, ...point }: Point) =>
    look.marker(x(point.x), y(point.y), RADIUS, {
      fill: filled ? look.color : '#ffffff',
      stroke: look.color,
      'stroke-width': 1.5,
    });
  return [...(joined.length > 1 ? [line] : []), ...points.map(marker)];
}

/** The ways that count: the first of each library. */
function firstOf(result: Result, library: string): Entry | undefined {
  return result.entries.find((entry) => entry.library === library);
}

function pointsOf(
  results: readonly Result[],
  library: string,
  place: (result: Result, median: number) => Point | undefined,
): Point[] {
  return results.flatMap((result) => {
    const entry = firstOf(result, library);
    const point = entry && place(result, medianOf(entry));
    return point ? [point] : [];
  });
}

/** Of the plot, in the units of its axes. */
interface Edges {
  readonly lowX: number;
  readonly highX: number;
  readonly lowY: number;
}

function scatter(
  title: string,
  about: About,
  series: readonly (readonly Point[])[],
  labels: { readonly x: string; readonly y: string; readonly note: string },
  extra: (x: Scale, y: Scale, edges: Edges) => string[] = () => [],
  reach: readonly Point[] = [],
): string {
  const all = [...series.flat(), ...reach];
  if (series.flat().length === 0) throw new RangeError(`${title}: nothing to draw`);
  const range = (of: (point: Point) => number): [number, number] => {
    const values = all.map(of);
    return [Math.min(...values) / 1.45, Math.max(...values) * 1.45];
  };
  const [lowX, highX] = range((point) => point.x);
  const [lowY, highY] = range((point) => point.y);
  const x = logScale(lowX, highX, BOX.left, BOX.right);
  const y = logScale(lowY, highY, BOX.bottom, BOX.top);
  const binary = highX / lowX < 200 ? binaryTicks(lowX, highX) : decimalTicks(lowX, highX);
  return picture(WIDTH, HEIGHT, `${title}, ${about.adapter}`, [
    ...heading(title, about),
    ...axes(
      { label: labels.x, ticks: binary, scale: x },
      { label: labels.y, ticks: decimalTicks(lowY, highY), scale: y },
    ),
    ...extra(x, y, { lowX, highX, lowY }),
    ...series.flatMap((points, i) => drawn(points, LIBRARIES[i] as (typeof LIBRARIES)[number], x, y)),
    text(BOX.right, BOX.top - 15, labels.note, { 'text-anchor': 'end', 'font-size': 13, fill: SOFT }),
  ]);
}

/** GFLOP/s of all products over ∛(m·k·n); square ones are filled and joined. */
export function matmulFigure(outcome: Outcome): string {
  const results = outcome.results.filter(({ group }) => group === 'matmul');
  const place = ({ work, operations = 0 }: Result, gflops: number): Point => ({
    x: Math.cbrt(operations / 2),
    y: gflops,
    joined: /^matmul (\d+)×\1 · \1×\1$/.test(work),
  });
  return scatter(
    'Matrix products in float32',
    outcome,
    LIBRARIES.map(({ library }) => pointsOf(results, library, place)),
    { x: 'size: ∛(batch·m·k·n)', y: 'GFLOP/s', note: 'Medians. Filled: square.' },
  );
}

/** GFLOP/s over operations a byte, under the roofs. */
export function rooflineFigure(outcome: Outcome): string {
  const { roofs } = outcome;
  if (!roofs) throw new RangeError('the roofline: the roofs were not measured');
  const results = outcome.results.filter(
    ({ group, unit }) => group === 'matmul' || (group === 'conv' && unit === 'GFLOP/s'),
  );
  const place = ({ operations = 0, bytes = 0 }: Result, gflops: number): Point | undefined =>
    operations > 0 && bytes > 0 ? { x: operations / bytes, y: gflops, joined: false } : undefined;
  const ridge = roofs.gflops / roofs.gigabytes;
  const roof = (x: number) => Math.min(roofs.gflops, x * roofs.gigabytes);
  const corner = { x: ridge, y: roofs.gflops, joined: false };
  const lines = (x: Scale, y: Scale, { lowX, highX, lowY }: Edges): string[] => {
    const bends = [Math.max(lowX, lowY / roofs.gigabytes), ridge, highX];
    const points = bends.map((at) => `${x(at).toFixed(1)},${y(roof(at)).toFixed(1)}`);
    return [
      element('polyline', { points: points.join(' '), fill: 'none', stroke: SOFT, 'stroke-width': 2 }),
      text(BOX.right - 6, y(roofs.gflops) + 18, `${roofs.gflops.toPrecision(3)} GFLOP/s`, {
        'text-anchor': 'end',
        fill: SOFT,
      }),
      text(BOX.left + 6, BOX.top + 20, `memory: ${roofs.gigabytes.toPrecision(3)} GB/s`, { fill: SOFT }),
    ];
  };
  return scatter(
    'Roofline: products and convolutions',
    outcome,
    LIBRARIES.map(({ library }) => pointsOf(results, library, place)),
    { x: 'operations per byte', y: 'GFLOP/s', note: 'Each input read once, each output written once.' },
    lines,
    [corner],
  );
}

/** Training steps per second as bars, one a way of a library. */
export function trainingFigure(outcome: Outcome): string {
  const [result] = outcome.results.filter(({ group }) => group === 'train');
  if (!result || result.entries.length === 0) throw new RangeError('training: nothing to draw');
  const most = Math.max(...result.entries.map(medianOf));
  const step = 56;
  const top = 96;
  const left = BOX.left + 130;
  const bars = result.entries.flatMap((entry, i) => {
    const y = top + i * step;
    const width = ((BOX.right - 90 - left) * medianOf(entry)) / most;
    const color = LIBRARIES.find(({ library }) => library === entry.library)?.color ?? SOFT;
    const name = entry.variant ? `${entry.library}, ${entry.variant}` : entry.library;
    return [
      text(left - 10, y + step / 2 + 5, name, { 'text-anchor': 'end' }),
      element('rect', { x: left, y: y + step * 0.15, width, height: step * 0.7, fill: color }),
      text(left + width + 8, y + step / 2 + 5, `${medianOf(entry).toPrecision(3)} steps/s`),
    ];
  });
  const title = 'Training a net 256-128-64-10, batches of 64, Adam';
  const height = top + step * result.entries.length + 16;
  const body = [...heading(title, outcome, false), ...bars];
  return picture(WIDTH, height, `${title}, ${outcome.adapter}`, body);
}
