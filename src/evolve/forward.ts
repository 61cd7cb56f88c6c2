/**
 * @file The forward pass of many dense nets at once: parameters carry a leading axis, one entry a net, and the examples are
 * shared. A product of all nets is one dispatch, and so is what follows it.
 */
import { ShapeError } from '../core/errors.ts';
import { show } from '../core/shape.ts';
import type { Tensor } from '../tensor.ts';

/** A layer of P dense nets. */
export interface StackedLayer {
  /** [P, in, out] */
  readonly kernel: Tensor;
  /** [P, 1, out] */
  readonly bias: Tensor;
  /** What becomes of x @ kernel [P, B, out] and the bias, activation included. */
  finish(product: Tensor, bias: Tensor): Tensor;
}

/** Outputs [P, B, out] of P nets for the same examples [B, in]. */
export function forward(layers: readonly StackedLayer[], x: Tensor): Tensor {
  if (x.ndim !== 2) throw new ShapeError(`population: examples must be [n, in], got ${show(x.shape)}`);
  return layers.reduce<Tensor>((h, { kernel, bias, finish }) => finish(h.matmul(kernel), bias), x);
}
