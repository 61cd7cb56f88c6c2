/**
 * @file Tensors from host data and from nothing, functions that take a list or a condition first, and moves between
 * devices.
 */

import { options as checkedOptions } from './core/arguments.ts';
import { castValue, checkDType, type DType, hostArray, isFloat, type TypedArray } from './core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from './core/errors.ts';
import { checkShape, contiguous, type Shape, show, sizeOf } from './core/shape.ts';
import type { Device } from './device/device.ts';
import { call, checkSupport, constantTensor, currentDevice } from './ops/dispatch.ts';
import { type NestedArray, Tensor, type TensorLike } from './tensor.ts';

/** What `tensor` takes: a value, nested arrays of one depth, or a typed array. */
export type TensorData = number | boolean | NestedArray | readonly TensorData[] | TypedArray | OtherIntegers;
type OtherIntegers = Int8Array | Uint8ClampedArray | Int16Array | Uint16Array | Uint32Array;

export interface TensorOptions {
  /** By default the nesting of the data, or one axis for a typed array. */
  readonly shape?: Shape;
  readonly dtype?: DType;
  /** By default the one that `init` gave. */
  readonly device?: Device;
}

export interface CreateOptions {
  readonly dtype?: DType;
  readonly device?: Device;
}

interface HostValues {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * A tensor of host data. Numbers become float32, booleans bool, an Int32Array int32 (as all integer arrays), a
 * Float64Array float64 on the CPU device and float32 on a GPU, unless `dtype` says otherwise.
 *
 * @example
 * tensor([[1, 2], [3, 4]]);                      // float32 [2, 2]
 * tensor(new Float32Array(6), { shape: [2, 3] });
 * @throws ShapeError for ragged arrays, or data that do not fit the shape; DTypeError for values that the dtype cannot hold.
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  checkedOptions('tensor', options, 'shape', 'dtype', 'device');
  const device = options.device ?? currentDevice();
  device.requireAlive('tensor');
  const host = ArrayBuffer.isView(data) ? ofTypedArray(data as TypedArray, device) : ofNested(data);
  const dtype = options.dtype === undefined ? host.dtype : checkDType('tensor', options.dtype);
  const shape =
    options.shape === undefined ? checkShape('tensor', host.shape) : checkShape('tensor', options.shape);
  if (sizeOf(shape) !== host.values.length)
    throw new ShapeError(
      `tensor: ${host.values.length} values do not fit into shape ${show(shape)} (${sizeOf(shape)})`,
    );
  checkSupport('tensor', dtype, device);
  if (dtype === 'float16')
    return asHalf(
      new Tensor(device.upload(toHostArray('tensor', host.values, 'float32'), 'float32'), contiguous(shape)),
    );
  return new Tensor(device.upload(toHostArray('tensor', host.values, dtype), dtype), contiguous(shape));
}

function asHalf(x: Tensor): Tensor {
  const half = x.astype('float16');
  x.dispose();
  return half;
}

function ofTypedArray(data: TypedArray, device: Device): HostValues {
  if (data instanceof DataView || typeof (data as unknown as BigInt64Array)[0] === 'bigint')
    throw new DTypeError(`tensor: ${data.constructor.name} is not possible; use Float32Array or Int32Array`);
  const float64: DType = device.supports('float64') ? 'float64' : 'float32';
  const dtype = data instanceof Float64Array ? float64 : data instanceof Float32Array ? 'float32' : 'int32';
  return { values: data, shape: [data.length], dtype };
}

function ofNested(data: unknown): HostValues {
  const values: number[] = [];
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  let booleans = 0;
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      if (value.length !== shape[depth] || depth >= shape.length)
        throw new ShapeError(
          `tensor: ragged data: an array of ${value.length} entries stands at depth ${depth}, where others have ${shape[depth] ?? 'a plain value'}`,
        );
      for (const v of value) visit(v, depth + 1);
      return;
    }
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new ArgumentError(
        `tensor: values are numbers or booleans, got ${value === null ? 'null' : typeof value}`,
      );
    if (depth !== shape.length)
      throw new ShapeError(
        `tensor: ragged data: a plain value stands at depth ${depth}, where others have arrays`,
      );
    if (typeof value === 'boolean') booleans++;
    values.push(Number(value));
  };
  visit(data, 0);
  const dtype = values.length > 0 && booleans === values.length ? 'bool' : 'float32';
  return { values, shape, dtype };
}

function toHostArray(op: string, values: ArrayLike<number>, dtype: DType): TypedArray {
  if (dtype !== 'bool' && values.constructor === hostArray(dtype, 0).constructor) return values as TypedArray; // the device copies
  const host = hostArray(dtype, values.length);
  if (isFloat(dtype)) host.set(values);
  else
    for (let i = 0; i < values.length; i++) {
      const v = values[i] as number;
      if (dtype === 'int32' && castValue(v, dtype) !== v)
        throw new DTypeError(
          `${op}: ${v} at position ${i} is not an int32; use dtype 'float32', or round it first`,
        );
      host[i] = castValue(v, dtype);
    }
  return host;
}

/** A tensor whose every element is `value`; float32 unless the dtype is given. Takes memory for one element only. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  checkedOptions('full', options, 'dtype', 'device');
  const device = options.device ?? currentDevice();
  device.requireAlive('full');
  const dtype = checkDType('full', options.dtype ?? 'float32');
  checkSupport('full', dtype, device);
  if (typeof value !== 'number')
    throw new ArgumentError(`full: the value must be a number, got ${typeof value}`);
  toHostArray('full', [value], dtype);
  if (dtype === 'float16') return asHalf(constantTensor(value, checkShape('full', shape), 'float32', device));
  return constantTensor(value, checkShape('full', shape), dtype, device);
}

/** Zeros; float32 unless the dtype is given. */
export function zeros(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 0, options);
}

/** Ones; float32 unless the dtype is given. */
export function ones(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 1, options);
}

/** A tensor of any content (zeros, here). */
export function empty(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 0, options);
}

const like = (x: Tensor, options: CreateOptions) => ({ dtype: x.dtype, device: x.device, ...options });

/** Zeros of the shape, dtype and device of `x`. */
export function zerosLike(x: Tensor, options: CreateOptions = {}): Tensor {
  return full(x.shape, 0, like(x, options));
}

/** Ones of the shape, dtype and device of `x`. */
export function onesLike(x: Tensor, options: CreateOptions = {}): Tensor {
  return full(x.shape, 1, like(x, options));
}

/** `value` in the shape, dtype and device of `x`. */
export function fullLike(x: Tensor, value: number, options: CreateOptions = {}): Tensor {
  return full(x.shape, value, like(x, options));
}

/** start, start + step, ... before stop; from 0 if one bound is given. Whole numbers give int32. `arange(3)` is [0, 1, 2]. */
export function arange(start: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  for (const v of [from, to, step])
    if (!Number.isFinite(v)) throw new ArgumentError(`arange: bounds and step must be finite, got ${v}`);
  if (step === 0) throw new ArgumentError('arange: the step must not be 0');
  const length = Math.max(0, Math.ceil((to - from) / step));
  const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32');
  return tensor(
    Float64Array.from({ length }, (_, i) => from + i * step),
    { ...options, dtype },
  );
}

/** `num` evenly spaced values from start to stop, both included. */
export function linspace(start: number, stop: number, num: number, options: CreateOptions = {}): Tensor {
  if (!Number.isInteger(num) || num < 0)
    throw new ArgumentError(`linspace: num must be a whole number of at least 0, got ${num}`);
  const step = num > 1 ? (stop - start) / (num - 1) : 0;
  const values = Float64Array.from({ length: num }, (_, i) =>
    i === num - 1 && num > 1 ? stop : start + i * step,
  );
  return tensor(values, { ...options, dtype: options.dtype ?? 'float32' });
}

/** Ones on the k-th diagonal of an n × m matrix (m = n by default), zeros elsewhere. */
export function eye(n: number, m: number = n, options: CreateOptions & { readonly k?: number } = {}): Tensor {
  const { k = 0, ...rest } = options;
  checkShape('eye', [n, m]);
  const values = new Float64Array(n * m);
  for (let i = 0; i < n; i++) if (i + k >= 0 && i + k < m) values[i * m + i + k] = 1;
  return tensor(values, { ...rest, shape: [n, m], dtype: options.dtype ?? 'float32' });
}

/** condition ? a : b, element by element; any dtype counts as a condition (≠ 0). The gradient flows to the chosen one. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return call('select', [condition, a, b], 'where');
}

/** The tensors one behind the other along an axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  return call('concat', [tensors, axis]);
}
