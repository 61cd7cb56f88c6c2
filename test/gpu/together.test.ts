// Variables in one buffer, and captured steps: what only a GPUDevice shows of them.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { countGpu, type GpuCounts } from '../../scripts/gpu-counter.ts';
import { capture, type Device, init, optimizers, scope, tensor, variable, zeros } from '../../src/index.ts';
import { disposeAfterEach, freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();
const mine = disposeAfterEach();

let raw: GPUDevice;
let counts: GpuCounts;
let device: Device;

/** A device of its own, with another limit of what a binding may show. */
async function open(most?: number): Promise<void> {
  raw = await gpuDevice();
  counts = countGpu(raw);
  if (most !== undefined) {
    const get = (limits: GPUSupportedLimits, name: string) =>
      name === 'maxStorageBufferBindingSize' ? most : Reflect.get(limits, name);
    Object.defineProperty(raw, 'limits', { value: new Proxy(raw.limits, { get }) });
  }
  device = await init({ backend: 'webgpu', device: raw });
}
beforeEach(() => open());
afterEach(async () => {
  device.close();
  raw.destroy();
  await testDevice();
});

it('a variable that just fits a binding is updated, beside a small one', async () => {
  const most = 65536 + 16;
  await open(most);
  const [a, b] = [mine(variable(zeros([most / 4]))), mine(variable(tensor([1])))];
  mine(optimizers.sgd(1)).step([a, b], [tensor(new Float32Array(most / 4).fill(1)), tensor([1])]);
  expect((await a.data()).at(-1)).toBe(-1);
  expect(await b.item()).toBe(0);
});

it('one dispatch updates twelve variables with one gradient each, within the bindings that every adapter has', async () => {
  const list = Array.from({ length: 12 }, (_, k) => mine(variable(tensor([k, k]))));
  const slopes = tensor(new Float32Array(24).fill(1)).reshape([12, 2]);
  const sgd = mine(optimizers.sgd({ learningRate: 1, momentum: 0.5 }));
  const step = () =>
    sgd.step(
      list,
      list.map((_, k) => slopes.slice(k)),
    );
  scope(step);
  await device.flush();
  const before = counts.dispatches;
  scope(step);
  await device.flush();
  expect(counts.dispatches - before).toBe(1);
  for (const [k, w] of list.entries()) expect(await w.array()).toEqual([k - 2.5, k - 2.5]);
});

it('a step that is recorded anew at every call leaves no buffers behind', async () => {
  const w = mine(variable(tensor([1, 2, 3])));
  const step = mine(capture(() => w.add(tensor(new Float32Array(3 * 2 ** 12)).reshape([2 ** 12, 3])).sum()));
  const living: number[] = [];
  for (let i = 0; i < 20; i++) {
    scope(() => w.assign(tensor([i, i, i])));
    expect(await step().item()).toBe(3 * i * 2 ** 12);
    await device.flush();
    living.push(counts.buffers - counts.destroyed);
  }
  expect(Math.max(...living.slice(10))).toBe(living[5]);
  step.dispose();
});
