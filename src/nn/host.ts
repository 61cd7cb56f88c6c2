/** @file Weights on the host: how a model gives them out and takes them back. */
import { describe } from '../core/describe.ts';
import type { TypedArray } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show } from '../core/shape.ts';
import { type TensorData, tensor } from '../create.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';

/** A weight's values in row-major order, with its shape and its name: `dense/kernel`. */
export type HostWeight = TypedArray & { readonly shape: Shape; readonly name: string };

/** A weight in a plain object, which can be cloned and stored. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** A variable under its name. */
export interface NamedVariable {
  readonly name: string;
  readonly variable: Variable;
}

/** The name of a weight, of its layer's name and its place in the layer's tree: `dense/kernel`. */
export const weightName = (layer: string, path: string): string =>
  layer + path.replace(/\[(\d+)\]/g, '/$1').replaceAll('.', '/');

export const asHostWeight = ({ name, shape, data }: StoredWeight): HostWeight =>
  Object.assign(data.slice(), { shape: [...shape], name });

export function readWeights(list: readonly NamedVariable[]): Promise<StoredWeight[]> {
  return Promise.all(
    list.map(async ({ name, variable }) => ({
      name,
      shape: [...variable.shape],
      data: await variable.data(),
    })),
  );
}

export const areFinite = (weights: readonly StoredWeight[]): boolean =>
  weights.every(({ data }) => data.every((value: number) => Number.isFinite(value)));

/** What `setWeights` takes for one weight. */
export type WeightData = Tensor | HostWeight | StoredWeight | TensorData;

const isStored = (value: unknown): value is StoredWeight =>
  typeof value === 'object' &&
  value !== null &&
  'data' in value &&
  'shape' in value &&
  ArrayBuffer.isView(value.data);

/** Gives variables the values of a list of as many; all are checked before one is changed. */
export function assignWeights(
  op: string,
  list: readonly NamedVariable[],
  values: readonly WeightData[],
): void {
  scope(() => {
    const tensors = weightTensors(op, list, values);
    list.forEach(({ variable }, k) => {
      variable.assign(tensors[k] as Tensor);
    });
  });
}

/** A tensor for each variable, of a list of as many values, where the variable is or on `device`; all are checked. */
export function weightTensors(
  op: string,
  list: readonly NamedVariable[],
  values: readonly WeightData[],
  device?: Device,
): Tensor[] {
  if (!Array.isArray(values))
    throw new ArgumentError(
      `${op}: takes a list of weights, as getWeights gives it, got ${describe(values)}`,
    );
  if (values.length !== list.length)
    throw new ArgumentError(
      `${op}: the model has ${list.length} weights (${list.map(({ name }) => name).join(', ')}), got ${values.length}`,
    );
  return list.map(({ name, variable }, k) => {
    const t = toTensor(values[k] as WeightData, variable, device);
    if (!sameShape(t.shape, variable.shape))
      throw new ShapeError(`${op}: ${name} has shape ${show(variable.shape)}, got ${show(t.shape)}`);
    return t;
  });
}

function toTensor(value: WeightData, { shape, dtype, device: own }: Variable, device: Device = own): Tensor {
  if (value instanceof Tensor) return value.dtype === dtype ? value : value.astype(dtype);
  const data = isStored(value) ? value.data : value;
  // A typed array has the weight's shape, unless it says otherwise; it must be of its size at least.
  const known = isStored(value) || 'shape' in Object(value) ? (value as StoredWeight).shape : shape;
  return tensor(data, ArrayBuffer.isView(data) ? { shape: known, dtype, device } : { dtype, device });
}
