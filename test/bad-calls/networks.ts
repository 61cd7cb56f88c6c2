// Bad calls of convolutions, pools, normalisation and dropout: their geometry, parameters and options.
import { ArgumentError, AxisError, random, ShapeError, type Tensor } from '../../src/index.ts';
import type { InternalOps } from '../../src/tensor.ts';
import { type Bad, type Given, loose, NO_AXES, OUT_OF_2 } from './table.ts';

type Rows = Tensor & InternalOps;
const images = ({ zeros }: Given) => zeros(2, 5, 6, 4);
/** Images [2, 5, 6, 4] with a kernel of this shape. */
const conv = (shape: number[], options?: unknown) => (given: Given) =>
  images(given).conv2d(given.zeros(...shape), options as never);
const maxPool = (options?: unknown) => (given: Given) => images(given).maxPool2d(options as never);
const avgPool = (options?: unknown) => (given: Given) => images(given).avgPool2d(options as never);

const convolutions: Bad[] = [
  [
    ({ zeros }) => zeros(5, 6, 4).conv2d(zeros(3, 3, 4, 8)),
    ShapeError,
    'conv2d: images must be [n, h, w, channels], got [5, 6, 4]; add the missing axes: .expandDims(axis)',
  ],
  [
    ({ zeros }) => zeros(1, 1, 5, 6, 4).conv2d(zeros(3, 3, 4, 8)),
    ShapeError,
    'conv2d: images must be [n, h, w, channels], got [1, 1, 5, 6, 4]',
  ],
  [
    conv([3, 4, 8]),
    ShapeError,
    'conv2d: kernels must be [kh, kw, in / groups, out] with kh and kw of at least 1, got [3, 4, 8]',
  ],
  [
    conv([0, 3, 4, 8]),
    ShapeError,
    'conv2d: kernels must be [kh, kw, in / groups, out] with kh and kw of at least 1, got [0, 3, 4, 8]',
  ],
  [
    conv([3, 3, 3, 8]),
    ShapeError,
    'conv2d: the images [2, 5, 6, 4] have 4 channels and the kernels [3, 3, 3, 8] take 3; kernels are [kh, kw, in / groups, out]',
  ],
  [
    conv([3, 3, 4, 8], { groups: 2 }),
    ShapeError,
    'conv2d: the images [2, 5, 6, 4] have 4 channels and the kernels [3, 3, 4, 8] take 4 in each of 2 groups; kernels are [kh, kw, in / groups, out]',
  ],
  [
    conv([3, 3, 1, 9], { groups: 3 }),
    ShapeError,
    'conv2d: 3 groups do not divide the 4 channels of the images [2, 5, 6, 4]; both must be multiples of groups',
  ],
  [
    conv([3, 3, 2, 9], { groups: 2 }),
    ShapeError,
    'conv2d: 2 groups do not divide the 9 output channels of the kernels [3, 3, 2, 9]; both must be multiples of groups',
  ],
  [
    conv([3, 3, 4, 8], { groups: 0 }),
    ArgumentError,
    'conv2d: groups must be a whole number of at least 1, got 0',
  ],
  [
    conv([3, 3, 4, 8], { strides: 0 }),
    ArgumentError,
    'conv2d: strides must be a whole number of at least 1, or a pair of them [for rows, for columns], got 0',
  ],
  [
    conv([3, 3, 4, 8], { strides: [1, 2, 2, 1] }),
    ArgumentError,
    'conv2d: strides must be a whole number of at least 1, or a pair of them [for rows, for columns], got [1, 2, 2, 1]',
  ],
  [
    conv([3, 3, 4, 8], { dilation: [1, 0.5] }),
    ArgumentError,
    'conv2d: dilation must be a whole number of at least 1, or a pair of them [for rows, for columns], got [1, 0.5]',
  ],
  [
    conv([3, 3, 4, 8], { padding: 'Same' }),
    ArgumentError,
    "conv2d: padding must be 'same', 'valid', or [[top, bottom], [left, right]] in whole numbers of at least 0, got 'Same', did you mean 'same'?",
  ],
  [
    conv([3, 3, 4, 8], { padding: 1 }),
    ArgumentError,
    "conv2d: padding must be 'same', 'valid', or [[top, bottom], [left, right]] in whole numbers of at least 0, got 1",
  ],
  [
    conv([3, 3, 4, 8], {
      padding: [
        [0, -1],
        [0, 0],
      ],
    }),
    ArgumentError,
    "conv2d: padding must be 'same', 'valid', or [[top, bottom], [left, right]] in whole numbers of at least 0, got [[0, -1], [0, 0]]",
  ],
  [
    conv([3, 3, 4, 8], { stride: 2 }),
    ArgumentError,
    "conv2d: unknown option 'stride', did you mean 'strides'? The options are strides, padding, dilation, groups, bias, activation",
  ],
  [
    conv([6, 3, 4, 8]),
    ShapeError,
    "conv2d: the kernel [6, 3] covers 6 rows, and the images [2, 5, 6, 4] have 5; pad more, or use padding 'same'",
  ],
  [
    conv([3, 4, 4, 8], {
      dilation: [1, 3],
      padding: [
        [0, 0],
        [1, 2],
      ],
    }),
    ShapeError,
    "conv2d: the kernel [3, 4] with dilation [1, 3] covers 10 columns, and the images [2, 5, 6, 4] have 9 with their padding; pad more, or use padding 'same'",
  ],
  [
    (given) => images(given).conv2d(3 as never),
    ArgumentError,
    'conv2d: the kernel must be a tensor, got 3; wrap it: tensor(...)',
  ],
  [
    (given) => conv([3, 3, 4, 8], { bias: given.zeros(4) })(given),
    ShapeError,
    'conv2d: the bias must be [8] for the kernels [3, 3, 4, 8], got [4]',
  ],
  [
    conv([3, 3, 4, 8], { bias: 1 }),
    ArgumentError,
    'conv2d: the bias must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    conv([3, 3, 4, 8], { activation: 'rleu' }),
    ArgumentError,
    "conv2d: unknown activation 'rleu', did you mean 'relu'? Fused are linear, relu, sigmoid, tanh",
  ],
  [
    ({ zeros }) => (zeros(2, 3, 3, 8) as Rows).conv2dInputGrad(zeros(3, 3, 4, 8), [2, 5, 6, 4], {}),
    ShapeError,
    'conv2dInputGrad: the gradient of a result [2, 3, 4, 8] must have its shape, got [2, 3, 3, 8]',
  ],
  [
    ({ zeros }) => zeros(5, 6).maxPool2d({ size: 2 }),
    ShapeError,
    'maxPool2d: images must be [n, h, w, channels], got [5, 6]; add the missing axes: .expandDims(axis)',
  ],
  [
    maxPool(),
    ArgumentError,
    'maxPool2d: size must be a whole number of at least 1, or a pair of them [for rows, for columns], got undefined',
  ],
  [maxPool(2), ArgumentError, 'maxPool2d: options are an object { size, strides, padding }, got 2'],
  [
    maxPool({ size: 2, dilation: 2 }),
    ArgumentError,
    "maxPool2d: unknown option 'dilation'. The options are size, strides, padding",
  ],
  [
    maxPool({ size: [2, 7] }),
    ShapeError,
    "maxPool2d: the window [2, 7] covers 7 columns, and the images [2, 5, 6, 4] have 6; pad more, or use padding 'same'",
  ],
  [
    avgPool({ size: [2, 0] }),
    ArgumentError,
    'avgPool2d: size must be a whole number of at least 1, or a pair of them [for rows, for columns], got [2, 0]',
  ],
  [
    avgPool({
      size: 2,
      strides: 1,
      padding: [
        [2, 0],
        [0, 0],
      ],
    }),
    ShapeError,
    'avgPool2d: with padding [[2, 0], [0, 0]] some windows [2, 2] at strides [1, 1] hold no element of the images [2, 5, 6, 4]; pad less',
  ],
  [
    avgPool({
      size: 2,
      padding: [
        [0, 0],
        [0, 2],
      ],
    }),
    ShapeError,
    'avgPool2d: with padding [[0, 0], [0, 2]] some windows [2, 2] at strides [2, 2] hold no element of the images [2, 5, 6, 4]; pad less',
  ],
  [
    avgPool({ size: 2, padding: null }),
    ArgumentError,
    "avgPool2d: padding must be 'same', 'valid', or [[top, bottom], [left, right]] in whole numbers of at least 0, got null",
  ],
  [
    ({ v }) => v.avgPool2d({ size: 2 }),
    ShapeError,
    'avgPool2d: images must be [n, h, w, channels], got [3]; add the missing axes: .expandDims(axis)',
  ],
];

const normalisations: Bad[] = [
  [({ x, w }) => x.layerNorm(w), ShapeError, 'layerNorm: gamma must be [3], got [2]'],
  [({ x, v, w }) => x.layerNorm(v, w), ShapeError, 'layerNorm: beta must be [3], got [2]'],
  [
    ({ x }) => loose(x).layerNorm?.(1),
    ArgumentError,
    'layerNorm: gamma must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    ({ x, v }) => loose(x).layerNorm?.(v, v, { eps: 1 }),
    ArgumentError,
    "layerNorm: unknown option 'eps', did you mean 'epsilon'? The options are axis, epsilon",
  ],
  [
    ({ x }) => x.layerNorm(null, null, { epsilon: -1 }),
    ArgumentError,
    'layerNorm: epsilon must be a number of at least 0, got -1',
  ],
  [({ x }) => x.layerNorm(null, null, { axis: 2 }), AxisError, `layerNorm: axis 2 ${OUT_OF_2}`],
  [({ s }) => s.layerNorm(), AxisError, `layerNorm: ${NO_AXES}`],
  [({ x, w }) => x.batchNorm(w), ShapeError, 'batchNorm: gamma must be [3], got [2]'],
  [({ x, v, w }) => x.batchNorm(v, v, { mean: w }), ShapeError, 'batchNorm: mean must be [3], got [2]'],
  [
    ({ x, v }) => loose(x).batchNorm?.(v, v, { variance: 1 }),
    ArgumentError,
    'batchNorm: variance must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    ({ x, v }) => loose(x).batchNorm?.(v, v, { momentum: 0.9 }),
    ArgumentError,
    "batchNorm: unknown option 'momentum'. The options are mean, variance, epsilon",
  ],
  [
    ({ x }) => x.batchNorm(null, null, { epsilon: Number.NaN }),
    ArgumentError,
    'batchNorm: epsilon must be a number of at least 0, got NaN',
  ],
  [({ s }) => s.batchNorm(), ShapeError, 'batchNorm: x needs at least one axis, [..., channels], got []'],
  [({ x }) => x.dropout(1, random(1)), ArgumentError, 'dropout: the rate must lie in [0, 1), got 1'],
  [({ x }) => x.dropout(-0.1, random(1)), ArgumentError, 'dropout: the rate must lie in [0, 1), got -0.1'],
  [
    ({ x }) => x.dropout(Number.NaN, random(1)),
    ArgumentError,
    'dropout: the rate must lie in [0, 1), got NaN',
  ],
  [
    ({ x }) => loose(x).dropout?.(0.5),
    ArgumentError,
    'dropout: the third argument must be a generator, as random(seed) gives it, got undefined',
  ],
];

export const networks = [...convolutions, ...normalisations];
