/** @file The public names, and nothing else. */
import { functions } from './ops/dispatch.ts';

export {
  type Gradients,
  grad,
  noGrad,
  stopGradient,
  type ValueAndGrad,
  valueAndGrad,
} from './autograd/tape.ts';
export type { DType, TypedArray } from './core/dtype.ts';
export * from './core/errors.ts';
export type { Shape } from './core/shape.ts';
export {
  arange,
  type CreateOptions,
  concat,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  type TensorData,
  type TensorOptions,
  tensor,
  where,
  zeros,
  zerosLike,
} from './create.ts';
export type { Device, DeviceInfo } from './device/device.ts';
export { type Backend, device, type InitOptions, init, withDevice } from './init.ts';
export { type AdamOptions, type Optimizer, optimizers, type SgdOptions } from './nn/optimizers.ts';
export { type NormalOptions, type Rng, random, type UniformOptions } from './random.ts';
export { keep, type Memory, memory, scope } from './scope.ts';
export type {
  Axes,
  DenseActivation,
  NestedArray,
  ReduceOptions,
  SliceRange,
  TensorLike,
  TensorOps,
} from './tensor.ts';
export { Tensor } from './tensor.ts';
export type { Tree } from './tree.ts';
export { type Variable, variable } from './variable.ts';

export const {
  abs,
  add,
  argmax,
  astype,
  broadcastTo,
  clip,
  dense,
  div,
  equal,
  exp,
  expandDims,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logSoftmax,
  logicalAnd,
  logicalNot,
  logicalOr,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  permuteDims,
  pow,
  reciprocal,
  relu,
  reshape,
  sigmoid,
  sign,
  slice,
  softmax,
  softmaxCrossEntropy,
  sqrt,
  square,
  squeeze,
  sub,
  sum,
  take,
  tanh,
} = functions;
