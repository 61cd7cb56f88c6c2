// Gradients where a function has none by the book, or where a rule could make NaN out of 0 · ∞: the values that
// docs/ops.md settles. And the reductions of nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { grad, ShapeError, scope, type Tensor, tensor, where, zeros } from '../../src/index.ts';
import { testDevice } from '../place.ts';
import { read } from '../samples/run.ts';

beforeAll(testDevice);

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

type F = (x: Tensor) => Tensor;

/** What the function computes; nothing else of it stays. */
const values = async (f: () => Tensor): Promise<number[]> => [...(await read(scope(f)))];

/** The n-th derivative of Σ f, place by place, at a list of numbers. */
function slopes(f: F, at: readonly number[], order = 1): Promise<number[]> {
  let derivative = f;
  for (let k = 0; k < order; k++) {
    const before = derivative;
    derivative = (x) => grad((v: Tensor) => before(v).sum())(x);
  }
  return values(() => derivative(tensor([...at])));
}

async function expectSlopes(
  f: F,
  at: readonly number[],
  wanted: readonly number[],
  order = 1,
): Promise<void> {
  const got = await slopes(f, at, order);
  expect(got.length).toBe(wanted.length);
  got.forEach((g, k) => {
    expect(g, `at ${at[k]}`).toBeCloseTo(wanted[k] as number, 4);
  });
}

describe('kinks', () => {
  it.each<[string, F, number[], number[]]>([
    ['relu: 0 at 0', (x) => x.relu(), [-1, -0, 0, 2], [0, 0, 0, 1]],
    ['abs: 0 at 0', (x) => x.abs(), [-3, -0, 0, 3], [-1, 0, 0, 1]],
    ['sign: 0 everywhere', (x) => x.sign(), [-3, 0, 3], [0, 0, 0]],
    ['sqrt: Infinity at 0', (x) => x.sqrt(), [0, 4], [inf, 0.25]],
    ['log: Infinity at 0', (x) => x.log(), [0, 2], [inf, 0.5]],
    ['maximum with a number: half at the tie', (x) => x.maximum(1), [0, 1, 2], [0, 0.5, 1]],
    ['minimum with a number: half at the tie', (x) => x.minimum(1), [0, 1, 2], [1, 0.5, 0]],
    ['maximum of 0 and −0 is a tie', (x) => x.maximum(-0), [0], [0.5]],
    ['maximum with itself: the whole', (x) => x.maximum(x), [-1, 0, 1], [1, 1, 1]],
    ['clip: 1 at the bounds', (x) => x.clip(-1, 1), [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0]],
    ['clip with one bound', (x) => x.clip(undefined, 1), [-9, 1, 2], [1, 1, 0]],
    ['dense with relu: 0 at 0', denseRelu, [-1, 0, 2], [0, 0, 1]],
    ['pow 2 at 0', (x) => x.pow(2), [0, -1], [0, -2]],
    ['pow 1 at 0', (x) => x.pow(1), [0, -1], [1, 1]],
    ['pow 0 at 0', (x) => x.pow(0), [0, -1], [0, 0]],
    ['pow 0 next to 0', (x) => x.pow(0), [1e-40, -1e-40], [0, 0]],
    ['pow 1/2 at 0', (x) => x.pow(0.5), [0, 4], [inf, 0.25]],
    ['pow −1 at 0', (x) => x.pow(-1), [0, 2], [-inf, -0.25]],
    ['0 to the power of x', (x) => zeros([2]).pow(x), [1, 3], [0, 0]],
    ['1 to the power of x', (x) => tensor([1, 1]).pow(x), [0, 3], [0, 0]],
    ['relu6: 0 at 0 and 6', (x) => x.relu6(), [-1, 0, 3, 6, 7], [0, 0, 1, 0, 0]],
    ['leakyRelu: alpha at 0', (x) => x.leakyRelu(), [-1, 0, 1], [0.2, 0.2, 1]],
    ['leakyRelu(0)', (x) => x.leakyRelu(0), [-inf, -1, 0, 1], [0, 0, 0, 1]],
    ['elu(2): alpha at 0', (x) => x.elu(2), [-inf, 0, 1], [0, 2, 1]],
    ['selu: the left slope at 0', (x) => x.selu(), [-inf, 0, 1], [0, 1.7580993, 1.050701]],
    ['hardSigmoid: 0 at −3 and 3', (x) => x.hardSigmoid(), [-4, -3, 0, 3, 4], [0, 0, 1 / 6, 0, 0]],
    ['hardSilu: 0 at −3, 1 at 3', (x) => x.hardSilu(), [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1]],
    ['softsign at 0', (x) => x.softsign(), [-0, 0], [1, 1]],
    ['steps: 0 at the jumps', (x) => x.floor().add(x.ceil()).add(x.round()).add(x.trunc()), [0, 0.5], [0, 0]],
    ['remainder: 1 at the jumps', (x) => x.remainder(2), [-2, 0, 2, 3], [1, 1, 1, 1]],
    ['hypot: 0 at the origin', (x) => x.hypot(0), [-2, 0, 2], [-1, 0, 1]],
    ['logAddExp: half at a tie', (x) => x.logAddExp(1), [1, 1e4, -1e4], [0.5, 1, 0]],
    ['rsqrt: −Infinity at 0', (x) => x.rsqrt(), [0, 4, inf], [-inf, -1 / 16, 0]],
    ['log1p: Infinity at −1', (x) => x.log1p(), [-1, 0, inf], [inf, 1, 0]],
    ['asin and acosh: Infinity at 1', (x) => x.asin().add(x.acosh()), [1], [inf]],
    ['acos and atanh: Infinity at 1', (x) => x.atanh().sub(x.acos()), [1], [inf]],
  ])('%s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it.each<[string, F, number[], number[]]>([
    ['relu', (x) => x.relu(), [-1, 0, 1], [0, 0, 0]],
    ['abs', (x) => x.abs(), [-1, 0, 1], [0, 0, 0]],
    ['the square of a relu', (x) => x.relu().square(), [-1, 0, 1], [0, 0, 2]],
    ['the square of a maximum', (x) => x.maximum(0).square(), [-1, 0, 1], [0, 0.5, 2]],
    ['pow 2 at 0', (x) => x.pow(2), [0, 3], [2, 2]],
    ['pow 1 at 0', (x) => x.pow(1), [0, 3], [0, 0]],
    ['pow 0 at 0', (x) => x.pow(0), [0, 3], [0, 0]],
    ['pow 0 next to 0', (x) => x.pow(0), [1e-40, -1e-40], [0, 0]],
    ['pow 3 at 0', (x) => x.pow(3), [0, 2], [0, 12]],
    ['0 to the power of x', (x) => zeros([2]).pow(x), [1, 3], [0, 0]],
    ['a clipped square', (x) => x.clip(-1, 1).square(), [-2, -1, 0.5, 1], [0, 2, 2, 2]],
    ['elu', (x) => x.elu(), [-inf, -1e4, 1, 1e4, inf], [0, 0, 0, 0, 0]],
    ['hypot at the origin', (x) => x.hypot(0), [-2, 0, 2], [0, 0, 0]],
    ['hardSilu', (x) => x.hardSilu(), [-1e4, 0, 1e4], [0, 1 / 3, 0]],
    ['a square that is not taken', (x) => where(x.greater(1), 0, x.square()), [3e38, 1], [0, 2]],
    ['erf far out', (x) => x.erf(), [-3e38, 1e4, 3e38], [0, 0, 0]],
    ['atan far out', (x) => x.atan(), [-3e38, 1e20, 3e38], [0, 0, 0]],
    ['softsign far out', (x) => x.softsign(), [-3e38, 1e20, inf], [0, 0, 0]],
  ])('second derivative: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted, 2));

  it('third derivative: pow 3 at 0', async () => {
    expect(await slopes((x) => x.pow(3), [0, 1], 3)).toEqual([6, 6]);
  });

  it.each<[string, F, number[], number[]]>([
    ['max of all', (x) => x.max(), [1, 3, 3, 0, 3], [0, 1 / 3, 1 / 3, 0, 1 / 3]],
    ['max of equals', (x) => x.max(0), [2, 2], [0.5, 0.5]],
    ['max of −Infinity', (x) => x.max(), [-inf, -inf], [0.5, 0.5]],
    ['max along an axis', (x) => x.reshape([2, 3]).max(1), [1, 1, 0, 2, 3, 3], [0.5, 0.5, 0, 0, 0.5, 0.5]],
    [
      'max with keepdims',
      (x) => x.reshape([2, 3]).max(0, { keepdims: true }),
      [1, 5, 0, 1, 4, 3],
      [0.5, 1, 0, 0.5, 0, 1],
    ],
    ['max of 0 and −0', (x) => x.max(), [0, -0], [0.5, 0.5]],
  ])('ties share the gradient: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it.each<[string, 'maximum' | 'minimum', number[], number[]]>([
    ['maximum', 'maximum', [0, 0.5, 1], [1, 0.5, 0]],
    ['minimum', 'minimum', [1, 0.5, 0], [0, 0.5, 1]],
  ])('%s gives each of a tie one half', async (_, name, left, right) => {
    const by = (side: 'a' | 'b') => () => {
      const pair = { a: tensor([1, 2, 3]), b: tensor([2, 2, 2]) };
      return grad((p: typeof pair) => p.a[name](p.b).sum())(pair)[side];
    };
    expect(await values(by('a'))).toEqual(left);
    expect(await values(by('b'))).toEqual(right);
  });

  it('clip hands what its bounds hold back to the bounds, and nothing at the bounds', async () => {
    const by = (which: 'x' | 'low' | 'high') => () => {
      const p = { x: tensor([-2, -1, 0, 1, 2]), low: tensor(-1), high: tensor(1) };
      const g = tensor([1, 2, 4, 8, 16]);
      return grad(({ x, low, high }: typeof p) => x.clip(low, high).mul(g).sum())(p)[which];
    };
    expect(await values(by('x'))).toEqual([0, 2, 4, 8, 0]);
    expect(await values(by('low'))).toEqual([1]);
    expect(await values(by('high'))).toEqual([16]);
  });

  it.each<[string, F, number[], number[]]>([
    ['tanh far out', (x) => x.tanh(), [-100, 100, inf], [0, 0, 0]],
    ['sigmoid far out', (x) => x.sigmoid(), [-200, 200, -inf, inf], [0, 0, 0, 0]],
    ['exp of −Infinity', (x) => x.exp(), [-inf], [0]],
    ['softmax of −Infinity', (x) => x.softmax().square(), [0, -inf], [0, 0]],
    ['cross-entropy of −Infinity elsewhere', crossEntropy, [0, -inf, 0], [-0.5, 0, 0.5]],
    ['where, the branch not taken', (x) => where(x.greater(0), x, x.add(nan)), [2, 3], [1, 1]],
    ['taken twice', (x) => x.take([0, 0, -1]), [5, 6, 7], [2, 0, 1]],
  ])('no NaN: %s', (_, f, at, wanted) => expectSlopes(f, at, wanted));

  it.each<[string, F]>([
    ['relu', (x) => x.relu()],
    ['max', (x) => x.max()],
    ['square', (x) => x.square()],
    ['tanh', (x) => x.tanh()],
    ['softmax', (x) => x.softmax().square()],
    ['sqrt', (x) => x.sqrt()],
    ['relu6', (x) => x.relu6()],
    ['clip', (x) => x.clip(-1, 1)],
    ['leakyRelu', (x) => x.leakyRelu()],
    ['elu', (x) => x.elu()],
    ['gelu', (x) => x.gelu()],
    ['silu', (x) => x.silu()],
    ['hardSigmoid', (x) => x.hardSigmoid()],
    ['hardSilu', (x) => x.hardSilu()],
    ['softplus', (x) => x.softplus()],
    ['remainder', (x) => x.remainder(2)],
    ['hypot', (x) => x.hypot(1)],
    ['logAddExp', (x) => x.logAddExp(1)],
  ])('a NaN is not lost: %s', async (_, f) => {
    const g = await slopes((x) => f(x.mul(2)).mul(f(x)), [nan, 1]);
    expect(g[0]).toBeNaN();
  });
});

function denseRelu(x: Tensor): Tensor {
  return x.reshape([-1, 1]).dense(tensor([[1]]), null, 'relu');
}

function crossEntropy(x: Tensor): Tensor {
  return x.softmaxCrossEntropy(tensor(0, { dtype: 'int32' }));
}

/** Activations between two straight lines: what they are far out. */
const FAR: [string, F, number, number][] = [
  ['silu', (x) => x.silu(), 0, 1],
  ['gelu', (x) => x.gelu(), 0, 1],
  ['gelu by tanh', (x) => x.gelu({ approximate: true }), 0, 1],
  ['mish', (x) => x.mish(), 0, 1],
  ['softplus', (x) => x.softplus(), 0, 1],
  ['logSigmoid', (x) => x.logSigmoid(), 1, 0],
  ['sigmoid', (x) => x.sigmoid(), 0, 0],
  ['softsign', (x) => x.softsign(), 0, 0],
  ['selu', (x) => x.selu(), 0, 1.050701],
  ['hardSilu', (x) => x.hardSilu(), 0, 1],
];

describe('far out', () => {
  const left = [-1e4, -1e20, -3e38, -inf];
  const right = [1e4, 1e20, 3e38, inf];
  const both = [...left, ...right];

  it.each(FAR)('%s has the slopes of its lines', (_, f, before, behind) =>
    expectSlopes(
      f,
      both,
      both.map((x) => (x < 0 ? before : behind)),
    ),
  );

  it.each(FAR)('%s has second derivatives of 0', (_, f) =>
    expectSlopes(
      f,
      both,
      both.map(() => 0),
      2,
    ),
  );

  it('atan2: the slope is of 1 / h, whose square could overflow or vanish', async () => {
    const size = [1e-30, 1e25];
    const g = await slopes((x) => x.atan2(x.mul(0).add(tensor(size))).mul(tensor(size)), size);
    for (const v of g) expect(v).toBeCloseTo(0.5, 5);
  });

  it('logAddExp of equal infinities is a tie', async () => {
    const pair = () => tensor([-inf, inf, -inf, inf]);
    const other = () => tensor([-inf, inf, inf, -inf]);
    const by = (x: () => Tensor, y: () => Tensor) => () => grad((v: Tensor) => v.logAddExp(y()).sum())(x());
    expect(await values(by(pair, other))).toEqual([0.5, 0.5, 0, 1]);
    expect(await values(by(other, pair))).toEqual([0.5, 0.5, 1, 0]);
  });

  it('expm1: the slope has its digits where e^x is small', async () => {
    const [g] = await slopes((x) => x.expm1(), [-20]);
    expect((g as number) / Math.exp(-20)).toBeCloseTo(1, 5);
  });
});

describe('reductions of nothing', () => {
  const nothing = () => zeros([2, 0, 3]);

  it('sum is 0', async () => {
    expect(await values(() => nothing().sum())).toEqual([0]);
    expect(await values(() => nothing().sum(1))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await values(() => zeros([0], { dtype: 'int32' }).sum())).toEqual([0]);
  });

  it('mean is NaN', async () => {
    expect(await values(() => nothing().mean())).toEqual([nan]);
    expect(await values(() => nothing().mean(1, { keepdims: true }))).toEqual(Array(6).fill(nan));
  });

  it.each(['max', 'argmax'] as const)('%s is an error', (name) => {
    const ask = (axis?: number) => () => scope(() => nothing()[name](axis, { keepdims: true }).shape);
    expect(ask()).toThrow(ShapeError);
    expect(ask(1)).toThrow(ShapeError);
    expect(ask(-2)).toThrow(`${name}: no elements`);
    expect(ask(0)()).toEqual([1, 0, 3]); // nothing to find, nothing to choose
  });

  it.each(['sum', 'mean'] as const)('%s has a gradient of no elements', async (name) => {
    const gradient = () => grad((x: Tensor) => x[name]())(nothing());
    expect(scope(() => gradient().shape)).toEqual([2, 0, 3]);
    expect(await values(gradient)).toEqual([]);
  });
});
