// What goes wrong asynchronously: it reaches everything that it spoils, and nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Device,
  IndexError,
  init,
  memory,
  OutOfMemoryError,
  optimizers,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();

let raw: GPUDevice;
let device: Device;

beforeAll(async () => {
  raw = await gpuDevice();
  device = await init({ backend: 'webgpu', device: raw });
});
afterAll(async () => {
  device.close();
  raw.destroy();
  await testDevice(); // later files of this process go on with the shared device
});

const integers = (...values: number[]) => tensor(Int32Array.from(values));
const macrotask = () => new Promise<void>((turn) => setTimeout(turn, 0));
const refused = /WebGPU refused the work of .*mul/;

/** Behind the library's back: whatever reads or writes the tensor's buffer is refused from now on. */
function sabotage(t: Tensor): Tensor {
  const storage = t.storage as unknown as { pooled: { buffer: GPUBuffer } };
  storage.pooled.buffer.destroy();
  return t;
}

/** While `fn` runs, buffers of so many bytes and more are not made, as where memory is short. */
async function short<R>(bytes: number, fn: () => Promise<R>): Promise<R> {
  const { createBuffer } = raw;
  const tooLarge = 2 ** 50;
  raw.createBuffer = (request) => {
    const { size, usage } = request;
    return createBuffer.call(raw, size < bytes ? request : { size: tooLarge, usage });
  };
  try {
    return await fn();
  } finally {
    raw.createBuffer = createBuffer;
  }
}

describe('a refused submit', () => {
  it('fails what is computed from its results, and leaves earlier ones good', async () => {
    const x = tensor([1, 2, 3]);
    const early = x.add(1);
    await device.flush();
    const good = x.mul(2); // in one submit with the bad one
    sabotage(tensor([1, 1, 1])).mul(2);
    await expect(device.flush()).rejects.toThrow(refused);
    const later = good.add(100).mul(x);
    await expect(later.data()).rejects.toThrow(refused);
    await expect(later.sum().data()).rejects.toThrow(refused);
    expect(await early.mul(x).array()).toEqual([2, 6, 12]);
  });

  it('fails what was recorded and submitted before it was known', async () => {
    const x = tensor([1, 2, 3]);
    const apart = x.add(5);
    const good = x.mul(2);
    sabotage(tensor([1, 1, 1])).mul(2);
    const flushed = device.flush();
    const second = good.add(100); // in the second submit
    const safe = x.add(6);
    const done = device.flush();
    const third = second.square(); // being recorded
    await expect(flushed).rejects.toThrow(refused);
    await done.catch(() => undefined);
    await expect(third.data()).rejects.toThrow(refused);
    await expect(second.data()).rejects.toThrow(refused);
    await expect(apart.data()).rejects.toThrow(refused); // of the refused submit
    expect(await safe.array()).toEqual([7, 8, 9]);
  });

  it('has not happened to a read of an earlier submit, though the content was to be changed in place', async () => {
    const x = tensor([1, 2]);
    const v = variable(x);
    x.dispose(); // so that the variable alone holds the content, and it is changed where it lies
    const sgd = optimizers.sgd(1);
    const before = v.data();
    sgd.step([v], [sabotage(tensor([1, 1]))]);
    const flushed = device.flush();
    expect([...(await before)]).toEqual([1, 2]);
    await expect(flushed).rejects.toThrow(/refused the work of .*sgd/);
    await expect(v.data()).rejects.toThrow(/refused the work of .*sgd/);
    v.assign(tensor([3, 4]));
    expect(await v.array()).toEqual([3, 4]);
    for (const t of [v, sgd]) t.dispose();
  });

  it('is not repeated by work on what has failed: good work beside it is done', async () => {
    const bad = sabotage(tensor([1, 1]));
    const failed = bad.mul(2);
    await expect(failed.data()).rejects.toThrow(refused);
    const good = tensor([1, 2]).add(1);
    failed.add(1);
    expect(await good.array()).toEqual([2, 3]);
  });

  it('is told by the read of a constant too, once it is known', async () => {
    sabotage(tensor([1, 1])).mul(2);
    await macrotask(); // submits
    await raw.queue.onSubmittedWorkDone();
    await macrotask();
    await expect(zeros([2]).data()).rejects.toThrow(refused);
    expect(await zeros([2]).array()).toEqual([0, 0]);
  });
});

describe('a buffer that cannot be used', () => {
  it('is not handed out again after it failed an upload', async () => {
    sabotage(tensor(new Float32Array(5000))).dispose();
    const first = tensor(new Float32Array(5000).fill(1)); // gets the destroyed buffer
    await expect(first.data()).rejects.toThrow(/uploading 20000 bytes/);
    await expect(first.mul(2).data()).rejects.toThrow(/uploading 20000 bytes/);
    first.dispose();
    for (let i = 0; i < 3; i++) {
      const next = tensor(new Float32Array(5000).fill(i));
      expect((await next.data())[4999]).toBe(i);
      next.dispose();
    }
  });

  it('is not handed out again after work with it was refused', async () => {
    const x = tensor(new Float32Array(6000).fill(1));
    const result = x.add(1);
    await device.flush();
    sabotage(result).dispose();
    const next = x.mul(2); // gets the destroyed buffer
    await expect(next.data()).rejects.toThrow(refused);
    next.dispose();
    for (let i = 0; i < 3; i++) {
      const again = x.mul(i);
      expect((await again.data())[5999]).toBe(i);
      again.dispose();
    }
  });

  it('fails its tensors where memory is short, and is made anew where it is not', async () => {
    const x = tensor(new Float32Array(8192).fill(1));
    await short(2 ** 20, async () => {
      const large = zeros([2 ** 18]).add(x.sum());
      await expect(large.data()).rejects.toThrow(/allocating 1048576 bytes for add/);
      await expect(large.sum().data()).rejects.toThrow(/allocating 1048576 bytes for add/);
      large.dispose();
    });
    const large = zeros([2 ** 18]).add(x.sum());
    expect((await large.data())[2 ** 18 - 1]).toBe(8192);
  });
});

describe('memory', () => {
  it('that runs short with a large allocation spoils nothing that was recorded before', async () => {
    const x = tensor(new Float32Array(8192).fill(1));
    await short(2 ** 24, async () => {
      const good = x.add(1); // recorded, not yet submitted
      const large = zeros([2 ** 22]).add(x.sum());
      const late = large.sum();
      await expect(late.data()).rejects.toThrow(/allocating 16777216 bytes for add/);
      expect((await good.data())[8191]).toBe(2);
      large.dispose();
    });
    expect(
      await zeros([2 ** 22])
        .add(x.sum())
        .max()
        .item(),
    ).toBe(8192);
  });

  it('is freed where it runs short', async () => {
    const x = tensor(new Float32Array(8192).fill(1));
    x.mul(2).dispose();
    await device.flush();
    expect(memory().poolBytes).toBeGreaterThanOrEqual(32768);
    const { popErrorScope } = raw;
    let pops = 0; // of two scopes the inner one is that of memory
    raw.popErrorScope = async () => {
      const full = pops++ % 2 === 0 ? ({ message: 'memory is full' } as GPUError) : null;
      return (await popErrorScope.call(raw)) ?? full;
    };
    const y = x.slice([0, 6900]).mul(3); // in a bucket that has no free buffer
    raw.popErrorScope = popErrorScope;
    await expect(y.data()).rejects.toThrow(OutOfMemoryError);
    expect(memory().poolBytes).toBeLessThan(32768);
  });

  it('of read-backs is kept in small pieces only, and counted', async () => {
    await tensor([1, 2]).data();
    const before = memory().poolBytes;
    expect(before).toBeGreaterThan(0);
    for (let i = 1; i <= 4; i++) {
      const large = tensor(new Float32Array(i * 2 ** 18));
      await large.data();
      large.dispose();
    }
    const { poolBytes } = memory();
    const uploads = 2 ** 20 * (1 + 2 + 3 + 4); // they went back to the pool
    expect(poolBytes - before).toBeLessThanOrEqual(uploads);
    await tensor(new Float32Array(50_000)).data();
    expect(memory().poolBytes - poolBytes).toBeGreaterThanOrEqual(200_000);
    for (let i = 0; i < 100; i++) await tensor(new Float32Array(64 * i + 1)).data();
    expect(memory().poolBytes - poolBytes).toBeLessThanOrEqual(16 * 2 ** 18);
  });

  it('is never asked for in pieces beyond what the adapter binds', async () => {
    const other = await gpuDevice();
    const limits = { maxStorageBufferBindingSize: 3004, maxBufferSize: 3020 };
    Object.defineProperty(other, 'limits', { value: limits });
    const { createBuffer } = other;
    const sizes: number[] = [];
    other.createBuffer = (request) => {
      if (request.usage & GPUBufferUsage.STORAGE) sizes.push(request.size);
      return createBuffer.call(other, request);
    };
    const small = await init({ backend: 'webgpu', device: other });
    const x = tensor(Float32Array.from({ length: 748 }, (_, i) => i)); // the largest multiple of 16 bytes
    expect((await x.add(1).data())[747]).toBe(748);
    expect(Math.max(...sizes)).toBe(2992);
    expect(() => tensor(new Float32Array(749))).toThrow(/this adapter allows at most 2992/);
    small.close();
    other.destroy();
    await testDevice();
    await init({ backend: 'webgpu', device: raw });
  });

  it('may be shared with other threads', async () => {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const floats = new Float32Array(buffer, 4, 3);
    const words = new Int32Array(buffer, 64, 3);
    floats.set([1, 2, 3]);
    words.set([4, 5, 6]);
    expect(await tensor(floats).array()).toEqual([1, 2, 3]);
    expect(await tensor(words).array()).toEqual([4, 5, 6]);
  });
});

describe('the status word', () => {
  it('keeps an error of work submitted while an earlier one is read', async () => {
    const x = tensor([1, 2]);
    const first = x
      .take(integers(5))
      .data()
      .catch((error: Error) => error);
    const second = x.take(integers(7));
    await macrotask();
    expect(await first).toEqual(
      new IndexError('take: index 5 is out of range for 2 entries; it must lie in [-2, 1]'),
    );
    await expect(second.data()).rejects.toThrow(/index 7 is out of range/);
    expect(await x.array()).toEqual([1, 2]);
  });

  it('rejects all reads under way together, in whichever order', async () => {
    const x = tensor([1, 2]);
    for (const order of [0, 1]) {
      const bad = x.take(integers(5));
      const good = x.add(1);
      const reads = [bad, good].map((_, k, both) => (both[(k + order) % 2] as Tensor).data());
      for (const { status } of await Promise.allSettled(reads)) expect(status).toBe('rejected');
      expect(await good.array()).toEqual([2, 3]);
    }
  });

  it('gives reads under way together each its own error', async () => {
    const x = tensor([1, 2]);
    const reads = [5, 7].map((index) => x.take(integers(index)).data());
    const told = await Promise.allSettled(reads);
    expect(told.map((t) => t.status === 'rejected' && /index \d/.exec(t.reason.message)?.[0])).toEqual([
      'index 5',
      'index 7',
    ]);
    expect(await x.array()).toEqual([1, 2]);
  });

  it('is not lost where a read rejects with something else', async () => {
    const x = tensor([1, 2]);
    const bad = x.take(integers(5));
    await macrotask();
    sabotage(tensor([1, 1])).mul(2);
    await macrotask();
    await expect(bad.data()).rejects.toThrow(refused);
    await expect(x.data()).rejects.toThrow(/index 5 is out of range/);
    expect(await x.array()).toEqual([1, 2]);
  });
});

describe("the caller's GPUDevice", () => {
  it('stays alive when ours is closed, and our buffers are destroyed', async () => {
    const theirs = await gpuDevice();
    const made: GPUBuffer[] = [];
    const destroyed = new Set<GPUBuffer>();
    const { createBuffer } = theirs;
    theirs.createBuffer = (request) => {
      const buffer = createBuffer.call(theirs, request);
      const { destroy } = buffer;
      buffer.destroy = () => {
        destroyed.add(buffer);
        return destroy.call(buffer);
      };
      made.push(buffer);
      return buffer;
    };
    const ours = await init({ backend: 'webgpu', device: theirs });
    const x = tensor([1, 2]);
    expect(await x.add(1).array()).toEqual([2, 3]);
    const reading = x.data();
    const recorded = x.add(2);
    ours.close();
    await expect(reading).rejects.toThrow(/the device was closed/);
    expect((await ours.lost).message).toMatch(/the device was closed/);
    expect(made.filter((buffer) => !destroyed.has(buffer))).toEqual([]);
    recorded.dispose();
    await macrotask();
    theirs.pushErrorScope('validation');
    theirs.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE }).destroy();
    expect(await theirs.popErrorScope()).toBeNull();
    theirs.destroy();
    await init({ backend: 'webgpu', device: raw });
  });

  it('keeps its own errors to itself, and gets none of ours', async () => {
    const theirs: string[] = [];
    const listen = (event: GPUUncapturedErrorEvent) => {
      event.preventDefault();
      theirs.push(event.error.message);
    };
    raw.addEventListener('uncapturederror', listen);
    raw.createBuffer({ size: 16, usage: 0x1 | 0x80 }); // mappable storage: invalid
    await raw.queue.onSubmittedWorkDone();
    await macrotask();
    expect(theirs).toHaveLength(1);
    expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
    await short(2 ** 20, async () => {
      await expect(
        zeros([2 ** 18])
          .add(tensor([1]))
          .data(),
      ).rejects.toThrow(/allocating/);
      await expect(tensor(new Float32Array(2 ** 18)).data()).rejects.toThrow(/allocating/);
    });
    await macrotask();
    expect(theirs).toHaveLength(1);
    raw.removeEventListener('uncapturederror', listen);
  });
});
