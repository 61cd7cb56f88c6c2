/**
 * @file Data for training and tests: what the caller gives, as tensors on the model's device. Resident data lie there whole,
 * and batches are gathered by an index; streams bring their batches one by one.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError, DeviceLostError, IndexError, ShapeError } from '../core/errors.ts';
import { type Shape, show, sizeOf } from '../core/shape.ts';
import { type TensorData, tensor } from '../create.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import { Tensor } from '../tensor.ts';

/** Examples, or what belongs to them: a tensor, nested arrays, or a typed array. */
export type Data = Tensor | TensorData;
/** Examples, targets, and a weight for each, if there are weights. */
export type BatchData = readonly [x: Data, y: Data, sampleWeight?: Data];
type Batches = Iterable<BatchData> | AsyncIterable<BatchData>;
/** Batches one by one, anew for each epoch; what can be iterated but once is given by a function that makes it. */
export type Stream = Batches | (() => Batches);

/** A batch on the device. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly weight: Tensor | undefined;
}

/** What shapes the data must have, as far as is known. */
export interface Shapes {
  /** Of an example; undefined before the model is built. */
  readonly input: Shape | undefined;
  readonly output: Shape | undefined;
}

/** Whether data are batches that come one by one. */
export function isStream(x: unknown): x is Stream {
  if (typeof x === 'function') return true;
  if (typeof x !== 'object' || x === null || Array.isArray(x) || ArrayBuffer.isView(x) || x instanceof Tensor)
    return false;
  return Symbol.iterator in x || Symbol.asyncIterator in x;
}

/** Iterates a stream from its beginning. */
export function iterate(op: string, stream: Stream): AsyncIterator<BatchData> | Iterator<BatchData> {
  const made = typeof stream === 'function' ? stream() : stream;
  if (typeof made !== 'object' || made === null || !(Symbol.iterator in made || Symbol.asyncIterator in made))
    throw new ArgumentError(`${op}: the function must make an iterable of batches, got ${describe(made)}`);
  return Symbol.asyncIterator in made ? made[Symbol.asyncIterator]() : made[Symbol.iterator]();
}

/** Whether the data outlive the loss of a device. */
export const isOnHost = (...data: unknown[]): boolean =>
  !data.some((d) => d instanceof Tensor && d.device.kind === 'webgpu');

/** Tensors that were made here, to be disposed. */
export class Owned {
  readonly #tensors: Tensor[] = [];

  add(t: Tensor): Tensor {
    t.moveTo(undefined);
    this.#tensors.push(t);
    return t;
  }

  dispose(): void {
    for (const t of this.#tensors.splice(0)) t.dispose();
  }
}

async function onDevice(data: Data, device: Device, shape: Shape | undefined, owned: Owned): Promise<Tensor> {
  const made = await moved(data, device, shape, owned);
  return made.dtype === 'float64' ? owned.add(made.astype('float32')) : made; // models are float32
}

async function moved(data: Data, device: Device, shape: Shape | undefined, owned: Owned): Promise<Tensor> {
  if (data instanceof Tensor)
    return data.storageFor('fit').device === device ? data : owned.add(await data.to(device));
  return owned.add(tensor(data as TensorData, shape ? { shape, device } : { device }));
}

const isFlat = (data: unknown): data is ArrayLike<number> => ArrayBuffer.isView(data);

/** [n, ...example] for a typed array, which has no shape of its own. */
function shapeFor(op: string, what: string, length: number, example: Shape): Shape {
  const size = sizeOf(example);
  if (size === 0 || length % size !== 0)
    throw new ShapeError(
      `${op}: ${what} has ${length} values, which are no whole number of examples ${show(example)}`,
    );
  return [length / size, ...example];
}

async function examples(
  op: string,
  x: Data,
  device: Device,
  { input }: Shapes,
  owned: Owned,
): Promise<Tensor> {
  if (isFlat(x) && !input)
    throw new ArgumentError(
      `${op}: x is a typed array, which has no shape; give the first layer an inputShape, or make x a tensor`,
    );
  const shape = isFlat(x) && input ? shapeFor(op, 'x', x.length, input) : undefined;
  const made = await onDevice(x, device, shape, owned);
  if (made.ndim === 0)
    throw new ShapeError(`${op}: x must hold examples along its first axis, got a single number`);
  // As Keras: [n] for [n, 1], and images without their one channel.
  const lacks = input ? made.ndim === input.length && input.at(-1) === 1 : made.ndim === 1;
  return lacks ? owned.add(made.expandDims(-1)) : made;
}

/** The tensors of a batch or a whole set, whose first axes must agree. */
export async function load(
  op: string,
  [x, y, weight]: BatchData,
  device: Device,
  shapes: Shapes,
  owned: Owned,
): Promise<Batch> {
  if (y === undefined) throw new ArgumentError(`${op}: targets are missing; it takes x and y`);
  const xs = await examples(op, x, device, shapes, owned);
  const count = xs.shape[0] as number;
  const targetShape =
    isFlat(y) && y.length !== count && shapes.output && sizeOf(shapes.output) * count === y.length
      ? [count, ...shapes.output]
      : isFlat(y) && y.length !== count && y.length % Math.max(count, 1) === 0
        ? [count, y.length / count]
        : undefined;
  const ys = await onDevice(y, device, targetShape, owned);
  const ws = weight === undefined ? undefined : await onDevice(weight, device, undefined, owned);
  for (const [what, t] of [
    ['y', ys],
    ['sampleWeight', ws],
  ] as const)
    if (t && t.shape[0] !== count)
      throw new ShapeError(`${op}: x holds ${count} examples, but ${what} has shape ${show(t.shape)}`);
  return { x: xs, y: ys, weight: ws };
}

/** The examples alone. */
export async function loadExamples(
  op: string,
  x: Data,
  device: Device,
  shapes: Shapes,
  owned: Owned,
): Promise<Tensor> {
  return examples(op, x, device, shapes, owned);
}

/** The entries of a set that an index names. */
export function gathered({ x, y, weight }: Batch, index: Tensor): Batch {
  return { x: x.take(index, 0), y: y.take(index, 0), weight: weight?.take(index, 0) };
}

/** A part of a set: entries from one to before another. Views. */
export function part({ x, y, weight }: Batch, from: number, to: number, owned: Owned): Batch {
  const cut = (t: Tensor) => owned.add(t.slice([from, to]));
  return { x: cut(x), y: cut(y), weight: weight && cut(weight) };
}

/** Weights by class: those of the map, and 1 for classes that it does not name. */
export type ClassWeight = Readonly<Record<number, number>>;

/** A weight an example, of the class that its targets say: class numbers, or one-hot rows. */
export function weightsByClass(op: string, classWeight: ClassWeight, y: Tensor): Tensor {
  const pairs = Object.entries(classWeight).map(([name, weight]): [number, number] => {
    const label = Number(name);
    if (!Number.isInteger(label) || label < 0)
      throw new IndexError(`${op}: classWeight: '${name}' is no class; classes are whole numbers from 0 on`);
    if (!(typeof weight === 'number' && weight >= 0 && Number.isFinite(weight)))
      throw new ArgumentError(
        `${op}: classWeight: that of class ${name} must be a number of at least 0, got ${describe(weight)}`,
      );
    return [label, weight];
  });
  return scope(() => {
    const oneHot = y.ndim > 1 && (y.shape.at(-1) as number) > 1;
    const labels = oneHot ? y.argmax(-1) : y.ndim > 1 ? y.squeeze(-1) : y;
    let weights = labels.mul(0).astype('float32').add(1);
    for (const [label, weight] of pairs)
      weights = weights.add(
        labels
          .equal(label)
          .astype('float32')
          .mul(weight - 1),
      );
    return weights;
  });
}

/** An error for data that went away with a GPU. */
export const goneWith = (error: DeviceLostError): DeviceLostError =>
  new DeviceLostError(
    `fit: ${error.message}. The training cannot go on by itself, for its data or its device came from outside; the weights of the last checkpoint are in await model.getWeights()`,
    { cause: error },
  );
