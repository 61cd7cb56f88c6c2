/** @file Elements chosen or put in order along an axis. */
import { ShapeError } from '../core/errors.ts';
import { broadcastShapes, normalizeAxis, type Shape, show } from '../core/shape.ts';
import { call } from '../ops/dispatch.ts';
import { flag, integer, type Operable, options, tensorInput } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

export function takeAlongAxis(name: string, [x, indices, axis]: readonly unknown[]): Tensor {
  const [tensor, chosen] = [tensorInput(name, x), tensorInput(name, indices, 'indices')];
  const d = normalizeAxis(name, axis, tensor.ndim);
  if (chosen.ndim !== tensor.ndim)
    throw new ShapeError(
      `${name}: indices ${show(chosen.shape)} must have as many axes as ${show(tensor.shape)}`,
    );
  const one = (shape: Shape) => shape.with(d, 1);
  const others = broadcastShapes(name, one(tensor.shape), one(chosen.shape));
  const from = tensor.broadcastTo(others.with(d, tensor.shape[d] as number)) as Operable;
  return call('gather', [from, chosen.broadcastTo(others.with(d, chosen.shape[d] as number)), d], name);
}

export function sort(name: string, [x, axis = -1, opts]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const d = normalizeAxis(name, axis, tensor.ndim);
  const { descending = false } = options(name, opts, 'descending');
  return (tensor as Operable).gather(
    tensor.argsort(d, { descending: flag(name, 'descending', descending) }),
    d,
  );
}

export function topk(name: string, [x, k]: readonly unknown[]): { values: Tensor; indices: Tensor } {
  const tensor = tensorInput(name, x);
  const d = normalizeAxis(name, -1, tensor.ndim);
  const count = integer(name, 'k', k, 0, tensor.shape[d] as number);
  const order = tensor.argsort(d, { descending: true });
  const indices = order.slice(
    ...tensor.shape.map((_, a): [number, number] | null => (a === d ? [0, count] : null)),
  );
  return { values: tensor.gather(indices, d), indices: (indices as Operable).contiguous() };
}
