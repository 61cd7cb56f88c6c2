/** @file The pictures of docs/linear-algebra.md, drawn from what the examples compute. */
import {
  type Attributes,
  circle,
  decimalTicks,
  element,
  GRID,
  INK,
  logScale,
  number,
  picture,
  type Scale,
  SOFT,
  text,
} from '../../bench/svg.ts';
import { type Compressed, compress, scene } from '../../examples/compress-image.ts';
import { type Loss, lostOrthogonality, METHODS, type Method } from '../../examples/lost-orthogonality.ts';
import { enlarged, type Grey, mosaic, png } from '../../examples/png.ts';
import { principalComponents } from '../../examples/principal-components.ts';
import { init, type Tensor, tensor } from '../../src/index.ts';

const WIDTH = 760;
const HEIGHT = 440;
const BOX = { left: 80, right: 720, top: 90, bottom: 380 };
const COLORS = [
  '#1d4ed8',
  '#b91c1c',
  '#047857',
  '#a16207',
  '#7c3aed',
  '#0e7490',
  '#be185d',
  '#4d7c0f',
  '#c2410c',
  '#374151',
];

const grey = async (x: Tensor): Promise<Grey> => (await x.array()) as number[][];
const color = (k: number): string => COLORS[k % COLORS.length] as string;
const power = (v: number): string => {
  const exponent = Math.round(Math.log10(v));
  return exponent === 0
    ? '1'
    : `10${[...String(exponent)].map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? '⁻').join('')}`;
};

/** A frame with powers of ten on the left, and what stands below. */
function frame(
  title: string,
  y: Scale,
  ticks: readonly number[],
  below: readonly [number, string][],
  names: [string, string],
) {
  const middle = { 'text-anchor': 'middle' };
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    element('line', { x1, y1, x2, y2, stroke: GRID });
  return [
    text(BOX.left, 36, title, { 'font-size': 19, 'font-weight': '600' }),
    text(BOX.left, 60, names[1], { fill: SOFT }),
    ...ticks.flatMap((t) => [
      line(BOX.left, y(t), BOX.right, y(t)),
      text(BOX.left - 10, y(t) + 5, power(t), { 'text-anchor': 'end' }),
    ]),
    ...below.flatMap(([x, label]) => [
      line(x, BOX.top, x, BOX.bottom),
      text(x, BOX.bottom + 22, label, middle),
    ]),
    text((BOX.left + BOX.right) / 2, HEIGHT - 12, names[0], { ...middle, fill: SOFT }),
  ];
}

const polyline = (points: readonly (readonly [number, number])[], look: Attributes) =>
  element('polyline', {
    points: points.map(([x, y]) => `${number(x)},${number(y)}`).join(' '),
    fill: 'none',
    'stroke-width': 2,
    ...look,
  });

function key(names: readonly string[]): string[] {
  let left = BOX.left + 6;
  return names.flatMap((name, k) => {
    const at = left;
    left += 34 + 6.8 * name.length;
    return [circle(at, 78, 5, { fill: color(k) }), text(at + 12, 83, name)];
  });
}

export function lossSvg(losses: readonly Loss[]): string {
  const names = Object.keys(METHODS) as Method[];
  const all = losses.flatMap(({ lost }) => names.map((name) => lost[name]));
  const low = 10 ** Math.floor(Math.log10(Math.min(...all)));
  const last = Math.max(...losses.map((l) => l.condition));
  const x = logScale(1, last, BOX.left, BOX.right);
  const y = logScale(low, 1, BOX.bottom, BOX.top + 10);
  const lines = names.flatMap((name, k) => {
    const points = losses.map(({ condition, lost }) => [x(condition), y(lost[name])] as const);
    return [
      polyline(points, { stroke: color(k) }),
      ...points.map(([px, py]) => circle(px, py, 4, { fill: color(k) })),
    ];
  });
  const below = decimalTicks(1, last).filter((t) => Number.isInteger(Math.log10(t)));
  return picture(WIDTH, HEIGHT, 'Orthogonality lost over the condition number', [
    ...frame(
      'Orthogonality lost in float32',
      y,
      decimalTicks(low, 1),
      below.map((t) => [x(t), power(t)]),
      ['condition number of x [60, 20]', '‖QᵀQ − I‖₂'],
    ),
    ...lines,
    ...key(names),
  ]);
}

export function errorSvg(list: readonly Compressed[]): string {
  const low = 10 ** Math.floor(Math.log10(Math.min(...list.map((c) => c.bound))));
  const last = Math.max(...list.map((c) => c.rank));
  const x = logScale(1, last, BOX.left, BOX.right);
  const y = logScale(low, 1, BOX.bottom, BOX.top + 10);
  return picture(WIDTH, HEIGHT, 'Error of a picture of rank k against Eckart and Young’s bound', [
    ...frame(
      'A picture of rank k',
      y,
      decimalTicks(low, 1).filter((t) => Number.isInteger(Math.log10(t))),
      list.map(({ rank }) => [x(rank), String(rank)]),
      ['rank', '‖picture − compressed‖ / ‖picture‖'],
    ),
    polyline(
      list.map((c) => [x(c.rank), y(c.bound)]),
      { stroke: color(0) },
    ),
    ...list.map((c) =>
      circle(x(c.rank), y(c.error), 5, { fill: 'none', stroke: color(1), 'stroke-width': 2 }),
    ),
    ...key(['bound: √(Σ s²) of the rest']),
    circle(BOX.left + 294, 78, 5, { fill: 'none', stroke: color(1), 'stroke-width': 2 }),
    text(BOX.left + 306, 83, 'error of the first k terms'),
  ]);
}

export function scatterSvg(
  points: readonly (readonly number[])[],
  labels: Uint8Array,
  explained: readonly number[],
): string {
  const [side, edge] = [600, 50];
  const range = (d: number) => {
    const values = points.map((p) => p[d] as number);
    return [Math.min(...values), Math.max(...values)] as const;
  };
  const scale = (d: number, from: number, to: number): Scale => {
    const [low, high] = range(d);
    return (v) => from + ((v - low) / (high - low)) * (to - from);
  };
  const x = scale(0, edge, side - 70);
  const y = scale(1, side - edge, 70);
  const share = (k: number) => `${Math.round(100 * (explained[k] as number))} %`;
  return picture(side, side, 'Handwritten digits along their first two principal components', [
    text(edge, 36, 'Handwritten digits in two dimensions', { 'font-size': 19, 'font-weight': '600' }),
    ...COLORS.map((fill, digit) =>
      element(
        'g',
        { fill, 'fill-opacity': 0.75, 'font-size': 11, 'text-anchor': 'middle' },
        points
          .flatMap((p, k) => (labels[k] === digit ? [p] : []))
          .map((p) => element('text', { x: x(p[0] as number), y: y(p[1] as number) }, String(digit)))
          .join(''),
      ),
    ),
    text(side / 2, side - 14, `first component: ${share(0)} of the variance`, {
      'text-anchor': 'middle',
      fill: SOFT,
    }),
    text(20, side / 2, `second component: ${share(1)}`, {
      'text-anchor': 'middle',
      fill: SOFT,
      transform: `rotate(-90 20 ${side / 2})`,
    }),
    element('rect', {
      x: edge - 14,
      y: 52,
      width: side - edge - 42,
      height: side - 88,
      fill: 'none',
      stroke: INK,
      'stroke-opacity': 0.2,
    }),
  ]);
}

/** Lightest and darkest are the two ends; what is 0 lies halfway where both signs occur. */
function contrast(rows: Grey): Grey {
  const most = Math.max(...rows.flat().map(Math.abs));
  return rows.map((row) => row.map((v) => 0.5 - v / most / 2));
}

export interface Drawn {
  readonly name: string;
  readonly content: string | Buffer;
}

export async function drawings(images: Uint8Array, labels: Uint8Array): Promise<Drawn[]> {
  await init('cpu');
  const original = scene(192, 256);
  const shown = [2, 8, 24];
  const compressed = await compress(tensor(original), [1, 2, 4, 8, 16, 24, 32, 64, 128]);
  const pictures = await Promise.all(
    shown.map((rank) => grey(compressed.find((c) => c.rank === rank)?.picture as Tensor)),
  );
  const few = 1500;
  const x = tensor(
    Float32Array.from(images.subarray(0, few * 256), (v) => v / 255),
    { shape: [few, 256] },
  );
  const { mean, components, scores, explained } = principalComponents(x, 9);
  const eigen = (await components.reshape([9, 16, 16]).array()) as number[][][];
  const average = (await mean.reshape([16, 16]).array()) as number[][];
  const tiles = [average.map((row) => row.map((v) => 1 - v)), ...eigen.map(contrast)];
  const losses = await lostOrthogonality([1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4]);
  for (const c of compressed)
    console.log(`rank ${c.rank}: ${c.share.toFixed(3)} of the numbers, error ${c.error}, bound ${c.bound}`);
  for (const l of losses) console.log(JSON.stringify(l));
  return [
    { name: 'compressed.png', content: png(mosaic([original, ...pictures], 2, 8)) },
    { name: 'compressed-error.svg', content: errorSvg(compressed) },
    {
      name: 'digits.svg',
      content: scatterSvg((await scores.array()) as number[][], labels, [...(await explained.data())]),
    },
    {
      name: 'digits-components.png',
      content: png(
        mosaic(
          tiles.map((t) => enlarged(t, 6)),
          5,
          8,
        ),
      ),
    },
    { name: 'orthogonality.svg', content: lossSvg(losses) },
  ];
}
