// The recorder at a wrapped GPUDevice: few submits, nothing made in the steady state, and the status word. Counts are the
// device's own, not ours. The hazards of WebGPU have hazards.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countGpu, countsSince, type GpuCounts } from '../../scripts/gpu-counter.ts';
import {
  type Device,
  DeviceError,
  DeviceLostError,
  init,
  memory,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

freeAfterEach(); // so that the collector frees nothing while a test counts

let raw: GPUDevice;
let counts: GpuCounts;
let device: Device;

beforeAll(async () => {
  raw = await gpuDevice();
  counts = countGpu(raw);
  device = await init({ backend: 'webgpu', device: raw });
});
afterAll(async () => {
  device.close();
  raw.destroy();
  await testDevice(); // later files of this process go on with the shared device
});

/** What the device was asked for while `fn` ran and its work was done. */
async function during(fn: () => unknown): Promise<GpuCounts> {
  await device.flush();
  const before = { ...counts };
  await fn();
  await device.flush();
  return countsSince(counts, before);
}

describe('recording', () => {
  it('puts many operations into one pass and one submit', async () => {
    const x = tensor([1, 2, 3, 4, 5]);
    let y: Tensor | undefined;
    const found = await during(() => {
      y = scope(() => {
        let t = x;
        for (let i = 0; i < 100; i++) t = t.add(i);
        return t;
      });
    });
    expect(await y?.array()).toEqual([4951, 4952, 4953, 4954, 4955]);
    expect(found).toMatchObject({ dispatches: 100, passes: 1, submits: 1, maps: 0 });
  });

  it('submits by itself when the event loop turns', async () => {
    await device.flush();
    const before = counts.submits;
    const y = tensor([1, 2]).add(1);
    expect(counts.submits).toBe(before);
    await new Promise<void>((turn) => setTimeout(turn, 20));
    expect(counts.submits).toBe(before + 1);
    y.dispose();
  });

  it('makes no buffer, bind group or pipeline in the steady state of a training loop', async () => {
    const rng = random(3);
    const images = rng.normal([100, 20]);
    const labels = rng.integers(0, 4, [100]);
    const p = { w: variable(rng.normal([20, 9])), b: variable(zeros([9])), v: variable(rng.normal([9, 4])) };
    const adam = optimizers.adam();
    const step = (i: number) =>
      scope(() => {
        const rows = tensor(Int32Array.from({ length: 8 }, (_, k) => (i * 8 + k) % 100)); // uploaded every step
        const [x, y] = [images.take(rows), labels.take(rows)];
        const { grad } = valueAndGrad((q: typeof p) =>
          x.dense(q.w, q.b, 'relu').dense(q.v).softmaxCrossEntropy(y).mean(),
        )(p);
        adam.step(p, grad);
      });
    const steps = () => {
      for (let i = 0; i < 20; i++) step(i);
    };
    for (let warm = 0; warm < 2; warm++) await during(steps);
    const found = await during(steps);
    expect(found).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0 });
    expect(found.submits).toBeLessThanOrEqual(20);
    expect(found.dispatches / 20).toBeLessThanOrEqual(24);
    adam.dispose();
    for (const t of [...Object.values(p), images, labels]) t.dispose();
  });

  it('goes beyond one page of parameters', async () => {
    let t = tensor([0]);
    for (let i = 0; i < 3000; i++) {
      const next = t.add(1);
      t.dispose();
      t = next;
    }
    expect(await t.array()).toEqual([3000]);
    t.dispose();
  });

  it('reads several tensors at once, each as it was', async () => {
    const v = variable(tensor([1, 2]));
    const sgd = optimizers.sgd(1);
    const [before, g] = [v.data(), tensor([1, 1])];
    sgd.step([v], [g]);
    const after = v.data();
    expect([...(await before)]).toEqual([1, 2]);
    expect([...(await after)]).toEqual([0, 1]);
    for (const t of [v, g, sgd]) t.dispose();
  });
});

describe('errors', () => {
  it('a GPU tensor is not read synchronously', () => {
    expect(() => tensor([1]).dataSync()).toThrow(DeviceError);
    expect(() => tensor([1]).dataSync()).toThrow(/await t.data\(\)/);
  });

  it('a validation error rejects the next read, marks what it would have written, and leaves the rest good', async () => {
    const good = tensor([1, 2]).add(1);
    await device.flush();
    const victim = tensor([5, 6]);
    const bad = victim.add(1);
    // Behind the library's back: a buffer that a recorded dispatch reads is destroyed before the submit.
    const storage = victim.storage as unknown as { pooled: { buffer: GPUBuffer } };
    storage.pooled.buffer.destroy();
    await expect(bad.data()).rejects.toThrow(/WebGPU refused the work of add/);
    await expect(bad.data()).rejects.toThrow(/WebGPU refused the work of add/);
    expect(await good.array()).toEqual([2, 3]);
  });

  it('a tensor beyond the adapter’s binding limit is refused at the call', () => {
    const column = tensor(new Float32Array(2 ** 16), { shape: [2 ** 16, 1] });
    const before = memory();
    expect(() => column.add(column.T)).toThrow(
      /add: a tensor of 4294967296 elements needs 17179869184 bytes/,
    );
    expect(memory().bytes).toBe(before.bytes);
    column.dispose();
  });

  it('a dispatch whose parameters do not fit into a slot is refused at the call', () => {
    const dispatch = { source: '', shader: 'wide', buffers: [], workgroups: [1], work: 1 } as const;
    const run = (integers: number, floats: number) => () =>
      device.run({
        op: 'wide',
        inputs: [],
        outputs: [],
        cpu: () => {},
        gpu: () => [
          { ...dispatch, integers: Array<number>(integers).fill(0), floats: Array<number>(floats).fill(0) },
        ],
      });
    expect(run(60, 5)).toThrow('wide.wgsl: 60 integers and 5 floats do not fit into the 256 bytes');
  });

  it('after close everything says so', async () => {
    const other = await init({ backend: 'webgpu', device: await gpuDevice() });
    const x = tensor([1, 2]);
    other.close();
    expect((await other.lost) instanceof DeviceLostError).toBe(true);
    expect(() => x.add(1)).toThrow(DeviceLostError);
    await expect(x.data()).rejects.toThrow(DeviceLostError);
    await init({ backend: 'webgpu', device: raw });
  });
});
