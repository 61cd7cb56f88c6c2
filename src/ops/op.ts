/**
 * @file What an operation is: one row that says how it reads its arguments, its dtype and shape rules,
 * its kernel or view, and its gradient. `dispatch.ts` carries rows out. Tensors are imported as types
 * only: a gradient rule calls methods on the tensors that it is given.
 */

import { integer } from '../core/arguments.ts';
import { describe, describeOperand } from '../core/describe.ts';
import { castValue, type DType, isFloat, promote } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';

export { flag, integer, options } from '../core/arguments.ts';

import type { Layout, Shape } from '../core/shape.ts';
import type { Kernel, Operand } from '../device/device.ts';
import type { InternalOps, Tensor, TensorLike } from '../tensor.ts';

/** A tensor with the methods of the internal rows too: what gradient rules see. */
export type Operable = Tensor & InternalOps;
/** A plain number is weak: it takes the dtype of the tensors that it meets. */
export type Input = Operable | number | HostIndices;
/** Indices as a plain array: checked at the call, then uploaded. */
export interface HostIndices {
  readonly host: Int32Array;
  readonly shape: Shape;
}
/** A gradient by one input: none, at hand, or worked out only when somebody wants it. */
export type Gradient = Tensor | null | (() => Tensor);
/** As many as the row parses; the type spares the rules from saying so again. */
export type Inputs = readonly [Operable, Operable, Operable, ...Operable[]];
type Shapes = readonly [Shape, Shape, Shape, ...Shape[]];

export interface Call<A> {
  readonly inputs: readonly Input[];
  readonly attrs: A;
}

export interface DTypes {
  /** What each input is converted to before the kernel sees it. */
  readonly inputs: readonly DType[];
  readonly output: DType;
}

interface Common<A> {
  /** Reads and checks the arguments of the method or function (the tensor itself comes first). */
  parse(op: string, args: readonly unknown[]): Call<A>;
  dtypes(op: string, kinds: readonly (DType | number)[], attrs: A): DTypes;
  shape(op: string, shapes: Shapes, attrs: A): Shape;
}

/** How an operation is done in parts, where the device cannot see its operands or its result at once. */
export interface Parts<A> {
  /**
   * For an axis of the result along which entries are computed apart: the axis of each input that goes with it, or null
   * where every entry needs all of the input. Undefined for any other axis.
   */
  along?(
    axis: number,
    call: { readonly attrs: A; readonly shapes: Shapes; readonly result: Shape },
  ): readonly (number | null)[] | undefined;
  /** Axes of the inputs over which `merge` combines the results of two parts, which hold these shares of the entries. */
  over?(attrs: A, shapes: Shapes): readonly (readonly (number | null)[])[];
  merge?(a: Tensor, b: Tensor, shares: readonly [number, number]): Tensor;
  /** The attributes of a part of so many entries, where they hold sizes. */
  attrs?(attrs: A, entries: number): A;
}

interface Computes<A> extends Common<A> {
  readonly kernel: Kernel<A>;
  /** Absent where it is done whole or not at all. */
  readonly parts?: Parts<A>;
  /** The result of operands whose every element has one known value: then there is nothing to run. */
  readonly fold?: (a: number, b: number, c: number) => number;
  /** Whether the kernel reads this operand as it lies; if not, it gets a contiguous copy. */
  accepts?(operand: Operand, index: number, attrs: A): boolean;
}

/** Another look at the same storage: no kernel, no copy. */
interface Views<A> extends Common<A> {
  view(layout: Layout, attrs: A): Layout;
  /** Whether the view exists without a copy; by default it does. */
  accepts?(operand: Operand): boolean;
}

/** The gradient rule of an operation. */
export interface Vjp<A> {
  /**
   * The vector-Jacobian product: gradients by each input, given the gradient `g` of the output. Written in
   * tensor operations, so that gradients of gradients follow. Un-broadcasting is done by the caller.
   */
  vjp(g: Operable, inputs: Inputs, output: Operable, attrs: A): readonly Gradient[];
  /** What `vjp` reads besides shapes; the tape keeps only that. */
  readonly saves: 'nothing' | 'inputs' | 'output' | 'both';
}

/** Used in place of the kernel when a tape is watching: the same in plain operations. */
interface Fallback<A> {
  fallback(inputs: Inputs, attrs: A): Tensor;
}

interface NotDifferentiable {
  readonly differentiable: false;
}

/** The types demand a gradient, a fallback, or the explicit statement that there is none. */
export type Op<A> = (Computes<A> | Views<A>) & (Vjp<A> | Fallback<A> | NotDifferentiable);
export type Row = Op<unknown>;

/**
 * Names the attribute type of one row; rows are kept without it (methods are bivariant). The gradient may come by itself, from
 * where operations are at hand. Bundlers drop a row that nobody uses.
 */
/* @__NO_SIDE_EFFECTS__ */
export function op<A>(...parts: [row: Op<A>] | [computes: Computes<A>, gradient: Vjp<A>]): Row {
  return Object.assign({}, ...parts);
}

// --- dtype rules ---

type DTypeRule = (op: string, kinds: readonly (DType | number)[]) => DTypes;

/** The dtype that tensors and weak numbers have in common. float16 is for storage: operations compute it in float32. */
export function common(kinds: readonly (DType | number)[]): DType {
  const strong = kinds
    .filter((k): k is DType => typeof k !== 'number')
    .map((k): DType => (k === 'float16' ? 'float32' : k));
  const weak = kinds.filter((k) => typeof k === 'number');
  const dtype = strong.length > 0 ? strong.reduce(promote) : 'float32';
  if (isFloat(dtype) || weak.length === 0) return dtype;
  return weak.every((v) => castValue(v, 'int32') === v) ? 'int32' : 'float32';
}

const all = (kinds: readonly unknown[], dtype: DType, output: DType = dtype): DTypes => ({
  inputs: kinds.map(() => dtype),
  output,
});
const numeric = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype);
export const floating = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'float32');

export const dtypeRules = {
  /** Numbers as they are; bool counts as int32. */
  numeric: (_, kinds) => all(kinds, numeric(common(kinds))),
  /** Integers become float32. */
  float: (_, kinds) => all(kinds, floating(common(kinds))),
  /** Anything, unchanged. */
  same: (_, kinds) => all(kinds, common(kinds)),
  /** Anything in common, answered by bool. */
  comparison: (_, kinds) => all(kinds, common(kinds), 'bool'),
  /** A question about a float, answered by bool. */
  predicate: (_, kinds) => all(kinds, floating(common(kinds)), 'bool'),
  /** Truth values of anything. */
  logical: (_, kinds) => all(kinds, 'bool'),
  /** A condition, then two values. */
  choice: (_, [, ...values]) => {
    const dtype = common(values);
    return { inputs: ['bool', dtype, dtype], output: dtype };
  },
} satisfies Record<string, DTypeRule>;

/** Every place of the result is computed apart, from the places of the inputs that broadcasting brings there. */
export const elementwiseParts = {
  along: (axis, { shapes, result }) =>
    shapes.map((shape) => {
      const own = axis - (result.length - shape.length);
      return own < 0 || shape[own] === 1 ? null : own;
    }),
} satisfies Parts<unknown>;

/** Entries along the first axis of every input but the ones named are computed apart. */
export function batchParts<A>(inputs: number, shared: readonly number[], attrs: Parts<A>['attrs']): Parts<A> {
  const axes = Array.from({ length: inputs }, (_, k) => (shared.includes(k) ? null : 0));
  return { along: (axis) => (axis === 0 ? axes : undefined), ...(attrs ? { attrs } : {}) };
}

/** What several gradients are made of, made when the first of them is wanted. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** condition ? a : b, in a gradient rule. */
export function choose(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return (condition as Operable).select(a, b);
}

// --- arguments ---

export function isTensor(value: unknown): value is Operable {
  return typeof (value as Tensor | null | undefined)?.storageFor === 'function';
}

/** A living tensor or a plain number, else an error that says what came instead. */
export function input(op: string, value: unknown, position = 'the first argument'): Operable | number {
  return typeof value === 'number' ? value : operand(op, value, position, 'a tensor or a number');
}

/** As `input`, for operations that need a shape: a plain number is not enough. */
export function tensorInput(op: string, value: unknown, position = 'the first argument'): Operable {
  return operand(op, value, position, 'a tensor');
}

function operand(op: string, value: unknown, position: string, wanted: string): Operable {
  if (isTensor(value)) {
    value.storageFor(op);
    return value;
  }
  throw new ArgumentError(`${op}: ${position} must be ${wanted}, got ${describeOperand(value)}`);
}

/** For operations that take axes in a list, and would not look at more than that. */
export function oneAxisList(op: string, axis: unknown, more: readonly unknown[]): void {
  if (more.length > 0)
    throw new ArgumentError(
      `${op}: takes one axis, or one list of axes: ${op}(${describe([axis, ...more])})`,
    );
}

/** A list of tensors, and of at least one. */
export function tensorList(op: string, list: unknown): Operable[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError(`${op}: takes a list of at least one tensor, got ${describe(list)}`);
  return Array.from(list, (x, k) => tensorInput(op, x, `entry ${k}`));
}

/** Indices as an int32 tensor, a whole number, or an array of them, each of which is checked. */
export function indexInput(
  op: string,
  what: string,
  value: unknown,
  check: (index: number) => void,
): Operable | HostIndices {
  if (isTensor(value)) return tensorInput(op, value);
  const list = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list) && !(ArrayBuffer.isView(list) && !(list instanceof DataView)))
    throw new ArgumentError(
      `${op}: ${what} must be an int32 tensor or whole numbers, got ${describe(value)}`,
    );
  const host = Int32Array.from(list as ArrayLike<number>, (index) => {
    integer(op, `each of the ${what}`, index);
    check(index);
    return index;
  });
  return { host, shape: typeof value === 'number' ? [] : [host.length] };
}

export function requireInteger(op: string, what: string, kind: DType | number | undefined): 'int32' {
  if (kind === 'int32' || (typeof kind === 'number' && Number.isInteger(kind))) return 'int32';
  throw new DTypeError(`${op}: ${what} must be int32, got ${kind}; convert with .astype('int32')`);
}
