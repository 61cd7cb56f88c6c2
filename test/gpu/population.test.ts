// What a population asks of a GPU, and its kernels in the variants that a software adapter would not choose.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countGpu, countsSince } from '../../scripts/gpu-counter.ts';
import { contiguous, type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Operand } from '../../src/device/device.ts';
import { population } from '../../src/evolve.ts';
import { device } from '../../src/index.ts';
import { denseUnitsWeightGradRow } from '../../src/ops/dense_units.ts';
import { matmulDispatches } from '../../src/ops/matmul_plan.ts';
import { onTestDevice } from '../place.ts';
import { gpuDevice } from './device.ts';
import { type HostStorage, hostStorage, planContext, runDispatches } from './run-dispatch.ts';

describe('a population', () => {
  onTestDevice();

  it('takes for 64 nets the dispatches of one', async () => {
    const x = Float32Array.from({ length: 48 * 12 }, (_, i) => Math.sin(i * i));
    const y = Int32Array.from({ length: 48 }, (_, i) => (i * 7) % 3);
    const counts = countGpu(device().gpu as GPUDevice);
    const largest = { hidden: [{ units: 9, activation: 'tanh' } as const, 6] };
    const others = Array.from({ length: 63 }, (_, k) => ({
      hidden: [1 + (k % 9), 6].slice(0, k % 3),
      learningRate: 0.001 * k,
      l2: 0.001 * (k % 2),
    }));
    const dispatchesOf = async (members: Parameters<typeof population>[0]) => {
      const nets = population(members, { inputs: 12, outputs: 3 });
      await nets.getState(); // its first weights are made one by one
      const before = { ...counts };
      const { loss } = await nets.fit(x, y, { epochs: 2, batchSize: 16 });
      expect(loss.flat().every(Number.isFinite)).toBe(true);
      return countsSince({ ...counts }, before).dispatches;
    };
    expect(await dispatchesOf([largest, ...others])).toBe(await dispatchesOf([largest]));
  });
});

describe('dense layers of many nets', () => {
  let gpu: GPUDevice;
  beforeAll(async () => {
    gpu = await gpuDevice();
  });
  afterAll(() => gpu?.destroy());

  let state = 1;
  const numbers = (length: number) =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
  const operand = (shape: Shape, data = numbers(sizeOf(shape))): Operand & { storage: HostStorage } => ({
    ...contiguous(shape),
    dtype: 'float32',
    storage: hostStorage(data, 'float32'),
  });
  const near = (got: ArrayLike<number>, want: readonly number[]) => {
    expect(got).toHaveLength(want.length);
    const wrong = want.filter((v, i) => !(Math.abs((got[i] as number) - v) <= 1e-5 + 1e-4 * Math.abs(v)));
    expect(wrong).toEqual([]);
  };

  // Odd sizes: edges in every direction, and a bias that no vector of four reaches in step.
  const [count, batch, from, to] = [3, 7, 5, 6] as const;
  const formulas: ((x: number) => number)[] = [
    () => 0,
    (x) => Math.max(x, 0),
    (x) => (x > 0 ? x : 0.2 * x),
    (x) => (x > 0 ? x : Math.exp(x) - 1),
    Math.tanh,
    (x) => 1 / (1 + Math.exp(-x)),
    (x) => x / (1 + Math.abs(x)),
    (x) => x,
  ];

  it.for(['register', 'tiled'] as const)('have biases and activations of their own: %s', async (variant) => {
    const x = operand([batch, from]);
    const w = operand([count, from + 1, to]);
    const kinds = operand(
      [count, 1, to],
      Float32Array.from({ length: count * to }, (_, i) => i % 8),
    );
    const out = operand([count, batch, to], new Float32Array(count * batch * to));
    const a = { ...x, shape: [count, batch, from], strides: [0, from, 1] };
    const b = { ...w, shape: [count, from, to] };
    const bias = { ...w, shape: [count, 1, to], offset: from * to };
    const plan = matmulDispatches({ a, b, bias, stacked: true, kinds, out, variant }, planContext(false));
    expect(plan).toHaveLength(1);
    const want = Array.from({ length: count * batch * to }, (_, at) => {
      const [p, i, j] = [Math.floor(at / batch / to), Math.floor(at / to) % batch, at % to];
      const weight = (row: number) => w.storage.data[(p * (from + 1) + row) * to + j] as number;
      let sum = weight(from);
      for (let k = 0; k < from; k++) sum += (x.storage.data[i * from + k] as number) * weight(k);
      return (formulas[(p * to + j) % 8] as (x: number) => number)(sum);
    });
    near(await runDispatches(gpu, plan, out.storage), want);
  });

  it.for([
    ['small', 3, 5, 6, 7, 1],
    ['in tiles', 32, 63, 64, 17, 2],
  ] as const)('have gradients of kernels and biases: %s', async ([, count, from, to, batch, dispatches]) => {
    const x = operand([batch, from]);
    const g = operand([count, batch, to]);
    const dw = operand([count, from + 1, to], new Float32Array(count * (from + 1) * to));
    const call = { op: 'test', inputs: [x, g, g] as const, outputs: [dw, dw, dw] as const, attrs: undefined };
    const plan = denseUnitsWeightGradRow.kernel.gpu(call, planContext(false));
    expect(plan).toHaveLength(dispatches);
    const want = Array.from({ length: count * (from + 1) * to }, (_, at) => {
      const [p, row, j] = [Math.floor(at / to / (from + 1)), Math.floor(at / to) % (from + 1), at % to];
      let sum = 0;
      for (let i = 0; i < batch; i++)
        sum +=
          (g.storage.data[(p * batch + i) * to + j] as number) *
          (row === from ? 1 : (x.storage.data[i * from + row] as number));
      return sum;
    });
    near(await runDispatches(gpu, plan, dw.storage), want);
  });
});
