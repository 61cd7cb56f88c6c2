/**
 * @file Shapes, strides and axes: pure functions that every operation shares.
 * A layout says where element [i, j, ...] lies in a storage: offset + i·strides[0] + j·strides[1] + ...
 */
import { describe } from './describe.ts';
import { AxisError, ShapeError } from './errors.ts';

export type Shape = readonly number[];

export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The rank up to which strided kernels work. */
export const MAX_RANK = 6;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let d = shape.length - 1, step = 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d] ?? 1;
  }
  return strides;
}

export function contiguous(shape: Shape): Layout {
  return { shape, strides: contiguousStrides(shape), offset: 0 };
}

/** Row-major without gaps, wherever it begins. Axes of size 1 may have any stride. */
export function isContiguous({ shape, strides }: Layout): boolean {
  if (shape.includes(0)) return true;
  for (let d = shape.length - 1, step = 1; d >= 0; d--) {
    const n = shape[d] as number;
    if (n !== 1 && strides[d] !== step) return false;
    step *= n;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, d) => n === b[d]);
}

export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Every size a whole number of at least 0, the rank at most MAX_RANK. */
export function checkShape(op: string, shape: unknown): Shape {
  if (!Array.isArray(shape))
    throw new ShapeError(`${op}: a shape is an array of sizes, got ${describe(shape)}`);
  for (const n of shape)
    if (!Number.isInteger(n) || n < 0)
      throw new ShapeError(`${op}: sizes are whole numbers of at least 0, got ${describe(shape)}`);
  if (shape.length > MAX_RANK)
    throw new ShapeError(
      `${op}: shape ${show(shape)} has ${shape.length} axes; at most ${MAX_RANK} are possible`,
    );
  return Object.freeze([...shape]) as Shape;
}

/** NumPy's rule: align at the right, sizes must be equal or 1. */
export function broadcastShapes(op: string, ...shapes: Shape[]): Shape {
  const first = shapes[0] as Shape;
  if (shapes.every((s) => sameShape(s, first))) return first;
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const s of shapes)
    for (let d = 0; d < s.length; d++) {
      const at = rank - s.length + d;
      const n = s[d] as number;
      if (n === 1) continue;
      if (out[at] !== 1 && out[at] !== n)
        throw new ShapeError(
          `${op}: shapes ${shapes.map(show).join(' and ')} do not broadcast: sizes ${out[at]} and ${n} meet at axis ${at - rank}; they must be equal, or one of them 1`,
        );
      out[at] = n;
    }
  return out;
}

/** The first and the last place in the storage that the layout reaches; it must have elements. */
export function extent({ shape, strides, offset }: Layout): [first: number, last: number] {
  let [first, last] = [offset, offset];
  shape.forEach((n, d) => {
    const way = (n - 1) * (strides[d] as number);
    if (way < 0) first += way;
    else last += way;
  });
  return [first, last];
}

/** The layout seen as `shape`, which it must broadcast to: new and repeated axes get stride 0. */
export function broadcastLayout(layout: Layout, shape: Shape): Layout {
  if (sameShape(layout.shape, shape)) return layout;
  const lead = shape.length - layout.shape.length;
  const strides = shape.map((n, d) =>
    d < lead || (layout.shape[d - lead] === 1 && n !== 1) ? 0 : (layout.strides[d - lead] as number),
  );
  return { shape, strides, offset: layout.offset };
}

export function normalizeAxis(op: string, axis: unknown, rank: number): number {
  if (!Number.isInteger(axis)) throw new AxisError(`${op}: an axis is a whole number, got ${describe(axis)}`);
  const a = axis as number;
  if (a < -rank || a >= rank)
    throw new AxisError(
      rank === 0
        ? `${op}: axis ${a} of a tensor without axes (shape [])`
        : `${op}: axis ${a} is out of range for ${rank} axes; it must lie in [${-rank}, ${rank - 1}]`,
    );
  return a < 0 ? a + rank : a;
}

/** One axis, a list of them, or undefined for all; ascending, without repeats. */
export function normalizeAxes(op: string, axes: unknown, rank: number): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, d) => d);
  const list = Array.from(Array.isArray(axes) ? axes : [axes], (a) => normalizeAxis(op, a, rank));
  if (new Set(list).size !== list.length)
    throw new AxisError(`${op}: axes ${describe(axes)} name the same axis twice`);
  return list.sort((a, b) => a - b);
}

/** Merges neighbouring axes that every layout steps through as one, and drops axes of size 1: fewer axes, same elements. */
export function collapse(
  shape: Shape,
  strideSets: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const out: number[] = [];
  const strides: number[][] = strideSets.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const n = shape[d] as number;
    if (n === 1) continue;
    const last = out.length - 1;
    const merges = last >= 0 && strideSets.every((s, k) => strides[k]?.[last] === (s[d] as number) * n);
    if (merges) out[last] = (out[last] as number) * n;
    else out.push(n);
    const at = out.length - 1;
    strideSets.forEach((s, k) => {
      (strides[k] as number[])[at] = s[d] as number;
    });
  }
  return { shape: out, strides };
}

/** Where entry p of the leading axes, counted in row-major order over their `shape`, begins in the storage. */
export function placeOf({ strides, offset }: Layout, shape: Shape, p: number): number {
  let at = offset;
  for (let d = shape.length - 1, rest = p; d >= 0; d--) {
    const n = shape[d] as number;
    at += (rest % n) * (strides[d] as number);
    rest = Math.floor(rest / n);
  }
  return at;
}

/** Visits every element of `shape` in row-major order and gives its place in each layout. */
export function forEachPlace(
  shape: Shape,
  layouts: readonly Layout[],
  visit: (places: number[], index: number) => void,
): void {
  const size = sizeOf(shape);
  const rank = shape.length;
  const counter = new Array<number>(rank).fill(0);
  const places = layouts.map((l) => l.offset);
  for (let i = 0; i < size; i++) {
    visit(places, i);
    for (let d = rank - 1; d >= 0; d--) {
      const n = shape[d] as number;
      const c = (counter[d] as number) + 1;
      const wrap = c === n;
      counter[d] = wrap ? 0 : c;
      for (let k = 0; k < layouts.length; k++) {
        const stride = (layouts[k] as Layout).strides[d] as number;
        places[k] = (places[k] as number) + (wrap ? -stride * (n - 1) : stride);
      }
      if (!wrap) break;
    }
  }
}
