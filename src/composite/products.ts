/** @file Products over chosen axes, as matmul. */
import { describe } from '../core/describe.ts';
import { AxisError, ShapeError } from '../core/errors.ts';
import { checkShape, normalizeAxes, normalizeAxis, show } from '../core/shape.ts';
import { call } from '../ops/dispatch.ts';
import { integer, tensorInput } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

export function vecdot(name: string, [x, y, axis = -1]: readonly unknown[]): Tensor {
  const [a, b] = [tensorInput(name, x), tensorInput(name, y, 'the second argument')];
  const d = normalizeAxis(name, axis, Math.min(a.ndim, b.ndim)) - Math.min(a.ndim, b.ndim);
  if (a.shape.at(d) !== b.shape.at(d))
    throw new ShapeError(
      `${name}: the vectors differ in length: ${show(a.shape)} and ${show(b.shape)} along axis ${d}`,
    );
  return call('mul', [a, b], name).sum(d);
}

export function tensordot(name: string, [x, y, axes = 2]: readonly unknown[]): Tensor {
  const [a, b] = [tensorInput(name, x), tensorInput(name, y, 'the second argument')];
  let left: number[];
  let right: number[];
  if (typeof axes === 'number') {
    const n = integer(name, 'axes', axes, 0, Math.min(a.ndim, b.ndim));
    left = Array.from({ length: n }, (_, k) => a.ndim - n + k);
    right = Array.from({ length: n }, (_, k) => k);
  } else {
    const lists = axes as unknown[][];
    if (
      !Array.isArray(axes) ||
      axes.length !== 2 ||
      !Array.isArray(axes[0]) ||
      !Array.isArray(axes[1]) ||
      lists[0]?.length !== lists[1]?.length
    )
      throw new AxisError(
        `${name}: axes must be a number or two lists of the same length, got ${describe(axes)}`,
      );
    left = Array.from(lists[0] ?? [], (d) => normalizeAxis(name, d, a.ndim));
    right = Array.from(lists[1] ?? [], (d) => normalizeAxis(name, d, b.ndim));
    normalizeAxes(name, left, a.ndim);
    normalizeAxes(name, right, b.ndim);
  }
  const sizes = (t: Tensor, list: readonly number[]) => list.map((d) => t.shape[d] as number);
  if (sizes(a, left).some((n, k) => n !== sizes(b, right)[k]))
    throw new ShapeError(
      `${name}: the summed axes differ: ${show(sizes(a, left))} of ${show(a.shape)} and ${show(sizes(b, right))} of ${show(b.shape)}`,
    );
  const others = (t: Tensor, list: readonly number[]) =>
    t.shape.map((_, d) => d).filter((d) => !list.includes(d));
  const [freeA, freeB] = [others(a, left), others(b, right)];
  const size = (list: readonly number[]) => list.reduce((n, m) => n * m, 1);
  const shape = checkShape(name, [...sizes(a, freeA), ...sizes(b, freeB)]);
  const matrixA = a.permuteDims([...freeA, ...left]).reshape([size(sizes(a, freeA)), size(sizes(a, left))]);
  const matrixB = b.permuteDims([...right, ...freeB]).reshape([size(sizes(b, right)), size(sizes(b, freeB))]);
  return matrixA.matmul(matrixB).reshape(shape);
}
