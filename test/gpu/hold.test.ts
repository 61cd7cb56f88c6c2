// Work whose pipelines are being compiled is held back: it must come to the same as if it had been encoded at once. Each
// test has a device of its own, for which every kernel is new, and which is watched for what WebGPU takes badly.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countGpu, type GpuCounts, intercept } from '../../scripts/gpu-counter.ts';
import {
  capture,
  type Device,
  init,
  keep,
  optimizers,
  profile,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { watchFinite } from '../../src/ops/dispatch.ts';
import { disposeAfterEach, freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';
import { watchHazards } from './watch.ts';

freeAfterEach();
const mine = disposeAfterEach();

let raw: GPUDevice;
let counts: GpuCounts;
let offences: string[];
let device: Device;
/** Pipelines for which the device was made to wait. */
let atOnce: number;
/** Lets the pipelines come that were asked for, one by one; those of tests that ask for it do not come before. */
let gates: (() => void)[] | undefined;

beforeEach(async () => {
  raw = await gpuDevice();
  counts = countGpu(raw);
  offences = watchHazards(raw);
  atOnce = 0;
  gates = undefined;
  const { createComputePipelineAsync } = raw;
  raw.createComputePipelineAsync = async (descriptor) => {
    if (gates) await new Promise<void>((open) => gates?.push(open));
    return createComputePipelineAsync.call(raw, descriptor);
  };
  intercept(raw, 'createComputePipeline', () => {
    atOnce++;
  });
  device = await init({ backend: 'webgpu', device: raw });
});
afterEach(async () => {
  openGates();
  device.close();
  raw.destroy();
  await testDevice(); // later tests of this process go on with the shared device
  expect(offences).toEqual([]);
});

const turn = (ms = 0) => new Promise<void>((next) => setTimeout(next, ms));
const openGates = () => {
  for (const open of gates ?? []) open();
};

describe('kernels that are new', () => {
  it('are compiled beside each other, and nothing is submitted before they are there', async () => {
    const x = tensor([1, 2, 3, 4]);
    const y = x.exp().sum().add(x.max()).sin();
    const reading = y.item();
    expect([counts.pipelines, counts.submits]).toEqual([5, 0]);
    expect(await reading).toBeCloseTo(Math.sin([1, 2, 3, 4].reduce((sum, v) => sum + Math.exp(v), 0) + 4), 4);
    expect([counts.pipelines, counts.submits, atOnce]).toEqual([5, 1, 0]);
  });

  it('are compiled once for all that use them meanwhile', async () => {
    const x = tensor([1, 2]);
    const sums = [x.add(1), x.add(2), x.add(3)];
    expect(await Promise.all(sums.map((t) => t.array()))).toEqual([
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
    expect([counts.pipelines, atOnce]).toEqual([1, 0]);
  });

  it('are made at once for whoever wants the GPUBuffer itself', async () => {
    const x = tensor([1, 2]).neg();
    expect(x.gpuBuffer()).toBeDefined();
    expect([counts.submits, atOnce]).toEqual([1, 1]);
    expect(await x.array()).toEqual([-1, -2]);
  });

  it('hold flush back, and a submission that nobody asked for', async () => {
    tensor([1, 2]).sqrt();
    await device.flush();
    expect([counts.dispatches, counts.submits, atOnce]).toEqual([1, 1, 0]);
    tensor([1, 2]).cos();
    while (counts.submits === 1) await turn();
    expect([counts.dispatches, counts.submits, atOnce]).toEqual([2, 2, 0]);
  });
});

describe('work that is held back', () => {
  it('is read as it was, though variables change before it is submitted', async () => {
    const v = mine(variable(tensor([1, 2])));
    const w = mine(variable(tensor([10, 20])));
    const [step, g] = [mine(optimizers.sgd({ learningRate: 1 })), tensor([1, 1])];
    const read: Promise<unknown>[] = [];
    for (let k = 0; k < 3; k++) {
      read.push(v.array(), w.array());
      v.assign(v.mul(2));
      step.step([w], [g]);
    }
    expect(await Promise.all(read)).toEqual([
      [1, 2],
      [10, 20],
      [2, 4],
      [9, 19],
      [4, 8],
      [8, 18],
    ]);
    expect(await Promise.all([v.array(), w.array()])).toEqual([
      [8, 16],
      [7, 17],
    ]);
    expect(atOnce).toBe(0);
  });

  it('keeps buffers that it reads from uploads and from allocations', async () => {
    const results: Promise<unknown>[] = [];
    for (let k = 0; k < 20; k++)
      scope(() => {
        const x = tensor([k, k + 1, k + 2]);
        results.push(x.array(), x.mul(4).exp().log().round().array());
      });
    const expected = Array.from({ length: 20 }, (_, k) => [
      [k, k + 1, k + 2],
      [4 * k, 4 * k + 4, 4 * k + 8],
    ]).flat();
    expect(await Promise.all(results)).toEqual(expected);
  });

  it('may be too much, and too long for one submission', async () => {
    let sum = tensor([0, 0]);
    for (let k = 0; k < 1500; k++) sum = sum.add(1);
    expect(await sum.array()).toEqual([1500, 1500]);
    expect(atOnce).toBeGreaterThan(0); // more than is held
    const ones = random(1).bernoulli(1, [512, 512]).astype('float32');
    let product = ones;
    for (let k = 0; k < 3; k++) product = product.matmul(ones).div(512); // 2.7e8 operations each
    expect(await product.min().item()).toBe(1);
    expect(await product.max().item()).toBe(1);
  });

  it('may be a captured step, with the numbers of each call', async () => {
    const run = async (captured: boolean): Promise<unknown[]> => {
      const w = mine(variable(tensor([1, -2, 3])));
      const [adam, noise] = [mine(optimizers.adam(0.1)), random(3)];
      const f = (x: Tensor) => {
        const { value, grad } = valueAndGrad((w: Tensor) =>
          w
            .sub(x)
            .add(noise.normal([3]))
            .square()
            .sum(),
        )(w);
        adam.step([w], [grad]);
        return value;
      };
      const step = captured ? mine(capture(f)) : f;
      const read: Promise<unknown>[] = [];
      for (let k = 0; k < 6; k++) read.push(step(tensor([k, 1, 2])).item(), w.array());
      return Promise.all(read);
    };
    const [held, plain] = [await run(true), await run(false)];
    expect(held).toEqual(plain);
  });

  it('is given up when the device closes, with its memory', async () => {
    const reading = tensor([1, 2]).tanh().array();
    const refused = expect(reading).rejects.toThrow(/closed/);
    device.close();
    await refused;
    expect(counts.destroyed).toBe(counts.buffers);
  });
});

describe('work that could not wait', () => {
  beforeEach(() => {
    gates = [];
  });

  it('does not have later work submitted when its pipelines come', async () => {
    const early = tensor([1, 2]).exp();
    await turn(); // somebody has asked for its submission
    early.gpuBuffer();
    const x = tensor([3, 4]);
    const reading = x.neg().array();
    x.dispose();
    gates?.[0]?.(); // that of exp, which is there already
    await turn(30);
    const y = tensor([100, 200]); // not in the buffer of x
    openGates();
    expect(await reading).toEqual([-3, -4]);
    expect(await y.array()).toEqual([100, 200]);
  });

  it('nor when it was too much', async () => {
    let sum = tensor([0, 0]);
    const first = sum.add(1).array();
    for (let k = 0; k < 1100; k++) sum = sum.add(1);
    const x = tensor([3, 4]);
    const reading = x.neg().array();
    x.dispose();
    gates?.[0]?.();
    expect(await first).toEqual([1, 1]);
    const y = tensor([100, 200]);
    openGates();
    expect(await reading).toEqual([-3, -4]);
    expect(await y.array()).toEqual([100, 200]);
  });

  it('is none of a profile that begins later', async () => {
    tensor([1, 2]).cosh();
    const profiled = profile(() => tensor([1, 2]).add(1));
    openGates();
    expect((await profiled).kernels.map(({ op }) => op)).toEqual(['add']);
  });
});

describe('a kernel that cannot be compiled', () => {
  it('is told of once; what does not need it is computed', async () => {
    const { createShaderModule } = raw;
    const x = tensor([1, 2, 3]);
    const good = x.add(1);
    raw.createShaderModule = (descriptor) =>
      createShaderModule.call(raw, { ...descriptor, code: `${descriptor.code} nonsense` });
    const bad = x.cosh();
    const worse = bad.neg();
    raw.createShaderModule = createShaderModule;
    await expect(worse.array()).rejects.toThrow(/compiling elementwise.wgsl: \d+:\d+ .*token/); // the compiler's own words
    expect(await good.array()).toEqual([2, 3, 4]);
    expect(await x.sub(1).array()).toEqual([0, 1, 2]);
    for (const t of [bad, worse]) await expect(t.array()).rejects.toThrow(/compiling elementwise.wgsl: /);
    expect(await good.array()).toEqual([2, 3, 4]);
  });

  it('is told of again by whoever measures it later', async () => {
    const { createShaderModule } = raw;
    raw.createShaderModule = (descriptor) =>
      createShaderModule.call(raw, { ...descriptor, code: `${descriptor.code} nonsense` });
    const x = tensor([1, 2, 3]);
    await expect(x.cosh().array()).rejects.toThrow(/compiling elementwise.wgsl/);
    let again: Tensor | undefined;
    await profile(() => {
      again = mine(keep(x.cosh()));
    }).catch(() => undefined); // which may tell of it first
    await expect(again?.array()).rejects.toThrow(/compiling elementwise.wgsl/);
  });

  it('is told of once, though constants are read meanwhile', async () => {
    const { createShaderModule } = raw;
    raw.createShaderModule = (descriptor) =>
      createShaderModule.call(raw, { ...descriptor, code: `${descriptor.code} nonsense` });
    const x = tensor([1, 2, 3]);
    x.cosh();
    const told: string[] = [];
    const tell = ({ message }: Error) => void told.push(message);
    while (told.length === 0) {
      await zeros([2]).array().catch(tell);
      await turn();
    }
    await x.array().catch(tell);
    await x.array().catch(tell);
    expect(told).toEqual([expect.stringMatching(/compiling elementwise.wgsl/)]);
  });

  it('leaves alone what is held beside it, where it writes nothing', async () => {
    const { createComputePipelineAsync } = raw;
    raw.createComputePipelineAsync = (descriptor) =>
      descriptor.label === 'watch'
        ? Promise.reject(new Error('no such driver'))
        : createComputePipelineAsync.call(raw, descriptor);
    const x = tensor([1, 2, 3]);
    const good = x.add(1);
    watchFinite(x, 'x', () => 1);
    await expect(device.flush()).rejects.toThrow('compiling watch.wgsl: no such driver');
    expect(await good.array()).toEqual([2, 3, 4]);
    expect(atOnce).toBe(0);
  });

  it('leaves alone what is held beside it, where it is replayed', async () => {
    const { createShaderModule } = raw;
    raw.createShaderModule = (descriptor) =>
      createShaderModule.call(raw, {
        ...descriptor,
        code: descriptor.code.includes('cosh') ? `${descriptor.code} nonsense` : descriptor.code,
      });
    const x = tensor([1, 2, 3]);
    const step = mine(capture((t: Tensor) => t.cosh().sum()));
    const read = Array.from({ length: 4 }, () => step(x).array());
    const good = x.add(1);
    for (const { status } of await Promise.allSettled(read)) expect(status).toBe('rejected');
    expect(await good.array()).toEqual([2, 3, 4]);
    step.dispose();
  });

  it('is no mistake of ours where the device is lost', async () => {
    const { createShaderModule } = raw;
    raw.createComputePipelineAsync = async () => {
      await turn();
      throw new Error('the instance is gone');
    };
    raw.createShaderModule = (descriptor) =>
      Object.defineProperty(createShaderModule.call(raw, descriptor), 'getCompilationInfo', {
        value: () => Promise.reject(new Error('the instance is gone')),
      });
    await expect(tensor([1, 2]).cosh().array()).rejects.toThrow('the instance is gone');
    tensor([1, 2]).sinh(); // which nobody reads: an unhandled rejection would fail the run
    await turn(50);
  });
});

describe('results of captured steps, while their work is held back', () => {
  it('may be held by views: the variables are as they should be', async () => {
    const w = mine(variable(tensor([1, 1])));
    const sgd = mine(optimizers.sgd(1));
    const step = mine(
      capture((x: Tensor) => {
        const y = x.mul(2);
        sgd.step([w], [y.mul(1.5)]);
        return y;
      }),
    );
    const views: Tensor[] = [];
    for (let i = 0; i < 5; i++) views.push(step(tensor([i, 1])).reshape([1, 2]));
    expect(await w.array()).toEqual([-29, -14]);
    for (const [i, view] of views.entries()) expect(await view.array()).toEqual([[2 * i, 2]]);
  });

  it('may be copied and read through views before the next call', async () => {
    const step = mine(capture((x: Tensor) => x.mul(2)));
    const copies: Tensor[] = [];
    const reads: Promise<unknown>[] = [];
    for (let i = 0; i < 5; i++) {
      const y = step(tensor([i, i]));
      const view = y.slice(0);
      copies.push(view.add(0));
      reads.push(view.item(), y.array());
    }
    for (const [i, copy] of copies.entries()) expect(await copy.item()).toBe(2 * i);
    expect(await Promise.all(reads)).toEqual([0, 1, 2, 3, 4].flatMap((i) => [2 * i, [2 * i, 2 * i]]));
  });
});
