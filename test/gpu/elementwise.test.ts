// Every way in which elementwise kernels read and write, for software adapters and for GPUs, against plain loops: exact,
// in buffers filled with NaN around the operands.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forEachPlace } from '../../src/core/shape.ts';
import { mapDispatch } from '../../src/ops/map_plan.ts';
import { gpuDevice } from './device.ts';
import { type Lie, layoutOf, operand, valuesOf } from './lie.ts';
import { hostStorage, runDispatches } from './run-dispatch.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await gpuDevice();
});
afterAll(() => device?.destroy());

interface Case {
  readonly name: string;
  /** Of the result, which lies so in memory. */
  readonly to: Lie;
  readonly from: readonly Lie[];
  readonly shader?: 'elementwise' | 'elementwise_rows';
}

const cases: Case[] = [
  {
    name: 'contiguous',
    to: { shape: [3, 1367] },
    from: [{ shape: [3, 1367] }, { shape: [3, 1367] }],
    shader: 'elementwise',
  },
  {
    name: 'contiguous, one element for all',
    to: { shape: [65, 64] },
    from: [
      { shape: [65, 64], offset: 8 },
      { shape: [1], offset: 3 },
    ],
    shader: 'elementwise',
  },
  {
    name: 'into a window',
    to: { shape: [128, 32], offset: 4 },
    from: [{ shape: [128, 32] }, { shape: [128, 32], offset: 12 }],
    shader: 'elementwise',
  },
  {
    name: 'behind an odd offset',
    to: { shape: [4099] },
    from: [
      { shape: [4099], offset: 1 },
      { shape: [4099], offset: 4 },
    ],
  },
  { name: 'every third', to: { shape: [4100] }, from: [{ shape: [4100], step: 3 }, { shape: [4100] }] },
  { name: 'rows', to: { shape: [67, 64] }, from: [{ shape: [67, 64] }, { shape: [64] }] },
  {
    name: 'rows behind an odd offset',
    to: { shape: [67, 64] },
    from: [
      { shape: [64], offset: 3 },
      { shape: [67, 64], gap: 4, offset: 4 },
    ],
  },
  { name: 'columns', to: { shape: [67, 64] }, from: [{ shape: [67, 64] }, { shape: [67, 1] }] },
  { name: 'odd rows', to: { shape: [129, 33] }, from: [{ shape: [129, 33] }, { shape: [33] }] },
  {
    name: 'odd columns',
    to: { shape: [129, 33] },
    from: [{ shape: [129, 1] }, { shape: [129, 33], gap: 2 }],
  },
  { name: 'two columns', to: { shape: [2049, 2] }, from: [{ shape: [2049, 2] }, { shape: [2] }] },
  { name: 'rows and columns', to: { shape: [66, 68] }, from: [{ shape: [66, 1] }, { shape: [68] }] },
  {
    name: 'a middle axis',
    to: { shape: [5, 31, 32] },
    from: [{ shape: [5, 31, 32] }, { shape: [5, 1, 32] }],
  },
  {
    name: 'outer axes',
    to: { shape: [3, 4, 11, 36] },
    from: [{ shape: [3, 1, 11, 1] }, { shape: [4, 1, 36] }],
  },
  { name: 'transposed', to: { shape: [68, 64] }, from: [{ shape: [68, 64], order: [1, 0] }] },
  { name: 'transposed, odd', to: { shape: [65, 67] }, from: [{ shape: [65, 67], order: [1, 0] }] },
  {
    name: 'transposed, ragged rows',
    to: { shape: [67, 64] },
    from: [{ shape: [67, 64], order: [1, 0], gap: 1 }, { shape: [67, 64] }],
  },
  {
    name: 'transposed, and a row',
    to: { shape: [68, 64] },
    from: [{ shape: [64] }, { shape: [68, 64], order: [1, 0], offset: 4 }],
  },
  {
    name: 'both transposed',
    to: { shape: [68, 64] },
    from: [
      { shape: [68, 64], order: [1, 0] },
      { shape: [68, 64], order: [1, 0], gap: 4 },
    ],
  },
  {
    name: 'permuted in two ways',
    to: { shape: [16, 20, 24] },
    from: [
      { shape: [16, 20, 24], order: [1, 2, 0] },
      { shape: [16, 20, 24], order: [2, 0, 1] },
    ],
  },
  {
    name: 'matrices transposed',
    to: { shape: [3, 40, 44] },
    from: [{ shape: [3, 40, 44], order: [0, 2, 1] }],
  },
  {
    name: 'the first axis last',
    to: { shape: [12, 10, 40] },
    from: [{ shape: [12, 10, 40], order: [2, 1, 0] }],
  },
  {
    name: 'images, channels last',
    to: { shape: [2, 36, 17, 8] },
    from: [{ shape: [2, 36, 17, 8], order: [0, 3, 1, 2] }],
  },
  {
    name: 'into a transposed result',
    to: { shape: [68, 64], order: [1, 0] },
    from: [{ shape: [68, 64] }, { shape: [64] }],
  },
  {
    name: 'into rows with gaps',
    to: { shape: [68, 64], gap: 4, offset: 4 },
    from: [{ shape: [68, 64] }, { shape: [68, 64], order: [1, 0] }],
  },
  { name: 'into odd gaps', to: { shape: [68, 64], gap: 3, offset: 1 }, from: [{ shape: [68, 64] }] },
  { name: 'small', to: { shape: [5, 8] }, from: [{ shape: [5, 8], order: [1, 0] }, { shape: [8] }] },
  {
    name: 'six axes',
    to: { shape: [2, 3, 4, 5, 6, 8] },
    from: [{ shape: [2, 1, 4, 1, 6, 1] }, { shape: [2, 3, 1, 5, 1, 8] }],
  },
];

describe.each([
  ['a software adapter', true],
  ['a GPU', false],
])('elementwise, for %s', (_, software) => {
  it.each(cases.flatMap((c) => (['float32', 'int32'] as const).map((dtype) => [c.name, dtype, c] as const)))(
    '%s, %s',
    async (_name, dtype, { to, from, shader }) => {
      const inputs = from.map((lie, k) => operand(lie, k + 1, dtype));
      const y = operand(to, 0, dtype);
      y.storage.data.fill(-55);
      const dispatch = mapDispatch(from.length === 2 ? 'a - b' : 'a', inputs, y, { software });
      if (shader) expect(dispatch.shader).toBe(shader);
      const got = await runDispatches(device, [dispatch], y.storage);

      const [a, b] = inputs.map((x) => valuesOf(x, y.shape)) as [number[], number[] | undefined];
      const wanted = y.storage.data.slice();
      forEachPlace(y.shape, [y], ([at = 0], i) => {
        wanted[at] = (a[i] as number) - (b?.[i] ?? 0);
      });
      expect(got).toEqual(wanted);
    },
  );

  it('heavy formulas, and numbers beside them', async () => {
    const [a, b] = [operand({ shape: [67, 64] }, 1, 'float32'), operand({ shape: [64] }, 2, 'float32')];
    const y = operand({ shape: [67, 64] }, 0, 'float32');
    const number = {
      shape: [],
      strides: [],
      offset: 0,
      dtype: 'float32' as const,
      storage: { ...hostStorage(new Float32Array(1), 'float32'), constant: 3 },
    };
    for (const x of [operand({ shape: [67, 64] }, 2, 'float32'), b]) {
      const dispatch = mapDispatch('pow_(abs(a), 1.5) + b * c', [a, x, number], y, { software });
      const got = await runDispatches(device, [dispatch], y.storage);
      const other = valuesOf(x, y.shape);
      const worst = valuesOf(a, y.shape).reduce((most, v, i) => {
        const want = Math.abs(v) ** 1.5 + (other[i] as number) * 3;
        return Math.max(most, Math.abs((got[i] as number) - want) / (Math.abs(v) ** 1.5 + 30));
      }, 0);
      expect(worst).toBeLessThan(1e-6);
    }
  });

  it('more workgroups than one dimension holds', async () => {
    const to = { shape: [65_536 * 4 + 3, 64] };
    const x = { ...operand({ shape: [64] }, 1, 'float32') };
    const plan = mapDispatch(
      'a',
      [x],
      { ...operand({ shape: [1] }, 0, 'float32'), ...layoutOf(to) },
      { software },
    );
    expect(plan.workgroups[0] * (plan.workgroups[1] ?? 1) * 256).toBeGreaterThanOrEqual(
      plan.integers[0] as number,
    );
    expect(plan.workgroups[0]).toBeLessThanOrEqual(65535);
  });
});
