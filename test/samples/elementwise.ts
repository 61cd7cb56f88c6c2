// Samples of the elementwise rows: every shape rule and dtype that they take, away from kinks.
import { b, f, given, half, type InputSpec, i, repeated, type Sample, sample, whole } from './inputs.ts';

type Spread = Parameters<typeof f>[1];

const RANK_6 = [2, 1, 3, 1, 2, 2];

function unary(spread: Spread = {}, integers: Spread = {}): Sample[] {
  return [
    f([2, 3], spread),
    f([], spread),
    f([1], spread),
    f([0, 3], spread),
    f([17], spread),
    f([3, 1, 5], spread),
    f(RANK_6, spread),
    repeated(f([3, 1], spread), [2, 3, 4]),
    repeated(f([1, 1], spread), [2, 3]),
    half([5], spread),
    i([5], integers),
    b([4]),
  ].map((x) => sample([x]));
}

/** As many as tell one formula from another: the rules of shapes and layouts are the builder's, which others hold. */
function few(spread: Spread = {}, integers: Spread = {}, ...args: unknown[]): Sample[] {
  return [
    f([2, 3], spread),
    f([], spread),
    f([0, 3], spread),
    f([17], spread),
    repeated(f([2, 1], spread), [2, 3]),
    half([5], spread),
    i([5], integers),
    b([4]),
  ].map((x) => sample([x], ...args));
}

/** Shapes that meet in every way; `l` and `r` say where the values lie. */
function floats(l: Spread = {}, r: Spread = l): Sample[] {
  return [
    [f([2, 3], l), f([2, 3], r)],
    [f([2, 3], l), f([3], r)],
    [f([2, 1], l), f([1, 3], r)],
    [f([], l), f([5], r)],
    [f([1], l), f([], r)],
    [f([17], l), f([17], r)],
    [f([0, 3], l), f([3], r)],
    [f([1, 2, 1, 2, 1, 2], l), f([2, 1, 2, 1, 2], r)],
    [repeated(f([1, 3], l), [2, 3]), f([2, 3], r)],
    [repeated(f([2, 1], l), [2, 3]), repeated(f([1], r), [3])],
    [half([2, 3], l), f([3], r)],
    [half([4], l), half([4], r)],
  ].map((inputs) => sample(inputs));
}

/** As `few`, of two operands. */
function fewPairs(l: Spread = {}, r: Spread = l, numbers: readonly [number, number] = [1.5, 0.75]): Sample[] {
  return [
    [f([2, 3], l), f([3], r)],
    [f([2, 1], l), f([1, 3], r)],
    [f([], l), f([5], r)],
    [f([0, 3], l), f([3], r)],
    [f([17], l), f([17], r)],
    [repeated(f([1, 3], l), [2, 3]), f([2, 3], r)],
    [f([2, 3], l), numbers[0]],
    [numbers[1], f([2, 3], r)],
    [half([2, 3], l), f([3], r)],
    [i([2, 3]), i([3], { ...small, gap: 1 })],
    [i([5]), 1.5],
    [f([2, 3], l), i([3], { ...small, gap: 1 })],
    [b([4]), b([4])],
    [b([4]), 2],
  ].map((inputs) => sample(inputs));
}

/** Plain numbers take the dtype of the tensor that they meet. */
function numbers(l: Spread, r: Spread, positive = false): Sample[] {
  const [a, c] = positive ? [1.5, 2] : [-1.5, 2];
  return [
    sample([f([5], l), a]),
    sample([f([2, 3], l), c]),
    sample([c, f([2, 3], r)]),
    sample([positive ? 0.5 : a, f([3], r)]),
  ];
}

const small: Spread = { low: -3, high: 3 };

/** Whole numbers and truth values, alone and with others. */
function integers(l: Spread = {}, r: Spread = l): Sample[] {
  return [
    [i([2, 3], l), i([3], r)],
    [i([5], l), 2],
    [3, i([5], r)],
    [i([5], l), 1.5],
    [i([3], l), f([2, 3], { low: 0.5, high: 2 })],
    [b([4]), b([4])],
    [b([4]), i([4], r)],
    [b([3]), f([2, 3], { low: 0.5, high: 2 })],
    [b([4]), 2],
    [repeated(i([1, 3], l), [2, 3]), i([2, 1], r)],
  ].map((inputs) => sample(inputs));
}

const binary = (l?: Spread, r?: Spread): Sample[] => [
  ...floats(l, r),
  ...numbers(l ?? {}, r ?? l ?? {}),
  ...integers(small, { ...small, gap: 1 }),
];

/** Floats that tie now and then. */
const tying: Spread = { low: -2, high: 2, step: 1, gap: 0 };
const comparison = (): Sample[] => [
  ...floats(tying),
  sample([f([9], tying), 1]),
  sample([0.5, f([9], tying)]),
  ...integers({ low: -2, high: 2, gap: 0 }),
];

const away: Spread = { gap: 0.25 };
/** Between the values of an operand without a shift. */
const between: Spread = { shift: 1 / 128 };

const choice = (): Sample[] => [
  sample([b([2, 3]), f([2, 3]), f([2, 3])]),
  sample([b([17]), f([17]), f([17])]),
  sample([b([3]), f([2, 1]), f([])]),
  sample([b([]), f([2]), f([2])]),
  sample([b([1]), f([1]), f([1])]),
  sample([b([0, 3]), f([3]), f([])]),
  sample([repeated(b([2, 1]), [2, 3]), repeated(f([1, 3]), [2, 3]), f([2, 3])]),
  sample([b([2, 1, 1, 1, 2, 1]), f([2, 1, 2, 1, 1]), f([2, 1, 1])]),
  sample([b([4]), f([4]), 0]),
  sample([b([4]), 1.5, f([4])]),
  sample([b([4]), 1, 0]),
  sample([whole('float', [6], -1, 1), f([6]), f([6])]),
  sample([whole('int32', [6], -1, 1), i([6]), i([6])]),
  sample([b([4]), i([4]), f([4])]),
  sample([b([4]), b([4]), b([4])]),
  sample([b([3]), half([3]), f([3])]),
  sample([b([4]), i([4]), 7]),
];

const clips = (): Sample[] => {
  const bound = 0.5 + 1 / 128;
  const low: Spread = { low: -1.5, high: -0.5, shift: 1 / 128 };
  const high: Spread = { low: 0.5, high: 1.5, shift: 1 / 128 };
  const one = (x: InputSpec) => sample([x], -bound, bound);
  return [
    ...[f([2, 3]), f([]), f([1]), f([0, 3]), f([17]), f(RANK_6), repeated(f([3, 1]), [2, 3, 4])].map(one),
    sample([f([5])], null, bound),
    sample([f([5])], -bound),
    sample([f([2, 3]), f([3], low), f([2, 1], high)]),
    sample([f([], {}), f([4], low), f([], high)]),
    sample([repeated(f([1, 3]), [2, 3]), repeated(f([1], low), [3]), f([2, 3], high)]),
    one(half([5])),
    sample([i([7])], -3, 4),
    sample([i([7])], null, 4),
    sample([i([7])], -2.5, 4),
    sample([b([4])], 0, 1),
    sample([i([2, 3]), i([3], { low: -5, high: -1 }), i([2, 1], { low: 1, high: 5 })]),
  ];
};

const casts = (): Sample[] => [
  ...(['int32', 'bool', 'float32'] as const).flatMap((dtype): Sample[] => {
    const rounds = dtype === 'float32' ? { rounds: true as const } : {};
    return [
      { ...sample([f([2, 3])], dtype), ...rounds },
      { ...sample([repeated(f([1, 3]), [2, 3])], dtype), ...rounds },
      sample([i([5])], dtype),
      sample([b([5])], dtype),
      sample([b([0, 2])], dtype),
      sample([i([])], dtype),
    ];
  }),
  sample([whole('float', [7], -1, 1)], 'bool'),
  ...[f([2, 3]), f([]), f([1]), f([0, 3]), f(RANK_6), repeated(f([3, 1]), [2, 3, 4]), i([5]), b([3])].map(
    (x): Sample => ({ ...sample([x], 'float64'), only: 'cpu' }),
  ),
];

const positive: Spread = { low: 0.25, high: 3 };
const wide: Spread = { low: -6, high: 6 };
/** Between whole numbers and their halves. */
const fractions: Spread = { low: -4, high: 4, shift: 1 / 128 };
/** Inside of (-1, 1); of whole numbers the three that belong to it. */
const unit: Spread = { low: -0.9375, high: 0.9375 };
const ones: Spread = { low: -1, high: 1, gap: 0 };

export const elementwiseSamples = {
  neg: unary(),
  abs: unary(away),
  sign: unary(away),
  exp: unary(),
  log: unary(positive, { low: 1 }),
  sqrt: unary(positive, { low: 1 }),
  square: unary(),
  reciprocal: unary(away),
  tanh: unary(),
  sigmoid: unary({ low: -4, high: 4 }),
  relu: unary(away),

  expm1: few(),
  log1p: few({ low: -0.75, high: 3 }, { low: 1 }),
  log2: few(positive, { low: 1 }),
  log10: few(positive, { low: 1 }),
  rsqrt: few(positive, { low: 1 }),
  sin: few(wide),
  cos: few(wide),
  tan: few({ low: -1.25, high: 1.25 }),
  asin: few(unit, ones),
  acos: few(unit, ones),
  atan: few(wide),
  sinh: few(),
  cosh: few(),
  asinh: few(wide),
  acosh: few({ low: 1.25, high: 4 }, { low: 1 }),
  atanh: few(unit, ones),
  erf: few(),
  floor: few(fractions),
  ceil: few(fractions),
  round: few(fractions),
  trunc: few(fractions),
  isNaN: few(),
  isInf: few(),
  isFinite: few(),

  relu6: few({ low: -2, high: 8, shift: 1 / 128 }),
  leakyRelu: [...few(away), ...few(away, {}, 0.3125).slice(0, 2), sample([i([5])], 2)],
  elu: [...few(away), ...few(away, {}, 1.75).slice(0, 2)],
  selu: few(away),
  gelu: [...few({ low: -4, high: 4 }), ...few({ low: -4, high: 4 }, {}, { approximate: true })],
  silu: few(wide),
  mish: few(wide),
  softplus: few(wide),
  logSigmoid: few(wide),
  softsign: few(away),
  hardSigmoid: few({ ...wide, shift: 1 / 128 }),
  hardSilu: few({ ...wide, shift: 1 / 128 }),
  tanhGrad: floats({ low: -1, high: 1 }, {}),
  sigmoidGrad: floats({ low: 0.0625, high: 0.9375 }, {}),
  reluGrad: floats(away, {}),

  add: binary(),
  sub: binary(),
  mul: binary(),
  div: binary({}, away),
  pow: [
    ...floats(positive, {}),
    ...numbers(positive, {}, true),
    ...[2, 3, -1, 0, 1].map((n) => sample([f([2, 3], away), n])),
    sample([f([2, 3], away), whole('int32', [3], -2, 3)]),
    sample([f([2, 3], positive), given('float', [3], [0, 1, 2])]), // 0: the mixed second derivative is 1/x there
    ...integers({ low: 1, high: 5 }, { low: 0, high: 3, gap: 0 }),
    sample([i([9]), given('int32', [9], [0, 1, 2, 3, 4, 5, -1, -2, -3])]),
  ],
  maximum: [...floats({}, between), ...numbers(between, between), ...integers(small)],
  minimum: [...floats({}, between), ...numbers(between, between), ...integers(small)],

  remainder: fewPairs(fractions, away, [1.5, 127 / 128]), // no quotient is whole
  floorDivide: fewPairs(fractions, away, [1.5, 127 / 128]),
  atan2: fewPairs({}, away),
  hypot: fewPairs(),
  logAddExp: fewPairs(wide),

  equal: comparison(),
  notEqual: comparison(),
  less: comparison(),
  lessEqual: comparison(),
  greater: comparison(),
  greaterEqual: comparison(),
  logicalAnd: comparison(),
  logicalOr: comparison(),
  logicalXor: comparison(),
  logicalNot: unary(tying, { low: -1, high: 1, gap: 0 }),

  select: choice(),
  where: choice(),
  clip: clips(),
  astype: casts(),
};
