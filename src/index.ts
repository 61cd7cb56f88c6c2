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
export { type BatchesOptions, batches } from './data/batches.ts';
export { type Digits, type DigitsOptions, digits } from './data/digits.ts';
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
export type { LoadOptions, NamedTensors } from './io/host.ts';
export { loadNpy, saveNpy } from './io/npy.ts';
export type { Progress, Source, Target } from './io/places.ts';
export { loadSafetensors, type Metadata, saveSafetensors } from './io/safetensors.ts';
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
export type { BatchLogs, Callback, Training } from './nn/callback.ts';
export { callbacks } from './nn/callbacks.ts';
export type { CompileOptions } from './nn/compile.ts';
export { constraints } from './nn/constraints.ts';
export type { BatchData, Data, Stream } from './nn/feed.ts';
export type { FitOptions } from './nn/fit_options.ts';
export type { History, Logs, Recovery } from './nn/history.ts';
export type { HostWeight } from './nn/host.ts';
export { initializers } from './nn/initializers.ts';
export type { Layer, LayerContext } from './nn/layer.ts';
export { layers } from './nn/layers.ts';
export type { Loss } from './nn/losses/loss.ts';
export { losses } from './nn/losses/losses.ts';
export type { CrossentropyOptions, SmoothedCrossentropyOptions } from './nn/losses/probability.ts';
export type { F1ScoreOptions, PrecisionOptions } from './nn/metrics/confusion.ts';
export type { Metric } from './nn/metrics/metric.ts';
export { metrics } from './nn/metrics/metrics.ts';
export { type Sequential, type SequentialOptions, sequential } from './nn/model.ts';
export type { AdamaxOptions, AdamOptions, LionOptions } from './nn/optimizers/adam.ts';
export type {
  AdadeltaOptions,
  AdagradOptions,
  RmspropOptions,
  SgdOptions,
} from './nn/optimizers/gradient_descent.ts';
export type { Optimizer, OptimizerSnapshot } from './nn/optimizers/optimizer.ts';
export { optimizers } from './nn/optimizers/optimizers.ts';
export type { OptimizerOptions } from './nn/optimizers/options.ts';
export { regularizers } from './nn/regularizers.ts';
export { fromKerasJson, type KerasOptions, toKerasJson } from './nn/saving/keras.ts';
export { type LoadModelOptions, load } from './nn/saving/load.ts';
export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  type DecayOptions,
  type PiecewiseConstantDecayOptions,
  type PolynomialDecayOptions,
  type Schedule,
  schedules,
  type WarmupOptions,
} from './nn/schedules.ts';
export type { ModelState } from './nn/state.ts';
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
