/**
 * @file The matrix product in WebAssembly, block by block: lines of both operands are copied in as they lie, packed into
 * panels there, multiplied, and a block of the result copied out. The blocks are those of BLIS: a panel of B stays in the
 * first-level cache, a block of A in the second.
 */
import { placeOf, sizeOf } from '../../core/shape.ts';
import type { CpuOperand, Simd } from '../device.ts';
import type { Scratch } from './simd.ts';

/** Rows and columns of a panel: those of wasm/matmul.ts. */
const ROWS = 6;
const COLUMNS = 8;
/** The largest blocks: rows of A, columns of B, and what they have in common. */
const MOST_ROWS = 43 * ROWS;
const MOST_COLUMNS = 512;
const MOST_INNER = 256;
/** Places in the scratch memory, in elements. */
const LINES = 0;
const A = LINES + MOST_COLUMNS * MOST_INNER;
const B = A + MOST_ROWS * MOST_INNER;
const C = B + MOST_COLUMNS * MOST_INNER;
/** Multiplications from which on copying pays, if there are several rows: for one, B is read only once anyway. */
const LEAST = 4096;
/** Elements from which on a copy by `set` beats a loop. */
const SHORT = 32;

/** Where a matrix lies: element p of line i at `start + i · line + p · step`. Lines are rows of A or columns of B. */
interface Lines {
  readonly data: Float32Array;
  readonly start: number;
  readonly line: number;
  readonly step: number;
}

export function matmulInBlocks(
  scratch: Scratch,
  a: CpuOperand,
  b: CpuOperand,
  y: CpuOperand,
  { bias, relu = false }: Parameters<Simd['matmul']>[3] = {},
): boolean {
  const { floats, multiply } = scratch;
  const batch = y.shape.slice(0, -2);
  const [m, n] = y.shape.slice(-2) as [number, number];
  const k = a.shape.at(-1) as number;
  if (m === 1 || m * n * k < LEAST || [a, b, y, bias].some((x) => x && x.dtype !== 'float32')) return false;
  const out = y.data as Float32Array;
  for (let entry = 0; entry < sizeOf(batch); entry++) {
    const left = linesOf(a, batch, entry, -2, -1);
    const right = linesOf(b, batch, entry, -1, -2);
    for (const [column, columns] of blocks(n, MOST_COLUMNS, COLUMNS))
      for (const [from, inner] of blocks(k, MOST_INNER, 1)) {
        pack(scratch, right, column, columns, from, inner, COLUMNS, B);
        const line = roundUp(columns, COLUMNS);
        for (const [row, rows] of blocks(m, MOST_ROWS, ROWS)) {
          const place = y.offset + (entry * m + row) * n + column;
          pack(scratch, left, row, rows, from, inner, ROWS, A);
          if (from > 0) copyRows(out, place, n, floats, C, line, rows, columns);
          else if (bias)
            copyRows(bias.data as Float32Array, bias.offset + column, 0, floats, C, line, rows, columns);
          else floats.fill(0, C, C + rows * line);
          multiply(roundUp(rows, ROWS), line, inner, 4 * A, 4 * B, 4 * C);
          if (relu && from + inner === k) scratch.relu(4 * C, 4 * C, 4 * C, rows * line);
          copyRows(floats, C, line, out, place, n, rows, columns);
        }
      }
  }
  return true;
}

function linesOf(x: CpuOperand, batch: readonly number[], entry: number, line: number, step: number): Lines {
  return {
    data: x.data as Float32Array,
    start: placeOf(x, batch, entry),
    line: x.strides.at(line) as number,
    step: x.strides.at(step) as number,
  };
}

const roundUp = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

/** Start and size of blocks of about the same size. */
function* blocks(total: number, most: number, multiple: number): Generator<[start: number, size: number]> {
  const size = roundUp(total / Math.ceil(total / most), multiple);
  for (let at = 0; at < total; at += size) yield [at, Math.min(size, total - at)];
}

/** Packs a block into panels of `width` lines. */
function pack(
  { floats, pack: packPanel }: Scratch,
  { data, start, line, step }: Lines,
  first: number,
  count: number,
  from: number,
  inner: number,
  width: number,
  to: number,
): void {
  const at = start + first * line + from * step;
  const across = line === 1 && step !== 1; // memory runs across the lines
  if (across) copyRows(data, at, step, floats, LINES, count, inner, count);
  else if (step === 1) copyRows(data, at, line, floats, LINES, inner, count, inner);
  else
    for (let i = 0; i < count; i++)
      for (let p = 0; p < inner; p++)
        floats[LINES + i * inner + p] = data[at + i * line + p * step] as number;
  const [nextLine, nextStep] = across ? [4, 4 * count] : [4 * inner, 4];
  for (let i = 0; i < count; i += width)
    packPanel(4 * LINES + i * nextLine, nextLine, nextStep, width, inner, 4 * (to + i * inner));
}

/** Copies rows of `length` elements that lie `line` apart. */
function copyRows(
  from: Float32Array,
  start: number,
  fromLine: number,
  to: Float32Array,
  place: number,
  toLine: number,
  rows: number,
  length: number,
): void {
  if (rows === 1 || (fromLine === length && toLine === length))
    to.set(from.subarray(start, start + rows * length), place);
  else if (length >= SHORT)
    for (let r = 0; r < rows; r++)
      to.set(from.subarray(start + r * fromLine, start + r * fromLine + length), place + r * toLine);
  else
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < length; i++) to[place + r * toLine + i] = from[start + r * fromLine + i] as number;
}
