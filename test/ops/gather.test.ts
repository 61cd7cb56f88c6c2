// gather against plain loops; its gradients against loops too, and to the second order against finite differences in
// float64 on the CPU.
import { describe, expect, it } from 'vitest';
import { randomWords } from '../../src/core/random.ts';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import {
  DTypeError,
  grad,
  IndexError,
  ShapeError,
  type Tensor,
  tensor,
  withDevice,
} from '../../src/index.ts';
import type { Operable } from '../../src/ops/op.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const gather = (x: Tensor, indices: Tensor, axis: number) => (x as Operable).gather(indices, axis);
const gatherGrad = (g: Tensor, indices: Tensor, axis: number, length: number) =>
  (g as Operable).gatherGrad(indices, axis, length);
const size = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);
const floats = (n: number, seed: number) =>
  Float32Array.from(randomWords([seed, 5], 0, n), (w) => (w >>> 8) / 2 ** 23 - 1);
/** Indices from −n to n − 1. */
const picks = (count: number, n: number, seed: number) =>
  Int32Array.from(randomWords([seed, 6], 0, count), (w) => (w % (2 * n)) - n);

/** Places of an index and of the entry that it names, [outer, m, inner] and [outer, n, inner]. */
function* pairs(indices: ArrayLike<number>, shape: readonly number[], axis: number, n: number) {
  const [m, inner] = [shape[axis] as number, size(shape.slice(axis + 1))];
  for (let p = 0; p < indices.length; p++) {
    const [i, o] = [p % inner, Math.floor(p / inner / m)];
    const index = indices[p] as number;
    yield [p, (o * n + (index < 0 ? index + n : index)) * inner + i] as const;
  }
}

/** The shape of x, the axis, and how many indices a line has. */
const cases: [shape: number[], axis: number, picked: number][] = [
  [[7], 0, 4],
  [[1], 0, 9],
  [[5, 6], 0, 3],
  [[5, 6], 1, 11],
  [[3, 4, 5], 0, 2],
  [[3, 4, 5], 1, 6],
  [[3, 4, 5], 2, 5],
  [[2, 3, 2, 5], 2, 3],
  [[2, 40, 3], 1, 128],
  [[2, 40, 3], 1, 129], // sorted first, from here on
  [[3, 5, 2], 1, 1000],
  [[6, 900], 1, 700],
];

describe('gather', () => {
  it.each(cases)('of %j along axis %i by %i indices a line', async (shape, axis, picked) => {
    const n = shape[axis] as number;
    const chosen = shape.with(axis, picked);
    const x = floats(size(shape), 1);
    const indices = picks(size(chosen), n, 2);
    const y = gather(tensor(x, { shape }), tensor(indices, { shape: chosen }), axis);
    const expected = new Float32Array(indices.length);
    for (const [p, e] of pairs(indices, chosen, axis, n)) expected[p] = x[e] as number;
    expect(y.shape).toEqual(chosen);
    expect(await y.data()).toEqual(expected);
  });

  it('keeps whole numbers and truth values', async () => {
    const at = tensor(Int32Array.of(2, 0, -1));
    const whole = gather(tensor(Int32Array.of(-2147483648, 16777217, 5)), at, 0);
    expect([whole.dtype, await whole.array()]).toEqual(['int32', [5, -2147483648, 5]]);
    const truth = gather(tensor([true, false, false]), at, 0);
    expect([truth.dtype, await truth.array()]).toEqual(['bool', [false, true, false]]);
  });

  it('takes any layout', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const at = tensor(Int32Array.of(0, 1, 2, 1, 1, 0), { shape: [3, 2] });
    expect(await gather(x.T, at, 0).array()).toEqual([
      [1, 5],
      [3, 5],
      [2, 4],
    ]);
    expect(await gather(x.slice(null, [null, null, -1]), at.T.slice([null, null, -1]), 1).array()).toEqual([
      [2, 2, 3],
      [6, 4, 5],
    ]);
    expect(await gather(x.slice([1, 2]), at.slice([2, 3]), 1).array()).toEqual([[5, 4]]);
  });

  it('of nothing is nothing', () => {
    expect(gather(tensor([[1, 2]]), tensor(new Int32Array(0), { shape: [1, 0] }), 1).shape).toEqual([1, 0]);
  });

  it('checks every index', async () => {
    const x = tensor([[1, 2, 3]]);
    const late = async (index: number) =>
      gather(x, tensor(Int32Array.of(0, index), { shape: [1, 2] }), 1).data();
    await expect(late(3)).rejects.toThrow(
      new IndexError('gather: index 3 is out of range for 3 entries; it must lie in [-3, 2]'),
    );
    await expect(late(-4)).rejects.toThrow('gather: index -4 is out of range for 3 entries');
    expect(await late(-3)).toEqual(Float32Array.of(1, 1));
  });

  it('checks shapes and dtypes at the call', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(() => gather(x, tensor(Int32Array.of(0)), 0)).toThrow(
      new ShapeError(
        'gather: indices of shape [1] do not fit [2, 2]: they must agree on every axis but axis 0',
      ),
    );
    expect(() => gather(x, tensor(new Int32Array(3), { shape: [1, 3] }), 0)).toThrow(ShapeError);
    expect(() => gather(x, tensor([[0, 1]]), 0)).toThrow(DTypeError);
  });
});

describe('gatherGrad', () => {
  it.each(cases)('to %j along axis %i from %i indices a line', async (shape, axis, picked) => {
    const n = shape[axis] as number;
    const chosen = shape.with(axis, picked);
    const g = floats(size(chosen), 3);
    const indices = picks(size(chosen), n, 4);
    const y = gatherGrad(tensor(g, { shape: chosen }), tensor(indices, { shape: chosen }), axis, n);
    const expected = new Float32Array(size(shape)); // each sum in the order of the indices, as the kernels'
    for (const [p, e] of pairs(indices, chosen, axis, n))
      expected[e] = (expected[e] as number) + (g[p] as number);
    expect(y.shape).toEqual(shape);
    expect(await y.data()).toEqual(expected);
  });

  it('takes any layout', async () => {
    const g = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const at = tensor(Int32Array.of(0, 1, 1, 1, -1, 0), { shape: [3, 2] });
    expect(await gatherGrad(g.T.slice([1, null]), at.slice([1, null]), 0, 2).array()).toEqual([
      [0, 6],
      [5, 5],
    ]);
  });

  it('is the gradient of a sort, however long the axis', async () => {
    const n = 5000;
    const x = tensor(floats(n, 8));
    const weights = tensor(floats(n, 9));
    const order = x.argsort();
    const g = grad((p: Tensor) => gather(p, order, 0).mul(weights).sum())(x);
    const expected = new Float32Array(n);
    const w = await weights.data();
    (await order.data()).forEach((index, j) => {
      expected[index] = w[j] as number;
    });
    expect(await g.data()).toEqual(expected);
  });
});

describe('gradients of gather', () => {
  const eps = 1e-6;
  const cpu = new CPUDevice();
  /** Derivatives of a scalar function by central differences. */
  const differences = (f: (x: Tensor) => Tensor, x: Float64Array, shape: readonly number[]): number[] =>
    Array.from(x, (value, k) => {
      const at = (v: number) => f(tensor(x.with(k, v), { shape })).dataSync()[0] as number;
      return (at(value + eps) - at(value - eps)) / (2 * eps);
    });
  const expectClose = (a: ArrayLike<number>, b: readonly number[]) =>
    b.forEach((v, k) => {
      expect(Math.abs((a[k] as number) - v)).toBeLessThanOrEqual(1e-5 + 1e-3 * Math.abs(v));
    });

  it.each([
    [[6], 0, 9],
    [[2, 3, 2], 1, 5],
    [[4, 3], 0, 2],
    [[2, 3], 1, 200],
  ])('of %j along axis %i by %i indices, to the second order', (shape, axis, picked) => {
    withDevice(cpu, () => {
      const chosen = shape.with(axis, picked);
      const x = Float64Array.from(floats(size(shape), 11));
      const at = tensor(picks(size(chosen), shape[axis] as number, 12), { shape: chosen });
      const c = tensor(Float64Array.from(floats(size(chosen), 13)), { shape: chosen });
      const d = tensor(Float64Array.from(floats(size(shape), 14)), { shape });
      const f = (p: Tensor) => gather(p, at, axis).pow(3).mul(c).sum();
      const slope = (p: Tensor) => grad(f)(p).mul(d).sum();
      const start = tensor(x, { shape });
      expectClose(grad(f)(start).dataSync(), differences(f, x, shape));
      expectClose(grad(slope)(start).dataSync(), differences(slope, x, shape));
      const h = (p: Tensor) =>
        gatherGrad(p.mul(p), at, axis, shape[axis] as number)
          .square()
          .mul(d)
          .sum();
      const y = Float64Array.from(floats(size(chosen), 15));
      expectClose(grad(h)(tensor(y, { shape: chosen })).dataSync(), differences(h, y, chosen));
    });
  });
});
