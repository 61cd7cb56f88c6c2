/** @file The public names, and nothing else. */
import { functions } from './composite.ts';

export { type CustomGradient, checkpoint, customGradient } from './autograd/custom.ts';
export { showTape, type TapeGradient, type TapeOperation, type TapeReport } from './autograd/show.ts';
export {
  type Gradients,
  grad,
  noGrad,
  stopGradient,
  type ValueAndGrad,
  valueAndGrad,
} from './autograd/tape.ts';
export { type Captured, capture } from './capture.ts';
export { einsum, meshgrid, stack } from './composite.ts';
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
export { type DebugOptions, debug } from './debug/debug.ts';
export {
  type KernelProfile,
  type OperationProfile,
  type Profile,
  type ProfileTotals,
  profile,
} from './debug/profile.ts';
export type { Trace, TraceEvent } from './debug/trace.ts';
export { defineOp, type OpDefinition } from './define.ts';
export type { Device, DeviceInfo } from './device/device.ts';
export { fromGPUBuffer, type GPUBufferOptions } from './from_gpu_buffer.ts';
export { type Backend, device, type InitOptions, init, withDevice } from './init.ts';
export {
  type Eigh,
  type GramSchmidtOptions,
  linalg,
  type MatrixNormOptions,
  type MatrixOrder,
  type QR,
  type SLogDet,
  type SVD,
  type VectorNormOptions,
} from './linalg/index.ts';
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
export { warmup } from './warmup.ts';

export const {
  abs,
  acos,
  acosh,
  add,
  all,
  any,
  argmax,
  argmin,
  argsort,
  asin,
  asinh,
  astype,
  atan,
  atan2,
  atanh,
  avgPool2d,
  batchNorm,
  broadcastTo,
  ceil,
  clip,
  conv2d,
  cos,
  cosh,
  countNonzero,
  cumulativeProd,
  cumulativeSum,
  dense,
  diagonal,
  div,
  dropout,
  elu,
  equal,
  erf,
  exp,
  expandDims,
  expm1,
  flatten,
  flip,
  floor,
  floorDivide,
  gelu,
  greater,
  greaterEqual,
  hardSigmoid,
  hardSilu,
  hypot,
  isInf,
  layerNorm,
  leakyRelu,
  less,
  lessEqual,
  log,
  log10,
  log1p,
  log2,
  logAddExp,
  logSigmoid,
  logSoftmax,
  logSumExp,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  matmul,
  max,
  maxPool2d,
  maximum,
  mean,
  min,
  minimum,
  mish,
  mul,
  neg,
  notEqual,
  oneHot,
  outer,
  pad,
  permuteDims,
  pow,
  prod,
  reciprocal,
  relu,
  relu6,
  remainder,
  repeat,
  reshape,
  roll,
  round,
  rsqrt,
  selu,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  slice,
  softmax,
  softmaxCrossEntropy,
  softplus,
  softsign,
  sort,
  split,
  sqrt,
  square,
  squeeze,
  std,
  sub,
  sum,
  take,
  takeAlongAxis,
  tan,
  tanh,
  tensordot,
  tile,
  topk,
  trace,
  transpose,
  tril,
  triu,
  trunc,
  vecdot,
} = functions;

// Names that JavaScript has other plans for can only be exported, not declared.
const { isFinite: finite, isNaN: nan, var: variance } = functions;

export { finite as isFinite, nan as isNaN, variance as var };
