/** @file What the functions of linear algebra have in common: matrices as arguments, and their parts as views. */
import { ShapeError } from '../core/errors.ts';
import { broadcastShapes, type Shape, show } from '../core/shape.ts';
import { eye } from '../create.ts';
import { common, floating, type Operable, tensorInput } from '../ops/op.ts';
import type { SliceRange, Tensor } from '../tensor.ts';

/** A tensor of floats; whole numbers become float32. */
export function floats(op: string, value: unknown, position?: string): Operable {
  const x = tensorInput(op, value, position);
  const dtype = floating(common([x.dtype]));
  return x.dtype === dtype ? x : (x.astype(dtype) as Operable);
}

/** A tensor [..., m, n] of floats. */
export function matrices(op: string, value: unknown, position?: string): Operable {
  const x = floats(op, value, position);
  if (x.ndim >= 2) return x;
  throw new ShapeError(`${op}: takes matrices, [..., m, n], got shape ${show(x.shape)}`);
}

/** A tensor [..., n, n] of floats. */
export function squareMatrices(op: string, value: unknown, position?: string): Operable {
  const x = matrices(op, value, position);
  const [m, n] = sides(x);
  if (m === n) return x;
  throw new ShapeError(`${op}: takes square matrices, [..., n, n], got shape ${show(x.shape)}`);
}

/** Rows and columns. */
export const sides = (x: Tensor): [m: number, n: number] => x.shape.slice(-2) as [number, number];

/** The leading axes. */
export const batch = (x: Tensor): Shape => x.shape.slice(0, -2);

/** A part of the last two axes. */
export function part(x: Tensor, rows: SliceRange, columns: SliceRange): Tensor {
  return x.slice(...batch(x).map(() => null), rows, columns);
}

/** Two stacks with the same leading axes. */
export function together(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const lead = broadcastShapes(`${op}: leading axes`, batch(a), batch(b));
  const spread = (x: Tensor) => (show(batch(x)) === show(lead) ? x : x.broadcastTo([...lead, ...sides(x)]));
  return [spread(a), spread(b)];
}

/** The identity, as large as square matrices x and of their dtype, for each of them. */
export function identity(x: Tensor): Tensor {
  const [n] = sides(x);
  return eye(n, n, { dtype: x.dtype, device: x.device }).broadcastTo(x.shape);
}

/** s_j − s_i of a row s [..., 1, n]: [..., n, n]. */
export const difference = (s: Tensor): Tensor => s.sub(s.mT);

export const skew = (x: Tensor): Tensor => x.sub(x.mT);
