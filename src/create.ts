/**
 * @file Tensors from host data and from nothing, functions that take a list or a condition first, and moves between
 * devices.
 */

import { options as checkedOptions, finite, integer, requireDevice } from './core/arguments.ts';
import { describe } from './core/describe.ts';
import { castValue, checkDType, type DType, hostArray, isFloat, type TypedArray } from './core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from './core/errors.ts';
import { checkShape, contiguous, MAX_RANK, type Shape, show, sizeOf } from './core/shape.ts';
import type { Device } from './device/device.ts';
import { call, checkSupport, constantTensor, currentDevice } from './ops/dispatch.ts';
import { type NestedArray, requireTensor, Tensor, type TensorLike } from './tensor.ts';

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
  const { device, dtype } = placement('tensor', options, 'shape', 'dtype', 'device');
  const host = ArrayBuffer.isView(data) ? ofTypedArray(data as TypedArray, device) : ofNested(data);
  const shape = checkShape('tensor', options.shape === undefined ? host.shape : options.shape);
  if (sizeOf(shape) !== host.values.length)
    throw new ShapeError(
      `tensor: ${host.values.length} values do not fit into shape ${show(shape)} (${sizeOf(shape)})`,
    );
  return uploaded('tensor', host.values, shape, dtype ?? host.dtype, device);
}

/** Dtype and device of the options, of which there may be these; both checked. */
function placement(op: string, options: unknown, ...names: string[]): Placement {
  const { dtype, device = currentDevice() } = checkedOptions(op, options, ...names) as CreateOptions;
  requireDevice(op, device);
  device.requireAlive(op);
  return { device, dtype: dtype === undefined ? dtype : checkDType(op, dtype) };
}

interface Placement {
  readonly device: Device;
  readonly dtype: DType | undefined;
}

/** Values of the host as a tensor, under the function's name; the shape fits. */
function uploaded(op: string, values: ArrayLike<number>, shape: Shape, dtype: DType, device: Device): Tensor {
  checkSupport(op, dtype, device);
  const made = (as: DType) => new Tensor(device.upload(toHostArray(op, values, as), as), contiguous(shape));
  return dtype === 'float16' ? asHalf(made('float32')) : made(dtype);
}

function asHalf(x: Tensor): Tensor {
  try {
    return x.astype('float16');
  } finally {
    x.dispose();
  }
}

function ofTypedArray(data: TypedArray, device: Device): HostValues {
  if (data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array)
    throw new DTypeError(`tensor: ${data.constructor.name} is not possible; use Float32Array or Int32Array`);
  const float64: DType = device.supports('float64') ? 'float64' : 'float32';
  const dtype = data instanceof Float64Array ? float64 : data instanceof Float32Array ? 'float32' : 'int32';
  return { values: data, shape: [data.length], dtype };
}

function ofNested(data: unknown): HostValues {
  const values: number[] = [];
  const shape: number[] = [];
  for (let level = data; Array.isArray(level) && shape.length <= MAX_RANK; level = level[0])
    shape.push(level.length);
  checkShape('tensor', shape);
  let booleans = 0;
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      if (value.length !== shape[depth] || depth >= shape.length)
        throw new ShapeError(
          `tensor: ragged data: an array of ${value.length} entries stands at depth ${depth}, where others have ${shape[depth] ?? 'a plain value'}`,
        );
      for (const v of value) visit(v, depth + 1); // holes of a sparse array are undefined
      return;
    }
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new ArgumentError(`tensor: values are numbers or booleans, got ${describe(value)}`);
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
  return filled('full', shape, value, placement('full', options, 'dtype', 'device'));
}

/** Zeros; float32 unless the dtype is given. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('zeros', shape, 0, placement('zeros', options, 'dtype', 'device'));
}

/** Ones; float32 unless the dtype is given. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('ones', shape, 1, placement('ones', options, 'dtype', 'device'));
}

/** A tensor of any content (zeros, here). */
export function empty(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('empty', shape, 0, placement('empty', options, 'dtype', 'device'));
}

/** Zeros of the shape, dtype and device of `x`. */
export function zerosLike(x: Tensor, options: CreateOptions = {}): Tensor {
  return filledLike('zerosLike', x, 0, options);
}

/** Ones of the shape, dtype and device of `x`. */
export function onesLike(x: Tensor, options: CreateOptions = {}): Tensor {
  return filledLike('onesLike', x, 1, options);
}

/** `value` in the shape, dtype and device of `x`. */
export function fullLike(x: Tensor, value: number, options: CreateOptions = {}): Tensor {
  return filledLike('fullLike', x, value, options);
}

function filledLike(op: string, x: Tensor, value: number, options: CreateOptions): Tensor {
  requireTensor(op, x);
  const { shape, dtype, device } = x;
  const wanted = placement(op, options, 'dtype', 'device');
  return filled(op, shape, value, {
    dtype: wanted.dtype ?? dtype,
    device: options.device === undefined ? device : wanted.device,
  });
}

function filled(op: string, wanted: Shape, value: number, { dtype = 'float32', device }: Placement): Tensor {
  checkSupport(op, dtype, device);
  if (typeof value !== 'number')
    throw new ArgumentError(`${op}: the value must be a number, got ${describe(value)}`);
  toHostArray(op, [value], dtype);
  const shape = checkShape(op, wanted);
  if (dtype === 'float16') return asHalf(constantTensor(value, shape, 'float32', device));
  return constantTensor(value, shape, dtype, device);
}

/** start, start + step, ... before stop; from 0 if one bound is given. Whole numbers give int32. `arange(3)` is [0, 1, 2]. */
export function arange(start: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const { device, dtype } = placement('arange', options, 'dtype', 'device');
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  for (const bound of [from, to]) finite('arange', 'a bound', bound);
  if (finite('arange', 'the step', step) === 0) throw new ArgumentError('arange: the step must not be 0');
  const length = Math.max(0, Math.ceil((to - from) / step));
  const values = hostArray('float64', length, 'arange').map((_, i) => from + i * step);
  const natural = [from, to, step].every(Number.isInteger) ? 'int32' : 'float32';
  return uploaded('arange', values, [length], dtype ?? natural, device);
}

/** `num` evenly spaced values from start to stop, both included. */
export function linspace(start: number, stop: number, num: number, options: CreateOptions = {}): Tensor {
  const { device, dtype = 'float32' } = placement('linspace', options, 'dtype', 'device');
  for (const end of [start, stop]) finite('linspace', 'an end', end);
  integer('linspace', 'num', num, 0);
  const step = num > 1 ? (stop - start) / (num - 1) : 0;
  const values = hostArray('float64', num, 'linspace').map((_, i) =>
    i === num - 1 && num > 1 ? stop : start + i * step,
  );
  return uploaded('linspace', values, [num], dtype, device);
}

/** Ones on the k-th diagonal of an n × m matrix (m = n by default), zeros elsewhere. */
export function eye(n: number, m: number = n, options: CreateOptions & { readonly k?: number } = {}): Tensor {
  const { device, dtype = 'float32' } = placement('eye', options, 'k', 'dtype', 'device');
  const { k = 0 } = options;
  integer('eye', 'k', k);
  const shape = checkShape('eye', [n, m]);
  const values = hostArray('float64', n * m, 'eye');
  for (let i = 0; i < n; i++) if (i + k >= 0 && i + k < m) values[i * m + i + k] = 1;
  return uploaded('eye', values, shape, dtype, device);
}

/** condition ? a : b, element by element; any dtype counts as a condition (≠ 0). The gradient flows to the chosen one. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return call('select', [condition, a, b], 'where');
}

/** The tensors one behind the other along an axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  return call('concat', [tensors, axis]);
}
