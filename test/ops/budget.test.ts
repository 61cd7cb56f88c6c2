// The memory budget: what would go beyond it throws at the call, before any work, and says what takes the most; free
// buffers are given up for it, and afterwards everything goes on.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  ArgumentError,
  type Device,
  grad,
  init,
  memory,
  OutOfMemoryError,
  optimizers,
  scope,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

freeAfterEach();

const KIB = 2 ** 10;
const BUDGET = 66 * KIB; // a little more than the tensors below, for what a device keeps for itself
const backend = inject('backend') === 'cpu' ? 'cpu' : 'webgpu';
let device: Device;

beforeAll(async () => {
  device = await init({ backend, memoryBudget: BUDGET });
});
afterAll(async () => {
  device.close();
  await testDevice();
});

/** So many KiB of numbers. */
const filled = (kib: number, value = 1) => tensor(new Float32Array((kib * KIB) / 4).fill(value));

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

function errorOf(call: () => unknown): Error | undefined {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

describe('a memory budget', () => {
  it('tells what is left of it', () => {
    const before = device.freeBytes;
    expect(before).toBeLessThanOrEqual(BUDGET);
    const x = filled(16);
    expect(device.freeBytes).toBeLessThanOrEqual(before - 16 * KIB);
    x.dispose();
    expect(device.freeBytes).toBe(before);
  });

  it('throws at the call, and says what was asked for, what lives and what takes the most', async () => {
    const [a, b] = [filled(8), filled(8, 2)];
    const sums = [a.add(b), b.add(a)];
    const product = filled(16).mul(3);
    const before = live();
    const error = errorOf(() => product.exp());
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error?.message).toBe(
      `exp: 16384 bytes more would go beyond the memory budget of ${BUDGET}: 65536 bytes live, most of them 32768 in 3 of tensor, 16384 in 2 of add, 16384 in 1 of mul. Free tensors by scope() or dispose(), work in smaller batches, or raise memoryBudget in init().`,
    );
    expect(live()).toEqual(before);
    expect((await (sums[0] as Tensor).data())[0]).toBe(3);
    expect((await product.data())[0]).toBe(3);
  });

  it('is not touched by what is free: the same work may go on for ever', async () => {
    const x = filled(16);
    for (const kib of [32, 16, 24, 40, 8, 48]) {
      const big = filled(kib, kib);
      expect((await big.data()).at(-1)).toBe(kib);
      big.dispose();
    }
    for (let i = 0; i < 20; i++)
      scope(() => {
        x.mul(2).add(1);
      });
    expect((await x.add(1).data())[0]).toBe(2);
  });

  it('holds for uploads, gradients and conversions, and leaves nothing behind', async () => {
    const x = filled(24);
    const before = live();
    expect(() => filled(48)).toThrow(/^tensor: 49152 bytes more would go beyond the memory budget/);
    expect(() => grad((t: Tensor) => t.exp().mul(t).sum())(x)).toThrow(OutOfMemoryError);
    expect(() => scope(() => x.greater(0).astype('int32').add(x.astype('int32')))).toThrow(OutOfMemoryError);
    expect(live()).toEqual(before);
    expect((await x.sum().data())[0]).toBe((24 * KIB) / 4);
  });

  it('is a number of bytes', async () => {
    for (const memoryBudget of [0, -1, Number.NaN, '1 GB' as never])
      await expect(init({ backend, memoryBudget })).rejects.toThrow(
        new ArgumentError(
          `init: memoryBudget must be a number of bytes greater than 0, got ${typeof memoryBudget === 'string' ? `'${memoryBudget}'` : String(memoryBudget)}`,
        ),
      );
  });
});

it('leaves variables where they are if there is no memory to bring them together in', async () => {
  const narrow = await init({ backend, memoryBudget: 24 * KIB });
  const list = Array.from({ length: 40 }, (_, k) => scope(() => variable(tensor([k]))));
  const slopes = list.map(() => tensor([1]));
  optimizers.sgd(1).step(list, slopes);
  for (const [k, w] of list.entries()) expect(await w.item()).toBe(k - 1);
  narrow.close();
  await testDevice();
});
