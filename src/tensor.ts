/**
 * @file The tensor: a handle to a storage through a layout, its read-outs and its lifetime; and the operations'
 * signatures and docstrings, which live here once. `ops/dispatch.ts` fills the methods in from the table.
 */
import { context } from './core/context.ts';
import { type DType, isFloat, type TypedArray } from './core/dtype.ts';
import { DisposedError, DTypeError, ShapeError } from './core/errors.ts';
import { contiguous, isContiguous, type Layout, type Shape, show, sizeOf } from './core/shape.ts';
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
 */
export interface TensorOps {
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
  /** 1 / x. */
  reciprocal(): Tensor;
  /** The hyperbolic tangent. */
  tanh(): Tensor;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor;
  /** max(x, 0). Its derivative at 0 is 0. */
  relu(): Tensor;
  /** x + y. */
  add(y: TensorLike): Tensor;
  /** x − y. */
  sub(y: TensorLike): Tensor;
  /** x · y, element by element. */
  mul(y: TensorLike): Tensor;
  /** x / y; whole numbers give float32. */
  div(y: TensorLike): Tensor;
  /** xʸ, as C's pow: NaN where x is negative and y not whole, 1 where y is 0. */
  pow(y: TensorLike): Tensor;
  /** The larger of both; NaN if either is. Ties share the gradient. */
  maximum(y: TensorLike): Tensor;
  /** The smaller of both; NaN if either is. Ties share the gradient. */
  minimum(y: TensorLike): Tensor;
  /** x = y, as bool. */
  equal(y: TensorLike): Tensor;
  /** x ≠ y, as bool. */
  notEqual(y: TensorLike): Tensor;
  /** x < y, as bool. */
  less(y: TensorLike): Tensor;
  /** x ≤ y, as bool. */
  lessEqual(y: TensorLike): Tensor;
  /** x > y, as bool. */
  greater(y: TensorLike): Tensor;
  /** x ≥ y, as bool. */
  greaterEqual(y: TensorLike): Tensor;
  /** Both true (not 0), as bool. */
  logicalAnd(y: TensorLike): Tensor;
  /** Either true (not 0), as bool. */
  logicalOr(y: TensorLike): Tensor;
  /** True where x is 0, as bool. */
  logicalNot(): Tensor;
  /** x held between min and max (either may be left out); the gradient passes where min ≤ x ≤ max. */
  clip(min?: TensorLike, max?: TensorLike): Tensor;
  /** The same values in another dtype: float to int32 truncates and saturates, to bool asks ≠ 0. */
  astype(dtype: DType): Tensor;
  /** The sum over the axes (all by default); of nothing 0. */
  sum(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The mean over the axes (all by default); of nothing NaN. */
  mean(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The largest over the axes (all by default); NaN if any is. Ties share the gradient. Of nothing: ShapeError. */
  max(axis?: Axes, options?: ReduceOptions): Tensor;
  /** The position of the largest along the axis (of the flattened tensor by default) as int32; the first on ties, the first NaN if any. */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  /**
   * The matrix product over the last two axes, [..., m, k] @ [..., k, n] → [..., m, n]; the leading axes broadcast.
   * A one-dimensional operand counts as a row (left) or column (right), and its axis is dropped again.
   */
  matmul(y: Tensor): Tensor;
  /** x @ w + b, then the activation, in one kernel. x [..., in], w [in, out], b [out] → [..., out]. */
  dense(w: Tensor, b?: Tensor | null, activation?: DenseActivation): Tensor;
  /** The same elements in row-major order in another shape; one size may be −1. */
  reshape(shape: Shape): Tensor;
  /** The axes in another order. No copy. */
  permuteDims(axes: readonly number[]): Tensor;
  /** Repeats axes of size 1 and adds leading ones, as broadcasting does. No copy. */
  broadcastTo(shape: Shape): Tensor;
  /** One range an axis, as NumPy's basic slicing; bounds clamp, steps may be negative. No copy. `x.slice(0, [1, 4], null)` */
  slice(...ranges: SliceRange[]): Tensor;
  /** A new axis of size 1 at the place. No copy. */
  expandDims(axis: number): Tensor;
  /** Drops the axes, or all axes, of size 1. No copy. */
  squeeze(axis?: Axes): Tensor;
  /** Entries along an axis by int32 indices of any rank, which replace the axis; negative ones count from the end; beyond the ends is an IndexError. */
  take(indices: Tensor | readonly number[] | number, axis?: number): Tensor;
  /** 1 at each index and 0 elsewhere along a new last axis of size `depth`; float32 unless a dtype is given. An index outside [0, depth) is an IndexError. */
  oneHot(depth: number, options?: { readonly dtype?: DType }): Tensor;
  /** exp(x) / Σ exp(x) along the axis, without overflow. */
  softmax(axis?: number): Tensor;
  /** x − log Σ exp(x) along the axis, without overflow. */
  logSoftmax(axis?: number): Tensor;
  /** −log softmax(x)[label] for each row: logits [..., classes], int32 labels [...] → [...]. A label outside [0, classes) is an IndexError. */
  softmaxCrossEntropy(labels: Tensor): Tensor;
}

/** Rows that only other rows use: gradient kernels and copies. */
export interface InternalOps {
  alias(): Tensor;
  contiguous(): Tensor;
  tanhGrad(g: Tensor): Tensor;
  sigmoidGrad(g: Tensor): Tensor;
  reluGrad(g: Tensor): Tensor;
  select(a: TensorLike, b: TensorLike): Tensor;
  embed(
    shape: Shape,
    window: { starts: readonly number[]; sizes: readonly number[]; steps: readonly number[] },
  ): Tensor;
  takeGrad(indices: Tensor, axis: number, length: number): Tensor;
  softmaxCrossEntropyGrad(labels: Tensor, g: Tensor): Tensor;
}

let nextId = 1;

interface Handle {
  storage: Storage | undefined;
}

/** What becomes of a handle that nobody disposed: the collector gives its memory back, some time. */
const net = new FinalizationRegistry<Handle>((handle) => drop(handle));

function drop(handle: Handle): void {
  if (!handle.storage) return;
  counters.tensors--;
  release(handle.storage);
  handle.storage = undefined;
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

  /** For the engine: takes over one reference of the storage. */
  constructor(storage: Storage, layout: Layout, id: number = nextId++) {
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.dtype = storage.dtype;
    this.device = storage.device;
    this.id = id;
    this.#handle = { storage };
    counters.tensors++;
    net.register(this, this.#handle, this.#handle);
    this.enroll();
  }

  /** Gives the handle to the innermost scope. */
  protected enroll(): void {
    context.scopes.at(-1)?.owned.add(this);
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
    const { storage } = this.#handle;
    if (!storage)
      throw new DisposedError(
        `this tensor (${this.dtype} ${show(this.shape)}) was disposed, by hand or at the end of its scope; return it from the scope, or keep() it`,
      );
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
    context.scopes.at(-1)?.owned.delete(handle);
    return handle;
  }

  /** Gives the memory back; views and gradients that still need it keep it. Twice is harmless. */
  dispose(): void {
    net.unregister(this.#handle);
    drop(this.#handle);
  }

  #operand(): Operand {
    return { ...layoutOf(this), storage: this.storage, dtype: this.dtype };
  }

  /** Row-major values: Float32Array, Float64Array, Int32Array, or Uint8Array for bool. */
  async data(): Promise<TypedArray> {
    return this.#packed((operand) => this.device.read(operand, 'data'));
  }

  /** As `data`, at once; on the CPU device only. */
  dataSync(): TypedArray {
    return this.#packed((operand) => this.device.readSync(operand, 'dataSync'));
  }

  #packed<R>(read: (operand: Operand) => R): R {
    const operand = this.#operand();
    if (isContiguous(operand) || operand.storage.constant !== undefined) return read(operand);
    const copy = (this as Tensor as Tensor & InternalOps).contiguous();
    try {
      return read(copy.#operand());
    } finally {
      copy.dispose(); // what is encoded stays in order before any reuse of the memory
    }
  }

  /** Nested arrays of numbers (booleans for bool); a plain value for shape []. */
  async array(): Promise<NestedArray> {
    return nest(await this.data(), this.shape, this.dtype);
  }

  /** The same values on another device, through the host. */
  async to(device: Device): Promise<Tensor> {
    if (!device.supports(this.dtype))
      throw new DTypeError(
        `to: ${this.dtype} is not possible on ${device.kind}; convert first: .astype('float32')`,
      );
    const data = await this.data();
    return new Tensor(device.upload(data, this.dtype), contiguous(this.shape));
  }

  /** The one value of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError(
        `item: only a tensor of one element has a value, got shape ${show(this.shape)}; use await t.array()`,
      );
    return (await this.data())[0] as number;
  }

  /** Dtype, shape and device; values are behind `await t.array()`. */
  toString(): string {
    return `Tensor(${this.dtype} ${show(this.shape)} on ${this.device.kind}${this.disposed ? ', disposed' : ''})`;
  }

  /** Writes shape, dtype and values to the console. */
  async print(): Promise<void> {
    const values = await this.array();
    console.log(
      `${this.toString()}\n${JSON.stringify(values, (_, v) => (typeof v === 'number' && isFloat(this.dtype) ? Number(v.toPrecision(7)) : v))}`,
    );
  }
}

export interface Tensor extends TensorOps, Disposable {}

if (Symbol.dispose)
  Object.defineProperty(Tensor.prototype, Symbol.dispose, {
    value: Tensor.prototype.dispose,
    configurable: true,
  });

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
