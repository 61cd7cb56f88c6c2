/**
 * @file Reductions over any axes: sum, mean, max, argmax. Kernels see the operand as [kept axes, reduced axes] of any
 * strides; long reductions take several passes.
 */
import { ShapeError } from '../core/errors.ts';
import {
  forEachPlace,
  type Layout,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  show,
  sizeOf,
} from '../core/shape.ts';
import type { Kernel, SimdReduction } from '../device/device.ts';
import type { Tensor } from '../tensor.ts';
import { argDispatches, type Extremum } from './argmax_plan.ts';
import { dtypeRules, flag, op, options, type Parts, type Row, tensorInput } from './op.ts';
import { reduceDispatches } from './reduce_plan.ts';
import { wgslType } from './wgsl.ts';

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepdims: boolean;
}

// --- shapes ---

function parseReduce(name: string, [x, axis, opts]: readonly unknown[]) {
  const tensor = tensorInput(name, x);
  const { keepdims = false } = options(name, opts, 'keepdims');
  return {
    inputs: [tensor],
    attrs: { axes: normalizeAxes(name, axis, tensor.ndim), keepdims: flag(name, 'keepdims', keepdims) },
  };
}

function reducedShape(shape: Shape, { axes, keepdims }: ReduceAttrs): number[] {
  return keepdims
    ? shape.map((n, d) => (axes.includes(d) ? 1 : n))
    : shape.filter((_, d) => !axes.includes(d));
}

/** The result of a reduction as it broadcasts against the operand again. */
function expand(y: Tensor, x: Tensor, { axes }: ReduceAttrs): Tensor {
  return y.reshape(reducedShape(x.shape, { axes, keepdims: true }));
}

function requireElements(name: string, shape: Shape, attrs: ReduceAttrs): Shape {
  if (attrs.axes.some((d) => shape[d] === 0))
    throw new ShapeError(
      `${name}: no elements to choose from in shape ${show(shape)} over axes [${attrs.axes.join(', ')}]`,
    );
  return reducedShape(shape, attrs);
}

// --- CPU ---

/** Places of the elements of one output, relative to its first, and the place of each output's first. */
function places(x: Layout, axes: readonly number[]): { firsts: Int32Array; steps: Int32Array } {
  const list = (keep: boolean, offset: number): Int32Array => {
    const chosen = x.shape.map((_, d) => d).filter((d) => axes.includes(d) !== keep);
    const layout = {
      shape: chosen.map((d) => x.shape[d] as number),
      strides: chosen.map((d) => x.strides[d] as number),
      offset,
    };
    const found = new Int32Array(sizeOf(layout.shape));
    forEachPlace(layout.shape, [layout], ([at], i) => {
      found[i] = at as number;
    });
    return found;
  };
  return { firsts: list(true, x.offset), steps: list(false, 0) };
}

// --- the kernel of sum, mean, max ---

interface Reducer {
  readonly identity: { readonly f32: string; readonly i32: string; readonly cpu: number };
  readonly combine: {
    readonly cpu: (a: number, b: number) => number;
    readonly f32: string;
    readonly i32: string;
  };
  /** Divides by the number of elements. */
  readonly mean?: boolean;
  /** The CPU device's fast way for float32, where it has one. */
  readonly simd?: SimdReduction;
}

function reduceKernel({ identity, combine, mean = false, simd: fast }: Reducer): Kernel<ReduceAttrs> {
  return {
    cpu: ({ inputs: [x], outputs: [y], attrs }, simd) => {
      if (fast && simd.reduce(fast, x, attrs.axes, y)) return;
      const { firsts, steps } = places(x, attrs.axes);
      const f = combine.cpu;
      for (let o = 0; o < firsts.length; o++) {
        let total = identity.cpu;
        const first = firsts[o] as number;
        for (let j = 0; j < steps.length; j++)
          total = f(total, x.data[first + (steps[j] as number)] as number);
        y.data[o] = mean ? total / steps.length : total;
      }
    },
    gpu: ({ inputs: [x], outputs: [y], attrs }, context) => {
      const type = wgslType(x.dtype);
      const text = { identity: identity[type], combine: combine[type], mean };
      return reduceDispatches(x, y, attrs.axes, text, context);
    },
  };
}

/** Entries of axes that stay are computed apart; two parts of axes that go give two results, which `merge` combines. */
function reduceParts(merge?: Parts<ReduceAttrs>['merge']): Parts<ReduceAttrs> {
  return {
    along: (axis, { attrs: { axes, keepdims }, shapes: [shape] }) => {
      const kept = shape.flatMap((_, d) => (axes.includes(d) ? (keepdims ? [null] : []) : [d]))[axis];
      return kept === null || kept === undefined ? undefined : [kept];
    },
    ...(merge ? { over: ({ axes }) => axes.map((d) => [d]), merge } : {}),
  };
}

// --- argmax, argmin ---

const argKernel = (which: Extremum): Kernel<ReduceAttrs> => ({
  cpu: ({ inputs: [x], outputs: [y], attrs }) => {
    const { firsts, steps } = places(x, attrs.axes);
    for (let o = 0; o < firsts.length; o++) {
      let best = 0;
      let value = x.data[firsts[o] as number] as number;
      for (let j = 1; j < steps.length && !Number.isNaN(value); j++) {
        const candidate = x.data[(firsts[o] as number) + (steps[j] as number)] as number;
        const wins = which === 'largest' ? candidate > value : candidate < value;
        if (wins || Number.isNaN(candidate)) [best, value] = [j, candidate];
      }
      y.data[o] = best;
    }
  },
  gpu: ({ inputs: [x], outputs: [y], attrs }, context) => argDispatches(x, y, attrs.axes, which, context),
});

// --- rows ---

/** Ties share: the gradient goes to every element that equals the extremum, in equal parts. */
function extremumGradient(g: Tensor, x: Tensor, y: Tensor, attrs: ReduceAttrs): Tensor {
  const winners = x.equal(expand(y, x, attrs)).astype(g.dtype);
  return winners.mul(expand(g, x, attrs).div(winners.sum([...attrs.axes], { keepdims: true })));
}

const sums = { cpu: (a: number, b: number) => a + b, f32: 'a + b', i32: 'a + b' };
const zero = { cpu: 0, f32: 'return 0.0;', i32: 'return 0;' };
const everyLayout = () => true;

export const reduceRows = {
  sum: op<ReduceAttrs>({
    parse: parseReduce,
    dtypes: dtypeRules.numeric,
    shape: (_, [shape], attrs) => reducedShape(shape, attrs),
    kernel: reduceKernel({ identity: zero, combine: sums, simd: 'sum' }),
    parts: reduceParts((a, b) => a.add(b)),
    accepts: everyLayout,
    vjp: (g, [x], _, attrs) => [() => expand(g, x, attrs).broadcastTo(x.shape)],
    saves: 'nothing',
  }),
  mean: op<ReduceAttrs>({
    parse: parseReduce,
    dtypes: dtypeRules.float,
    shape: (_, [shape], attrs) => reducedShape(shape, attrs),
    kernel: reduceKernel({ identity: zero, combine: sums, mean: true, simd: 'mean' }),
    parts: reduceParts((a, b, [s, t]) => a.mul(s).add(b.mul(t))),
    accepts: everyLayout,
    vjp: (g, [x], y, attrs) => [() => expand(g.mul(y.size / x.size), x, attrs).broadcastTo(x.shape)],
    saves: 'nothing',
  }),
  max: op<ReduceAttrs>({
    parse: parseReduce,
    dtypes: dtypeRules.numeric,
    shape: (name, [shape], attrs) => requireElements(name, shape, attrs),
    kernel: reduceKernel({
      identity: { cpu: -Infinity, f32: 'return -inf_();', i32: 'return i32(-2147483648);' },
      combine: { cpu: Math.max, f32: 'max_(a, b)', i32: 'max(a, b)' },
      simd: 'max',
    }),
    parts: reduceParts((a, b) => a.maximum(b)),
    accepts: everyLayout,
    vjp: (g, [x], y, attrs) => [() => extremumGradient(g, x, y, attrs)],
    saves: 'both',
  }),
  min: op<ReduceAttrs>({
    parse: parseReduce,
    dtypes: dtypeRules.numeric,
    shape: (name, [shape], attrs) => requireElements(name, shape, attrs),
    kernel: reduceKernel({
      identity: { cpu: Infinity, f32: 'return inf_();', i32: 'return 2147483647;' },
      combine: { cpu: Math.min, f32: 'min_(a, b)', i32: 'min(a, b)' },
    }),
    parts: reduceParts((a, b) => a.minimum(b)),
    accepts: everyLayout,
    vjp: (g, [x], y, attrs) => [() => extremumGradient(g, x, y, attrs)],
    saves: 'both',
  }),
  all: truthRow(1, Math.min, 'min(a, b)', (a, b) => a.logicalAnd(b)),
  any: truthRow(0, Math.max, 'max(a, b)', (a, b) => a.logicalOr(b)),
  argmax: argRow('largest'),
  argmin: argRow('smallest'),
};

/** Truth values are 0 and 1: all is their minimum, any their maximum. */
function truthRow(
  identity: number,
  cpu: (a: number, b: number) => number,
  wgsl: string,
  merge: (a: Tensor, b: Tensor) => Tensor,
): Row {
  return op<ReduceAttrs>({
    parse: parseReduce,
    dtypes: dtypeRules.logical,
    shape: (_, [shape], attrs) => reducedShape(shape, attrs),
    kernel: reduceKernel({
      identity: { cpu: identity, f32: '', i32: `return ${identity};` },
      combine: { cpu, f32: '', i32: wgsl },
    }),
    parts: reduceParts(merge),
    accepts: everyLayout,
    differentiable: false,
  });
}

function argRow(which: Extremum): Row {
  return op<ReduceAttrs>({
    parse: (name, [x, axis, opts]) => {
      const tensor = tensorInput(name, x);
      const axes = axis === undefined || axis === null ? undefined : normalizeAxis(name, axis, tensor.ndim);
      return parseReduce(name, [tensor, axes, opts]);
    },
    dtypes: (name, kinds) => ({ inputs: dtypeRules.numeric(name, kinds).inputs, output: 'int32' }),
    shape: (name, [shape], attrs) => requireElements(name, shape, attrs),
    kernel: argKernel(which),
    parts: reduceParts(),
    accepts: everyLayout,
    differentiable: false,
  });
}
