// Reductions in every way in which they read and share out, for software adapters and for GPUs, against float64 at the
// bound of a sum in any order, |error| <= 4 sqrt(K) eps sum |x|; largest elements and their positions exactly.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contiguous, type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Dispatch } from '../../src/device/device.ts';
import { argDispatches } from '../../src/ops/argmax_plan.ts';
import { reduceDispatches } from '../../src/ops/reduce_plan.ts';
import { gpuDevice } from './device.ts';
import { type HostOperand, type Lie, operand, valuesOf } from './lie.ts';
import { type HostStorage, hostStorage, planContext, runDispatches } from './run-dispatch.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await gpuDevice();
});
afterAll(() => device?.destroy());

interface Case {
  readonly name: string;
  readonly x: Lie;
  readonly axes: readonly number[];
  /** The shader of the first pass, and how many passes there are on a software adapter. */
  readonly first: 'reduce' | 'reduce_vectors';
  readonly passes?: number;
}

const cases: Case[] = [
  { name: 'all', x: { shape: [64, 128] }, axes: [0, 1], first: 'reduce_vectors', passes: 2 },
  { name: 'all, one element behind', x: { shape: [4097] }, axes: [0], first: 'reduce_vectors' },
  {
    name: 'all, three behind, and many',
    x: { shape: [300_003], offset: 4 },
    axes: [0],
    first: 'reduce_vectors',
  },
  { name: 'all behind an odd offset', x: { shape: [4100], offset: 1 }, axes: [0], first: 'reduce' },
  { name: 'rows', x: { shape: [67, 64] }, axes: [1], first: 'reduce_vectors', passes: 1 },
  { name: 'odd rows with gaps', x: { shape: [67, 65], gap: 3 }, axes: [1], first: 'reduce_vectors' },
  { name: 'odd rows', x: { shape: [67, 65] }, axes: [1], first: 'reduce' },
  { name: 'few long rows', x: { shape: [3, 8200] }, axes: [1], first: 'reduce_vectors' },
  { name: 'matrices', x: { shape: [5, 20, 48] }, axes: [1, 2], first: 'reduce_vectors' },
  { name: 'columns', x: { shape: [129, 64] }, axes: [0], first: 'reduce_vectors' },
  { name: 'few long columns', x: { shape: [5000, 8] }, axes: [0], first: 'reduce_vectors' },
  { name: 'odd columns', x: { shape: [200, 33] }, axes: [0], first: 'reduce' },
  { name: 'a middle axis', x: { shape: [3, 70, 36], offset: 8 }, axes: [1], first: 'reduce_vectors' },
  { name: 'channels', x: { shape: [2, 40, 40, 4] }, axes: [0, 1, 2], first: 'reduce_vectors' },
  { name: 'outer axes', x: { shape: [4, 30, 50] }, axes: [0, 2], first: 'reduce' },
  {
    name: 'rows of a transposed matrix',
    x: { shape: [64, 129], order: [1, 0] },
    axes: [1],
    first: 'reduce_vectors',
  },
  {
    name: 'columns of a transposed matrix',
    x: { shape: [128, 64], order: [1, 0] },
    axes: [0],
    first: 'reduce_vectors',
  },
  { name: 'small', x: { shape: [6, 8] }, axes: [1], first: 'reduce' },
];

const SUM = { identity: 'return 0.0;', combine: 'a + b', mean: false };
const MEAN = { ...SUM, mean: true };
const MAX = { identity: 'return -inf_();', combine: 'max_(a, b)', mean: false };

const keptShape = ({ shape }: Lie, axes: readonly number[]): Shape =>
  shape.filter((_, d) => !axes.includes(d));

/** The elements of each output, in order. */
function termsOf(x: HostOperand, axes: readonly number[]): number[][] {
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const order = [...kept, ...axes];
  const seen = {
    ...x,
    shape: order.map((d) => x.shape[d] as number),
    strides: order.map((d) => x.strides[d] as number),
  };
  const values = valuesOf(seen);
  const outputs = sizeOf(kept.map((d) => x.shape[d] as number));
  const n = values.length / outputs;
  return Array.from({ length: outputs }, (_, o) => values.slice(o * n, (o + 1) * n));
}

function result(shape: Shape, dtype: 'float32' | 'int32'): HostOperand {
  const data = dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  return { ...contiguous(shape), dtype, storage: hostStorage(data, dtype) };
}

const run = (dispatches: readonly Dispatch[], storage: HostStorage) =>
  runDispatches(device, dispatches, storage);

describe.each([
  ['a software adapter', true],
  ['a GPU', false],
])('reductions, for %s', (_, software) => {
  const context = planContext(software);

  it.each(cases.map((c) => [c.name, c] as const))('%s', async (_name, { x: lie, axes, first, passes }) => {
    const x = operand(lie, 1);
    const y = result(keptShape(lie, axes), 'float32');
    const terms = termsOf(x, axes);
    const bound = (list: readonly number[]) =>
      4 * Math.sqrt(list.length) * 2 ** -23 * list.reduce((s, v) => s + Math.abs(v), 0);
    for (const [text, divides] of [
      [SUM, false],
      [MEAN, true],
    ] as const) {
      const plan = reduceDispatches(x, y, axes, text, context);
      expect(plan[0]?.shader).toBe(first);
      if (passes !== undefined && software) expect(plan).toHaveLength(passes);
      const got = await run(plan, y.storage);
      const wrong = terms.flatMap((list, o) => {
        const by = divides ? list.length : 1;
        const want = list.reduce((s, v) => s + v, 0) / by;
        return Math.abs((got[o] as number) - want) <= bound(list) / by
          ? []
          : [`${o}: ${got[o]}, not ${want}`];
      });
      expect(wrong).toEqual([]);
    }
    const largest = await run(reduceDispatches(x, y, axes, MAX, context), y.storage);
    expect([...largest]).toEqual(terms.map((list) => list.reduce((a, b) => Math.max(a, b))));
  });

  it.each(cases.map((c) => [c.name, c] as const))('positions, %s', async (_name, { x: lie, axes }) => {
    for (const dtype of ['float32', 'int32'] as const) {
      const x = operand(lie, 2, dtype);
      const data = x.storage.data;
      for (let i = 0; i < data.length; i++) data[i] = Math.round((data[i] as number) % 5); // many ties; NaN stays
      const y = result(keptShape(lie, axes), 'int32');
      const terms = termsOf(x, axes);
      for (const [which, best] of [
        ['largest', Math.max],
        ['smallest', Math.min],
      ] as const) {
        const got = await run(argDispatches(x, y, axes, which, context), y.storage);
        expect([...got]).toEqual(terms.map((list) => list.indexOf(list.reduce((a, b) => best(a, b)))));
      }
    }
  });

  it('passes infinities and NaN on, and finds the first NaN', async () => {
    const x = operand({ shape: [8, 1021], gap: 3 }, 3);
    const at = (row: number, column: number, value: number) => {
      x.storage.data[row * 1024 + column] = value;
    };
    at(1, 1020, Infinity);
    at(2, 1020, NaN);
    at(3, 3, NaN);
    at(3, 700, NaN);
    at(4, 9, -Infinity);
    at(5, 11, Infinity);
    at(5, 12, -Infinity);
    for (let j = 0; j < 1021; j++) at(6, j, -Infinity);
    for (let j = 0; j < 1021; j++) at(7, j, j % 2 ? 0 : -0);
    const y = result([8], 'float32');
    const sums = [...(await run(reduceDispatches(x, y, [1], SUM, context), y.storage))];
    expect(sums.slice(1)).toEqual(
      [Infinity, NaN, NaN, -Infinity, NaN, -Infinity, 0].map((v, k) => (k === 6 ? sums[7] : v)),
    );
    expect(sums[7]).toBeCloseTo(0, 10);
    const most = [...(await run(reduceDispatches(x, y, [1], MAX, context), y.storage))];
    expect(most.slice(1, 4)).toEqual([Infinity, NaN, NaN]);
    expect(most.slice(5, 7)).toEqual([Infinity, -Infinity]);
    const places = result([8], 'int32');
    const largest = await run(argDispatches(x, places, [1], 'largest', context), places.storage);
    expect([...largest].slice(1, 4)).toEqual([1020, 1020, 3]);
    expect([...largest].slice(5)).toEqual([11, 0, 0]);
    const smallest = await run(argDispatches(x, places, [1], 'smallest', context), places.storage);
    expect([...smallest].slice(2)).toEqual([1020, 3, 9, 12, 0, 0]);
  });

  it('finds the least integer among its like', async () => {
    const x = operand({ shape: [4, 2048] }, 1, 'int32');
    x.storage.data.fill(-2147483648);
    x.storage.data[2048 * 2 + 1000] = -2147483647;
    const y = result([4], 'int32');
    expect([...(await run(argDispatches(x, y, [1], 'largest', context), y.storage))]).toEqual([
      0, 0, 1000, 0,
    ]);
    expect([...(await run(argDispatches(x, y, [1], 'smallest', context), y.storage))]).toEqual([0, 0, 0, 0]);
  });

  it('keeps small terms beside a large total', async () => {
    const x = operand({ shape: [2 ** 20] }, 1);
    x.storage.data.fill(0.1);
    const y = result([], 'float32');
    const [sum] = await run(reduceDispatches(x, y, [0], SUM, context), y.storage);
    const want = Math.fround(0.1) * 2 ** 20;
    expect(Math.abs((sum as number) - want) / want).toBeLessThan(1e-6);
  });
});
