// softmax and logSoftmax of rows of any length and place, against float64.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contiguous, sizeOf } from '../../src/core/shape.ts';
import type { Kernel } from '../../src/device/device.ts';
import { nnRows } from '../../src/ops/nn.ts';
import { gpuDevice } from './device.ts';
import { type HostOperand, type Lie, operand, valuesOf } from './lie.ts';
import { hostStorage, planContext, runDispatches } from './run-dispatch.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await gpuDevice();
});
afterAll(() => device?.destroy());

const kernelOf = (op: 'softmax' | 'logSoftmax') => (nnRows[op] as { readonly kernel: Kernel<number> }).kernel;

async function run(op: 'softmax' | 'logSoftmax', x: HostOperand, axis: number): Promise<number[]> {
  const storage = hostStorage(new Float32Array(sizeOf(x.shape)), 'float32');
  const y = { ...contiguous(x.shape), dtype: 'float32' as const, storage };
  const call = { op, inputs: [x, x, x], outputs: [y, y, y], attrs: axis } as const;
  return [...(await runDispatches(device, kernelOf(op).gpu(call, planContext(true)), storage))];
}

describe('softmax', () => {
  it.each<[string, Lie, number]>([
    ['vectors', { shape: [67, 64] }, 1],
    ['vectors behind an offset', { shape: [3, 5, 12], offset: 8 }, 2],
    ['odd rows', { shape: [70, 65] }, 1],
    ['an odd offset', { shape: [5, 8], offset: 3 }, 1],
    ['columns', { shape: [8, 12] }, 0],
    ['a middle axis', { shape: [3, 8, 4] }, 1],
    ['four elements', { shape: [4] }, 0],
    ['one element', { shape: [3, 1] }, 1],
  ])('%s', async (_name, lie, axis) => {
    const x = operand(lie, 1);
    const values = valuesOf(x);
    const [length, inner] = [x.shape[axis] as number, sizeOf(x.shape.slice(axis + 1))];
    for (const op of ['softmax', 'logSoftmax'] as const) {
      const got = await run(op, x, axis);
      const worst = got.map((v, at) => {
        const first = at - (Math.floor(at / inner) % length) * inner;
        const row = Array.from({ length }, (_v, j) => values[first + j * inner] as number);
        const total = row.reduce((s, r) => s + Math.exp(r - Math.max(...row)), 0);
        const log = (values[at] as number) - Math.max(...row) - Math.log(total);
        return op === 'softmax' ? Math.abs(v / Math.exp(log) - 1) : Math.abs(v - log) / (1 + Math.abs(log));
      });
      expect(Math.max(...worst)).toBeLessThan(1e-5);
    }
  });

  it('keeps a NaN to its row, and an infinity too', async () => {
    const x = operand({ shape: [4, 8] }, 1);
    x.storage.data[9] = Number.NaN;
    x.storage.data[16] = -Infinity;
    x.storage.data[31] = Infinity;
    const got = await run('softmax', x, 1);
    const rows = [0, 1, 2, 3].map((r) => got.slice(8 * r, 8 * r + 8));
    expect(rows[0]?.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(rows[1]?.every(Number.isNaN)).toBe(true);
    expect(rows[2]?.[0]).toBe(0);
    expect(rows[2]?.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(rows[3]?.[7]).toBeNaN();
  });
});
