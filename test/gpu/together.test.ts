// Variables in one buffer, and captured steps: what only a GPUDevice shows of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countGpu, type GpuCounts } from '../../scripts/gpu-counter.ts';
import {
  capture,
  type Device,
  init,
  keep,
  optimizers,
  scope,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '../../src/index.ts';
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

describe('gradients of a captured step', () => {
  const sizes = Array.from({ length: 40 }, (_, k) => 1 + ((k * 37) % 150));
  const list = () => sizes.map((n, k) => mine(variable(tensor(new Float32Array(n).fill(k + 1)))));
  const descent = () => mine(optimizers.sgd(0.25));

  it('are taken by one dispatch, however many there are, and leave no unused buffers', async () => {
    const [w, sgd] = [list(), descent()];
    const step = mine(
      capture(() =>
        sgd.step(
          w,
          w.map((v) => v.mul(2)),
        ),
      ),
    );
    const living: number[] = [];
    for (let i = 0; i < 4; i++) {
      step();
      await device.flush();
      living.push(counts.buffers - counts.destroyed);
    }
    const before = counts.dispatches;
    step();
    await device.flush();
    expect(counts.dispatches - before).toBe(sizes.length + 1);
    expect(living[3]).toBeLessThan((living[0] as number) - sizes.length / 2); // of one buffer for each gradient before
    for (const [k, v] of w.entries())
      expect(await v.data()).toEqual(new Float32Array(sizes[k] as number).fill((k + 1) / 2 ** 5));
  });

  it('of one update after the other take the same memory', async () => {
    const w = Array.from({ length: 4 }, () => mine(variable(zeros([65536]))));
    const sgd = descent();
    const step = mine(
      capture(() => {
        for (let i = 0; i < 6; i++)
          scope(() =>
            sgd.step(
              w,
              w.map((v) => v.add(1)),
            ),
          );
      }),
    );
    const living: number[] = [];
    for (let i = 0; i < 4; i++) {
      step();
      await device.flush();
      living.push(counts.buffers - counts.destroyed);
    }
    expect(Math.max(...living.slice(1))).toBeLessThanOrEqual(living[0] as number);
    expect((await w[3]?.data())?.[65535]).toBeCloseTo(0.75 ** 24 - 1, 6);
  });

  it('need no more of a memory budget than they did apart', async () => {
    device.close();
    device = await init({ backend: 'webgpu', device: raw, memoryBudget: 4 * 2 ** 20 });
    const w = Array.from({ length: 8 }, () => mine(variable(zeros([32768]))));
    const sgd = descent();
    const step = mine(
      capture(() => {
        scope(() =>
          sgd.step(
            w,
            w.map((v) => v.add(1)),
          ),
        );
        return zeros([2 ** 18])
          .add((w[0] as Tensor).sum())
          .mean();
      }),
    );
    for (let i = 1; i < 8; i++) expect(await step().item()).toBeCloseTo(32768 * (0.75 ** i - 1), 1);
  });

  it('go with the step, also when it throws while somebody holds one', async () => {
    device.close();
    device = await init({ backend: 'webgpu', device: raw, memoryBudget: 2 ** 24 });
    const w = Array.from({ length: 4 }, () => mine(variable(zeros([16384]))));
    const sgd = descent();
    const free: number[] = [];
    for (let i = 0; i < 4; i++) {
      let held: Tensor | undefined;
      let calls = 0;
      const step = capture(() => {
        const g = w.map((v) => v.add(1));
        if (calls++ === 1) {
          held = keep(g[2] as Tensor);
          throw new Error('on purpose');
        }
        sgd.step(w, g);
      });
      step();
      expect(() => step()).toThrow('on purpose');
      held?.dispose();
      step.dispose();
      await device.flush();
      free.push(device.freeBytes);
    }
    expect(new Set(free).size).toBe(1);
  });

  it('may be results too, and are nobody else’s then', async () => {
    const [w, sgd] = [list().slice(0, 4), descent()];
    const step = mine(
      capture(() => {
        const g = w.map((v) => v.mul(2));
        sgd.step(w, g);
        return { one: g[1] as Tensor, all: g.slice(2) };
      }),
    );
    const held: Tensor[] = [];
    for (let i = 0; i < 6; i++) {
      const { one, all } = step();
      held.push(one.reshape([1, -1]), ...all.map((t) => t.slice([0, 1])));
    }
    for (let i = 0; i < 6; i++)
      for (const [j, k] of [1, 2, 3].entries())
        expect((await held[3 * i + j]?.data())?.[0]).toBe((2 * (k + 1)) / 2 ** i);
  });

  it('keep their content for who holds one from the second call on', async () => {
    const [w, sgd] = [list().slice(0, 4), descent()];
    const held: Tensor[] = [];
    let calls = 0;
    const step = mine(
      capture(() => {
        const g = w.map((v) => v.mul(2));
        if (calls++ > 0) held.push(mine(keep(g[2] as Tensor)));
        sgd.step(w, g);
      }),
    );
    for (let i = 0; i < 6; i++) {
      step(); // recorded four times
      const noise = tensor(new Float32Array(150).fill(9));
      await device.flush();
      noise.dispose();
    }
    for (const [i, t] of held.entries())
      expect(await t.data()).toEqual(new Float32Array(sizes[2] as number).fill(6 / 2 ** (i + 1)));
    expect(held).toHaveLength(3);
  });

  it.each([0, 1])('may be made of one another, from call %i on', async (from) => {
    const w = [1, 2, 3].map((k) => mine(variable(tensor(new Float32Array(70).fill(k)))));
    const sgd = descent();
    let calls = 0;
    const step = mine(
      capture(() => {
        const [a, b] = w.slice(0, 2).map((v) => v.mul(2)) as [Tensor, Tensor];
        sgd.step(w, [a, b, calls++ < from ? (w[2] as Tensor).mul(4) : a.mul(4)]);
      }),
    );
    let [first, last] = [1, 3];
    for (let i = 0; i < 6; i++) {
      last -= i < from ? last : 2 * first;
      first /= 2;
      step();
      expect((await w[0]?.data())?.[69]).toBe(first);
      expect((await w[2]?.data())?.[69]).toBe(last);
    }
    expect(calls).toBe(from === 0 ? 3 : 4); // then it is replayed
  });
});
