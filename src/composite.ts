/**
 * @file Operations made of others, whose gradients follow from theirs: statistics, scans, and rearrangements. Fills them
 * in beside the rows; what an operation makes on the way is freed.
 */

import { pad, repeat, roll, split, tile, triangle } from './composite/arrangement.ts';
import { sort, takeAlongAxis, topk } from './composite/choosing.ts';
import { einsum as contract } from './composite/einsum.ts';
import { batchNorm, dropout, layerNorm } from './composite/normalization.ts';
import { tensordot, vecdot } from './composite/products.ts';
import { logSumExp, parseReduction, prod, scan, variance } from './composite/reductions.ts';
import { oneOf } from './core/arguments.ts';
import { ShapeError } from './core/errors.ts';
import { checkShape, normalizeAxes, normalizeAxis, show } from './core/shape.ts';
import { call, deviceOf, type Functions, rowFunctions } from './ops/dispatch.ts';
import { choose, type Operable, oneAxisList, options, tensorInput, tensorList } from './ops/op.ts';
import { scope } from './scope.ts';
import { type CompositeOps, Tensor } from './tensor.ts';
import { visitTensors } from './tree.ts';

type Composite = (name: string, args: readonly unknown[]) => unknown;

const composites = {
  prod,
  var: variance,
  std: (name, args) => {
    const v = variance(name, args);
    const flat = v.equal(0);
    return choose(flat, 0, choose(flat, 1, v).sqrt()); // so that the gradient is 0, not NaN, where all elements are equal
  },
  logSumExp,
  countNonzero: (name, args) => {
    const { x, axes, keepdims } = parseReduction(name, args);
    return x.notEqual(0).astype('int32').sum(axes, { keepdims });
  },
  cumulativeSum: (name, args) => scan(name, args, 'add'),
  cumulativeProd: (name, args) => scan(name, args, 'mul'),
  flatten: (name, [x]) => tensorInput(name, x).reshape([-1]),
  transpose: (name, [x, axes]) => {
    const tensor = tensorInput(name, x);
    return call('permuteDims', [tensor, axes ?? tensor.shape.map((_, d) => d).reverse()], name);
  },
  split,
  flip: (name, [x, axis, ...more]) => {
    const tensor = tensorInput(name, x);
    oneAxisList(name, axis, more);
    const axes = normalizeAxes(name, axis, tensor.ndim);
    return tensor.slice(
      ...tensor.shape.map((_, d): [null, null, number] | null =>
        axes.includes(d) ? [null, null, -1] : null,
      ),
    );
  },
  roll,
  repeat,
  tile,
  pad,
  tril: (name, args) => triangle(name, args, 'greaterEqual'),
  triu: (name, args) => triangle(name, args, 'lessEqual'),
  takeAlongAxis,
  sort,
  topk,
  outer: (name, [x, y]) =>
    tensorInput(name, x)
      .reshape([-1, 1])
      .mul(tensorInput(name, y, 'the second argument').reshape([1, -1])),
  vecdot,
  tensordot,
  trace: (name, [x, k = 0]) => call('diagonal', [x, k], name).sum(-1),
  layerNorm,
  batchNorm,
  dropout,
} satisfies Record<keyof CompositeOps, Composite>;

/** Runs a composite and frees what it makes on the way; tensors of several devices, or of none, are its own error. */
export const free =
  (name: string, composite: Composite) =>
  (...args: unknown[]) => {
    const given: Tensor[] = [];
    visitTensors(args, (x) => given.push(x));
    deviceOf(name, given);
    return scope(() => composite(name, args));
  };

for (const [name, composite] of Object.entries(composites)) {
  const run = free(name, composite);
  Object.defineProperty(Tensor.prototype, name, {
    value: function (this: Tensor, ...args: unknown[]) {
      return run(this, ...args);
    },
    configurable: true,
    writable: true,
  });
}

/** Every method as a function of the same name, the tensor first. */
export const functions = {
  ...rowFunctions,
  ...Object.fromEntries(Object.entries(composites).map(([name, composite]) => [name, free(name, composite)])),
} as unknown as Functions;

/** The tensors, all of one shape, along a new axis. */
export const stack = free('stack', (name, [list, axis = 0]) => {
  const tensors = tensorList(name, list);
  const [first] = tensors as [Operable];
  const d = normalizeAxis(name, axis, first.ndim + 1);
  for (const { shape } of tensors)
    if (show(shape) !== show(first.shape))
      throw new ShapeError(
        `${name}: shapes ${tensors.map((t) => show(t.shape)).join(', ')} must be the same`,
      );
  checkShape(name, first.shape.toSpliced(d, 0, tensors.length));
  return call('concat', [tensors.map((t) => t.expandDims(d)), d], name);
}) as (tensors: readonly Tensor[], axis?: number) => Tensor;

/** Coordinates of a grid from vectors: one tensor a vector, all of the same shape; 'xy' (as NumPy) swaps the first two axes. */
export const meshgrid = free('meshgrid', (name, args) => {
  const last = args.at(-1);
  const settings = typeof last === 'object' && last !== null && !(last instanceof Tensor) ? last : undefined;
  const { indexing = 'xy' } = options(name, settings, 'indexing');
  oneOf(name, 'indexing', indexing, ['xy', 'ij']);
  const vectors = (settings ? args.slice(0, -1) : args).map((v, k) => tensorInput(name, v, `vector ${k}`));
  for (const v of vectors)
    if (v.ndim > 1) throw new ShapeError(`${name}: vectors have one axis, got shape ${show(v.shape)}`);
  const swap = indexing === 'xy' && vectors.length > 1;
  const place = (k: number) => (swap && k < 2 ? 1 - k : k);
  const shape: number[] = [];
  vectors.forEach((v, k) => {
    shape[place(k)] = v.size;
  });
  checkShape(name, shape);
  return vectors.map((v, k) =>
    v.reshape(shape.map((_, d) => (d === place(k) ? v.size : 1))).broadcastTo(shape),
  );
}) as (...args: [...Tensor[], { readonly indexing?: 'xy' | 'ij' }] | Tensor[]) => Tensor[];

const einsumFreed = free('einsum', (name, [equation, ...tensors]) =>
  contract(
    name,
    equation,
    tensors.map((t, k) => tensorInput(name, t, `operand ${k}`)),
  ),
);

/**
 * Sums of products in Einstein's notation: `einsum('ij,jk->ik', a, b)`. Spaces, `...` (broadcast), repeated indices
 * (diagonals), and equations without `->` work as in NumPy.
 */
export function einsum(equation: string, ...tensors: Tensor[]): Tensor {
  return einsumFreed(equation, ...tensors) as Tensor;
}
