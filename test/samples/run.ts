// Carries samples out: builds their inputs in any layout, calls the operation, and holds results against numbers.
import * as api from '../../src/index.ts';
import {
  type Device,
  type DType,
  type Memory,
  memory,
  scope,
  Tensor,
  type TypedArray,
  tensor,
} from '../../src/index.ts';
import type { Call, Filled, SampledOp } from './inputs.ts';

/**
 * Plain is row-major and alone in its storage; offset is row-major with other values before and behind; strided is a
 * transposed and sliced view that walks backwards between other values. Those are NaN.
 */
export type Lay = 'plain' | 'offset' | 'strided';

/** How the tensors of a call lie: all alike, and, where there are several, one against the others. */
export function layoutsOf({ inputs }: Call): Lay[][] {
  const tensors = inputs.filter((x) => typeof x !== 'number').length;
  if (tensors === 0) return [[]];
  const all = (lay: Lay): Lay[] => inputs.map(() => lay);
  const alike = [all('plain'), all('offset'), all('strided')];
  if (tensors === 1) return alike;
  const mixed = (first: Lay, rest: Lay) => inputs.map((_, k) => (k === 0 ? first : rest));
  return [...alike, mixed('strided', 'plain'), mixed('plain', 'strided')];
}

export interface Where {
  readonly device: Device;
  readonly float: DType;
}

export function dtypeOf(kind: string, float: DType): DType {
  return kind === 'float' ? float : (kind as DType);
}

/** One input as a tensor; `values` may stand in for its own. */
export function build(
  x: Filled,
  lay: Lay,
  { device, float }: Where,
  values: readonly number[] = x.values,
): Tensor {
  const dtype = dtypeOf(x.kind, float);
  const made = layouts[lay](values, x.shape, dtype, device);
  return x.to ? made.broadcastTo(x.to) : made;
}

function plain(values: readonly number[], shape: readonly number[], dtype: DType, device: Device): Tensor {
  return tensor(Float64Array.from(values), { shape, dtype, device });
}

const others = (dtype: DType): number => (dtype === 'bool' ? 1 : dtype === 'int32' ? 2147483647 : Number.NaN);

function offset(values: readonly number[], shape: readonly number[], dtype: DType, device: Device): Tensor {
  const [n, around] = [values.length, others(dtype)];
  return plain([around, around, around, ...values, around, around], [n + 5], dtype, device)
    .slice([3, n + 3])
    .reshape(shape);
}

/** Every second entry, from the back along the storage's first axis, of a larger storage with its axes reversed. */
function strided(values: readonly number[], shape: readonly number[], dtype: DType, device: Device): Tensor {
  const rank = shape.length;
  const around = others(dtype);
  if (rank === 0) return plain([around, values[0] as number, around], [3], dtype, device).slice(1);
  const reversed = [...shape].reverse();
  const last = rank - 1;
  const padded = reversed.map((n, d) => (d === last ? 2 * n + 1 : d === 0 ? n + 1 : n));
  const storage = new Float64Array(padded.reduce((n, d) => n * d, 1)).fill(around);
  values.forEach((value, at) => {
    let rest = at;
    const place = new Array<number>(rank);
    for (let d = rank - 1; d >= 0; d--) {
      const n = shape[d] as number;
      const k = rest % n;
      rest = Math.floor(rest / n);
      const s = last - d; // the storage's axis
      place[s] = s !== last ? (s === 0 ? n - k : k) : rank === 1 ? 2 * (n - 1 - k) + 1 : 2 * k + 1;
    }
    storage[place.reduce((to, k, d) => to * (padded[d] as number) + k, 0)] = value;
  });
  const ranges = reversed.map((n, d): [number, number | null, number] => {
    if (n === 0) return [0, 0, 1];
    if (d === last) return rank === 1 ? [2 * n - 1, null, -2] : [1, null, 2];
    return d === 0 ? [n, 0, -1] : [0, n, 1];
  });
  return tensor(storage, { shape: padded, dtype, device })
    .slice(...ranges)
    .permuteDims(reversed.map((_, d) => last - d));
}

const layouts = { plain, offset, strided };

/** What operations give: mostly a tensor, else several in a list or under names. */
type Outcome = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
type Callable = (...args: readonly unknown[]) => Outcome;
const functions = {
  ...api,
  ...Object.fromEntries(Object.entries(api.linalg).map(([name, f]) => [`linalg.${name}`, f])),
} as unknown as Readonly<Record<string, Callable | undefined>>;

/** Calls the method, or the function of that name where its first argument is no tensor; gives the parts of the result. */
export function outcomes(
  op: SampledOp,
  inputs: readonly (Tensor | number)[],
  args: readonly unknown[],
): readonly Tensor[] {
  const { operands, rest } = arranged(inputs, args);
  const [first, ...others] = operands;
  const named = functions[op] as Callable;
  const outcome = (): Outcome => {
    if (op === 'concat' || op === 'stack') return named(operands, ...rest);
    if (op === 'einsum') return named(...rest, ...operands);
    if (/^(where|meshgrid|linalg.+)$/.test(op) || typeof first === 'number')
      return named(...operands, ...rest);
    const method = (first as unknown as Readonly<Record<string, Callable>>)[op] as Callable;
    return method.call(first, ...others, ...rest);
  };
  const found = outcome();
  return found instanceof Tensor ? [found] : Object.values(found);
}

/** An argument '#k', alone or as an option, stands for operand k, which then does not come first. null is left out. */
function arranged(inputs: readonly (Tensor | number)[], args: readonly unknown[]) {
  const named = new Set<number>();
  const place = (a: unknown): unknown => {
    if (typeof a === 'string' && /^#\d$/.test(a)) {
      named.add(Number(a.slice(1)));
      return inputs[Number(a.slice(1))];
    }
    if (typeof a !== 'object' || a === null || Array.isArray(a)) return a ?? undefined;
    return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, place(value)]));
  };
  const rest = args.map(place);
  return { operands: inputs.filter((_, k) => !named.has(k)), rest };
}

/** The result as one tensor: of several parts the floats, one behind the other. */
export function apply(op: SampledOp, inputs: readonly (Tensor | number)[], args: readonly unknown[]): Tensor {
  const parts = outcomes(op, inputs, args);
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return api.concat(parts.filter((y) => y.dtype.startsWith('float')).map((y) => y.flatten()));
}

/** As `outcomes` of the call on a device; everything else that it made is gone. */
export function results(call: Call, lays: readonly Lay[], where: Where): readonly Tensor[] {
  return scope(() => [...outcomes(call.op, tensorsOf(call, lays, where), call.args)]);
}

/** As `apply` of the call on a device; everything else that it made is gone. */
export function result(call: Call, lays: readonly Lay[], where: Where): Tensor {
  return scope(() => apply(call.op, tensorsOf(call, lays, where), call.args));
}

/** Runs the call outside of any scope: all that is made but the operands and the result, the call must free itself. */
export function runBare(call: Call, lays: readonly Lay[], where: Where): void {
  const inputs = scope(() => tensorsOf(call, lays, where));
  for (const y of outcomes(call.op, inputs, call.args)) y.dispose();
  for (const x of inputs) if (typeof x !== 'number') x.dispose();
}

export function tensorsOf({ inputs }: Call, lays: readonly Lay[], where: Where): (Tensor | number)[] {
  return inputs.map((x, k) => (typeof x === 'number' ? x : build(x, lays[k] as Lay, where)));
}

/** What is wrong, or undefined. */
export type Fault = string | undefined;

/** The first place where the values differ by more than atol + rtol·|wanted|; NaN and infinities must be the same. */
export function differs(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  atol: number,
  rtol: number,
  zeros = false,
): Fault {
  if (got.length !== wanted.length) return `${got.length} values, not ${wanted.length}`;
  for (let k = 0; k < wanted.length; k++) {
    const [g, w] = [got[k] as number, wanted[k] as number];
    const near = Number.isFinite(w) ? Math.abs(g - w) <= atol + rtol * Math.abs(w) : Object.is(g, w);
    if (!near || (zeros && w === 0 && !Object.is(g, w))) return `at ${k}: got ${sign(g)}, wanted ${sign(w)}`;
  }
  return undefined;
}

const sign = (v: number) => (Object.is(v, -0) ? '-0' : String(v));

/**
 * Runs the check until it leaves the live tensors and bytes as they were. A collector that just then takes what other
 * test files left behind moves the counts too, but not twice alike; a leak does.
 */
export async function withoutLeak(check: () => Promise<Fault>): Promise<Fault> {
  let change = '';
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = memory();
    const fault = await check();
    if (fault) return fault;
    change = difference(before, memory());
    if (change === '') return undefined;
  }
  return `leaves memory changed: ${change}`;
}

function difference(before: Memory, after: Memory): string {
  const [tensors, bytes] = [after.tensors - before.tensors, after.bytes - before.bytes];
  return tensors === 0 && bytes === 0 ? '' : `${tensors} tensors, ${bytes} bytes`;
}

/** One tensor as Python froze it. */
export interface Part {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

/** What Python froze, under the sample's name. */
export type Expected = { readonly check: string } & (Part | { readonly parts: readonly Part[] });

export const partsOf = (wanted: Expected): readonly Part[] => ('parts' in wanted ? wanted.parts : [wanted]);

export async function read(y: Tensor): Promise<TypedArray> {
  try {
    return await y.data();
  } finally {
    y.dispose();
  }
}
