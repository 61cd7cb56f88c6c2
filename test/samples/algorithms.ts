// Samples of reductions, matrix products, softmax and cross-entropy. The long ones take several passes on a GPU.
import { b, f, given, half, type InputSpec, i, repeated, type Sample, sample, whole } from './inputs.ts';

const RANK_6 = [2, 1, 3, 1, 2, 2];
const wide = { low: -8, high: 8 };
const keep = { keepdims: true };

const reductions = (): Sample[] => [
  sample([f([2, 3, 4])]),
  sample([f([2, 3, 4])], 0),
  sample([f([2, 3, 4])], -1, keep),
  sample([f([2, 3, 4])], [0, 2]),
  sample([f([2, 3, 4])], [-1, 1], keep),
  sample([f([2, 3])], []),
  sample([f([2, 3])], null, keep),
  sample([f([])]),
  sample([f([1])], 0),
  sample([f([17])]),
  sample([f([0, 3])], 1),
  sample([f([2, 0, 3])], [0, -1]),
  sample([f(RANK_6)], [0, -2, 2]),
  sample([f(RANK_6)], [1, 3, 5], keep),
  sample([repeated(f([3, 1]), [2, 3, 4])], 1),
  sample([i([3, 4])], 0),
  sample([i([3, 4])], -1),
  sample([b([2, 5])], -1),
  sample([half([2, 5])], -1),
  sample([f([300], wide)]),
  sample([f([3, 130], wide)], 1),
  sample([f([130, 3], wide)], 0),
  sample([f([2, 70, 3], wide)], [0, 1]),
  sample([i([300])]),
];

const positions = (): Sample[] => [
  sample([f([2, 3, 4])]),
  sample([f([2, 3, 4])], 0),
  sample([f([2, 3, 4])], 1, keep),
  sample([f([2, 3, 4])], -1),
  sample([f([2, 3])], null, keep),
  sample([f([])]),
  sample([f([1])], 0),
  sample([f([0, 3])], 1),
  sample([f(RANK_6)], -4),
  sample([repeated(f([3, 1]), [2, 3, 4])], 1),
  sample([repeated(f([3, 1]), [3, 4])], 1),
  sample([whole('float', [5, 9], -1, 1)], 1),
  sample([i([3, 4])], 0),
  sample([b([2, 5])], -1),
  sample([half([2, 5])], -1),
  sample([f([300], wide)]),
  sample([f([3, 130], wide)], 1),
  sample([f([130, 3], wide)], 0),
  sample([whole('int32', [300], -9, 9)]),
];

const truths = (): Sample[] => [
  ...reductions().slice(3),
  ...[sample([whole('float', [3, 4], -1, 1)], 1), sample([b([2, 3, 2])], [0, -1], keep), sample([b([0])])],
  sample([b([2, 0, 3])], 1),
  sample([whole('int32', [4, 3], 0, 1)], 0),
  sample([whole('int32', [2, 300], 1, 9)], 1),
  sample([given('int32', [300], Array(300).fill(0))]),
];

const orders = (): Sample[] => {
  const descending = { descending: true };
  return [
    sample([f([5])]),
    sample([f([2, 5])], 0),
    sample([f([2, 5])], 1, descending),
    sample([f([3, 4])], -2, descending),
    sample([f([1])]),
    sample([f([0, 3])]),
    sample([f([3, 0])], -1, descending),
    sample([f(RANK_6)], 2),
    sample([repeated(f([3, 1]), [3, 4])], 0),
    sample([repeated(f([3, 1]), [3, 4])], 1, descending),
    sample([whole('float', [40], -2, 2)]),
    sample([whole('float', [3, 70], -2, 2)], 1, descending),
    sample([i([9])]),
    sample([whole('int32', [2, 70], -3, 3)], 1, descending),
    sample([b([7])]),
    sample([b([2, 7])], -1, descending),
    sample([half([2, 5])]),
  ];
};

const rows = (): Sample[] => [
  sample([f([2, 5])]),
  sample([f([2, 5])], 0),
  sample([f([2, 3, 4])], 1),
  sample([f([2, 3, 4])], -3),
  sample([f([7])]),
  sample([f([1])]),
  sample([f([3, 1])]),
  sample([f([0, 3])]),
  sample([f([3, 0])]),
  sample([f(RANK_6)], 2),
  sample([repeated(f([1, 3]), [2, 3])]),
  sample([repeated(f([2, 1]), [2, 3])], -1),
  sample([f([2, 70], wide)]),
  sample([i([2, 3])]),
  sample([b([2, 3])], 0),
];

const dense = (x: InputSpec, out: number, activation?: string, bias = true): Sample => {
  const w = f([(x.to ?? x.shape).at(-1) as number, out]);
  const rest = activation === undefined ? [] : [activation];
  return bias
    ? sample([x, w, f([out])], ...rest)
    : sample([x, w], ...(rest.length > 0 ? [null, ...rest] : []));
};

/** The gradient of a result and the result, which an activation's slope is worked out from. */
const gradientAndResult = (shape: readonly number[]): InputSpec[] => [
  f(shape),
  f(shape, { low: -1, high: 1 }),
];

const inputGrad = (shape: readonly number[], inner: number, activation: string): Sample =>
  sample([...gradientAndResult(shape), f([inner, shape.at(-1) as number])], activation);

const kernelGrad = (x: InputSpec, out: number, activation: string, bias: boolean): Sample =>
  sample([x, ...gradientAndResult([...(x.to ?? x.shape).slice(0, -1), out])], activation, bias);

const classes = (logits: InputSpec, labels: number[], n: number): InputSpec[] => [
  logits,
  whole('int32', labels, 0, n - 1),
];

/** Logits and labels. */
const classified = (): InputSpec[][] => [
  classes(f([3, 5]), [3], 5),
  classes(f([2, 3, 4]), [2, 3], 4),
  classes(f([5]), [], 5),
  classes(f([1, 1]), [1], 1),
  classes(f([0, 4]), [0], 4),
  classes(f([2, 1, 2, 1, 1, 3]), [2, 1, 2, 1, 1], 3),
  classes(f([3, 70], wide), [3], 70),
  [repeated(f([1, 3]), [2, 3]), whole('int32', [2], 0, 2)],
  [f([4, 3]), repeated(whole('int32', [1], 0, 2), [4])],
];

/** Shapes of images and kernels, options, and the shape of the result. test/ops/conv.test.ts has many more. */
const convolutions: readonly (readonly [x: number[], w: number[], options: object[], y: number[]])[] = [
  [[1, 3, 3, 2], [2, 2, 2, 2], [{}], [1, 2, 2, 2]],
  [[2, 3, 2, 1], [2, 1, 1, 3], [{ strides: [1, 2], padding: 'same' }], [2, 3, 1, 3]],
  [
    [1, 4, 3, 1],
    [2, 2, 1, 1],
    [
      {
        dilation: [2, 1],
        padding: [
          [1, 0],
          [0, 1],
        ],
      },
    ],
    [1, 3, 3, 1],
  ],
  [[1, 2, 2, 4], [1, 2, 2, 2], [{ groups: 2, strides: 1 }], [1, 2, 1, 2]],
  [[1, 1, 1, 1], [1, 1, 1, 1], [{}], [1, 1, 1, 1]],
  [[0, 3, 3, 2], [2, 2, 2, 2], [{}], [0, 2, 2, 2]],
];

/** Shapes of images, options, and the shape of the result. */
const pools: readonly (readonly [x: number[], options: object, y: number[]])[] = [
  [[1, 4, 4, 1], { size: 2 }, [1, 2, 2, 1]],
  [[2, 3, 2, 2], { size: [2, 1], strides: 1, padding: 'same' }, [2, 3, 2, 2]],
  [
    [1, 3, 4, 1],
    {
      size: 2,
      strides: [2, 1],
      padding: [
        [1, 0],
        [1, 1],
      ],
    },
    [1, 2, 5, 1],
  ],
  [[1, 1, 1, 2], { size: 1 }, [1, 1, 1, 2]],
  [[0, 4, 4, 1], { size: 2 }, [0, 2, 2, 1]],
];

export const algorithmSamples = {
  sum: reductions(),
  mean: reductions(),
  max: reductions(),
  min: reductions(),
  all: truths(),
  any: truths(),
  argmax: positions(),
  argmin: positions(),
  argsort: orders(),

  matmul: [
    [f([2, 3]), f([3, 4])],
    [f([3]), f([3])],
    [f([3]), f([3, 2])],
    [f([2, 3]), f([3])],
    [f([1, 1]), f([1, 1])],
    [f([1]), f([1])],
    [f([4, 8]), f([8, 4])],
    [f([5, 7]), f([7, 9])],
    [f([0, 3]), f([3, 2])],
    [f([2, 0]), f([0, 3])],
    [f([2, 3]), f([3, 0])],
    [f([2, 2, 3]), f([3, 2])],
    [f([2, 3]), f([2, 3, 2])],
    [f([2, 1, 2, 3]), f([3, 3, 2])],
    [f([3]), f([2, 3, 2])],
    [f([2, 2, 3]), f([3])],
    [f([1, 2, 1, 1, 2, 3]), f([2, 1, 1, 1, 3, 2])],
    [f([0, 2, 3]), f([3, 2])],
    [repeated(f([1, 3]), [2, 3]), f([3, 2])],
    [f([2, 3]), repeated(f([3, 1]), [3, 2])],
    [repeated(f([1, 2, 3]), [2, 2, 3]), repeated(f([2]), [3, 2])],
    [i([2, 3]), i([3, 4])],
    [i([3]), i([3])],
    [i([2, 2, 3]), i([2, 3, 1])],
    [b([2, 3]), b([3, 2])],
    [i([2, 3]), f([3, 2])],
    [b([2, 3]), i([3, 2])],
    [f([9, 33]), f([33, 5])],
  ].map((inputs) => sample(inputs)),
  dense: [
    dense(f([2, 3]), 4),
    dense(f([2, 3]), 4, 'linear', false),
    dense(f([2, 3]), 4, undefined, false),
    dense(f([2, 3]), 4, 'relu'),
    dense(f([2, 3]), 4, 'sigmoid'),
    dense(f([2, 3]), 4, 'tanh'),
    dense(f([2, 3]), 5, 'tanh', false),
    dense(f([3]), 2, 'sigmoid'),
    dense(f([2, 2, 3]), 3, 'tanh'),
    dense(f([2, 1, 2, 1, 1, 3]), 2),
    dense(f([1, 1]), 1, 'relu'),
    dense(f([0, 3]), 2, 'tanh'),
    dense(f([2, 0]), 3, 'sigmoid'),
    dense(repeated(f([1, 3]), [2, 3]), 2, 'tanh'),
    dense(f([7, 9]), 5, 'relu'),
    sample([f([2, 3]), repeated(f([3, 1]), [3, 4]), repeated(f([1]), [4])], 'sigmoid'),
    sample([i([2, 3]), f([3, 2]), f([2])], 'tanh'),
    sample([i([2, 3]), i([3, 2]), b([2])]),
  ],
  denseInputGrad: [
    inputGrad([2, 4], 3, 'linear'),
    inputGrad([2, 4], 3, 'relu'),
    inputGrad([2, 4], 3, 'sigmoid'),
    inputGrad([2, 5], 4, 'tanh'),
    inputGrad([4], 2, 'relu'),
    inputGrad([2, 2, 3], 3, 'tanh'),
    inputGrad([1, 1], 1, 'relu'),
    inputGrad([0, 2], 3, 'tanh'),
    inputGrad([2, 3], 0, 'sigmoid'),
    inputGrad([17, 13], 9, 'relu'),
    inputGrad([8, 12], 16, 'relu'),
  ],
  denseKernelGrad: [
    kernelGrad(f([2, 3]), 4, 'linear', false),
    kernelGrad(f([2, 3]), 4, 'linear', true),
    kernelGrad(f([2, 3]), 4, 'relu', true),
    kernelGrad(f([2, 3]), 4, 'sigmoid', true),
    kernelGrad(f([2, 3]), 5, 'tanh', false),
    kernelGrad(f([3]), 2, 'sigmoid', true),
    kernelGrad(f([2, 2, 3]), 3, 'tanh', true),
    kernelGrad(f([1, 1]), 1, 'relu', true),
    kernelGrad(f([0, 3]), 2, 'tanh', true),
    kernelGrad(f([2, 0]), 3, 'sigmoid', true),
    kernelGrad(repeated(f([1, 3]), [2, 3]), 2, 'tanh', true),
    kernelGrad(f([17, 9]), 13, 'relu', true),
    kernelGrad(f([8, 12]), 16, 'relu', true),
    kernelGrad(f([5, 70]), 20, 'tanh', true),
  ],
  softmax: rows(),
  logSoftmax: rows(),
  softmaxCrossEntropy: [
    ...classified().map((inputs) => sample(inputs)),
    sample([i([3, 4]), whole('int32', [3], 0, 3)]),
  ],
  softmaxCrossEntropyGrad: [
    ...classified().map(([x, labels]) =>
      sample([x as InputSpec, labels as InputSpec, f((labels?.to ?? labels?.shape) as number[])]),
    ),
    sample([f([4, 3]), whole('int32', [4], 0, 2), repeated(f([1]), [4])]),
  ],

  standardize: [
    sample([f([2, 3]), f([3]), f([3])], 0.1),
    sample([f([5, 8]), 1, 0], 0.001),
    sample([f([2, 3, 4]), f([4]), 0.5], 1),
    sample([f([3, 12]), 2, f([12])], 0.01),
    sample([f([7]), repeated(f([1]), [7]), f([7])], 0.1),
    sample([f([3, 1]), f([1]), f([1])], 1),
    sample([f([0, 4]), f([4]), f([4])], 0.1),
    sample([i([2, 5]), f([5]), f([5])], 0.1),
  ],

  conv2d: convolutions
    .map(([x, w, options]) => sample([f(x), f(w)], ...options))
    .concat(
      sample([repeated(f([1, 2, 2, 1]), [2, 2, 2, 1]), repeated(f([1, 1, 1, 2]), [2, 2, 1, 2])]),
      sample([i([1, 3, 3, 1]), i([2, 2, 1, 1])]),
      sample([half([1, 3, 3, 1]), half([2, 2, 1, 1])]),
    ),
  conv2dInputGrad: convolutions.map(([x, w, options, y]) => sample([f(y), f(w)], x, ...options)),
  conv2dKernelGrad: convolutions.map(([x, w, options, y]) => sample([f(x), f(y)], w, ...options)),
  maxPool2d: pools
    .map(([x, options]) => sample([f(x)], options))
    .concat(
      sample([repeated(f([1, 2, 3, 1]), [2, 2, 3, 1])], { size: 2 }),
      sample([i([1, 2, 3, 2])], { size: 2 }),
      sample([half([1, 2, 3, 2])], { size: 2 }),
    ),
  maxPool2dGrad: pools.map(([x, options, y]) => sample([f(x), f(y)], options)),
  maxPool2dPick: pools.map(([x, options]) => sample([f(x), f(x)], options)),
  avgPool2d: pools
    .map(([x, options]) => sample([f(x)], options))
    .concat(
      sample([repeated(f([1, 2, 3, 1]), [2, 2, 3, 1])], { size: 2 }),
      sample([i([1, 2, 3, 2])], { size: 2 }),
      sample([half([1, 2, 3, 2])], { size: 2 }),
    ),
  avgPool2dGrad: pools.map(([x, options, y]) => sample([f(y)], x, options)),
};
