// Layer normalisation, a thread or a workgroup for a row, against float64: rows of any length, in buffers filled with NaN
// around them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contiguous, sizeOf } from '../../src/core/shape.ts';
import type { Kernel } from '../../src/device/device.ts';
import { normRows } from '../../src/ops/norm.ts';
import { gpuDevice } from './device.ts';
import { type HostOperand, type Lie, operand, valuesOf } from './lie.ts';
import { hostStorage, planContext, runDispatches } from './run-dispatch.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await gpuDevice();
});
afterAll(() => device?.destroy());

const { kernel } = normRows.standardize as { readonly kernel: Kernel<number> };

const cases: [string, Lie, Lie, Lie][] = [
  ['vectors', { shape: [67, 64] }, { shape: [64] }, { shape: [64] }],
  ['vectors with offsets', { shape: [3, 5, 12], offset: 8 }, { shape: [12], offset: 4 }, { shape: [12] }],
  ['odd rows', { shape: [70, 65] }, { shape: [65] }, { shape: [65], offset: 2 }],
  ['odd offsets', { shape: [5, 8], offset: 3 }, { shape: [8] }, { shape: [8] }],
  ['numbers', { shape: [9, 1000] }, { shape: [], offset: 3 }, { shape: [] }],
  ['short rows', { shape: [300, 2] }, { shape: [2] }, { shape: [] }],
  ['one long row', { shape: [16384] }, { shape: [16384] }, { shape: [16384] }],
];

describe.each([
  ['a software adapter', true],
  ['a GPU', false],
])('layer normalisation, for %s', (_, software) => {
  const epsilon = 0.01;

  async function run(x: HostOperand, gamma: HostOperand, beta: HostOperand) {
    const storage = hostStorage(new Float32Array(sizeOf(x.shape)), 'float32');
    const y = { ...contiguous(x.shape), dtype: 'float32' as const, storage };
    const call = { op: 'standardize', inputs: [x, gamma, beta], outputs: [y, y, y], attrs: epsilon } as const;
    return runDispatches(device, kernel.gpu(call, planContext(software)), storage);
  }

  it.each(cases)('%s', async (_name, ...lies) => {
    const [x, gamma, beta] = lies.map((lie, k) => operand(lie, k + 1)) as [
      HostOperand,
      HostOperand,
      HostOperand,
    ];
    const got = await run(x, gamma, beta);
    const values = valuesOf(x);
    const [stretch, shift] = [valuesOf(gamma, x.shape), valuesOf(beta, x.shape)];
    const n = x.shape.at(-1) as number;
    let worst = 0;
    for (let first = 0; first < values.length; first += n) {
      const row = values.slice(first, first + n);
      const mean = row.reduce((s, v) => s + v, 0) / n;
      const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / n;
      for (const [j, v] of row.entries()) {
        const scaled = ((v - mean) / Math.sqrt(variance + epsilon)) * (stretch[first + j] as number);
        const by = shift[first + j] as number;
        const error = Math.abs((got[first + j] as number) - (scaled + by));
        worst = Math.max(worst, error / (Math.abs(scaled) + Math.abs(by) + 1));
      }
    }
    expect(worst).toBeLessThan(1e-5);
  });

  it('keeps a NaN to its row', async () => {
    const x = operand({ shape: [3, 8] }, 1);
    x.storage.data[9] = Number.NaN;
    const got = await run(x, operand({ shape: [] }, 2), operand({ shape: [8] }, 3));
    expect([...got].map(Number.isNaN)).toEqual(Array.from({ length: 24 }, (_v, k) => k >= 8 && k < 16));
  });
});
