// Kernels compiled ahead and beside each other, and kernels that are faster but take long to compile.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countGpu, countsSince, type GpuCounts, intercept } from '../../scripts/gpu-counter.ts';
import { capture, type Device, init, keep, type Tensor, tensor, variable, warmup } from '../../src/index.ts';
import { testDevice } from '../place.ts';

let device: Device;
let counts: GpuCounts;
/** Pipelines for which the device was made to wait. */
let atOnce: number;
let made: Tensor[];

beforeEach(async () => {
  device = await init('webgpu');
  const gpu = device.gpu as GPUDevice;
  counts = countGpu(gpu);
  atOnce = 0;
  made = [];
  intercept(gpu, 'createComputePipeline', () => {
    atOnce++;
  });
});
afterEach(async () => {
  for (const t of made) t.dispose();
  device.close();
  await testDevice();
});

const ours = (t: Tensor): Tensor => {
  made.push(keep(t));
  return t;
};
const ramp = (m: number, n: number): Tensor =>
  ours(
    tensor(
      Float32Array.from({ length: m * n }, (_, k) => ((k * 37) % 101) / 50 - 1),
      { shape: [m, n] },
    ),
  );

describe('warmup', () => {
  it('compiles in the background all that a function uses, and disposes what it makes', async () => {
    const [a, b] = [ramp(12, 20), ramp(20, 8)];
    const f = () => a.matmul(b).sigmoid().sum(0);
    await warmup(f);
    expect(atOnce).toBe(0);
    const before = { ...counts };
    const y = ours(f());
    const [first] = (await y.array()) as number[];
    const column = (await a.matmul(b).data()).filter((_, k) => k % 8 === 0);
    expect(first).toBeCloseTo(
      [...column].reduce((sum, z) => sum + 1 / (1 + Math.exp(-z)), 0),
      4,
    );
    expect(countsSince(counts, before).pipelines).toBe(0);
    expect(atOnce).toBe(0);
  });

  it('runs the function once: what it assigns stays, in the order of what else is done meanwhile', async () => {
    const v = variable(tensor([1, 2, 3]));
    const warm = warmup(() => v.assign(v.mul(2)));
    v.assign(v.add(1));
    expect(await v.array()).toEqual([3, 5, 7]); // behind what waits for the compiler
    await warm;
    expect(await v.array()).toEqual([3, 5, 7]);
    v.dispose();
  });

  it('keeps the order of work and uploads', async () => {
    const x = ours(tensor([1, 2, 3, 4]));
    let y: Tensor | undefined;
    const warm = warmup(() => {
      const gone = x.exp();
      y = ours(gone.log().mul(10));
      gone.dispose();
    });
    const later = ours(tensor([5, 6, 7, 8])); // must not get a buffer that waiting work reads
    expect(await later.array()).toEqual([5, 6, 7, 8]);
    await warm;
    const got = (await y?.array()) as number[];
    expect(got.map(Math.round)).toEqual([10, 20, 30, 40]);
  });

  it('rejects with the error of the function, and what it did before stands', async () => {
    const v = variable(tensor([1]));
    await expect(
      warmup(() => {
        v.assign(v.add(1));
        throw new RangeError('mine');
      }),
    ).rejects.toThrow('mine');
    expect(await v.array()).toEqual([2]);
    v.dispose();
  });

  it('makes a captured step ready', async () => {
    const v = variable(tensor([1, 2]));
    const step = capture(() => v.assign(v.mul(v).add(1)));
    await warmup(step);
    expect(atOnce).toBe(0);
    step();
    expect(await v.array()).toEqual([5, 26]);
    expect(atOnce).toBe(0);
    step.dispose();
    v.dispose();
  });
});

describe('a kernel that is faster but takes long to compile', () => {
  it('is made once there was work enough for it, and gives the same bits', async () => {
    const [a, b] = [ramp(64, 64), ramp(64, 64)];
    const bits = await a.matmul(b).data();
    expect([counts.pipelines, atOnce]).toEqual([1, 0]);
    const WORTH = 5e8;
    for (let work = 0; work < WORTH; work += 2 * 64 ** 3) a.matmul(b).dispose();
    await device.flush();
    const kinds = device.info.software ? 2 : 1; // a GPU has one tile for this size
    expect([counts.pipelines, atOnce]).toEqual([kinds, 0]);
    await warmup(() => a.matmul(b)); // waits for it
    expect(await a.matmul(b).data()).toEqual(bits);
    expect([counts.pipelines, atOnce]).toEqual([kinds, 0]);
  });

  it('is used at once after a warmup', async () => {
    const [a, b] = [ramp(64, 64), ramp(64, 64)];
    const grids: unknown[] = [];
    const gpu = device.gpu as GPUDevice;
    intercept(gpu, 'createCommandEncoder', (encoder) => {
      intercept(encoder as GPUCommandEncoder, 'beginComputePass', (pass) => {
        intercept(pass as GPUComputePassEncoder, 'dispatchWorkgroups', (_, [x]) => grids.push(x));
      });
    });
    const bits = await a.matmul(b).data();
    await warmup(() => a.matmul(b));
    expect(await a.matmul(b).data()).toEqual(bits);
    const [before, , after] = grids as [number, number, number];
    expect(grids).toHaveLength(3);
    if (device.info.software)
      expect(after).toBeLessThan(before); // a larger tile takes fewer threads
    else expect(after).toBe(before);
  });
});
