/**
 * @file The tensor: a handle to a storage through a layout, its read-outs and its lifetime; and the operations'
 * signatures and docstrings, which live here once. `ops/dispatch.ts` fills the methods in from the table.
 */
import { requireDevice } from './core/arguments.ts';
import { context, type Scope } from './core/context.ts';
import { describeOperand } from './core/describe.ts';
import { type DType, isFloat, type TypedArray } from './core/dtype.ts';
import { ArgumentError, DeviceError, DisposedError, DTypeError, ShapeError } from './core/errors.ts';
import { contiguous, isContiguous, type Layout, type Shape, show, sizeOf } from './core/shape.ts';
import { forgotten, type Origin, origin } from './debug/forgotten.ts';
import type { Device, Operand, Storage } from './device/device.ts';
import { counters, release, retain } from './device/storage.ts';

/** A tensor, or a plain number, which takes the dtype of the tensor that it meets. */
export type TensorLike = Tensor | number;
export type Axes = number | readonly number[];
export interface ReduceOptions {
  /** Keeps the reduced axes with size 1. */
  readonly keepdims?: boolean;
}
/** One axis of `slice`: an index (drops the axis), a range, or all. */
export type SliceRange = number | readonly [start: number | null, stop?: number | null, step?: number] | null;
/** Host arrays, nested as deep as the tensor has axes. */
export type NestedArray = number | boolean | NestedArray[];
/** Activations that `dense` fuses. */
export type DenseActivation = 'linear' | 'relu' | 'sigmoid' | 'tanh';

/**
 * The operations. Each is a method and a function of the same name: `x.add(y)`, `add(x, y)`. None changes its inputs;
 * shapes broadcast as in NumPy. Integers are converted to float32 where the result is not a whole number.
 *
 * All throw at the call: ShapeError for shapes that do not fit, AxisError for an axis that is not there, DTypeError for a
 * dtype that the operation or the device cannot take, DeviceError for tensors on different devices, ArgumentError for
 * anything else that is no argument of theirs. docs/ops.md has them in tables.
 */
export interface TensorOps extends PrimitiveOps, CompositeOps {}

/** Operations that are rows of the table: a kernel or a view each. */
export interface PrimitiveOps {
  /** −x. */
  neg(): Tensor;
  /** |x|. Its derivative at 0 is 0. */
  abs(): Tensor;
  /** −1, 0 or 1; NaN stays NaN. Its derivative is 0 everywhere. */
  sign(): Tensor;
  /** eˣ. */
  exp(): Tensor;
  /** The natural logarithm; −Infinity at 0, NaN below. */
  log(): Tensor;
  /** √x; NaN below 0. Its derivative at 0 is Infinity. */
  sqrt(): Tensor;
  /** x². */
  square(): Tensor;
  /** 1 / x; ±Infinity at ±0. */
  reciprocal(): Tensor;
  /** The hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). */
  tanh(): Tensor;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor;
  /** max(x, 0). Its derivative at 0 is 0. */
  relu(): Tensor;
  /** eˣ − 1, right near 0. */
  expm1(): Tensor;
  /** log(1 + x), right near 0. */
  log1p(): Tensor;
  /** The logarithm to base 2, exact for powers of 2; −Infinity at 0, NaN below. */
  log2(): Tensor;
  /** The logarithm to base 10; −Infinity at 0, NaN below. */
  log10(): Tensor;
  /** 1 / √x; ±Infinity at ±0, NaN below. */
  rsqrt(): Tensor;
  /** The sine; x in radians. NaN at ±Infinity. */
  sin(): Tensor;
  /** The cosine; x in radians. NaN at ±Infinity. */
  cos(): Tensor;
  /** The tangent; x in radians. NaN at ±Infinity. */
  tan(): Tensor;
  /** The inverse sine in [−π/2, π/2]; NaN outside of [−1, 1]. */
  asin(): Tensor;
  /** The inverse cosine in [0, π]; NaN outside of [−1, 1]. */
  acos(): Tensor;
  /** The inverse tangent in [−π/2, π/2]. */
  atan(): Tensor;
  /** The hyperbolic sine, (eˣ − e⁻ˣ) / 2. */
  sinh(): Tensor;
  /** The hyperbolic cosine, (eˣ + e⁻ˣ) / 2. */
  cosh(): Tensor;
  /** The inverse hyperbolic sine. */
  asinh(): Tensor;
  /** The inverse hyperbolic cosine; NaN below 1. */
  acosh(): Tensor;
  /** The inverse hyperbolic tangent; ±Infinity at ±1, NaN outside. */
  atanh(): Tensor;
  /** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
  erf(): Tensor;
  /** The largest whole number ≤ x. */
  floor(): Tensor;
  /** The smallest whole number ≥ x. */
  ceil(): Tensor;
  /** The nearest whole number, halves to the even one. */
  round(): Tensor;
  /** The whole part, towards 0. */
  trunc(): Tensor;
  /** Whether x is NaN, as bool. */
  isNaN(): Tensor;
  /** Whether x is +Infinity or −Infinity, as bool. */
  isInf(): Tensor;
  /** Whether x is neither infinite nor NaN, as bool. */
  isFinite(): Tensor;
  /** min(max(x, 0), 6). Its derivative at 0 and at 6 is 0. */
  relu6(): Tensor;
  /** x where x > 0, else alpha·x, alpha being 0.2 by default. Its derivative at 0 is alpha. */
  leakyRelu(alpha?: number): Tensor;
  /** x where x > 0, else alpha·(eˣ − 1), alpha being 1 by default. Its derivative at 0 is alpha. */
  elu(alpha?: number): Tensor;
  /** Self-normalising elu: 1.0507·elu(x, 1.6733). */
  selu(): Tensor;
  /** x·Φ(x), Φ being the normal distribution; with `approximate: true` x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2. */
  gelu(options?: { readonly approximate?: boolean }): Tensor;
  /** x·sigmoid(x). */
  silu(): Tensor;
  /** relu6(x + 3) / 6. Its derivative at ±3 is 0. */
  hardSigmoid(): Tensor;
  /** log(sigmoid(x)), without overflow. */
  logSigmoid(): Tensor;
  /** log(1 + eˣ), without overflow. */
  softplus(): Tensor;
  /** x / (1 + |x|). */
  softsign(): Tensor;
  /** x·tanh(softplus(x)). */
  mish(): Tensor;
  /** x·hardSigmoid(x). Its derivative at −3 is 0, at 3 it is 1. */
  hardSilu(): Tensor;
  /** x + y. */
  add(y: TensorLike): Tensor;
  /** x − y. */
  sub(y: TensorLike): Tensor;
  /** x · y, element by element. */
  mul(y: TensorLike): Tensor;
  /** x / y; whole numbers give float32. */
  div(y: TensorLike): Tensor;
  /** xʸ, as C's pow: NaN where x is negative and y not whole, 1 where y is 0. Of whole numbers a whole one, modulo 2³², truncated where y is negative. */
  pow(y: TensorLike): Tensor;
  /** The larger of both; NaN if either is. Ties share the gradient. */
  maximum(y: TensorLike): Tensor;
  /** The smaller of both; NaN if either is. Ties share the gradient. */
  minimum(y: TensorLike): Tensor;
  /** x − y·⌊x / y⌋: what is left of the division, with the divisor's sign; NaN where y is 0, of whole numbers 0. */
  remainder(y: TensorLike): Tensor;
  /** ⌊x / y⌋; whole numbers stay whole, and give 0 where y is 0. */
  floorDivide(y: TensorLike): Tensor;
  /** The angle of the point (y, x), this tensor being y: in [−π, π]. */
  atan2(x: TensorLike): Tensor;
  /** √(x² + y²), without overflow. Its gradient at the origin is 0. */
  hypot(y: TensorLike): Tensor;
  /** log(eˣ + eʸ), without overflow. */
  logAddExp(y: TensorLike): Tensor;
  /** Whether x = y, as bool; false if either is NaN. */
  equal(y: TensorLike): Tensor;
  /** Whether x ≠ y, as bool; true if either is NaN. */
  notEqual(y: TensorLike): Tensor;
  /** Whether x < y, as bool; false if either is NaN. */
  less(y: TensorLike): Tensor;
  /** Whether x ≤ y, as bool; false if either is NaN. */
  lessEqual(y: TensorLike): Tensor;
  /** Whether x > y, as bool; false if either is NaN. */
  greater(y: TensorLike): Tensor;
  /** Whether x ≥ y, as bool; false if either is NaN. */
  greaterEqual(y: TensorLike): Tensor;
  /** Whether both are true (not 0), as bool. */
  logicalAnd(y: TensorLike): Tensor;
  /** Whether either is true (not 0), as bool. */
  logicalOr(y: TensorLike): Tensor;
  /** Whether exactly one is true (not 0), as bool. */
  logicalXor(y: TensorLike): Tensor;
  /** Whether x is 0, as bool. */
  logicalNot(): Tensor;
  /** x held between min and max (either may be left out); the gradient passes where min ≤ x ≤ max. */
  clip(min?: TensorLike, max?: TensorLike): Tensor;
  /** The same values in another dtype: float to int32 truncates and saturates (NaN gives 0), to bool asks ≠ 0. The gradient passes between floats. */
  astype(dtype: DType): Tensor;
  /** The sum over the axes (all by default); of nothing 0. */
  sum(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The mean over the axes (all by default); of nothing NaN. */
  mean(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The largest over the axes (all by default); NaN if any is. Ties share the gradient. Of nothing: ShapeError. */
  max(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The smallest over the axes (all by default); NaN if any is. Ties share the gradient. Of nothing: ShapeError. */
  min(axis?: Axes, options?: ReduceOptions): Tensor;
  /** Whether all elements are true (not 0), as bool; of nothing true. */
  all(axis?: Axes, options?: ReduceOptions): Tensor;
  /** Whether any element is true (not 0), as bool; of nothing false. */
  any(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The position of the smallest, as argmax finds that of the largest. Of nothing: ShapeError. */
  argmin(axis?: number, options?: ReduceOptions): Tensor;
  /** The position of the largest along the axis (of the flattened tensor by default) as int32; the first on ties, the first NaN if any. Of nothing: ShapeError. */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  /**
   * The matrix product over the last two axes, [..., m, k] @ [..., k, n] → [..., m, n]; the leading axes broadcast.
   * A one-dimensional operand counts as a row (left) or column (right), and its axis is dropped again.
   */
  matmul(y: Tensor): Tensor;
  /** x @ w + b, then the activation ('linear' by default, 'relu', 'sigmoid' or 'tanh'), in one kernel. x [..., in], w [in, out], b [out] → [..., out]. */
  dense(w: Tensor, b?: Tensor | null, activation?: DenseActivation): Tensor;
  /** The same elements in row-major order in another shape of as many; one size may be −1 and is worked out. No copy where they lie in that order. */
  reshape(shape: Shape): Tensor;
  /** The axes in another order, each named once. No copy. `x.permuteDims([0, 2, 1])` */
  permuteDims(axes: readonly number[]): Tensor;
  /** Repeats axes of size 1 and adds leading ones, as broadcasting does. No copy. */
  broadcastTo(shape: Shape): Tensor;
  /**
   * One range an axis, as NumPy's basic slicing: an index drops the axis, [start, stop?, step?] takes a part, null takes
   * all. Negatives count from the end; bounds clamp, an index out of range is an IndexError; steps may be negative. No
   * copy. `x.slice(0, [1, 4], null)`
   */
  slice(...ranges: SliceRange[]): Tensor;
  /** A new axis of size 1, which stands at `axis` in the result. No copy. */
  expandDims(axis: number): Tensor;
  /** Drops the axes, which must be of size 1, or all of size 1. No copy. */
  squeeze(axis?: Axes): Tensor;
  /** Entries along an axis (the first by default) by int32 indices of any rank, which replace the axis; negative ones count from the end; beyond the ends is an IndexError. */
  take(indices: Tensor | readonly number[] | number, axis?: number): Tensor;
  /** 1 at each index and 0 elsewhere along a new last axis of size `depth`; float32 unless a dtype is given. An index outside [0, depth) is an IndexError. */
  oneHot(depth: number, options?: { readonly dtype?: DType }): Tensor;
  /** exp(x) / Σ exp(x) along the axis (the last by default), without overflow. */
  softmax(axis?: number): Tensor;
  /** x − log Σ exp(x) along the axis (the last by default), without overflow. */
  logSoftmax(axis?: number): Tensor;
  /** The k-th diagonal of the last two axes, as a new last axis: [..., m, n] → [..., d]. No copy. */
  diagonal(k?: number): Tensor;
  /** The indices, int32, that sort the axis (the last by default): ascending with NaN last, or descending with NaN first; equal elements in their order. */
  argsort(axis?: number, options?: { readonly descending?: boolean }): Tensor;
  /**
   * Convolution (without flipping the kernels) of images [n, h, w, in] with kernels [kh, kw, in / groups, out] →
   * [n, h', w', out]. Strides and dilation are 1, padding is 'valid' (none) by default; 'same' keeps h' = ⌈h / stride⌉.
   * A bias [out] is added and an activation applied in the same kernel.
   */
  conv2d(w: Tensor, options?: Conv2dOptions): Tensor;
  /** The largest of each window of images [n, h, w, c]; padding counts as −Infinity. Strides are the window's size by default. */
  maxPool2d(options: Pool2dOptions): Tensor;
  /** The mean of each window of images [n, h, w, c]; padding does not count. Strides are the window's size by default. */
  avgPool2d(options: Pool2dOptions): Tensor;
  /** −log softmax(x)[label] for each row: logits [..., classes], int32 labels [...] → [...]. A label outside [0, classes) is an IndexError. */
  softmaxCrossEntropy(labels: Tensor): Tensor;
}

/** Operations that are made of others. */
export interface CompositeOps {
  /** The product over the axes (all by default); of nothing 1. Its gradient is right where elements are 0. */
  prod(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The variance over the axes (all by default): the sum of (x − mean)², divided by n − correction (0 by default). */
  var(axis?: Axes, options?: ReduceOptions & { readonly correction?: number }): Tensor;
  /** The standard deviation: the root of `var`. Its gradient is 0 where that is 0. */
  std(axis?: Axes, options?: ReduceOptions & { readonly correction?: number }): Tensor;
  /** log Σ exp(x) over the axes (all by default), without overflow; of nothing −Infinity. */
  logSumExp(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The number of elements that are not 0 over the axes (all by default), as int32. */
  countNonzero(axis?: Axes, options?: ReduceOptions): Tensor;
  /** Running sums along the axis (the last by default). */
  cumulativeSum(axis?: number): Tensor;
  /** Running products along the axis (the last by default). */
  cumulativeProd(axis?: number): Tensor;
  /** All elements in one axis, in row-major order. */
  flatten(): Tensor;
  /** The axes in reverse order, or in the order given, as NumPy. No copy. */
  transpose(axes?: readonly number[]): Tensor;
  /** So many equal parts along an axis (the first by default), or parts of the given sizes; they must come out even, else ShapeError. No copy. */
  split(parts: number | readonly number[], axis?: number): Tensor[];
  /** The axes (all by default) backwards. No copy. */
  flip(axis?: Axes): Tensor;
  /** Elements moved by `shift` places along the axis, or in the flattened tensor, those that fall off coming in at the other end. */
  roll(shift: number, axis?: number): Tensor;
  /** Every entry of the axis `n` times in a row: [1, 2] → [1, 1, 2, 2]. */
  repeat(n: number, axis: number): Tensor;
  /** The whole tensor side by side, so many times along each axis: [1, 2] → [1, 2, 1, 2]. A list shorter than the axes counts from the last. */
  tile(reps: readonly number[]): Tensor;
  /** `value` (0 by default) before and after the elements of each axis. */
  pad(
    widths: readonly (readonly [before: number, after: number])[],
    options?: { readonly value?: number },
  ): Tensor;
  /** The lower triangle of the last two axes, up to the k-th diagonal; zeros above. */
  tril(k?: number): Tensor;
  /** The upper triangle of the last two axes, from the k-th diagonal on; zeros below. */
  triu(k?: number): Tensor;
  /** Entries along an axis, chosen for every place: int32 `indices` have x's rank and broadcast with x on the other axes. Negative ones count from the end; beyond the ends is an IndexError. */
  takeAlongAxis(indices: Tensor, axis: number): Tensor;
  /** Sorted along the axis (the last by default): ascending with NaN last, or descending with NaN first. */
  sort(axis?: number, options?: { readonly descending?: boolean }): Tensor;
  /** The k largest of the last axis, largest first (NaN counts as that), and where they stand, as int32; equal elements in their order. */
  topk(k: number): { values: Tensor; indices: Tensor };
  /** x[i]·y[j] of two tensors taken as vectors: [m, n]. */
  outer(y: Tensor): Tensor;
  /** Σ x·y along an axis (the last by default), in which they have the same size; the others broadcast. */
  vecdot(y: Tensor, axis?: number): Tensor;
  /** Sums of products over the last `axes` axes of x and as many first ones of y (2 by default), or over two lists of axes. */
  tensordot(y: Tensor, axes?: number | readonly [readonly number[], readonly number[]]): Tensor;
  /** The sum of the k-th diagonal of the last two axes. */
  trace(k?: number): Tensor;
  /** (x − mean) / √(variance + epsilon) over the axes (the last by default), times gamma plus beta, which have the shape of those axes. Epsilon is 1e-3 by default, as in Keras. */
  layerNorm(
    gamma?: Tensor | null,
    beta?: Tensor | null,
    options?: { readonly axis?: Axes; readonly epsilon?: number },
  ): Tensor;
  /** (x − mean) / √(variance + epsilon) for every channel (last axis), with the given mean and variance or those of the batch (biased), times gamma plus beta. Epsilon is 1e-3 by default, as in Keras. */
  batchNorm(gamma?: Tensor | null, beta?: Tensor | null, options?: BatchNormOptions): Tensor;
  /** Zeroes each element with probability `rate`, in [0, 1), and scales the others by 1 / (1 − rate). `x.dropout(0.5, random(1))` */
  dropout(rate: number, rng: { bernoulli(p: number, shape: Shape): Tensor }): Tensor;
}

export type Pair = number | readonly [number, number];
export type Padding =
  | 'same'
  | 'valid'
  | readonly [readonly [top: number, bottom: number], readonly [left: number, right: number]];

export interface Conv2dOptions {
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
  /** [out]: added to every place. */
  readonly bias?: Tensor | null | undefined;
  /** Of the sum with the bias: 'linear' by default. */
  readonly activation?: DenseActivation;
}

export interface Pool2dOptions {
  readonly size: Pair;
  readonly strides?: Pair;
  readonly padding?: Padding;
}

export interface BatchNormOptions {
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  readonly epsilon?: number;
}

/** Rows that only other rows use: gradient kernels and copies. */
export interface InternalOps {
  alias(): Tensor;
  contiguous(): Tensor;
  tanhGrad(g: Tensor): Tensor;
  sigmoidGrad(g: Tensor): Tensor;
  reluGrad(g: Tensor): Tensor;
  /** The gradient of dense by x, from that of its result y. */
  denseInputGrad(y: Tensor, w: Tensor, activation: DenseActivation): Tensor;
  /** The gradient of dense by the kernel [in, out]; with `bias` one more row is that by the bias. */
  denseKernelGrad(g: Tensor, y: Tensor, activation: DenseActivation, bias: boolean): Tensor;
  select(a: TensorLike, b: TensorLike): Tensor;
  /** The same value, through which no gradient flows. */
  stopGradient(): Tensor;
  gather(indices: Tensor, axis: number): Tensor;
  gatherGrad(indices: Tensor, axis: number, length: number): Tensor;
  diagonalGrad(shape: Shape, k: number): Tensor;
  conv2dInputGrad(w: Tensor, shape: Shape, options: Conv2dOptions): Tensor;
  conv2dKernelGrad(g: Tensor, shape: Shape, options: Conv2dOptions): Tensor;
  maxPool2dGrad(g: Tensor, options: Pool2dOptions): Tensor;
  maxPool2dPick(h: Tensor, options: Pool2dOptions): Tensor;
  avgPool2dGrad(shape: Shape, options: Pool2dOptions): Tensor;
  embed(
    shape: Shape,
    window: { starts: readonly number[]; sizes: readonly number[]; steps: readonly number[] },
    value?: number,
  ): Tensor;
  takeGrad(indices: Tensor, axis: number, length: number): Tensor;
  softmaxCrossEntropyGrad(labels: Tensor, g: Tensor): Tensor;
  standardize(gamma: Tensor | number, beta: Tensor | number, epsilon: number): Tensor;
}

let nextId = 1;

/** What is made from now on has a name of at least this. */
export const nextTensorId = (): number => nextId;

interface Handle {
  storage: Storage | undefined;
  /** A row-major copy that `gpuBuffer` made of a view. */
  packed?: Storage | undefined;
  /** Where the tensor was made, if somebody will be told should it be forgotten. */
  readonly origin: Origin | undefined;
}

/** What becomes of a handle that nobody disposed: the collector gives its memory back, some time. */
const net = new FinalizationRegistry<Handle>((handle) => {
  if (handle.origin && handle.storage) forgotten(handle.origin, handle.storage.bytes);
  drop(handle);
});

function drop(handle: Handle): void {
  if (!handle.storage) return;
  counters.tensors--;
  release(handle.storage);
  if (handle.packed) release(handle.packed);
  handle.storage = undefined;
  handle.packed = undefined;
}

/** An n-dimensional array on a device. Made by `tensor`, `zeros`, ... and by operations; never changed in place. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: dispatch.ts fills in every method of TensorOps from the table, which a type holds complete.
export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly device: Device;
  /** Elements from one entry of each axis to the next, in the storage. */
  readonly strides: readonly number[];
  readonly offset: number;
  /** Names the value for the tapes; handles to the same value share it. */
  id: number;
  readonly #handle: Handle;
  #owner: Scope | undefined;

  /** For the engine: takes over one reference of the storage. */
  constructor(storage: Storage, layout: Layout, id: number = nextId++) {
    this.shape = Object.freeze(layout.shape);
    this.strides = Object.freeze(layout.strides);
    this.offset = layout.offset;
    this.dtype = storage.dtype;
    this.device = storage.device;
    this.id = id;
    this.#handle = { storage, origin: origin(this) };
    counters.tensors++;
    net.register(this, this.#handle, this.#handle);
    this.moveTo(context.scopes.at(-1));
  }

  /** For scopes: who disposes the tensor; nobody if undefined. */
  moveTo(scope: Scope | undefined): void {
    this.#owner?.owned.delete(this);
    this.#owner = scope;
    scope?.owned.add(this);
  }

  /** For scopes: who disposes the tensor. */
  get owner(): Scope | undefined {
    return this.#owner;
  }

  /** The number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The transpose of a matrix. */
  get T(): Tensor {
    if (this.ndim !== 2)
      throw new ShapeError(`T: only matrices, got shape ${show(this.shape)}; use .mT or .permuteDims(axes)`);
    return this.permuteDims([1, 0]);
  }

  /** The last two axes swapped. */
  get mT(): Tensor {
    if (this.ndim < 2)
      throw new ShapeError(`mT: at least two axes are needed, got shape ${show(this.shape)}`);
    const axes = this.shape.map((_, d) => d);
    return this.permuteDims([...axes.slice(0, -2), this.ndim - 1, this.ndim - 2]);
  }

  get disposed(): boolean {
    return this.#handle.storage === undefined;
  }

  /** For the engine: the storage, if the tensor still lives. */
  get storage(): Storage {
    return this.storageFor();
  }

  /** For the engine: the storage, for an operation that the error names if the tensor was disposed. */
  storageFor(op?: string): Storage {
    const { storage } = this.#handle;
    if (!storage)
      throw new DisposedError(
        `${op === undefined ? '' : `${op}: `}this tensor (${this.dtype} ${show(this.shape)}) was disposed, by hand or at the end of its scope; return it from the scope, or keep() it`,
      );
    context.capturing?.saw(this, storage);
    return storage;
  }

  /** For variables: the handle goes over to another storage, whose reference it takes, and becomes another value. */
  protected rebind(storage: Storage): void {
    const before = this.storage;
    this.#handle.storage = storage;
    this.id = nextId++;
    release(before);
  }

  /** For variables: the content changes in place, so it is another value now. */
  protected renew(): void {
    this.id = nextId++;
  }

  /** A second handle to the same value, which no scope owns. */
  retained(): Tensor {
    const { storage } = this;
    retain(storage);
    const handle = new Tensor(storage, this, this.id);
    handle.moveTo(undefined);
    return handle;
  }

  /** Gives the memory back; views and gradients that still need it keep it. Twice is harmless. */
  dispose(): void {
    net.unregister(this.#handle);
    drop(this.#handle);
    this.moveTo(undefined);
  }

  #operand(op: string): Operand {
    return { ...layoutOf(this), storage: this.storageFor(op), dtype: this.dtype };
  }

  /** Row-major values: Float32Array, Float64Array, Int32Array, or Uint8Array for bool. */
  async data(): Promise<TypedArray> {
    return this.#values('data');
  }

  /** As `data`, at once; on the CPU device only. */
  dataSync(): TypedArray {
    return this.#packed('dataSync', (operand) => this.device.readSync(operand, 'dataSync'));
  }

  #values(op: string): Promise<TypedArray> {
    return this.#packed(op, (operand) => this.device.read(operand, op));
  }

  #packed<R>(op: string, read: (operand: Operand) => R): R {
    const operand = this.#operand(op);
    const half = this.dtype === 'float16';
    if (!half && (isContiguous(operand) || operand.storage.constant !== undefined)) return read(operand);
    const copy = half ? this.astype('float32') : (this as Tensor as Tensor & InternalOps).contiguous();
    try {
      return read(copy.#operand(op));
    } finally {
      copy.dispose(); // what is encoded stays in order before any reuse of the memory
    }
  }

  /** Nested arrays of numbers (booleans for bool); a plain value for shape []. */
  async array(): Promise<NestedArray> {
    return this.#nested('array');
  }

  async #nested(op: string): Promise<NestedArray> {
    return nest(await this.#values(op), this.shape, this.dtype);
  }

  /** The same values on another device, through the host. */
  async to(device: Device): Promise<Tensor> {
    requireDevice('to', device);
    device.requireAlive('to');
    if (!device.supports(this.dtype))
      throw new DTypeError(
        `to: ${this.dtype} is not possible on ${device.kind}; convert first: .astype('float32')`,
      );
    const data = await this.#values('to');
    return new Tensor(device.upload(data, this.dtype), contiguous(this.shape));
  }

  /**
   * The tensor's GPUBuffer: its elements in row-major order from byte 0 on (float32, or int32, truth values being 0 and 1;
   * float16 two to a word), with all work on them submitted. It may be bound read-only and copied from on the same
   * GPUDevice (`tensor.device.gpu`), and lives until the tensor is disposed; for a variable, until it is updated. A view
   * gets a copy of its own. Its size may be larger than the tensor.
   *
   * @example
   * const entries = [{ binding: 0, resource: { buffer: t.gpuBuffer() } }]; // draw a tensor without a read-back
   * @throws DeviceError on the CPU device.
   */
  gpuBuffer(): GPUBuffer {
    const { device } = this;
    const storage = this.storageFor('gpuBuffer');
    if (!device.bufferOf)
      throw new DeviceError(
        'gpuBuffer: this tensor is on the CPU, which has no buffers; move it: await t.to(device)',
      );
    if (isContiguous(this) && this.offset === 0 && storage.constant === undefined && !storage.within)
      return device.bufferOf(storage);
    this.#handle.packed ??= this.#copy();
    return device.bufferOf(this.#handle.packed);
  }

  /** A storage of the same elements in row-major order, for one reference. */
  #copy(): Storage {
    const copy = (this as Tensor as Tensor & InternalOps).contiguous();
    const { storage } = copy;
    retain(storage);
    copy.dispose();
    return storage;
  }

  /** The one value of a tensor of size 1. */
  async item(): Promise<number> {
    this.storageFor('item');
    if (this.size !== 1)
      throw new ShapeError(
        `item: only a tensor of one element has a value, got shape ${show(this.shape)}; use await t.array()`,
      );
    return (await this.#values('item'))[0] as number;
  }

  /** Dtype, shape and device; values are behind `await t.array()`. */
  toString(): string {
    return `Tensor(${this.dtype} ${show(this.shape)} on ${this.device.kind}${this.disposed ? ', disposed' : ''})`;
  }

  /** Writes shape, dtype and values to the console. */
  async print(): Promise<void> {
    console.log(`${this.toString()}\n${written(await this.#nested('print'), isFloat(this.dtype))}`);
  }
}

export interface Tensor extends TensorOps, Disposable {}

if (Symbol.dispose)
  Object.defineProperty(Tensor.prototype, Symbol.dispose, {
    value: Tensor.prototype.dispose,
    configurable: true,
  });

/** Refuses what is no tensor, or was disposed, under the name of a function that takes one. */
export function requireTensor(op: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor))
    throw new ArgumentError(`${op}: takes a tensor, got ${describeOperand(value)}`);
  value.storageFor(op);
}

/** Nested values on one line; floats with seven digits. */
function written(values: NestedArray, float: boolean): string {
  if (Array.isArray(values)) return `[${values.map((v) => written(v, float)).join(', ')}]`;
  return String(float && typeof values === 'number' ? Number(values.toPrecision(7)) : values);
}

function layoutOf({ shape, strides, offset }: Layout): Layout {
  return { shape, strides, offset };
}

function nest(data: TypedArray, shape: Shape, dtype: DType): NestedArray {
  let at = 0;
  const build = (d: number): NestedArray => {
    if (d === shape.length) {
      const value = data[at++] as number;
      return dtype === 'bool' ? value !== 0 : value;
    }
    return Array.from({ length: shape[d] as number }, () => build(d + 1));
  };
  return build(0);
}
