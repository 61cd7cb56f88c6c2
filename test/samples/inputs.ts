// What a sample is, and how its inputs come about: seeded, distinct, non-zero multiples of a power of two, which float32
// holds exactly, so that one frozen expectation serves every dtype and device. Pure; Python reads it through Node.
import type { Shape } from '../../src/core/shape.ts';
import type { linalg } from '../../src/linalg/index.ts';
import type { randomRows } from '../../src/ops/random_bits.ts';
import type { OpName } from '../../src/ops/table.ts';
import type { CompositeOps } from '../../src/tensor.ts';

/** `float` is float32, and on the CPU device float64 in a second run. float16 is stored so and computed in float32. */
export type Kind = 'float' | 'float16' | 'int32' | 'bool';
/**
 * Every row and every composite, as methods and functions. Without samples of their own: the rows that make random
 * numbers out of nothing, which have no operands to lay out and no gradient (test/ops/random.test.ts holds each to its
 * formula); and dropout, whose mask NumPy could not know (test/ops/dropout.test.ts).
 */
export type SampledOp =
  | Exclude<OpName, keyof typeof randomRows>
  | Exclude<keyof CompositeOps, 'dropout'>
  | `linalg.${keyof typeof linalg}`
  | 'where'
  | 'stack'
  | 'meshgrid'
  | 'einsum';

interface Spread {
  readonly low?: number;
  readonly high?: number;
  /** Values are multiples of it, plus `shift`. */
  readonly step?: number;
  readonly shift?: number;
  /** The least distance from 0. */
  readonly gap?: number;
}

export interface InputSpec extends Spread {
  readonly kind: Kind;
  readonly shape: Shape;
  /** Repeated to this shape with strides of 0. */
  readonly to?: Shape;
  /** In place of random ones. */
  readonly values?: readonly number[];
}

/** One call: tensors or plain numbers first, further arguments behind them. */
export interface Sample {
  readonly inputs: readonly (InputSpec | number)[];
  readonly args?: readonly unknown[];
  /** Needs float64. */
  readonly only?: 'cpu';
  /** Rounds to float32: a step function to finite differences in float64. */
  readonly rounds?: true;
}

export const f = (shape: Shape, spread: Spread = {}): InputSpec => ({ kind: 'float', shape, ...spread });
export const half = (shape: Shape, spread: Spread = {}): InputSpec => ({ kind: 'float16', shape, ...spread });
export const i = (shape: Shape, spread: Spread = {}): InputSpec => ({ kind: 'int32', shape, ...spread });
export const b = (shape: Shape): InputSpec => ({ kind: 'bool', shape });
/** Whole numbers from `low` to `high`, 0 among them: indices, labels, and floats that tie. */
export const whole = (kind: Kind, shape: Shape, low: number, high: number): InputSpec => ({
  kind,
  shape,
  low,
  high,
  step: 1,
  gap: 0,
});
export const repeated = (input: InputSpec, to: Shape): InputSpec => ({ ...input, to });
export const given = (kind: Kind, shape: Shape, values: readonly number[]): InputSpec => ({
  kind,
  shape,
  values: kind === 'float' ? values.map(Math.fround) : values,
});
export const sample = (inputs: readonly (InputSpec | number)[], ...args: unknown[]): Sample => ({
  inputs,
  args,
});

/** A sample with its values, as the tests run it and as Python computes its expectation. */
export interface Call {
  readonly op: SampledOp;
  readonly id: string;
  readonly inputs: readonly (Filled | number)[];
  readonly args: readonly unknown[];
  readonly sample: Sample;
  /** A hash of the above: a frozen expectation counts for these inputs only. */
  readonly check: string;
}

export interface Filled {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly to?: Shape | undefined;
  readonly values: readonly number[];
}

export function callsOf(op: SampledOp, list: readonly Sample[]): Call[] {
  return list.map((sample) => {
    const { inputs, args = [] } = sample;
    const id = `${op}(${[...inputs.map(show), ...args.map((a) => encode(a))].join(', ')})`;
    const filled = inputs.map((x, k) => (typeof x === 'number' ? x : fill(x, `${id} ${k}`)));
    return { op, id, inputs: filled, args, sample, check: hash(encode([id, filled])).toString(16) };
  });
}

/** JSON, with the numbers that it lacks as strings. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, v) =>
    typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? (v === 0 ? '-0' : String(v)) : v,
  );
}

function show(x: InputSpec | number): string {
  if (typeof x === 'number') return String(x);
  const { kind, shape, to, values, ...spread } = x;
  const extra = Object.entries(spread).map(([name, v]) => ` ${name} ${v}`);
  return `${kind}[${shape.join(',')}]${to ? `→[${to.join(',')}]` : ''}${values ? ` given ${hash(encode(values)).toString(16)}` : ''}${extra.join('')}`;
}

function fill(spec: InputSpec, seed: string): Filled {
  const { kind, shape, to, values } = spec;
  const count = shape.reduce((n, d) => n * d, 1);
  const random = generator(hash(seed));
  return {
    kind,
    shape,
    to,
    values: values ?? (kind === 'bool' ? bits(count, random) : spread(spec, count, random)),
  };
}

function bits(count: number, random: () => number): number[] {
  const list = Array.from({ length: count }, () => Number(random() < 0.5));
  if (list.length > 1) list[count - 1] = 1 - (list[0] as number); // both occur
  return list;
}

/** Distinct values as far as the range has them. */
function spread(spec: InputSpec, count: number, random: () => number): number[] {
  const float = spec.kind.startsWith('float');
  const {
    low = float ? -2 : -9,
    high = float ? 2 : 9,
    step = float ? 1 / 64 : 1,
    shift = 0,
    gap = step,
  } = spec;
  const grid: number[] = [];
  for (let k = Math.ceil(low / step); k <= Math.floor(high / step); k++)
    if (Math.abs(k * step) >= gap) grid.push(k * step + shift);
  return Array.from({ length: count }, (_, at) => {
    const from = count <= grid.length ? at : 0;
    const chosen = from + Math.floor(random() * (grid.length - from));
    const value = grid[chosen] as number;
    if (count <= grid.length) [grid[chosen], grid[at]] = [grid[at] as number, value];
    return value;
  });
}

/** Numbers in [0, 1), the same for the same seed everywhere (mulberry32). */
export function generator(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
  return h >>> 0;
}
