/** @file What the decompositions by rotations have in common: scaling, order and signs. */
import { call } from '../ops/dispatch.ts';
import { choose, type Operable } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

export interface Scaled {
  /** The matrices divided by `scale`: their largest entries lie in [1, 2), or are 0. */
  readonly values: Tensor;
  /** A power of 2 for each matrix, [..., 1, 1]. */
  readonly scale: Tensor;
  /** Whether all entries are finite; those of others count as 0. */
  readonly finite: Tensor;
}

/** Scales matrices so that squares neither overflow nor underflow. */
export function inRange(x: Tensor): Scaled {
  const largest = x.abs().max([-2, -1], { keepdims: true });
  const finite = largest.isFinite();
  const usable = finite.logicalAnd(largest.greater(0));
  const exponent = choose(usable, largest, 1).log2().floor();
  const scale = call('pow', [2, exponent]);
  return { values: choose(finite, x.div(scale), 0), scale, finite };
}

/** The rows of x [..., n, w] in the order of int32 indices [..., n]. */
export const rowsInOrder = (x: Tensor, order: Tensor): Tensor => x.takeAlongAxis(order.expandDims(-1), -2);

/** How much smaller than the largest an entry may be that would be as large, but for rounding errors. */
const SLACK = 2 ** -13;

/** 1 or −1 for every column, as a row: makes the first of its largest entries positive, and devices agree which that is. */
export function oriented(x: Tensor): Tensor {
  if (x.size === 0) return x.sum(-2, { keepdims: true });
  const fixed = (x as Operable).stopGradient();
  const size = fixed.abs();
  const large = size.greaterEqual(size.max(-2, { keepdims: true }).mul(1 - SLACK));
  const place = large.astype('int32').argmax(-2, { keepdims: true });
  return choose(fixed.takeAlongAxis(place, -2).less(0), -1, 1);
}
