/** @file Sums of powers without overflow or underflow: what is raised to a power is divided by the largest first. */
import { choose, type Operable } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

/** (Σ |x|ᵖ)^(1/p) over the axes. */
export function power(x: Tensor, p: number, axes: readonly number[]): Tensor {
  const keep = { keepdims: true };
  const size = x.abs();
  const extreme = p > 0 ? size.max(axes, keep) : size.min(axes, keep);
  const usable = extreme.isFinite().logicalAnd(extreme.greater(0));
  const scale = (choose(usable, extreme, 1) as Operable).stopGradient();
  if (p < 0)
    return size
      .div(scale)
      .pow(p)
      .sum(axes, keep)
      .pow(1 / p)
      .mul(scale);
  const sum = powers(p === 2 ? x.div(scale) : size.div(scale), p).sum(axes, keep);
  const nothing = sum.equal(0);
  const some = choose(nothing, 1, sum); // the root of 0 has an infinite gradient; here it is 0
  return choose(nothing, 0, (p === 2 ? some.sqrt() : some.pow(1 / p)).mul(scale));
}

/** xᵖ; for p below 1, whose gradient at 0 is infinite, with one of 0 there. */
function powers(x: Tensor, p: number): Tensor {
  if (p === 2) return x.square();
  if (p >= 1) return x.pow(p);
  const zero = x.equal(0);
  return choose(zero, 0, choose(zero, 1, x).pow(p));
}

/** The lengths of columns, [..., 1, n]. */
export const lengthOf = (columns: Tensor): Tensor => power(columns, 2, [columns.ndim - 2]);
