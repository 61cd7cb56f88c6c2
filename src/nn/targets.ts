/** @file What losses and metrics have in common: targets and weights brought into the form of the predictions. */

import { type DType, isFloat } from '../core/dtype.ts';
import { DeviceError, ShapeError } from '../core/errors.ts';
import { normalizeAxis, sameShape, show } from '../core/shape.ts';
import { defineOp } from '../define.ts';
import { requireTensor, type Tensor } from '../tensor.ts';

export interface WeightOptions {
  /** A weight a sample, or a value: of the shape of the values that it weights, or of its first axes. */
  readonly sampleWeight?: Tensor;
}

/** Refuses what are no two living tensors on one device. */
export function requirePair(name: string, yTrue: unknown, yPred: unknown): void {
  requireTensor(name, yTrue);
  requireTensor(name, yPred);
  requireTogether(name, yTrue, yPred);
}

function requireTogether(name: string, a: Tensor, b: Tensor): void {
  for (const x of [a, b]) x.device.requireAlive(name);
  if (a.device !== b.device)
    throw new DeviceError(
      `${name}: the tensors are on different devices (${a.device.kind}, ${b.device.kind}); move one: await t.to(device)`,
    );
}

const as = (dtype: DType, x: Tensor): Tensor => (x.dtype === dtype ? x : x.astype(dtype));

const floating = (x: Tensor): Tensor => (isFloat(x.dtype) && x.dtype !== 'float16' ? x : x.astype('float32'));

/** As Keras aligns [n] and [n, 1]: a last axis of size 1 is added to vectors, and dropped from anything else. */
function sameRank(a: Tensor, b: Tensor): [Tensor, Tensor] {
  if (a.ndim === b.ndim + 1 && a.shape.at(-1) === 1)
    return b.ndim === 1 ? [a, b.expandDims(-1)] : [a.squeeze(-1), b];
  if (b.ndim === a.ndim + 1 && b.shape.at(-1) === 1)
    return a.ndim === 1 ? [a.expandDims(-1), b] : [a, b.squeeze(-1)];
  return [a, b];
}

/** Targets and predictions of one shape, of at least one axis. `hint` tells what shapes like these may have meant. */
export function alike(name: string, yTrue: Tensor, yPred: Tensor, hint = ''): [Tensor, Tensor] {
  const pred = floating(yPred);
  const [t, p] = sameRank(as(pred.dtype, yTrue), pred);
  if (p.ndim === 0) throw new ShapeError(`${name}: yPred is a single number; it needs an axis of samples`);
  if (!sameShape(t.shape, p.shape))
    throw new ShapeError(
      `${name}: yTrue ${show(yTrue.shape)} and yPred ${show(yPred.shape)} must have the same shape${hint}`,
    );
  return [t, p];
}

/** As `alike`, for values each of which counts by itself: a vector is a sample a number. */
export function columns(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  const [t, p] = alike(name, yTrue, yPred);
  return p.ndim === 1 ? [t.expandDims(-1), p.expandDims(-1)] : [t, p];
}

/** As `alike`, for one-hot rows or probabilities of classes. */
export function distributions(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  return alike(
    name,
    yTrue,
    yPred,
    ': a row of classes for each sample; class numbers want a sparse loss or metric',
  );
}

/** A class that is no whole number is none: −1 in its place, which every check of labels refuses. */
export const whole = defineOp({
  name: 'label',
  wgsl: 'select(a, -1.0, is_nan(a) || a != floor(a))',
  cpu: (a) => (a === Math.floor(a) ? a : -1),
});

/** Class numbers, or others that choose, as int32; what is no whole number as −1. */
export function choices(x: Tensor): Tensor {
  if (isFloat(x.dtype)) return whole(floating(x)).astype('int32');
  return as('int32', x);
}

/** Class numbers as int32 [...], and predictions [..., classes], the class axis last. */
export function classes(name: string, yTrue: Tensor, yPred: Tensor, axis = -1): [Tensor, Tensor] {
  const at = normalizeAxis(name, axis, yPred.ndim);
  const pred = floating(yPred);
  const last = at === pred.ndim - 1 ? pred : pred.permuteDims([...without(at, pred.ndim), at]);
  const labels = yTrue.ndim === yPred.ndim && yTrue.shape[at] === 1 ? yTrue.squeeze(at) : yTrue;
  const wanted = last.shape.slice(0, -1);
  if (!sameShape(labels.shape, wanted))
    throw new ShapeError(
      `${name}: yPred ${show(yPred.shape)} wants labels of shape ${show(wanted)}, got ${show(yTrue.shape)}; labels are class numbers, not one-hot rows`,
    );
  return [choices(labels), last];
}

const without = (axis: number, ndim: number): number[] =>
  Array.from({ length: ndim }, (_, d) => d).filter((d) => d !== axis);

/** Weights that broadcast to values of a shape, each where it belongs. */
export function weightsFor(name: string, weights: unknown, values: Tensor): Tensor {
  requireTensor(name, weights);
  requireTogether(name, values, weights);
  const { shape, dtype } = values;
  const extra = weights.ndim === shape.length + 1 && weights.shape.at(-1) === 1;
  const w = as(dtype, extra ? weights.squeeze(-1) : weights);
  const fits = w.shape.every((n, d) => n === shape[d] || (n === 1 && d > 0 && d < shape.length));
  if (!fits)
    throw new ShapeError(
      `${name}: sampleWeight ${show(weights.shape)} does not fit to values of shape ${show(shape)}: it has that shape, or that of its first axes`,
    );
  return w.reshape([...w.shape, ...shape.slice(w.ndim).map(() => 1)]);
}
