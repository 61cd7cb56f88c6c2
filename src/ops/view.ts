/**
 * @file Rows that look at the same storage in another way (no kernel, no copy), and those that copy: contiguous,
 * concat, and the gradient of slice.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError, AxisError, ShapeError } from '../core/errors.ts';
import { indexError } from '../core/messages.ts';
import {
  broadcastLayout,
  broadcastShapes,
  checkShape,
  contiguous,
  contiguousStrides,
  isContiguous,
  type Layout,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  show,
  sizeOf,
} from '../core/shape.ts';
import type { Dispatch, GpuContext, Kernel, Operand } from '../device/device.ts';
import { copyKernel, mapCpu } from './map.ts';
import { mapDispatch } from './map_plan.ts';
import {
  dtypeRules,
  elementwiseParts,
  integer,
  type Operable,
  oneAxisList,
  op,
  tensorInput,
  tensorList,
} from './op.ts';

const one = (name: string, x: unknown) => [tensorInput(name, x)];
const allZero = ({ shape, strides }: Layout) => strides.every((s, d) => s === 0 || shape[d] === 1);

// --- reshape ---

/** The shape with its one −1 worked out. */
function resolveShape(name: string, from: Shape, wanted: unknown): Shape {
  const list = Array.isArray(wanted) ? wanted : wanted === undefined ? wanted : [wanted];
  const unknown = Array.isArray(list) ? list.indexOf(-1) : -1;
  if (unknown >= 0 && (list as unknown[]).lastIndexOf(-1) !== unknown)
    throw new ShapeError(`${name}: only one size may be -1, got ${describe(list)}`);
  const shape = checkShape(name, unknown < 0 ? list : (list as number[]).with(unknown, 1));
  const size = sizeOf(from);
  const rest = sizeOf(shape);
  if (unknown < 0 ? rest !== size : rest === 0 ? size !== 0 : size % rest !== 0)
    throw new ShapeError(
      `${name}: ${show(from)} has ${size} elements, which do not fit into ${show(list as number[])}`,
    );
  return unknown < 0 ? shape : (shape as number[]).with(unknown, rest === 0 ? 0 : size / rest);
}

// --- slice ---

interface Window {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  /** Axes taken by one index, which go away. */
  readonly dropped: readonly number[];
}

/** NumPy's basic slicing: bounds clamp, negatives count from the end, an index must lie inside. */
function parseWindow(name: string, shape: Shape, ranges: readonly unknown[]): Window {
  if (ranges.length > shape.length)
    throw new AxisError(`${name}: ${ranges.length} ranges for ${shape.length} axes (shape ${show(shape)})`);
  const starts: number[] = [];
  const sizes: number[] = [];
  const steps: number[] = [];
  const dropped: number[] = [];
  shape.forEach((n, d) => {
    const range = ranges[d] ?? null;
    if (typeof range === 'number') {
      const i = integer(name, `the index of axis ${d}`, range);
      if (i < -n || i >= n) throw indexError(name, i, n);
      starts.push(i < 0 ? i + n : i);
      sizes.push(1);
      steps.push(1);
      dropped.push(d);
      return;
    }
    if (range !== null && !(Array.isArray(range) && range.length <= 3))
      throw new ArgumentError(
        `${name}: a range is a number, [start, stop, step] or null, got ${describe(range)}`,
      );
    const [start = null, stop = null, step = 1] = (range ?? []) as (number | null)[];
    const by = integer(name, `the step of axis ${d}`, step);
    if (by === 0) throw new ArgumentError(`${name}: the step of axis ${d} must not be 0`);
    const bound = (value: number | null, otherwise: number): number => {
      if (value === null) return otherwise;
      const v = integer(name, `the bound of axis ${d}`, value);
      const at = v < 0 ? v + n : v;
      return by > 0 ? Math.min(Math.max(at, 0), n) : Math.min(Math.max(at, -1), n - 1);
    };
    const from = bound(start, by > 0 ? 0 : n - 1);
    const to = bound(stop, by > 0 ? n : -1);
    starts.push(from);
    sizes.push(Math.max(0, Math.ceil((to - from) / by)));
    steps.push(by);
  });
  return { starts, sizes, steps, dropped };
}

function windowLayout({ shape, strides, offset }: Layout, { starts, sizes, steps, dropped }: Window): Layout {
  const keep = shape.map((_, d) => d).filter((d) => !dropped.includes(d));
  const empty = sizes.includes(0);
  return {
    shape: keep.map((d) => sizes[d] as number),
    strides: keep.map((d) => (strides[d] as number) * (steps[d] as number)),
    offset: empty ? 0 : starts.reduce((at, s, d) => at + s * (strides[d] as number), offset),
  };
}

/** The part of `y` that a window covers, all axes kept. */
function windowOf(y: Operand, window: Omit<Window, 'dropped'>): Operand {
  return { ...windowLayout(y, { ...window, dropped: [] }), storage: y.storage, dtype: y.dtype };
}

interface Embed {
  readonly shape: Shape;
  readonly window: Omit<Window, 'dropped'>;
  /** What stands around the window. */
  readonly value: number;
}

/** Dispatches that fill a tensor with one value, then copy the operand into a part of it. */
function fillAndCopy(x: Operand, y: Operand, part: Operand, value: number, { info }: GpuContext): Dispatch[] {
  const fill = { ...y, storage: { ...y.storage, constant: value } };
  const around = sizeOf(part.shape) < sizeOf(y.shape) ? [mapDispatch('a', [fill], y, info)] : [];
  return sizeOf(part.shape) > 0 ? [...around, mapDispatch('a', [x], part, info)] : around;
}

const embedKernel: Kernel<Embed> = {
  cpu: ({ inputs: [x], outputs: [y], attrs: { window, value } }) => {
    y.data.fill(value);
    mapCpu((a) => a, [x], { ...windowOf(y, window), data: y.data });
  },
  gpu: ({ inputs: [x], outputs: [y], attrs: { window, value } }, context) =>
    fillAndCopy(x, y, windowOf(y, window), value, context),
};

// --- diagonal ---

/** The k-th diagonal of the last two axes, as a layout. */
function diagonalLayout({ shape, strides, offset }: Layout, k: number): Layout {
  const [m, n] = shape.slice(-2) as [number, number];
  const [down, right] = strides.slice(-2) as [number, number];
  const length = Math.max(0, k >= 0 ? Math.min(m, n - k) : Math.min(m + k, n));
  const start = length === 0 ? 0 : k >= 0 ? k * right : -k * down;
  return {
    shape: [...shape.slice(0, -2), length],
    strides: [...strides.slice(0, -2), down + right],
    offset: offset + start,
  };
}

interface Diagonal {
  readonly shape: Shape;
  readonly k: number;
}

const diagonalOf = (y: Operand, k: number): Operand => ({
  ...diagonalLayout(y, k),
  storage: y.storage,
  dtype: y.dtype,
});

const diagonalGradKernel: Kernel<Diagonal> = {
  cpu: ({ inputs: [g], outputs: [y], attrs: { k } }) =>
    mapCpu((a) => a, [g], { ...diagonalOf(y, k), data: y.data }),
  gpu: ({ inputs: [g], outputs: [y], attrs: { k } }, context) =>
    fillAndCopy(g, y, diagonalOf(y, k), 0, context),
};

// --- concat ---

const concatParts = (inputs: readonly Operand[], y: Operand, axis: number): Operand[] => {
  let at = 0;
  return inputs.map((x) => {
    const starts = y.shape.map((_, d) => (d === axis ? at : 0));
    at += x.shape[axis] as number;
    return windowOf(y, { starts, sizes: x.shape, steps: y.shape.map(() => 1) });
  });
};

const concatKernel: Kernel<number> = {
  cpu: ({ inputs, outputs: [y], attrs: axis }) => {
    const parts = concatParts(inputs, y, axis);
    inputs.forEach((x, k) => {
      mapCpu((a) => a, [x], { ...(parts[k] as Operand), data: y.data });
    });
  },
  gpu: ({ inputs, outputs: [y], attrs: axis }, { info }) => {
    const parts = concatParts(inputs, y, axis);
    return inputs.flatMap((x, k) =>
      sizeOf(x.shape) > 0 ? [mapDispatch('a', [x], parts[k] as Operand, info)] : [],
    );
  },
};

// --- rows ---

export const viewRows = {
  /** The same value under another name: what `grad` differentiates by. */
  alias: op<undefined>({
    parse: (name, [x]) => ({ inputs: one(name, x), attrs: undefined }),
    dtypes: dtypeRules.same,
    shape: (_, [shape]) => shape,
    view: (layout) => layout,
    vjp: (g) => [g],
    saves: 'nothing',
  }),
  /** The same value, through which no gradient flows. */
  stopGradient: op<undefined>({
    parse: (name, [x]) => ({ inputs: one(name, x), attrs: undefined }),
    dtypes: dtypeRules.same,
    shape: (_, [shape]) => shape,
    view: (layout) => layout,
    vjp: () => [null],
    saves: 'nothing',
  }),
  contiguous: op<undefined>({
    parse: (name, [x]) => ({ inputs: one(name, x), attrs: undefined }),
    dtypes: dtypeRules.same,
    shape: (_, [shape]) => shape,
    kernel: copyKernel,
    parts: elementwiseParts,
    accepts: () => true,
    vjp: (g) => [g],
    saves: 'nothing',
  }),
  reshape: op<Shape>({
    parse: (name, [x, shape, ...more]) => {
      const tensor = tensorInput(name, x);
      if (more.length > 0)
        throw new ArgumentError(`${name}: takes one shape: ${name}(${describe([shape, ...more])})`);
      return { inputs: [tensor], attrs: resolveShape(name, tensor.shape, shape) };
    },
    dtypes: dtypeRules.same,
    shape: (_, __, shape) => shape,
    accepts: (x: Operand) => isContiguous(x) || allZero(x),
    view: (x, shape) => ({
      shape,
      strides: allZero(x) ? shape.map(() => 0) : contiguousStrides(shape),
      offset: x.offset,
    }),
    vjp: (g, [x]) => [g.reshape(x.shape)],
    saves: 'nothing',
  }),
  permuteDims: op<readonly number[]>({
    parse: (name, [x, axes]) => {
      const tensor = tensorInput(name, x);
      if (!Array.isArray(axes) || axes.length !== tensor.ndim)
        throw new AxisError(
          `${name}: axes must list all ${tensor.ndim} axes of shape ${show(tensor.shape)}, got ${describe(axes)}`,
        );
      const order = Array.from(axes, (a) => normalizeAxis(name, a, tensor.ndim));
      normalizeAxes(name, order, tensor.ndim);
      return { inputs: [tensor], attrs: order };
    },
    dtypes: dtypeRules.same,
    shape: (_, [shape], axes) => axes.map((d) => shape[d] as number),
    view: ({ shape, strides, offset }, axes) => ({
      shape: axes.map((d) => shape[d] as number),
      strides: axes.map((d) => strides[d] as number),
      offset,
    }),
    vjp: (g, _, __, axes) => [g.permuteDims(axes.map((_, d) => axes.indexOf(d)))],
    saves: 'nothing',
  }),
  broadcastTo: op<Shape>({
    parse: (name, [x, shape]) => {
      const tensor = tensorInput(name, x);
      const to = checkShape(name, shape);
      if (!sameShape(broadcastShapes(name, tensor.shape, to), to))
        throw new ShapeError(`${name}: ${show(tensor.shape)} does not broadcast to ${show(to)}`);
      return { inputs: [tensor], attrs: to };
    },
    dtypes: dtypeRules.same,
    shape: (_, __, shape) => shape,
    view: broadcastLayout,
    vjp: (g) => [g], // summed over the repeated axes by the caller, as for every broadcast
    saves: 'nothing',
  }),
  expandDims: op<number>({
    parse: (name, [x, axis]) => {
      const tensor = tensorInput(name, x);
      return { inputs: [tensor], attrs: normalizeAxis(name, axis, tensor.ndim + 1) };
    },
    dtypes: dtypeRules.same,
    shape: (name, [shape], axis) => checkShape(name, shape.toSpliced(axis, 0, 1)),
    view: ({ shape, strides, offset }, axis) => ({
      shape: shape.toSpliced(axis, 0, 1),
      strides: strides.toSpliced(axis, 0, 0),
      offset,
    }),
    vjp: (g, [x]) => [g.reshape(x.shape)],
    saves: 'nothing',
  }),
  squeeze: op<readonly number[]>({
    parse: (name, [x, axis, ...more]) => {
      const tensor = tensorInput(name, x);
      oneAxisList(name, axis, more);
      const { shape } = tensor;
      const axes =
        axis === undefined
          ? shape.flatMap((n, d) => (n === 1 ? [d] : []))
          : normalizeAxes(name, axis, shape.length);
      for (const d of axes)
        if (shape[d] !== 1)
          throw new ShapeError(`${name}: axis ${d} of shape ${show(shape)} has size ${shape[d]}, not 1`);
      return { inputs: [tensor], attrs: axes };
    },
    dtypes: dtypeRules.same,
    shape: (_, [shape], axes) => shape.filter((_, d) => !axes.includes(d)),
    view: ({ shape, strides, offset }, axes) => ({
      shape: shape.filter((_, d) => !axes.includes(d)),
      strides: strides.filter((_, d) => !axes.includes(d)),
      offset,
    }),
    vjp: (g, [x]) => [g.reshape(x.shape)],
    saves: 'nothing',
  }),
  slice: op<Window>({
    parse: (name, [x, ...ranges]) => {
      const tensor = tensorInput(name, x);
      return { inputs: [tensor], attrs: parseWindow(name, tensor.shape, ranges) };
    },
    dtypes: dtypeRules.same,
    shape: (_, __, { sizes, dropped }) => sizes.filter((_, d) => !dropped.includes(d)),
    view: windowLayout,
    vjp: (g, [x], _, { starts, sizes, steps }) => [
      () => (g.reshape(sizes) as Operable).embed(x.shape, { starts, sizes, steps }),
    ],
    saves: 'nothing',
  }),
  /** Zeros of a shape with the operand in a window of it: the gradient of slice. */
  embed: op<Embed>({
    parse: (name, [x, shape, window, value = 0]) => ({
      inputs: one(name, x),
      attrs: { shape: shape as Shape, window: window as Window, value: value as number },
    }),
    dtypes: dtypeRules.same,
    shape: (_, __, { shape }) => shape,
    kernel: embedKernel,
    accepts: () => true,
    vjp: (h, _, __, { window: { starts, sizes, steps } }) => [
      () =>
        h.slice(
          ...starts.map((s, d): [number, number | null, number] => {
            const [n, by] = [sizes[d] as number, steps[d] as number];
            const stop = s + n * by;
            return [s, n === 0 ? s : stop < 0 ? null : stop, by];
          }),
        ),
    ],
    saves: 'nothing',
  }),
  diagonal: op<number>({
    parse: (name, [x, k = 0]) => {
      const tensor = tensorInput(name, x);
      if (tensor.ndim < 2)
        throw new ShapeError(`${name}: at least two axes are needed, got shape ${show(tensor.shape)}`);
      return { inputs: [tensor], attrs: integer(name, 'k', k) };
    },
    dtypes: dtypeRules.same,
    shape: (_, [shape], k) => diagonalLayout(contiguous(shape), k).shape,
    view: diagonalLayout,
    vjp: (g, [x], _, k) => [() => (g as Operable).diagonalGrad(x.shape, k)],
    saves: 'nothing',
  }),
  /** Zeros of a shape with the operand on a diagonal: the gradient of diagonal. */
  diagonalGrad: op<Diagonal>({
    parse: (name, [g, shape, k]) => ({
      inputs: one(name, g),
      attrs: { shape: shape as Shape, k: k as number },
    }),
    dtypes: dtypeRules.same,
    shape: (_, __, { shape }) => shape,
    kernel: diagonalGradKernel,
    accepts: () => true,
    vjp: (h, _, __, { k }) => [() => h.diagonal(k)],
    saves: 'nothing',
  }),
  concat: op<number>({
    parse: (name, [list, axis = 0]) => {
      const tensors = tensorList(name, list);
      const first = tensors[0] as Operable;
      const d = normalizeAxis(name, axis, first.ndim);
      for (const { shape } of tensors)
        if (shape.length !== first.ndim || shape.some((n, k) => k !== d && n !== first.shape[k]))
          throw new ShapeError(
            `${name}: shapes ${tensors.map((t) => show(t.shape)).join(', ')} must agree on every axis but axis ${d}`,
          );
      return { inputs: tensors, attrs: d };
    },
    dtypes: dtypeRules.same,
    shape: (_, shapes, axis) =>
      shapes[0].with(
        axis,
        shapes.reduce((n, s) => n + (s[axis] as number), 0),
      ),
    kernel: concatKernel,
    parts: {
      along: (axis, { attrs, shapes }) => (axis === attrs ? undefined : shapes.map(() => axis)),
    },
    accepts: () => true,
    vjp: (g, inputs, _, axis) => {
      let at = 0;
      return inputs.map((x) => {
        const start = at;
        at += x.shape[axis] as number;
        return () =>
          g.slice(
            ...g.shape.map((_, d): [number, number] | null =>
              d === axis ? [start, start + (x.shape[axis] as number)] : null,
            ),
          );
      });
    },
    saves: 'nothing',
  }),
};
