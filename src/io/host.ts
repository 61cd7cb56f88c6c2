/** @file Arrays on the host, as files hold them, and tensors of them. */
import { options as checked, requireDevice } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import type { DType, TypedArray } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import type { Shape } from '../core/shape.ts';
import { tensor } from '../create.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import { requireTensor, Tensor } from '../tensor.ts';
import { isPlainObject } from '../tree.ts';
import { SOURCE_OPTIONS, type SourceOptions } from './places.ts';

/** What is loaded of a file. */
export interface HostArray {
  readonly dtype: DType;
  readonly shape: Shape;
  /** float16 as float32. */
  readonly data: TypedArray;
  /** Whether the first axis is the fastest: Fortran's order. */
  readonly columnMajor?: boolean;
}

export interface LoadOptions extends SourceOptions {
  /** By default the one that `init` gave. */
  readonly device?: Device;
}

export function loadOptions(op: string, options: unknown): LoadOptions {
  const given = checked(op, options, 'device', ...SOURCE_OPTIONS) as LoadOptions;
  if (given.device !== undefined) requireDevice(op, given.device);
  return given;
}

/** The tensor of an array; float64 becomes float32 where the device has none. */
export function toTensor({ dtype, shape, data, columnMajor }: HostArray, { device }: LoadOptions): Tensor {
  const where = device === undefined ? {} : { device };
  return scope(() => {
    const sizes = columnMajor ? [...shape].reverse() : shape;
    // A Float64Array knows by itself what the device has.
    const made = tensor(data, { shape: sizes, ...(dtype === 'float64' ? {} : { dtype }), ...where });
    return columnMajor ? made.transpose() : made;
  });
}

export async function fromTensor(op: string, x: Tensor): Promise<HostArray> {
  requireTensor(op, x);
  x.storageFor(op).device.requireAlive(op);
  return { dtype: x.dtype, shape: x.shape, data: await x.data() };
}

/** Tensors under names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

export async function fromTensors(op: string, tensors: NamedTensors): Promise<[string, HostArray][]> {
  if (!isPlainObject(tensors))
    throw new ArgumentError(`${op}: takes tensors under names, { w: tensor, ... }, got ${describe(tensors)}`);
  const list = Object.entries(tensors);
  for (const [name, x] of list)
    if (!(x instanceof Tensor))
      throw new ArgumentError(`${op}: ${name} must be a tensor, got ${describe(x)}`);
  return Promise.all(list.map(async ([name, x]) => [name, await fromTensor(op, x)] as [string, HostArray]));
}

/** All of them, or none where one fails. */
export function toTensors(
  arrays: Iterable<readonly [name: string, array: HostArray]>,
  options: LoadOptions,
): Record<string, Tensor> {
  return scope(() =>
    Object.fromEntries(
      Array.from(arrays, ([name, array]) => [name, inName(describe(name), () => toTensor(array, options))]),
    ),
  );
}
