/** @file Elements moved about: split, padded, triangles, rolled, tiled, repeated. */

import { describe } from '../core/describe.ts';
import { castValue, isFloat } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { checkShape, normalizeAxis, show, sizeOf } from '../core/shape.ts';
import { arange, zerosLike } from '../create.ts';
import { call } from '../ops/dispatch.ts';
import { choose, common, integer, type Operable, options, tensorInput } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

export function split(name: string, [x, parts, axis = 0]: readonly unknown[]): Tensor[] {
  const tensor = tensorInput(name, x);
  const d = normalizeAxis(name, axis, tensor.ndim);
  const n = tensor.shape[d] as number;
  let sizes: number[];
  if (Array.isArray(parts)) {
    sizes = Array.from(parts, (s) => integer(name, 'a size', s, 0));
    if (sizes.reduce((a, b) => a + b, 0) !== n)
      throw new ShapeError(
        `${name}: the sizes [${sizes.join(', ')}] do not add up to the ${n} entries of axis ${d}`,
      );
  } else {
    const count = integer(name, 'the number of parts', parts, 1);
    if (n % count !== 0)
      throw new ShapeError(`${name}: the ${n} entries of axis ${d} do not divide into ${count} equal parts`);
    sizes = Array.from({ length: count }, () => n / count);
  }
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return tensor.slice(
      ...tensor.shape.map((_, k): [number, number] | null => (k === d ? [at - size, at] : null)),
    );
  });
}

export function pad(name: string, [x, widths, opts]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const { value = 0 } = options(name, opts, 'value');
  if (typeof value !== 'number')
    throw new ArgumentError(`${name}: value must be a number, got ${describe(value)}`);
  if (!Array.isArray(widths) || widths.length !== tensor.ndim)
    throw new ShapeError(
      `${name}: widths are a list of [before, after] for each of the ${tensor.ndim} axes of shape ${show(tensor.shape)}, got ${describe(widths)}`,
    );
  const pairs = Array.from(widths, (w, d): [number, number] => {
    if (!Array.isArray(w) || w.length !== 2)
      throw new ArgumentError(`${name}: the width of axis ${d} must be [before, after], got ${describe(w)}`);
    return [integer(name, 'a width', w[0], 0), integer(name, 'a width', w[1], 0)];
  });
  const shape = tensor.shape.map((n, d) => n + (pairs[d]?.[0] ?? 0) + (pairs[d]?.[1] ?? 0));
  const starts = pairs.map(([before]) => before);
  // As elsewhere, a number takes the dtype; one that whole numbers or truth values cannot hold changes it.
  const holds = isFloat(tensor.dtype) || castValue(value, tensor.dtype) === value;
  const dtype = common(holds ? [tensor.dtype] : [tensor.dtype, value]);
  const source = tensor.dtype === dtype ? tensor : (tensor.astype(dtype) as Operable);
  const window = { starts, sizes: tensor.shape, steps: shape.map(() => 1) };
  return source.embed(shape, window, castValue(value, dtype));
}

/** Keeps one side of a diagonal of the last two axes. */
export function triangle(
  name: string,
  [x, k = 0]: readonly unknown[],
  keeps: 'greaterEqual' | 'lessEqual',
): Tensor {
  const tensor = tensorInput(name, x);
  if (tensor.ndim < 2)
    throw new ShapeError(`${name}: at least two axes are needed, got shape ${show(tensor.shape)}`);
  const [m, n] = tensor.shape.slice(-2) as [number, number];
  const { device } = tensor;
  const rows = arange(0, m, 1, { device }).expandDims(1);
  const columns = arange(0, n, 1, { device });
  return choose(rows.add(integer(name, 'k', k))[keeps](columns), tensor, zerosLike(tensor));
}

export function roll(name: string, [x, shift, axis]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const by = integer(name, 'shift', shift);
  if (axis === undefined) return roll(name, [tensor.flatten(), by, 0]).reshape(tensor.shape);
  const d = normalizeAxis(name, axis, tensor.ndim);
  const n = tensor.shape[d] as number;
  if (n === 0) return tensor.alias();
  const cut = n - (((by % n) + n) % n);
  const part = (from: number, to: number) =>
    tensor.slice(...tensor.shape.map((_, k): [number, number] | null => (k === d ? [from, to] : null)));
  return call('concat', [[part(cut, n), part(0, cut)], d]);
}

export function tile(name: string, [x, reps, ...more]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  if (more.length > 0)
    throw new ArgumentError(`${name}: takes one list: ${name}(${describe([reps, ...more])})`);
  const list = Array.from(Array.isArray(reps) ? reps : [reps], (r) => integer(name, 'a repetition', r, 0));
  const rank = Math.max(list.length, tensor.ndim);
  const times = [...Array.from({ length: rank - list.length }, () => 1), ...list];
  const widened = [...Array.from({ length: rank - tensor.ndim }, () => 1), ...tensor.shape];
  checkShape(
    name,
    widened.map((n, d) => n * (times[d] as number)),
  );
  let result = tensor.reshape(widened);
  times.forEach((count, d) => {
    if (count === 1) return;
    const { shape } = result;
    const outer = sizeOf(shape.slice(0, d));
    const inner = sizeOf(shape.slice(d));
    const repeated = result.reshape([outer, 1, inner]).broadcastTo([outer, count, inner]);
    result = call('reshape', [repeated, shape.with(d, (shape[d] as number) * count)], name);
  });
  return (result as Operable).alias();
}

export function repeat(name: string, [x, count, axis]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const n = integer(name, 'n', count, 0);
  const d = normalizeAxis(name, axis, tensor.ndim);
  const { shape } = tensor;
  const inner = shape.slice(d + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, d + 1).reduce((a, b) => a * b, 1);
  const repeated = tensor.reshape([outer, 1, inner]).broadcastTo([outer, n, inner]);
  return call('reshape', [repeated, shape.with(d, (shape[d] as number) * n)], name);
}
