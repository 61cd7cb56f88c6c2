/** @file Sums of powers without overflow or underflow: what is raised to a power is divided by the largest first. */
import { choose, type Operable } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

/** (Σ |x|ᵖ)^(1/p) over the axes. */
export function power(x: Tensor, p: number, axes: readonly number[]): Tensor {
  const keep = { keepdims: true };
  const size = x.abs();
  const extreme = (p > 0 ? size.max(axes, keep) : size.min(axes, keep)) as Operable;
  const scale = choose(extreme.isFinite().logicalAnd(extreme.greater(0)), extreme, 1) as Operable;
  const by = scale.stopGradient();
  const root = (sum: Tensor) => (p === 2 ? sum.sqrt() : sum.pow(1 / p));
  if (p < 0) return root(size.div(by).pow(p).sum(axes, keep)).mul(by);
  // The gradient of a power below 1, and of the root of 0, is infinite at 0: here it is 0.
  const zero = size.equal(0);
  const ratio = p < 1 ? choose(zero, 1, size.div(by)) : size.div(by);
  const powers = p === 2 ? ratio.square() : ratio.pow(p);
  const sum = (p < 1 ? choose(zero, 0, powers) : powers).sum(axes, keep);
  const nothing = sum.equal(0);
  return choose(nothing, 0, root(choose(nothing, 1, sum)).mul(by));
}

/** The lengths of columns, [..., 1, n]. */
export const lengthOf = (columns: Tensor): Tensor => power(columns, 2, [columns.ndim - 2]);
