/**
 * @file Elementwise work and reductions in WebAssembly: chunks that fit the processor's cache are copied in, worked on,
 * and the results copied out. That is faster than calling a formula for every element, whose numbers V8 would box.
 */
import { broadcastLayout, isContiguous, sizeOf } from '../../core/shape.ts';
import type { AdamRates, CpuOperand, Operands, SimdMap, SimdReduction } from '../device.ts';
import type { Scratch } from './simd.ts';

/** Elements of a chunk. */
const CHUNK = 4096;
/** Places of four chunks in the scratch memory, in elements of float32. */
const [FIRST, SECOND, THIRD, FOURTH] = [0, CHUNK, 2 * CHUNK, 3 * CHUNK] as const;
const RESULTS = THIRD;

const isFloat32 = (x: CpuOperand): x is CpuOperand & { data: Float32Array } => x.dtype === 'float32';
const isNumber = (x: CpuOperand): boolean => x.strides.every((s) => s === 0);

export function mapInChunks(
  scratch: Scratch,
  op: SimdMap,
  inputs: readonly CpuOperand[],
  y: CpuOperand,
): boolean {
  if (!isFloat32(y) || !inputs.every(isFloat32) || !isContiguous(y)) return false;
  const operands = inputs.map((x) => ({ data: x.data, ...broadcastLayout(x, y.shape) }) as CpuOperand);
  if (!operands.every((x) => isNumber(x) || isContiguous(x))) return false;
  const { floats } = scratch;
  const places = [FIRST, SECOND];
  operands.forEach((x, k) => {
    if (isNumber(x)) floats.fill(x.data[x.offset] as number, places[k], (places[k] as number) + CHUNK);
  });
  const size = sizeOf(y.shape);
  for (let at = 0; at < size; at += CHUNK) {
    const n = Math.min(CHUNK, size - at);
    operands.forEach((x, k) => {
      if (!isNumber(x)) floats.set(x.data.subarray(x.offset + at, x.offset + at + n), places[k]);
    });
    scratch[op](4 * FIRST, 4 * SECOND, 4 * RESULTS, n);
    y.data.set(floats.subarray(RESULTS, RESULTS + n), y.offset + at);
  }
  return true;
}

export function adamInChunks(
  { floats, adam }: Scratch,
  targets: Operands<CpuOperand>,
  g: CpuOperand,
  { rate, away1, away2, epsilon }: AdamRates,
): boolean {
  const all = [...targets, g];
  if (!all.every(isFloat32)) return false;
  const places = [FIRST, SECOND, THIRD, FOURTH];
  const size = sizeOf(g.shape);
  for (let at = 0; at < size; at += CHUNK) {
    const n = Math.min(CHUNK, size - at);
    const parts = all.map((x) => x.data.subarray(x.offset + at, x.offset + at + n));
    parts.forEach((part, k) => {
      floats.set(part, places[k]);
    });
    adam(4 * FIRST, 4 * SECOND, 4 * THIRD, 4 * FOURTH, n, rate, away1, away2, epsilon);
    for (let k = 0; k < targets.length; k++) {
      const place = places[k] as number;
      parts[k]?.set(floats.subarray(place, place + n));
    }
  }
  return true;
}

export function reduceInChunks(
  { floats, doubles, sumRows, sumColumns, maxRows, maxColumns }: Scratch,
  op: SimdReduction,
  x: CpuOperand,
  axes: readonly number[],
  y: CpuOperand,
): boolean {
  const matrices = asMatrices(x, axes);
  if (!matrices || !isFloat32(x) || !isFloat32(y)) return false;
  const { count, rows, columns, byRow, terms } = matrices;
  const results = op === 'max' ? floats : doubles; // sums are taken in float64
  const place = (4 * RESULTS) / results.BYTES_PER_ELEMENT;
  const kernel = op === 'max' ? (byRow ? maxRows : maxColumns) : byRow ? sumRows : sumColumns;
  const across = Math.min(columns, CHUNK);
  const down = Math.floor(CHUNK / across); // 1 where a row does not fit: what is copied is one run of memory
  const [lines, run] = byRow ? [rows, down] : [columns, across];
  const [length, step] = byRow ? [columns, across] : [rows, down];
  for (let matrix = 0; matrix < count; matrix++)
    for (let line = 0; line < lines; line += run) {
      const width = Math.min(run, lines - line);
      results.fill(op === 'max' ? -Infinity : 0, place, place + width);
      for (let at = 0; at < length; at += step) {
        const depth = Math.min(step, length - at);
        const from = x.offset + matrix * rows * columns + (byRow ? line * columns + at : at * columns + line);
        floats.set(x.data.subarray(from, from + width * depth), FIRST);
        kernel(4 * FIRST, byRow ? width : depth, byRow ? depth : width, 4 * RESULTS);
      }
      const to = y.offset + matrix * lines + line;
      for (let i = 0; i < width; i++) {
        const result = results[place + i] as number;
        y.data[to + i] = op === 'mean' ? result / terms : result;
      }
    }
  return true;
}

/**
 * A contiguous operand as so many matrices, of each of which the rows or the columns are reduced to one element each;
 * undefined where the reduced axes do not lie side by side.
 */
function asMatrices(x: CpuOperand, axes: readonly number[]) {
  const long = axes.filter((d) => x.shape[d] !== 1);
  const [first = 0, last = first - 1] = [long[0], long.at(-1)];
  const size = (from: number, to: number) => sizeOf(x.shape.slice(from, to));
  const terms = size(first, last + 1);
  if (!isContiguous(x) || terms !== long.reduce((n, d) => n * (x.shape[d] as number), 1) || terms === 0)
    return undefined;
  const [outer, inner] = [size(0, first), size(last + 1, x.shape.length)];
  return inner === 1
    ? { count: 1, rows: outer, columns: terms, byRow: true, terms }
    : { count: outer, rows: terms, columns: inner, byRow: false, terms };
}
