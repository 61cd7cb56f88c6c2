// Special values through the operations that are not elementwise: reductions, scans, what moves and sorts, products,
// normalisation, windows.
import { given, type InputSpec, type Sample, sample } from './inputs.ts';
import {
  anything,
  column,
  extremes,
  HUGE,
  INT_MAX,
  INT_MIN,
  INTEGERS,
  list,
  long,
  matrix,
  PAIRED,
  reduced,
  SPECIAL,
  TINY,
} from './special.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const n = SPECIAL.length;
const backwards = { descending: true };

const truths = (): Sample[] => [
  ...reduced(),
  sample([column(SPECIAL)], 1),
  sample([list(INTEGERS, 'int32')]),
  sample([column(INTEGERS, 'int32')], 1),
];

/** Rows of a scan or a product: where NaN and infinities come in, and what they meet. */
const running = (): InputSpec =>
  matrix([
    [nan, 1, 2],
    [1, nan, 2],
    [inf, 1, -inf],
    [1, 2, inf],
    [inf, 0, 1],
    [0, 3, -inf],
    [-0, -0, 5],
    [HUGE, 0.5, 2],
    [-1, TINY, 0.25],
  ]);
const scans = (): Sample[] => [
  sample([running()]),
  sample([list([INT_MAX, 1, 5, INT_MIN], 'int32')]),
  sample([list([46341, 46341, -3], 'int32')]),
];

const spreads = (): Sample[] => [
  sample(
    [
      matrix([
        [nan, 1, 2],
        [1, 2, inf],
        [-inf, -inf, 1],
        [0.1, 0.1, 0.1],
        [1000, 1001, 1003],
        [-1e10, 0, 1e10],
        [1e-15, 0, -1e-15],
      ]),
    ],
    1,
  ),
  sample([list([7], 'int32')], 0, { correction: 1 }),
  sample([list([3, 7], 'int32')], 0, { correction: 5 }),
];

const sorted = (): Sample[] => [
  ...anything(),
  ...anything(0, backwards),
  sample([column(PAIRED)], 0),
  sample([list([...SPECIAL, ...SPECIAL])], -1, backwards),
  sample([list(INTEGERS, 'int32')]),
  sample([list(INTEGERS, 'int32')], 0, backwards),
];

const square = (): InputSpec =>
  matrix([
    [nan, inf, 1],
    [-inf, -0, nan],
    [0, 2, HUGE],
  ]);

const places = list(
  SPECIAL.map((_, k) => n - 1 - k),
  'int32',
);

/** Images [n, h, w, 1]. */
const images = (...values: number[][]): InputSpec => {
  const [height, width] = [values.length, values[0]?.length ?? 0];
  return given('float', [1, height, width, 1], values.flat());
};
const picture = (): InputSpec =>
  images([nan, 1, 2, -1], [0, inf, -inf, 3], [-inf, -inf, 1, 2], [-inf, -inf, HUGE, -0]);
const small = (): InputSpec => images([nan, 1], [-inf, 2]);
const kernel = (...values: number[]): InputSpec => given('float', [2, 2, 1, 1], values);

export const specialAlgorithmSamples = {
  min: [...extremes(), sample([given('int32', [300], Array(300).fill(INT_MAX))])],
  argmin: [...extremes(), sample([matrix([[0, -0, 0]])], 1), sample([matrix([[1, 1, 0, 0]])], 1)],
  all: truths(),
  any: truths(),
  prod: [
    sample([running()], 1),
    sample([list([INT_MAX, 2], 'int32')]),
    sample([list([46341, 46341, 3], 'int32')]),
    sample([list([])]),
    sample([long(nan, 257)]),
  ],
  var: spreads(),
  std: spreads(),
  logSumExp: [
    sample(
      [
        matrix([
          [nan, 1, 2],
          [-inf, 0, 1],
          [inf, 0, 1],
          [inf, -inf, inf],
          [-inf, -inf, -inf],
          [HUGE, -HUGE, 0],
          [1000, 1001, 999],
          [-HUGE, -HUGE, -HUGE],
        ]),
      ],
      1,
    ),
    sample([list([])]),
    sample([long(-inf, 3, -inf)]),
    sample([long(nan, 299, -inf)]),
  ],
  countNonzero: [...anything(), sample([list(INTEGERS, 'int32')])],
  cumulativeSum: scans(),
  cumulativeProd: scans(),

  stopGradient: anything(),
  diagonal: [sample([square()]), sample([square()], 1)],
  diagonalGrad: [sample([list([nan, inf, -0])], [3, 4], 1)],
  flatten: [sample([matrix([PAIRED, PAIRED])])],
  transpose: [sample([matrix([PAIRED, PAIRED])])],
  split: anything([3, n - 3]),
  flip: anything(),
  roll: anything(5),
  repeat: anything(2, 0),
  tile: anything([2, 2]),
  pad: [
    ...anything([[1, 2]]),
    ...[nan, inf, -inf].map((value, k) => sample([list([k + 1])], [[1, k]], { value })),
    sample([list([5], 'int32')], [[1, 1]], { value: INT_MIN }),
  ],
  tril: [sample([square()]), sample([square()], -1)],
  triu: [sample([square()]), sample([square()], 1)],
  gather: [sample([list(SPECIAL), places], 0)],
  gatherGrad: [
    sample([list([nan, inf, -inf, HUGE, -0, 1]), list([0, 1, 1, 2, 3, -1], 'int32')], 0, 6),
    sample([list(SPECIAL), places], 0, n),
  ],
  takeAlongAxis: [sample([list(SPECIAL), places], 0)],
  argsort: sorted(),
  sort: sorted(),
  topk: [...anything(9), ...anything(n), sample([list(INTEGERS, 'int32')], 4)],
  stack: [sample([list(SPECIAL), list([...SPECIAL].reverse())], 1)],
  meshgrid: [sample([list(SPECIAL), list([nan, -0])])],

  outer: [sample([list(PAIRED), list(PAIRED)]), sample([list(INTEGERS, 'int32'), list(INTEGERS, 'int32')])],
  vecdot: [
    sample([running(), matrix([[1, 0, 2]])]),
    sample([running(), matrix([[0, 1, 0]])]),
    sample([list([INT_MAX, 2], 'int32'), list([2, 3], 'int32')]),
  ],
  tensordot: [
    sample([running(), matrix([[1], [0], [2]])], 1),
    sample([list([INT_MAX, 2], 'int32'), list([2, 3], 'int32')], 1),
  ],
  trace: [sample([square()]), sample([given('int32', [2, 2], [INT_MAX, 0, 0, 1])]), sample([square()], 9)],
  einsum: [
    sample([square()], 'ii->i'),
    sample([running()], 'ij->i'),
    sample([running(), matrix([[1], [0], [2]])], 'ij,jk->ik'),
    sample([list(PAIRED), list(PAIRED)], 'i,j->ij'),
    sample([list([INT_MAX, 2], 'int32'), list([2, 3], 'int32')], 'i,i'),
  ],

  layerNorm: [
    sample([
      matrix([
        [nan, 1, 2],
        [inf, 1, 2],
        [0.1, 0.1, 0.1],
        [1000, 1001, 1002],
        [-1e10, 0, 1e10],
        [1e-15, 0, -1e-15],
      ]),
      list([1, 2, -1]),
      list([0, 0.5, 3]),
    ]),
  ],
  batchNorm: [
    sample([
      matrix([
        [nan, 1, 0.1, -1e10],
        [2, inf, 0.1, 0],
        [2, inf, 0.1, 1e10],
      ]),
      list([1, 2, -1, 1]),
      list([0, 0.5, 3, 0]),
    ]),
    sample([column(SPECIAL), list([1]), list([0]), list([0.5]), list([0])], { mean: '#3', variance: '#4' }),
  ],

  conv2d: [
    sample([picture(), kernel(1, -1, 2, 0.5)]),
    sample([picture(), kernel(1, 0, 0, 1)], { padding: 'same' }),
    sample([images([1, 2], [3, 4]), kernel(nan, 0, inf, 1)], { padding: 'same' }),
  ],
  conv2dInputGrad: [sample([small(), kernel(1, 0, 2, -1)], [1, 3, 3, 1], {})],
  conv2dKernelGrad: [sample([picture(), images([1, 0, 2], [0, 1, 0], [3, 0, 1])], [2, 2, 1, 1], {})],
  maxPool2d: [
    sample([picture()], { size: 2 }),
    sample([picture()], { size: 2, strides: 1, padding: 'same' }),
    sample([picture()], {
      size: 1,
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
  ],
  maxPool2dGrad: [
    sample([picture(), images([1, 2], [3, 4])], { size: 2 }),
    sample([picture(), images([nan, inf], [-inf, -0])], { size: 2 }),
  ],
  maxPool2dPick: [sample([picture(), picture()], { size: 2 })],
  avgPool2d: [
    sample([picture()], { size: 2 }),
    sample([images([inf, 1], [2, 3])], { size: 2, strides: 1, padding: 'same' }),
  ],
  avgPool2dGrad: [sample([small()], [1, 3, 3, 1], { size: 2, strides: 1 })],
};
