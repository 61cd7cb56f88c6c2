// Samples of special values: NaN, infinities, signed zeros, the edges of domains, tiny and huge values, and the ends of
// int32. Rows whose floats are only moved get the same list; a row without float operands gets whole numbers.
import { given, type InputSpec, type Kind, type Sample, sample } from './inputs.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
export const TINY = 2 ** -126; // the smallest normal float32
export const HUGE = 3e38;
export const INT_MAX = 2147483647;
export const INT_MIN = -2147483648;

const MAGNITUDES = [0, TINY, 1e-30, 0.5, 1, 2, 40, 88, 89, 104, 1e10, HUGE, inf];
export const SPECIAL = [nan, ...MAGNITUDES, ...MAGNITUDES.map((v) => -v)];
/** Fewer, for pairs: every one meets every one. */
export const PAIRED = [nan, inf, -inf, 0, -0, 1, -1, 0.5, 2, -3, 1e-30, HUGE, -HUGE];
export const INTEGERS = [0, 1, -1, 2, -3, 46341, INT_MAX - 1, INT_MAX, INT_MIN, INT_MIN + 1];

export const list = (values: readonly number[], kind: Kind = 'float'): InputSpec =>
  given(kind, [values.length], values);
export const column = (values: readonly number[], kind: Kind = 'float'): InputSpec =>
  given(kind, [values.length, 1], values);
export const matrix = (rows: readonly (readonly number[])[], kind: Kind = 'float'): InputSpec =>
  given(kind, [rows.length, rows[0]?.length ?? 0], rows.flat());

const unary = (): Sample[] => [sample([list(SPECIAL)])];
const wholeUnary = (): Sample[] => [...unary(), sample([list(INTEGERS, 'int32')])];
const pairs = (): Sample[] => [sample([column(PAIRED), list(PAIRED)])];
const wholePairs = (): Sample[] => [...pairs(), sample([column(INTEGERS, 'int32'), list(INTEGERS, 'int32')])];

/** Near multiples of π/2, the float32 nearest to one, and huge. */
const ANGLES = [Math.PI / 2, Math.PI, -2 * Math.PI, 16367173 * 2 ** 72, 1e6, -1e15];
const UNIT_EDGES = [1 - 2 ** -20, -1 + 2 ** -20, 1 + 2 ** -20, -1 - 2 ** -20];
const HALVES = [
  0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, -0.3, 8388607.5, 8388609, -8388606.5, 2147483648,
];
const rounded = (): Sample[] => [...wholeUnary(), sample([list(HALVES)])];
/** Activations that go to 0 on the left. */
const gates = (...args: unknown[]): Sample[] => [
  sample([list(SPECIAL)], ...args),
  sample([list([1e4, -1e4, 20, -20, 5.5, -5.5, 13.1, -13.1, 1e-5])], ...args),
];
/** All signs, and quotients that rounding would bring to a whole number. */
const divided = (): Sample[] => [
  ...wholePairs(),
  sample([column([1, -1, 5.25, -5.25, 0.3, -6, 1e-5]), list([0.1, -0.1, 2, -2, 3, -7.5])]),
];

const flags = SPECIAL.map((_, k) => k % 2);
const choice = (): Sample[] => [
  sample([list(flags, 'bool'), list(SPECIAL), list([...SPECIAL].reverse())]),
  sample([list(SPECIAL), 1, 2]),
  sample([list(flags, 'bool'), list(SPECIAL), nan]),
];

/** One special value per place in a row long enough for several passes. */
export const long = (value: number, at: number, otherwise = 1): InputSpec =>
  list(Array.from({ length: 300 }, (_, k) => (k === at ? value : otherwise)));

export const reduced = (): Sample[] => [
  sample(
    [
      matrix([
        [nan, 1, 2],
        [1, 2, nan],
        [inf, -inf, 1],
        [inf, 1, 2],
        [-inf, -inf, -inf],
        [-inf, 1, -1],
        [-0, -0, -0],
        [HUGE, -HUGE, 1],
        [TINY, 0, -1],
        [nan, inf, nan],
      ]),
    ],
    1,
  ),
  sample([long(nan, 257)]),
  sample([long(inf, 3)]),
  sample([long(-inf, 299)]),
];

export const extremes = (): Sample[] => [
  ...reduced(),
  sample([list(Array(300).fill(-inf))]),
  sample([long(INT_MIN, 5, -7)]),
  sample([list([INT_MIN, INT_MIN], 'int32')]),
  sample([list(INTEGERS, 'int32')]),
];

const rows = (): Sample[] => [
  sample([
    matrix([
      [nan, 1, 2],
      [-inf, 0, 1],
      [inf, 0, 1],
      [-inf, -inf, -inf],
      [HUGE, -HUGE, 0],
      [1000, 1001, 999],
      [-HUGE, -HUGE, -HUGE],
      [-0, 0, TINY],
      [-1e10, 0, 1e10],
    ]),
  ]),
];

const logits = matrix([
  [nan, 1, 2],
  [-inf, 0, 1],
  [-inf, 0, 1],
  [inf, 0, 1],
  [HUGE, -HUGE, 0],
  [1000, 1001, 999],
  [-1000, -1001, 0],
]);
const labels = list([1, 0, 2, 1, 0, 1, 0], 'int32');

export const anything = (...args: unknown[]): Sample[] => [sample([list(SPECIAL)], ...args)];
const n = SPECIAL.length;

export const specialSamples = {
  neg: wholeUnary(),
  abs: wholeUnary(),
  sign: wholeUnary(),
  exp: [...unary(), sample([list([88.7, 88.73, -87.3, -87.4, -103.9])])],
  log: [...unary(), sample([list([1 + 2 ** -20, 1 - 2 ** -20])])],
  sqrt: unary(),
  square: wholeUnary(),
  reciprocal: unary(),
  tanh: [...unary(), sample([list([1e-4, -1e-6, 9, -9.1])])],
  sigmoid: unary(),
  relu: wholeUnary(),

  expm1: [...unary(), sample([list([1e-10, -1e-5, 88.7, 88.73, -17, -104])])],
  log1p: [...unary(), sample([list([1e-10, -1e-5, -0.9999999, -1.5, 1e5])])],
  log2: [...unary(), sample([list([0.25, 1024, 1 + 2 ** -20, 1 - 2 ** -20])])],
  log10: [...unary(), sample([list([10, 1000, 1e-5, 1 + 2 ** -20, 1 - 2 ** -20])])],
  rsqrt: unary(),
  sin: [...unary(), sample([list(ANGLES)])],
  cos: [...unary(), sample([list(ANGLES)])],
  tan: [...unary(), sample([list(ANGLES)])],
  asin: [...unary(), sample([list(UNIT_EDGES)])],
  acos: [...unary(), sample([list(UNIT_EDGES)])],
  atan: unary(),
  sinh: [...unary(), sample([list([1e-5, 89.3, -89.3, 89.5])])],
  cosh: [...unary(), sample([list([1e-5, 89.3, -89.3, 89.5])])],
  asinh: [...unary(), sample([list([1e-5, -1e-5])])],
  acosh: [...unary(), sample([list([1 + 2 ** -20, 1 - 2 ** -20])])],
  atanh: [...unary(), sample([list([...UNIT_EDGES, 1e-5])])],
  erf: [...unary(), sample([list([1e-5, 3.9, -4])])],
  floor: rounded(),
  ceil: rounded(),
  round: rounded(),
  trunc: rounded(),
  isNaN: wholeUnary(),
  isInf: wholeUnary(),
  isFinite: wholeUnary(),

  relu6: [...wholeUnary(), sample([list([6, 6 + 2 ** -20, 6 - 2 ** -20])])],
  leakyRelu: [...anything(), ...anything(0), ...anything(-1), ...anything(1)],
  elu: [...anything(), ...anything(0), ...anything(-1)],
  selu: gates(),
  gelu: [...gates(), ...gates({ approximate: true })],
  silu: gates(),
  mish: gates(),
  softplus: gates(),
  logSigmoid: gates(),
  softsign: unary(),
  hardSigmoid: [...unary(), sample([list([3, -3, 2.9999, -2.9999])])],
  hardSilu: [...unary(), sample([list([3, -3, 2.9999, -2.9999])])],
  tanhGrad: [sample([column([nan, 0, -0, 1, -1, 0.5, TINY]), list(PAIRED)])],
  sigmoidGrad: [sample([column([nan, 0, 1, 0.5, TINY]), list(PAIRED)])],
  reluGrad: pairs(),

  add: wholePairs(),
  sub: wholePairs(),
  mul: wholePairs(),
  div: wholePairs(),
  pow: [
    ...pairs(),
    sample([column(INTEGERS, 'int32'), list([0, 1, 2, 3, 31, 32], 'int32')]),
    sample([
      column([1 + 2 ** -10, 1 - 2 ** -10, -2, -0.5, 1e10, TINY]),
      list([1000, -1000, 127, -127, 0.5, 1 / 3, 3]),
    ]),
  ],
  remainder: divided(),
  floorDivide: divided(),
  atan2: pairs(),
  hypot: [...pairs(), sample([list([3e-30, 3e30, TINY]), list([4e-30, 4e30, TINY])])],
  logAddExp: [...pairs(), sample([list([1000, -1000, 50]), list([1000, -1001, 3])])],
  maximum: wholePairs(),
  minimum: wholePairs(),

  equal: wholePairs(),
  notEqual: wholePairs(),
  less: wholePairs(),
  lessEqual: wholePairs(),
  greater: wholePairs(),
  greaterEqual: wholePairs(),
  logicalAnd: wholePairs(),
  logicalOr: wholePairs(),
  logicalXor: wholePairs(),
  logicalNot: wholeUnary(),

  select: choice(),
  where: choice(),
  clip: [
    sample([list(SPECIAL), -1, 1]),
    sample([list(SPECIAL), -inf, inf]),
    sample([list(SPECIAL), nan, 1]),
    sample([list(SPECIAL), 0, nan]),
    sample([list(SPECIAL)], null, 1),
    sample([column(PAIRED), list([-inf, -HUGE, 0, -0]), list([inf, HUGE, 1e-30, 1])]),
    sample([list(INTEGERS, 'int32'), INT_MIN + 1, INT_MAX - 1]),
    sample([list(INTEGERS, 'int32')], 0),
  ],
  astype: [
    ...['int32', 'bool', 'float32'].map((dtype) => sample([list(SPECIAL)], dtype)),
    sample([list([0.99, -0.99, 1.5, -1.5, 2147483520, -2147483648, 2147483648])], 'int32'),
    sample([list(INTEGERS, 'int32')], 'bool'),
  ],

  alias: anything(),
  contiguous: anything(),
  reshape: anything([3, -1]),
  permuteDims: [sample([matrix([PAIRED, PAIRED])], [1, 0])],
  broadcastTo: anything([2, n]),
  slice: anything([null, null, -2]),
  embed: anything([2 * n], { starts: [1], sizes: [n], steps: [2] }),
  expandDims: anything(0),
  squeeze: anything(),
  concat: [
    sample([list(SPECIAL), list(PAIRED)]),
    sample([list(INTEGERS, 'int32'), list([INT_MIN], 'int32')]),
  ],
  take: anything([-1, 0, 1, n - 2]),
  takeGrad: [
    sample([list([nan, inf, -inf, HUGE, -0, 1]), list([0, 1, 1, 2, 3, -1], 'int32')], 0, 6),
    sample(
      [
        list(SPECIAL),
        list(
          SPECIAL.map((_, k) => k),
          'int32',
        ),
      ],
      0,
      n,
    ),
  ],
  oneHot: [sample([list([0, 2], 'int32')], 3)],

  sum: [...reduced(), sample([list([INT_MAX, 1, 5], 'int32')])],
  mean: reduced(),
  max: extremes(),
  argmax: [...extremes(), sample([matrix([[-0, 0, -0]])], 1), sample([matrix([[0, 0, 1, 1]])], 1)],

  matmul: [
    sample([
      matrix([
        [nan, 1],
        [inf, 0],
        [1, 2],
        [-0, 0],
        [HUGE, 1],
      ]),
      matrix([
        [1, 0, 2],
        [0, -inf, 1],
      ]),
    ]),
    sample([list([INT_MAX, 2], 'int32'), list([2, 3], 'int32')]),
  ],
  denseInputGrad: ['linear', 'relu', 'sigmoid', 'tanh'].map((activation) =>
    sample(
      [
        matrix([
          [nan, 1],
          [inf, -1],
          [1, 2],
        ]),
        matrix([
          [1, 0],
          [0.5, -0],
          [nan, 1],
        ]),
        matrix([
          [1, 2],
          [0, 0.5],
        ]),
      ],
      activation,
    ),
  ),
  denseKernelGrad: ['linear', 'relu', 'sigmoid', 'tanh'].map((activation) =>
    sample(
      [
        matrix([
          [1, 2],
          [0.5, 1],
          [2, -1],
        ]),
        matrix([
          [nan, 1, 2],
          [inf, -1, 2],
          [1, 2, 3],
        ]),
        matrix([
          [1, 0, 1],
          [0.5, -0, 0.5],
          [0.25, nan, -1],
        ]),
      ],
      activation,
      true,
    ),
  ),
  dense: ['linear', 'relu', 'sigmoid', 'tanh'].map((activation) =>
    sample(
      [
        matrix([
          [nan, 1],
          [inf, 0],
          [-inf, 0],
          [1e10, 2],
          [-1e10, 2],
          [0, -0],
        ]),
        matrix([
          [1, -1],
          [1, 0],
        ]),
        list([0, -0]),
      ],
      activation,
    ),
  ),
  softmax: rows(),
  logSoftmax: rows(),
  softmaxCrossEntropy: [sample([logits, labels])],
  softmaxCrossEntropyGrad: [
    sample([logits, labels, list([1, 1, 1, 1, 1, 1, 1])]),
    sample([
      matrix([
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ]),
      list([0, 1, 2], 'int32'),
      list([nan, inf, 0]),
    ]),
  ],
  standardize: [
    sample(
      [
        matrix([
          [nan, 1, 2, 0],
          [inf, 1, 2, 0],
          [0.1, 0.1, 0.1, 0.1],
          [1000, 1001, 1002, 1003],
          [-1e10, 0, 1e10, 0],
          [1e-15, 0, -1e-15, 0],
        ]),
        list([1, 2, -1, inf]),
        list([0, 0.5, nan, 0]),
      ],
      0.001,
    ),
  ],
};
