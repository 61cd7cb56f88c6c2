/**
 * @file The forty matrix products: squares that tiles divide and squares that they do not, skinny and odd ones as
 * nets and gradients have them, batches, and operands that lie transposed. Pure.
 */
import { type Expected, expectedProduct, operations, randomValues } from '../../products.ts';
import { floats, type Input, type Place, sizeOf, type Task, type Work } from './work.ts';

interface Case {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch?: number;
  readonly ta?: boolean;
  readonly tb?: boolean;
}

const square = (size: number): Case => ({ m: size, k: size, n: size });
const of = (m: number, k: number, n: number, more: Omit<Case, 'm' | 'k' | 'n'> = {}): Case => ({
  m,
  k,
  n,
  ...more,
});

const CASES: readonly Case[] = [
  ...[32, 33, 64, 65, 96, 127, 128, 256, 257, 384, 512, 768, 1024].map(square),
  // Skinny: matrix times vector on either side, layers of nets, long sums, thin outer products.
  of(1, 1024, 1024),
  of(1, 256, 1000),
  of(1024, 1024, 1),
  of(1000, 784, 30),
  of(64, 256, 128),
  of(64, 128, 64),
  of(64, 64, 10),
  of(128, 8192, 16),
  of(16, 4096, 16),
  of(2048, 16, 1024),
  of(512, 3, 512),
  // Odd: no size that a tile or a vector of four divides.
  of(17, 33, 65),
  of(101, 203, 307),
  of(7, 1001, 13),
  of(999, 5, 777),
  of(64, 64, 64, { batch: 8 }),
  of(16, 48, 32, { batch: 32 }),
  of(128, 64, 128, { batch: 12 }),
  of(256, 256, 256, { batch: 4 }),
  // Transposed operands: what gradients of layers and attention multiply.
  of(256, 256, 256, { ta: true }),
  of(256, 256, 256, { tb: true }),
  of(256, 256, 256, { ta: true, tb: true }),
  of(256, 64, 128, { ta: true }),
  of(64, 128, 256, { tb: true }),
  of(512, 512, 512, { ta: true }),
  of(65, 33, 17, { ta: true, tb: true }),
  of(128, 64, 128, { batch: 12, tb: true }),
];

/** `12×[128×64 · (128×64)ᵀ]`: what is stored, and how it is multiplied. */
function caseName({ m, k, n, batch, ta = false, tb = false }: Case): string {
  const factor = (rows: number, columns: number, transposed: boolean) =>
    transposed ? `(${columns}×${rows})ᵀ` : `${rows}×${columns}`;
  const name = `${factor(m, k, ta)} · ${factor(k, n, tb)}`;
  return batch === undefined ? name : `${batch}×[${name}]`;
}

function matmulTask(one: Case, group: Task['group'], place: Place): Task {
  const { m, k, n, batch = 1, ta = false, tb = false } = one;
  const lead = one.batch === undefined ? [] : [batch];
  const work = batch * operations(one);
  return {
    name: `matmul ${caseName(one)}`,
    group,
    op: 'matmul',
    place,
    shapes: [
      [...lead, ...(ta ? [k, m] : [m, k])],
      [...lead, ...(tb ? [n, k] : [k, n])],
    ],
    transposed: [ta, tb],
    unit: 'GFLOP/s',
    amount: work / 1e9,
    operations: work,
    bytes: 4 * batch * (m * k + k * n + m * n),
  };
}

export const matmulTasks: readonly Task[] = CASES.map((one) => matmulTask(one, 'matmul', 'webgpu'));
export const cpuMatmulTask: Task = {
  ...matmulTask(square(512), 'cpu', 'cpu'),
  name: 'CPU: matmul 512×512 · 512×512',
};

function flipped(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j] as number;
  return out;
}

function expected({ transposed = [false, false] }: Task, [a, b]: readonly Input[]): Expected[] {
  const [left, right] = [floats(a), floats(b)];
  const lengths = (shape: readonly number[] = [], swap: boolean) =>
    (swap ? [shape.at(-1), shape.at(-2)] : [shape.at(-2), shape.at(-1)]) as [number, number];
  const [m, k] = lengths(a?.shape, transposed[0]);
  const [, n] = lengths(b?.shape, transposed[1]);
  const batch = left.length / (m * k);
  const values = new Float64Array(batch * m * n);
  const bounds = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    const x = left.subarray(i * m * k, (i + 1) * m * k);
    const y = right.subarray(i * k * n, (i + 1) * k * n);
    const one = expectedProduct(transposed[0] ? flipped(x, k, m) : x, transposed[1] ? flipped(y, n, k) : y, {
      m,
      k,
      n,
    });
    values.set(one.values, i * m * n);
    bounds.set(one.bounds, i * m * n);
  }
  return [{ columns: n, values, bounds }];
}

export const matmulWork: Work = {
  inputs: ({ shapes }, random) =>
    shapes.map((shape) => ({ data: randomValues(sizeOf(shape), random), shape })),
  expected,
};
