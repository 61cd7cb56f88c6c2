// Indices in tensors that a GPU finds out of range while it works: until somebody reads, it goes on with the nearest entry;
// the next read-out throws, whatever is read, and only that one.
import { beforeEach, describe, expect, it } from 'vitest';
import { device, IndexError, init, type Tensor, tensor } from '../../src/index.ts';
import { late, OUT_OF_3, whole } from '../bad-calls/late.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

let x: Tensor;
let m: Tensor;
beforeEach(() => {
  x = tensor([10, 20, 30]);
  m = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

it.each(late.filter(({ nearest }) => nearest))(
  '$of goes on with the nearest entry: $message',
  async ({ call, nearest }) => {
    const y = call(x, m);
    await expect(y.data()).rejects.toThrow(IndexError);
    const values = [...(await y.data())];
    expect(values).toEqual(nearest?.map((v) => (Number.isInteger(v) ? v : expect.closeTo(v, 5))));
  },
);

describe('the next read-out', () => {
  const bad = () => x.take(whole([0, 7]));
  const wanted = new IndexError(`take: index 7 ${OUT_OF_3}`);

  it.each<[string, (t: Tensor) => Promise<unknown>]>([
    ['data', (t) => t.data()],
    ['array', (t) => t.array()],
    ['item', (t) => t.sum().item()],
    ['print', (t) => t.print()],
    ['to another device', async (t) => t.to(t.device)],
  ])('every kind of read-out throws it: %s', async (_, read) => {
    await expect(read(bad())).rejects.toThrow(wanted);
    expect(await x.array()).toEqual([10, 20, 30]);
  });

  it('any tensor’s read-out does, and flush() does not', async () => {
    bad();
    await device().flush();
    await expect(m.data()).rejects.toThrow(wanted);
    expect(await m.data()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('the first of several is told', async () => {
    const first = bad();
    whole([9]).oneHot(3);
    m.softmaxCrossEntropy(whole([0, 5]));
    await expect(first.data()).rejects.toThrow(wanted);
    expect(await x.array()).toEqual([10, 20, 30]);
  });

  it('a tensor of another device does not throw it', async () => {
    const cpu = await init('cpu');
    const there = tensor([1, 2], { device: cpu });
    await testDevice();
    bad();
    expect(await there.array()).toEqual([1, 2]);
    await expect(x.data()).rejects.toThrow(wanted);
    there.dispose();
  });
});
