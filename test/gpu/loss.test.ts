// A device that is lost: what waits for it rejects, what is asked of it later throws and says what to do, its tensors can
// still be disposed, and a new device goes on from host copies. test/crash/ has the same from a crash of Chrome's GPU.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  concat,
  type Device,
  DeviceLostError,
  grad,
  init,
  memory,
  optimizers,
  random,
  scope,
  stack,
  type Tensor,
  tensor,
  type Variable,
  variable,
  WebGPUUnavailableError,
  zeros,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { gpu, gpuDevice } from './device.ts';

freeAfterEach();

let raw: GPUDevice;
let device: Device;

beforeEach(async () => {
  raw = await gpuDevice();
  device = await init({ backend: 'webgpu', device: raw });
});
afterEach(async () => {
  device.close();
  raw.destroy();
  await testDevice();
});

const lost = /the WebGPU device was lost \(destroyed.*await init\(\) for a new device.*from host copies/;

async function lose(): Promise<void> {
  raw.destroy();
  await device.lost;
}

/** What a promise rejects with. */
const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it resolved',
    (error: unknown) => error,
  );

describe('losing the device', () => {
  it('settles `lost` with the error', async () => {
    raw.destroy();
    const error = await device.lost;
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(error.message).toMatch(lost);
  });

  it('rejects everything that is pending', async () => {
    const cpu = await init('cpu');
    const x = tensor([1, 2], { device });
    const pending = {
      data: x.add(1).data(),
      array: x.mul(2).array(),
      item: x.sum().item(),
      'strided data': stack([x, x]).T.data(),
      to: x.to(cpu),
      flush: device.flush(),
    };
    raw.destroy();
    const late = { 'late data': x.add(2).data(), 'late flush': device.flush() }; // the loss is not known yet
    for (const [what, work] of Object.entries({ ...pending, ...late })) {
      const error = await rejection(work);
      expect(error, what).toBeInstanceOf(DeviceLostError);
      expect((error as Error).message).toMatch(lost);
    }
  });

  it('rejects a read though its buffer never answers', async () => {
    const { createBuffer } = raw;
    raw.createBuffer = (request) => {
      const buffer = createBuffer.call(raw, request);
      buffer.mapAsync = () => new Promise(() => {});
      return buffer;
    };
    const x = tensor([1, 2]);
    const reads = [x.data(), x.add(1).data()];
    raw.destroy();
    for (const read of reads) expect(await rejection(read)).toBeInstanceOf(DeviceLostError);
  });

  it('rejects with the loss though the GPU breaks off before it tells of it', async () => {
    const x = tensor([1, 2]);
    const { createBuffer } = raw;
    raw.createBuffer = (request) => {
      const buffer = createBuffer.call(raw, request);
      buffer.mapAsync = async () => {
        throw new DOMException('the connection is gone', 'AbortError');
      };
      return buffer;
    };
    raw.queue.onSubmittedWorkDone = async () => {
      throw new DOMException('the connection is gone', 'OperationError');
    };
    const early = [x.data(), device.flush()].map(rejection);
    await new Promise<void>((turn) => setTimeout(turn, 0)); // they have broken off
    raw.destroy();
    for (const error of await Promise.all(early)) expect(error).toBeInstanceOf(DeviceLostError);
  });

  it('is an error of its own for every operation, which names itself', async () => {
    const x = tensor([1, 2]);
    const v = variable(x);
    const constant = zeros([2]);
    const sgd = optimizers.sgd(0.1);
    const g = grad((w: Tensor) => w.square().sum())(v);
    await lose();
    const live = tensor([1, 2], { device: await init('cpu') });
    const calls: [name: string, call: () => unknown][] = [
      ['add', () => x.add(1)],
      ['sub', () => live.sub(x)],
      ['mul', () => constant.mul(2)],
      ['reshape', () => x.reshape([2, 1])],
      ['concat', () => concat([x, x])],
      ['grad', () => grad((w: Tensor) => w.square().sum())(v)],
      ['assign', () => v.assign(live)],
      ['variable', () => variable(x)],
      ['sgd', () => sgd.step([v], [g])],
      ['tensor', () => tensor([1], { device })],
      ['zeros', () => zeros([1], { device })],
      ['normal', () => random(1).normal([2], { device })],
      ['data', () => x.data()],
      ['array', () => constant.array()],
      ['to', () => x.to(live.device)],
      ['flush', () => device.flush()],
    ];
    for (const [name, call] of calls) {
      const error = await rejection((async () => call())());
      expect(error, name).toBeInstanceOf(DeviceLostError);
      const { message, cause } = error as DeviceLostError;
      expect(message).toMatch(new RegExp(`^${name}: ${lost.source}`));
      expect(cause).toBe(await device.lost);
    }
    for (const made of [v, sgd]) made.dispose();
    await expect(live.to(device)).rejects.toThrow(DeviceLostError);
    expect(await live.array()).toEqual([1, 2]);
  });

  it('leaves nothing behind: tensors can be disposed, and count as before', async () => {
    const before = memory();
    const sgd = optimizers.sgd({ momentum: 0.9 });
    const x = tensor(new Float32Array(5056)); // whole slices of the optimizer's state
    const v = variable(x);
    sgd.step([v], [x]);
    const read = x.add(1);
    await read.data();
    const recorded = x.add(2); // and not submitted
    expect(memory().bytes - before.bytes).toBe(5 * 4 * 5056); // x; the variable and its velocity; two sums
    await lose();
    expect(() => scope(() => x.add(1))).toThrow(DeviceLostError);
    for (const t of [x, v, read, recorded, sgd]) t.dispose();
    const { tensors, bytes, poolBytes } = memory();
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
    expect(poolBytes).toBe(0);
    device.close();
    expect((await device.lost).message).toMatch(lost); // closing comes too late
  });
});

describe('a new device', () => {
  /** Descent from a point by five steps; `between` is called after the second. */
  async function descent(between: (w: Variable) => Promise<Variable>): Promise<ArrayLike<number>> {
    let w = variable(tensor([0, 1, 2]));
    for (let step = 0; step < 5; step++) {
      const sgd = optimizers.sgd(0.1);
      scope(() => sgd.step(w, grad((p: Tensor) => p.tanh().sub(0.3).square().sum())(w)));
      sgd.dispose();
      if (step === 1) w = await between(w);
    }
    const end = await w.data();
    w.dispose();
    return end;
  }

  it('goes on from host copies as if nothing had been, to the bit', async () => {
    const undisturbed = await descent(async (w) => w);
    let second: Device | undefined;
    const recovered = await descent(async (w) => {
      const copy = await w.data();
      await lose();
      second = await init('webgpu');
      w.dispose();
      return variable(tensor(copy));
    });
    expect(second?.kind).toBe('webgpu');
    expect(recovered).toEqual(undisturbed);
    second?.close();
  });

  it('is not made of a GPUDevice that is lost', async () => {
    const gone = await gpuDevice();
    gone.destroy();
    await gone.lost;
    const wanted = init({ backend: 'webgpu', device: gone });
    await expect(wanted).rejects.toThrow(WebGPUUnavailableError);
    await expect(init({ backend: 'webgpu', device: gone })).rejects.toThrow(
      /the GPUDevice that was given is lost already \(destroyed/,
    );
  });

  it('is asked for again where a crash was in the way', async () => {
    const real = await gpu();
    const nothing = async () => null;
    const adapter = () => real.requestAdapter();
    const stillborn = async () => {
      const found = await real.requestAdapter();
      if (!found) return null;
      const requestDevice = async () => {
        const made = await found.requestDevice();
        made.destroy();
        await made.lost;
        return made;
      };
      return { limits: found.limits, features: found.features, requestDevice } as unknown as GPUAdapter;
    };
    for (const first of [nothing, stillborn]) {
      const answers = [first, adapter];
      const made = await init({
        backend: 'webgpu',
        gpu: { requestAdapter: () => answers.shift()?.() } as GPU,
      });
      expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
      made.close();
    }
    const fallen = await init({ gpu: { requestAdapter: stillborn } as unknown as GPU });
    expect(fallen.fallbackReason).toMatch(/the adapter's device is lost already \(destroyed/);
  });
});
