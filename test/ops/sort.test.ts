// argsort against a stable sort on the host with NumPy's order: NaN behind all, -0 equal to 0, ties in their order, also
// when descending (where NaN comes first).
import { describe, expect, it } from 'vitest';
import { randomWords } from '../../src/core/random.ts';
import { full, grad, memory, NotDifferentiableError, type Tensor, tensor } from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

/** The sorting indices of one line: what compares by `<`, and NaN at its end. */
function order(values: readonly number[], descending: boolean): number[] {
  const all = values.map((_, i) => i);
  const numbers = all.filter((i) => !Number.isNaN(values[i]));
  const rest = all.filter((i) => Number.isNaN(values[i]));
  const at = (i: number) => values[i] as number;
  numbers.sort((i, j) => {
    if (at(i) === at(j)) return i - j;
    return at(i) < at(j) === descending ? 1 : -1;
  });
  return descending ? [...rest, ...numbers] : [...numbers, ...rest];
}

/** The same along an axis of row-major data. */
function orders(values: ArrayLike<number>, shape: readonly number[], axis: number, descending = false) {
  const n = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const result = new Int32Array(values.length);
  for (let line = 0; line < values.length / Math.max(n, 1); line++) {
    const first = Math.floor(line / inner) * n * inner + (line % inner);
    const entries = Array.from({ length: n }, (_, j) => values[first + j * inner] as number);
    order(entries, descending).forEach((index, j) => {
      result[first + j * inner] = index;
    });
  }
  return result;
}

const words = (n: number, seed = 1) => randomWords([seed, 77], 0, n);

describe('argsort', () => {
  const special = [
    3,
    Number.NaN,
    -0,
    0,
    Infinity,
    -1e-45,
    1e-45,
    -Infinity,
    0,
    -0,
    Number.NaN,
    3,
    -3.5,
    1e-38,
    3.4e38,
    -3.4e38,
    2e-38,
  ];

  it.each([false, true])('orders special values as NumPy (descending: %s)', async (descending) => {
    const x = tensor(special);
    const y = x.argsort(-1, { descending });
    expect([y.dtype, y.shape]).toEqual(['int32', x.shape]);
    expect(await y.array()).toEqual(order(special.map(Math.fround), descending));
  });

  it('takes NaN of either sign and any payload', async () => {
    const bits = Int32Array.of(-1, 0x7fc00000, 0x3f800000, 0x7f800001, -0x400000);
    const x = tensor(new Float32Array(bits.buffer));
    expect(await x.argsort().array()).toEqual([2, 0, 1, 3, 4]);
    expect(await x.argsort(0, { descending: true }).array()).toEqual([0, 1, 3, 4, 2]);
  });

  it.each([false, true])('orders whole numbers to the ends of int32 (descending: %s)', async (descending) => {
    const values = Int32Array.of(
      5,
      -2147483648,
      2147483647,
      0,
      -1,
      2147483647,
      -2147483648,
      5,
      1,
      -2147483647,
    );
    expect(await tensor(values).argsort(0, { descending }).data()).toEqual(
      orders(values, [10], 0, descending),
    );
    const many = new Int32Array(words(3000).buffer);
    expect(await tensor(many).argsort(0, { descending }).data()).toEqual(orders(many, [3000], 0, descending));
  });

  it('orders truth values', async () => {
    const x = tensor([true, false, true, false, false]);
    expect(await x.argsort().array()).toEqual([1, 3, 4, 0, 2]);
    expect(await x.argsort(0, { descending: true }).array()).toEqual([0, 2, 1, 3, 4]);
  });

  it.each([1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000])('sorts %i entries', async (n) => {
    const values = Float32Array.from(words(n, n), (w) => (w % 17) - 8); // many ties
    for (const descending of [false, true])
      expect(await tensor(values).argsort(0, { descending }).data()).toEqual(
        orders(values, [n], 0, descending),
      );
  });

  it.each([
    [[4, 50, 3], 0],
    [[4, 50, 3], 1],
    [[4, 50, 3], 2],
    [[3, 5, 70, 2], -2],
    [[130, 9], 0],
  ] as const)('sorts along every axis: %j, axis %i', async (shape, axis) => {
    const n = shape.reduce((a: number, b) => a * b, 1);
    const values = Float32Array.from(words(n), (w) => w % 23);
    const at = axis < 0 ? axis + shape.length : axis;
    for (const descending of [false, true])
      expect(await tensor(values, { shape }).argsort(axis, { descending }).data()).toEqual(
        orders(values, shape, at, descending),
      );
  });

  it('sorts 100,000 entries, and many rows', async () => {
    const n = 100_000;
    const check = async (values: Float32Array, shape: number[], axis: number, descending = false) => {
      const found = await tensor(values, { shape }).argsort(axis, { descending }).data();
      const expected = orders(values, shape, axis, descending);
      expect(found.findIndex((v, i) => v !== expected[i])).toBe(-1); // a difference of so many would take minutes to print
    };
    const floats = Float32Array.from(words(n), (w) => (w >>> 8) / 2 ** 20 - 8);
    const ties = Float32Array.from(words(n, 2), (w) => w % 100);
    await check(floats, [n], 0);
    await check(ties, [n], 0, true);
    await check(ties, [n / 10, 10], 1);
    await check(ties, [500, 200], 0);
  });

  it('takes any layout', async () => {
    const values = Float32Array.from(words(60), (w) => w % 11);
    const x = tensor(values, { shape: [3, 20] });
    const check = async (view: Tensor) =>
      expect(await view.argsort().data()).toEqual(orders(await view.data(), view.shape, view.ndim - 1));
    await check(x.T);
    await check(x.slice([1, null]));
    await check(x.slice(null, [null, null, -3]));
    await check(x.slice(2));
    await check(full([2, 40], 7));
  });

  it('has nothing to do for 0 or 1 entries', async () => {
    for (const shape of [[0], [3, 0], [0, 3], [1], [1, 1], [4, 1]]) {
      const y = full(shape, 5).argsort();
      expect(y.shape).toEqual(shape);
      expect(await y.data()).toEqual(orders(new Float32Array(y.size), shape, shape.length - 1));
    }
  });

  it('sorts float64 on the CPU', async () => {
    if ((await testDevice()).kind !== 'cpu') return;
    const x = tensor([1 + 2 ** -40, 1, Number.NaN, 1 - 2 ** -40], { dtype: 'float64' });
    expect(await x.argsort().array()).toEqual([3, 1, 0, 2]);
  });

  it('leaves nothing behind but its result', () => {
    const x = tensor(new Float32Array(1000));
    const before = memory().bytes;
    const y = x.argsort();
    expect(memory().bytes - before).toBe(4000);
    y.dispose();
  });

  it('has no gradient', () => {
    const x = tensor([[1, 2]]);
    expect(() => grad((p: Tensor) => p.argsort().astype('float32').sum())(x)).toThrow(NotDifferentiableError);
  });
});
