// Gradients of reductions, scans, sorts and products where they have a kink or could make NaN out of 0 · ∞, to the
// second and third order; and the reductions of nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { einsum, grad, ShapeError, scope, type Tensor, tensor, zeros } from '../../src/index.ts';
import { testDevice } from '../place.ts';
import { read } from '../samples/run.ts';

beforeAll(testDevice);

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

type F = (x: Tensor) => Tensor;

/** What the function computes; nothing else of it stays. */
const values = async (f: () => Tensor): Promise<number[]> => [...(await read(scope(f)))];

/** The gradient of Σ f; of order 2 the gradient of the sum of that, which are the rows' sums of the Hessian; and so on. */
function slopes(f: F, at: readonly number[], order = 1): Promise<number[]> {
  let derivative = f;
  for (let k = 0; k < order; k++) {
    const before = derivative;
    derivative = (x) => grad((v: Tensor) => before(v).sum())(x);
  }
  return values(() => derivative(tensor([...at])));
}

async function expectSlopes(f: F, at: readonly number[], wanted: readonly number[], order = 1) {
  const got = await slopes(f, at, order);
  expect(got.length).toBe(wanted.length);
  got.forEach((g, k) => {
    expect(g, `at place ${k}`).toBeCloseTo(wanted[k] as number, 4);
  });
}

/** Σ x·(1, 10, 100, ...): tells the places apart. */
const told = (x: Tensor): Tensor => x.mul(tensor(Array.from({ length: x.size }, (_, k) => 10 ** k))).sum();

describe('ties', () => {
  it.each<[string, F, number[], number[]]>([
    ['min of all', (x) => x.min(), [3, 1, 1, 2, 1], [0, 1 / 3, 1 / 3, 0, 1 / 3]],
    ['min of equals', (x) => x.min(0), [2, 2], [0.5, 0.5]],
    ['min of Infinity', (x) => x.min(), [inf, inf], [0.5, 0.5]],
    ['min along an axis', (x) => x.reshape([2, 3]).min(1), [1, 1, 2, 0, 3, 0], [0.5, 0.5, 0, 0.5, 0, 0.5]],
    [
      'min over axes, kept',
      (x) => x.reshape([2, 1, 3]).min([0, 1], { keepdims: true }),
      [1, 5, 0, 1, 4, 3],
      [0.5, 0, 1, 0.5, 1, 0],
    ],
    ['min of 0 and −0', (x) => x.min(), [0, -0, 1], [0.5, 0.5, 0]],
    ['max minus min of equals', (x) => x.max().sub(x.min()), [4, 4], [0, 0]],
  ])('share the gradient: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it.each<[string, F, number[], number[]]>([
    ['min', (x) => x.min(), [1, 1, 2], [0, 0, 0]],
    ['the square of a min', (x) => x.min().square(), [3, 3], [1, 1]], // (∂m/∂x)(∂m/∂x)ᵀ · 2, each half
  ])('second derivative: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted, 2));

  it.each<[string, F, number[], number[]]>([
    ['sort', (x) => told(x.sort()), [2, 1, 1], [100, 1, 10]],
    ['sort, descending', (x) => told(x.sort(0, { descending: true })), [2, 1, 2, 1], [1, 100, 10, 1000]],
    ['topk', (x) => told(x.topk(2).values), [1, 3, 3, 3], [0, 1, 10, 0]],
    ['sort of 0 and −0', (x) => told(x.sort()), [0, -0], [1, 10]],
  ])('are told apart by their order: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it('second derivative of sorted ties', () =>
    expectSlopes((x) => told(x.sort().square()), [2, 1, 1], [200, 2, 20], 2));
});

describe('products through zeros', () => {
  it.each<[string, F, number[], number[]]>([
    ['no zero', (x) => x.prod(), [2, 4, 3], [12, 6, 8]],
    ['one zero', (x) => x.prod(), [2, 0, 3], [0, 6, 0]],
    ['two zeros', (x) => x.prod(), [0, 0, 3], [0, 0, 0]],
    ['one element', (x) => x.prod(), [0], [1]],
    ['an even and an odd number', (x) => x.prod(), [1, 2, 0, 3, 4], [0, 0, 24, 0, 0]],
    ['along an axis', (x) => x.reshape([2, 2]).prod(0), [0, 2, 3, 0], [3, 0, 0, 2]],
    [
      'over axes, kept',
      (x) => x.reshape([1, 2, 2]).prod([0, 2], { keepdims: true }),
      [0, 2, 3, 0],
      [2, 0, 0, 3],
    ],
    ['cumulative, one zero', (x) => x.cumulativeProd(), [2, 0, 3], [1, 8, 0]],
    ['cumulative, a zero in front', (x) => x.cumulativeProd(), [0, 2, 3], [9, 0, 0]],
    ['cumulative, two zeros', (x) => x.cumulativeProd(), [0, 0, 3], [1, 0, 0]],
    ['einsum', (x) => einsum('i,i,i->', x, x, x), [0, 2], [0, 12]],
  ])('%s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it.each<[string, F, number[], number[], number]>([
    ['no zero', (x) => x.prod(), [2, 4, 3], [7, 5, 6], 2],
    ['one zero', (x) => x.prod(), [2, 0, 3], [3, 5, 2], 2],
    ['two zeros', (x) => x.prod(), [0, 0, 5], [5, 5, 0], 2],
    ['three zeros', (x) => x.prod(), [0, 0, 0], [0, 0, 0], 2],
    ['three zeros', (x) => x.prod(), [0, 0, 0], [2, 2, 2], 3],
    ['four factors', (x) => x.prod(), [0, 0, 2, 3], [10, 10, 6, 4], 3],
    ['cumulative, one zero', (x) => x.cumulativeProd(), [2, 0, 3], [4, 6, 2], 2],
    ['cumulative, two zeros', (x) => x.cumulativeProd(), [0, 0, 3], [4, 4, 0], 2],
    ['cumulative, three zeros', (x) => x.cumulativeProd(), [0, 0, 0], [2, 2, 2], 3],
  ])('of higher order: %s', (_, f, at, wanted, order) => expectSlopes(f, at, wanted, order));
});

describe('no NaN', () => {
  it.each<[string, F, number[], number[]]>([
    ['var of equals', (x) => x.var(), [2, 2, 2], [0, 0, 0]],
    ['var of one element', (x) => x.var(), [5], [0]],
    ['logSumExp of −Infinity among others', (x) => x.logSumExp(), [0, -inf, 0], [0.5, 0, 0.5]],
    ['logSumExp far out', (x) => x.logSumExp(), [1000, 1000, -1000], [0.5, 0.5, 0]],
    ['layerNorm of equals', (x) => x.layerNorm().square(), [3, 3], [0, 0]],
    ['batchNorm of equals', (x) => x.reshape([2, 1]).batchNorm().square(), [3, 3], [0, 0]],
    ['the triangle not taken', (x) => x.reshape([2, 2]).tril().square(), [1, inf, 3, 4], [2, 0, 6, 8]],
    ['padding', (x) => x.pad([[1, 1]], { value: -inf }).max(), [1, 2], [0, 1]],
    ['no element taken', (x) => x.topk(0).values, [1, 2], [0, 0]],
  ])('%s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it('in the root of a variance of 0, where the gradient is 0 as for the norm of a zero vector', async () => {
    await expectSlopes((x) => x.std(), [2, 2], [0, 0]);
    await expectSlopes((x) => x.std(), [1, 3], [-0.5, 0.5]);
  });

  it.each<[string, F]>([
    ['min', (x) => x.min()],
    ['prod', (x) => x.prod()],
    ['var', (x) => x.var()],
    ['logSumExp', (x) => x.logSumExp()],
    ['cumulativeSum', (x) => x.cumulativeSum().square()],
    ['layerNorm', (x) => x.layerNorm().square()],
  ])('a NaN is not lost: %s', async (_, f) => {
    const g = await slopes((x) => f(x).mul(f(x.mul(2))), [nan, 1]);
    expect(g[0]).toBeNaN();
  });
});

describe('reductions of nothing', () => {
  const nothing = () => zeros([2, 0, 3]);

  it.each<[string, F, number]>([
    ['prod', (x) => x.prod(), 1],
    ['prod along an axis', (x) => x.prod(1).slice(0, 0), 1],
    ['prod of whole numbers', (x) => x.astype('int32').prod(), 1],
    ['all', (x) => x.all(), 1],
    ['any', (x) => x.any(), 0],
    ['countNonzero', (x) => x.countNonzero(), 0],
    ['logSumExp', (x) => x.logSumExp(), -inf],
    ['logSumExp along an axis', (x) => x.logSumExp(1, { keepdims: true }).slice(0, 0, 0), -inf],
    ['var', (x) => x.var(), nan],
    ['std', (x) => x.std(), nan],
  ])('%s', async (_, f, wanted) => {
    expect(await values(() => f(nothing()))).toEqual([wanted]);
  });

  it.each(['min', 'argmin'] as const)('%s is an error', (name) => {
    const ask = (axis?: number) => () => scope(() => nothing()[name](axis, { keepdims: true }).shape);
    expect(ask()).toThrow(ShapeError);
    expect(ask(-2)).toThrow(`${name}: no elements`);
    expect(ask(0)()).toEqual([1, 0, 3]); // nothing to find, nothing to choose
  });

  it.each<[string, F]>([
    ['prod', (x) => x.prod()],
    ['var', (x) => x.var()],
    ['logSumExp', (x) => x.logSumExp()],
    ['cumulativeSum', (x) => x.cumulativeSum(1).sum()],
    ['cumulativeProd', (x) => x.cumulativeProd(2).sum()],
    ['sort', (x) => x.sort(1).sum()],
    ['layerNorm', (x) => x.layerNorm().sum()],
  ])('%s has a gradient of no elements', async (_, f) => {
    const gradient = () => grad(f)(nothing());
    expect(scope(() => gradient().shape)).toEqual([2, 0, 3]);
    expect(await values(gradient)).toEqual([]);
  });
});
