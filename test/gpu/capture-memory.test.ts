// The memory of captured steps: what others hold of it keeps its content, whatever becomes of the step, and what a step gives
// or uses may be anything. Each test has a device of its own.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Captured,
  capture,
  type Device,
  init,
  keep,
  memory,
  ones,
  optimizers,
  scope,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';
import { disposeAfterEach, freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();
const mine = disposeAfterEach();

let raw: GPUDevice;
let device: Device;

async function open(memoryBudget?: number): Promise<void> {
  raw = await gpuDevice();
  device = await init({ backend: 'webgpu', device: raw, ...(memoryBudget ? { memoryBudget } : {}) });
}
async function shut(): Promise<void> {
  device.close();
  raw.destroy();
  await testDevice();
}
beforeEach(() => open());
afterEach(shut);

const doubled = () => mine(capture((x: Tensor) => x.mul(2)));
const pair = (value: number) => tensor([value, value]);
const filled = (n: number, value = 1) => tensor(new Float32Array(n).fill(value));

describe('a result that another captured step uses', () => {
  /** A step, and another that adds what `given` makes of its result. */
  function chained(given: (result: Tensor) => Tensor): [Captured<[Tensor], Tensor>, Tensor, () => Tensor] {
    const first = doubled();
    for (let i = 0; i < 3; i++) first(pair(0));
    const held = given(first(pair(1)));
    const second = mine(capture((x: Tensor) => x.add(held)));
    return [first, held, () => second(pair(0))];
  }
  const view = (result: Tensor) => result.reshape([2]);
  const taken = (result: Tensor) => mine(variable(pair(0))).assign(result);

  it.each([
    ['a view', view],
    ['a variable', taken],
  ])('keeps its content for it when its own step goes on or ends: %s', async (_, given) => {
    const [first, held, second] = chained(given);
    const expectSame = async () => {
      expect(await held.array()).toEqual([2, 2]);
      expect(await second().array()).toEqual([2, 2]);
    };
    for (let i = 0; i < 3; i++) await expectSame();
    first(pair(50));
    await expectSame();
    first(pair(60));
    first.dispose();
    for (let i = 0; i < 3; i++) await expectSame();
  });
});

describe('what a step gives', () => {
  it('may be a constant, which the caller computes with', async () => {
    const { bytes } = memory();
    const step = mine(capture((x: Tensor) => ({ y: x.mul(2), c: ones([2, 2]) })));
    for (let i = 0; i < 5; i++) {
      const m = tensor([
        [1, 2],
        [3, 4],
      ]);
      const other = tensor([[7, 7, 7, 7]]); // what may come to lie where the constant was
      const product = scope(() => step(tensor([i])).c.matmul(m));
      expect((await product.array()) as number[][]).toEqual([
        [4, 6],
        [4, 6],
      ]);
      for (const t of [m, other, product]) t.dispose();
    }
    step.dispose();
    await device.flush();
    expect(memory().bytes).toBeLessThanOrEqual(bytes + 5 * 4); // the arguments
  });

  it('may be a view of a variable that it does not use otherwise, and shows what that is now', async () => {
    const w = mine(variable(tensor([1, 2])));
    const step = mine(capture((x: Tensor) => ({ y: x.mul(2), v: w.reshape([1, 2]) })));
    for (let i = 0; i < 4; i++) expect(await step(tensor([i])).v.array()).toEqual([[1, 2]]);
    scope(() => w.assign(tensor([3, 4])));
    const noise = tensor([9, 9]);
    expect(await step(tensor([1])).v.array()).toEqual([[3, 4]]);
    noise.dispose();
  });

  it('may be host data that no kernel touches', async () => {
    const step = mine(capture((x: Tensor) => ({ y: x.mul(2), c: filled(300, 3) })));
    const views: Tensor[] = [];
    for (let i = 0; i < 4; i++) views.push(step(tensor([1])).c.slice([0, 2]));
    await device.flush();
    for (const v of views) expect(await v.add(0).array()).toEqual([3, 3]);
  });

  it('may be float16, and so may be what it takes', async () => {
    const wide = mine(capture((x: Tensor) => x.astype('float32').mul(2)));
    const half = mine(capture((x: Tensor) => x.mul(2).astype('float16')));
    const views: [Tensor, Tensor][] = [];
    for (let i = 0; i < 4; i++)
      views.push([
        wide(filled(1000, i).astype('float16')).slice([0, 3]),
        half(filled(1001, i)).reshape([1001, 1]),
      ]);
    for (const [i, [w, h]] of views.entries()) {
      expect(await w.array()).toEqual([2 * i, 2 * i, 2 * i]);
      expect((await h.astype('float32').data())[1000]).toBe(2 * i);
    }
  });

  it('is not what the function keeps for itself, which stays what it was', async () => {
    const kept: Tensor[] = [];
    const step = mine(
      capture((x: Tensor) => {
        const y = x.mul(2);
        kept.push(mine(keep(y)));
        return y.add(1);
      }),
    );
    for (let i = 0; i < 6; i++) expect(await step(pair(i)).array()).toEqual([2 * i + 1, 2 * i + 1]);
    expect(kept).toHaveLength(2);
    for (const [i, t] of kept.entries()) expect(await t.array()).toEqual([2 * i, 2 * i]);
  });

  it('is right again after a submit that had it in was refused', async () => {
    const step = mine(capture((x: Tensor) => x.mul(2).add(1).sqrt().mul(3)));
    for (let i = 0; i < 4; i++) {
      const bad = tensor([1, 1, 1]);
      await device.flush();
      step(filled(1000, 4)); // recorded twice, then replayed
      (bad.storage as unknown as { pooled: { buffer: GPUBuffer } }).pooled.buffer.destroy();
      bad.mul(2);
      await expect(device.flush()).rejects.toThrow(/refused/);
      for (let k = 0; k < 2; k++) expect((await step(filled(1000, 4)).data())[999]).toBe(9);
    }
  });

  it('is the same at the second call, or an error says so: another tensor of others is another step', async () => {
    const list = [tensor([1]), tensor([100])];
    let calls = 0;
    const step = mine(capture((x: Tensor) => x.add(list[calls++ % 2] as Tensor)));
    expect(await step(tensor([0])).array()).toEqual([1]);
    expect(() => step(tensor([0]))).toThrow(/did something else at its next call: add uses other tensors/);
  });

  it('outlives it: a constant that it has kept', async () => {
    let c: Tensor | undefined;
    const step = mine(
      capture((x: Tensor) => {
        c ??= mine(keep(ones([3, 4]).mul(3)));
        return x.matmul(c).sum();
      }),
    );
    expect(await step(tensor([[0, 1, 2]])).item()).toBe(36);
    step.dispose();
    expect(
      await tensor([[1, 1, 1]])
        .matmul(c as unknown as Tensor)
        .array(),
    ).toEqual([[9, 9, 9, 9]]);
  });
});

describe('a view of a result', () => {
  const SIZE = 2 ** 12;

  it('that could not be allocated stays an error', async () => {
    const step = doubled();
    const x = filled(SIZE);
    const { createBuffer } = raw;
    let made = 0;
    raw.createBuffer = (d) =>
      createBuffer.call(raw, d.size === 4 * SIZE && ++made === 2 ? { ...d, size: 2 ** 50 } : d);
    const y = step(x);
    raw.createBuffer = createBuffer;
    const v = y.reshape([-1, 2]);
    await expect(y.data()).rejects.toThrow(/allocating 16384 bytes for mul/);
    step(x);
    await device.flush().catch(() => undefined);
    await expect(v.data()).rejects.toThrow(/allocating 16384 bytes for mul/);
  });

  it('is an error where the submit that saves its content is refused', async () => {
    const step = doubled();
    const x = filled(SIZE);
    for (let i = 0; i < 3; i++) step(x);
    const v = step(x).reshape([-1, 2]);
    expect((await v.data())[0]).toBe(2);
    const bad = tensor([1, 1, 1]);
    await device.flush();
    step(x);
    (bad.storage as unknown as { pooled: { buffer: GPUBuffer } }).pooled.buffer.destroy();
    bad.mul(2);
    await expect(device.flush()).rejects.toThrow(/refused/);
    await expect(v.data()).rejects.toThrow(/refused/);
  });

  it('takes no further memory when the step ends, and an error tells where there is none for a replay', async () => {
    await shut();
    await open(2 ** 20);
    const x = filled(1024);
    const made = () => mine(capture((x: Tensor) => x.expandDims(1).mul(x.slice([0, 150]).expandDims(0))));
    const first = made();
    const kept = first(x).reshape([-1]);
    first.dispose();
    expect((await kept.data())[0]).toBe(1);
    kept.dispose();
    const w = mine(variable(tensor([1])));
    const adam = mine(optimizers.adam());
    const step = mine(
      capture((x: Tensor) => {
        adam.step([w], [tensor([1])]);
        return x.expandDims(1).mul(x.slice([0, 150]).expandDims(0));
      }),
    );
    for (let i = 0; i < 4; i++) step(x);
    const view = step(x).reshape([-1]);
    expect((await view.data())[0]).toBe(1);
    const again = step(x);
    expect((await again.data())[0]).toBe(1);
    await expect(view.data()).rejects.toThrow(/beyond the memory budget/);
    expect(adam.iterations).toBe(6);
    step.dispose();
  });
});
