/**
 * @file Works bound by memory rather than arithmetic: relu(x + b), a sum, softmax, layer norm, argmax and a
 * transposed copy, with float64 results and the errors that float32 explains. Pure.
 */
import { type Expected, randomValues } from '../../products.ts';
import { floats, type Input, type Op, sizeOf, type Task, type Work } from './work.ts';

export const LAYER_NORM_EPSILON = 1e-5;

const EPSILON_32 = 2 ** -23;
/** Of exponentials and roots, which WGSL lets GPUs round more coarsely than sums and products. */
const RELATIVE = 1e-4;

const million = 2 ** 20;

function rowTask(name: string, op: Op, shapes: Task['shapes'], elementsMoved: number): Task {
  const bytes = 4 * elementsMoved;
  return { name, group: 'ops', op, place: 'webgpu', shapes, unit: 'GB/s', amount: bytes / 1e9, bytes };
}

export const rowTasks: readonly Task[] = [
  rowTask('relu(x + b), 4M elements', 'reluAdd', [[4096, 1024], [1024]], 8 * million + 1024),
  rowTask('sum of 4M elements', 'sum', [[4 * million]], 4 * million + 1),
  rowTask('softmax, 1024×1024', 'softmax', [[1024, 1024]], 2 * million),
  rowTask('layer norm, 1024×1024', 'layerNorm', [[1024, 1024], [1024], [1024]], 2 * million + 2048),
  rowTask('argmax of rows, 1024×1024', 'argmax', [[1024, 1024]], million + 1024),
  rowTask('transposed copy, 1024×1024', 'transpose', [[1024, 1024]], 2 * million),
];

const inputs: Work['inputs'] = ({ shapes }, random) =>
  shapes.map((shape) => ({ data: randomValues(sizeOf(shape), random), shape }));

/** Values with a bound each: `bound` of the value unless told otherwise. */
function made(
  columns: number,
  count: number,
  each: (i: number) => readonly [value: number, bound: number],
): Expected {
  const values = new Float64Array(count);
  const bounds = new Float64Array(count);
  for (let i = 0; i < count; i++) [values[i], bounds[i]] = each(i) as [number, number];
  return { columns, values, bounds };
}

function reluAdd(_: Task, [x, b]: readonly Input[]): Expected[] {
  const [data, bias] = [floats(x), floats(b)];
  const columns = bias.length;
  return [
    made(columns, data.length, (i) => {
      const [left, right] = [data[i] as number, bias[i % columns] as number];
      return [Math.max(0, left + right), EPSILON_32 * (Math.abs(left) + Math.abs(right))];
    }),
  ];
}

function sum(_: Task, [x]: readonly Input[]): Expected[] {
  let [total, magnitude] = [0, 0];
  for (const value of floats(x)) {
    total += value;
    magnitude += Math.abs(value);
  }
  return [made(1, 1, () => [total, 4 * Math.sqrt(floats(x).length) * EPSILON_32 * magnitude])];
}

/** Calls `each` with every row, in float64. */
function byRow(x: Input | undefined, each: (row: Float64Array, start: number) => void): number {
  const columns = x?.shape.at(-1) ?? 1;
  const data = floats(x);
  for (let start = 0; start < data.length; start += columns)
    each(Float64Array.from(data.subarray(start, start + columns)), start);
  return columns;
}

function softmax(_: Task, [x]: readonly Input[]): Expected[] {
  const out = new Float64Array(floats(x).length);
  const columns = byRow(x, (row, start) => {
    const top = row.reduce((a, b) => Math.max(a, b));
    const powers = row.map((value) => Math.exp(value - top));
    const total = powers.reduce((a, b) => a + b);
    out.set(
      powers.map((power) => power / total),
      start,
    );
  });
  return [made(columns, out.length, (i) => [out[i] as number, RELATIVE * (out[i] as number)])];
}

function layerNorm(_: Task, [x, gamma, beta]: readonly Input[]): Expected[] {
  const [scale, shift] = [floats(gamma), floats(beta)];
  const normal = new Float64Array(floats(x).length);
  const columns = byRow(x, (row, start) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    normal.set(
      row.map((value) => (value - mean) / Math.sqrt(variance + LAYER_NORM_EPSILON)),
      start,
    );
  });
  return [
    made(columns, normal.length, (i) => {
      const scaled = (normal[i] as number) * (scale[i % columns] as number);
      const shifted = scaled + (shift[i % columns] as number);
      return [shifted, RELATIVE * (Math.abs(scaled) + Math.abs(shifted))];
    }),
  ];
}

function argmax(_: Task, [x]: readonly Input[]): Expected[] {
  const found: number[] = [];
  byRow(x, (row) => {
    found.push(row.indexOf(row.reduce((a, b) => Math.max(a, b))));
  });
  return [made(1, found.length, (i) => [found[i] as number, 0])];
}

function transpose(_: Task, [x]: readonly Input[]): Expected[] {
  const data = floats(x);
  const [rows = 1, columns = 1] = x?.shape ?? [];
  return [made(rows, data.length, (i) => [data[(i % rows) * columns + Math.floor(i / rows)] as number, 0])];
}

export const rowWorks = {
  reluAdd: { inputs, expected: reluAdd },
  sum: { inputs, expected: sum },
  softmax: { inputs, expected: softmax },
  layerNorm: { inputs, expected: layerNorm },
  argmax: { inputs, expected: argmax },
  transpose: { inputs, expected: transpose },
} satisfies Partial<Record<Op, Work>>;
