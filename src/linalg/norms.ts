/**
 * @file Norms of vectors and matrices, without overflow or underflow: what is squared or raised to a power is divided by
 * the largest first. Their gradients at 0 are 0.
 */

import { free } from '../composite.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, AxisError } from '../core/errors.ts';
import { normalizeAxes, normalizeAxis, show } from '../core/shape.ts';
import { flag, options } from '../ops/op.ts';
import type { Axes, Tensor } from '../tensor.ts';
import { power } from './lengths.ts';
import { floats, matrices } from './matrices.ts';
import { singularValues } from './svd.ts';

const MATRIX_ORDERS = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity] as const;
export type MatrixOrder = (typeof MATRIX_ORDERS)[number];

/** The axes with size 1, or without them. */
const reduced = (x: Tensor, axes: readonly number[], keepdims: boolean): Tensor =>
  keepdims ? x : x.squeeze(axes);

function normOver(x: Tensor, order: number, axes: readonly number[], keepdims: boolean): Tensor {
  const keep = { keepdims: true };
  const empty = axes.some((d) => x.shape[d] === 0);
  if (empty || order === 1) return reduced(x.abs().sum(axes, keep), axes, keepdims);
  if (order === 0) return reduced(x.notEqual(0).astype(x.dtype).sum(axes, keep), axes, keepdims);
  if (order === Infinity) return reduced(x.abs().max(axes, keep), axes, keepdims);
  if (order === -Infinity) return reduced(x.abs().min(axes, keep), axes, keepdims);
  return reduced(power(x, order, axes), axes, keepdims);
}

function vectorOrder(name: string, order: unknown): number {
  if (typeof order === 'number' && !Number.isNaN(order)) return order;
  throw new ArgumentError(`${name}: ord must be a number, Infinity or -Infinity, got ${describe(order)}`);
}

function matrixOrder(name: string, order: unknown): MatrixOrder {
  if (MATRIX_ORDERS.includes(order as MatrixOrder)) return order as MatrixOrder;
  throw new ArgumentError(
    `${name}: ord of a matrix is one of ${MATRIX_ORDERS.map(describe).join(', ')}, got ${describe(order)}`,
  );
}

/** Over the last two axes. */
function matrixNormOf(name: string, x: Tensor, order: MatrixOrder, keepdims: boolean): Tensor {
  const axes = [x.ndim - 2, x.ndim - 1] as const;
  const [rows, columns] = axes;
  if (order === 'fro') return normOver(x, 2, axes, keepdims);
  if (axes.some((d) => x.shape[d] === 0)) return normOver(x, 1, axes, keepdims);
  const of = (sums: Tensor, over: readonly number[], largest: boolean) =>
    reduced(
      largest ? sums.max(over, { keepdims: true }) : sums.min(over, { keepdims: true }),
      axes,
      keepdims,
    );
  if (Math.abs(Number(order)) === 1) return of(x.abs().sum(rows, { keepdims: true }), [columns], order === 1);
  if (Math.abs(Number(order)) === Infinity)
    return of(x.abs().sum(columns, { keepdims: true }), [rows], order === Infinity);
  const values = singularValues(name, x).expandDims(-1);
  if (order === 'nuc') return reduced(values.sum(rows, { keepdims: true }), axes, keepdims);
  return of(values, [rows], order === 2);
}

export interface VectorNormOptions {
  /** 0, 1, 2, any other p, Infinity or −Infinity. */
  readonly ord?: number;
  readonly axis?: Axes;
  readonly keepdims?: boolean;
}

/**
 * The norm of x as a vector, over the axes (all by default): (Σ |x|ᵖ)^(1/p) for `ord` p (2 by default), the number of
 * elements that are not 0 for 0 (which has no gradient), the largest |x| for Infinity, the smallest for −Infinity. Of nothing
 * it is 0. Entries of any size neither overflow nor underflow on the way.
 *
 * @example
 * linalg.vectorNorm(tensor([3e30, 4e30])); // 5e30
 */
export const vectorNorm = free('vectorNorm', (name, [x, opts]) => {
  const a = floats(name, x);
  const { ord = 2, axis, keepdims = false } = options(name, opts, 'ord', 'axis', 'keepdims');
  const order = vectorOrder(name, ord);
  return normOver(a, order, normalizeAxes(name, axis, a.ndim), flag(name, 'keepdims', keepdims));
}) as (x: Tensor, options?: VectorNormOptions) => Tensor;

export interface MatrixNormOptions {
  readonly ord?: MatrixOrder;
  readonly keepdims?: boolean;
}

/**
 * The norm of the matrices x [..., m, n]: 'fro' (the default) is the root of the sum of squares, 'nuc' the sum of the singular
 * values, 2 and −2 the largest and smallest of them, 1 and −1 the largest and smallest sum of |x| of a column, Infinity and
 * −Infinity of a row. Of an empty matrix it is 0.
 */
export const matrixNorm = free('matrixNorm', (name, [x, opts]) => {
  const a = matrices(name, x);
  const { ord = 'fro', keepdims = false } = options(name, opts, 'ord', 'keepdims');
  return matrixNormOf(name, a, matrixOrder(name, ord), flag(name, 'keepdims', keepdims));
}) as (x: Tensor, options?: MatrixNormOptions) => Tensor;

/**
 * As NumPy's norm: without `ord` the root of the sum of squares, over all axes or those given; with it the norm of vectors
 * along one axis, or of matrices in two, as vectorNorm and matrixNorm have them. Without `axis`, a tensor of one axis is a
 * vector and one of two a matrix.
 */
export const norm = free('norm', (name, [x, ord, opts]) => {
  const a = floats(name, x);
  const settings = options(name, opts, 'axis', 'keepdims');
  const keepdims = flag(name, 'keepdims', settings.keepdims ?? false);
  const sorted = normalizeAxes(name, settings.axis, a.ndim);
  // Of two axes the first holds the rows, whichever comes first in x.
  const axes = Array.isArray(settings.axis)
    ? settings.axis.map((d) => normalizeAxis(name, d, a.ndim))
    : sorted;
  if (ord === undefined) return normOver(a, 2, axes, keepdims);
  if (axes.length === 1) return normOver(a, vectorOrder(name, ord), axes, keepdims);
  if (axes.length !== 2)
    throw new AxisError(
      `${name}: with ord, the norm is over one axis or two, got ${axes.length} of shape ${show(a.shape)}; name them with axis`,
    );
  const order = matrixOrder(name, ord);
  const others = a.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const value = matrixNormOf(name, a.permuteDims([...others, ...axes]), order, false);
  return keepdims ? value.reshape(a.shape.map((n, d) => (axes.includes(d) ? 1 : n))) : value;
}) as (
  x: Tensor,
  ord?: number | MatrixOrder,
  options?: { readonly axis?: Axes; readonly keepdims?: boolean },
) => Tensor;
