/**
 * @file A reduction as dispatches: the operand as [kept axes, reduced axes] of any strides, in passes until one thread has
 * finished each output. Large ones go four elements at a time where they lie so in memory. Pure.
 */
import reduceSource from '../../shaders/reduce.wgsl?raw';
import vectorsSource from '../../shaders/reduce_vectors.wgsl?raw';
import { collapse, type Layout } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand, Storage } from '../device/device.ts';
import { grid, mathFunctions, wgslType } from './wgsl.ts';

/** An associative operation in WGSL; `identity` is a statement that returns, `combine` an expression of a and b. */
export interface ReduceText {
  readonly identity: string;
  readonly combine: string;
  /** Divides by the number of elements. */
  readonly mean: boolean;
}

export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** What one pass reads: partial results of the pass before, or the operand. */
export interface Pass {
  readonly from: Storage;
  readonly offset: number;
  readonly kept: readonly Axis[];
  readonly reduced: readonly Axis[];
  readonly outputs: number;
  readonly length: number;
}

/** How a pass is carried out: into how many parts of each output, and where they lie. */
interface Plan extends Pick<Dispatch, 'source' | 'shader' | 'constants' | 'integers' | 'work'> {
  readonly splits: number;
  /** [splits, outputs] in place of [outputs, splits]. */
  readonly across: boolean;
  /** What tells its text from that of others of the same shader. */
  readonly key: string;
  readonly slots: Readonly<Record<string, string>>;
  readonly threads: number;
}

export const WORKGROUP = 64;
/** Threads that are enough to fill a device, and elements that are worth a thread of their own. */
const THREADS = 8192;
const PER_THREAD = 32;
/** Threads of a GPU that surely run together. */
const GPU_LANES = 32;
/** Elements from which on vectors are worth a pipeline of their own. */
const LARGE = 4096;

/** The operand's axes in two groups, each merged where it can be. */
export function group(
  x: Layout,
  axes: readonly number[],
): { kept: Axis[]; reduced: Axis[]; outputs: number; length: number } {
  const part = (keep: boolean): Axis[] => {
    const chosen = x.shape.map((_, d) => d).filter((d) => axes.includes(d) !== keep);
    const { shape, strides } = collapse(
      chosen.map((d) => x.shape[d] as number),
      [chosen.map((d) => x.strides[d] as number)],
    );
    return shape.map((size, d) => ({ size, stride: strides[0]?.[d] as number }));
  };
  const [kept, reduced] = [part(true), part(false)];
  const count = (list: readonly Axis[]) => list.reduce((n, a) => n * a.size, 1);
  return { kept, reduced, outputs: count(kept), length: count(reduced) };
}

/** Axes as the shaders read them; strides in units of so many elements. */
export const table = (axes: readonly Axis[], unit: number = 1): number[] =>
  Array.from({ length: 6 }, (_, d) => [axes[d]?.size ?? 1, (axes[d]?.stride ?? 0) / unit, 0, 0]).flat();

export function splitsFor(outputs: number, length: number): number {
  if (length <= 2 * PER_THREAD || outputs >= THREADS) return 1;
  return Math.min(Math.ceil(length / PER_THREAD), Math.ceil(THREADS / outputs));
}

/** Passes over `axes` of `x` into the contiguous `y`. */
export function reduceDispatches(
  x: Operand,
  y: Operand,
  axes: readonly number[],
  text: ReduceText,
  context: GpuContext,
): Dispatch[] {
  const type = wgslType(x.dtype);
  let pass: Pass = { ...group(x, axes), from: x.storage, offset: x.offset };
  const { outputs, length: total } = pass;
  const list: Dispatch[] = [];
  for (;;) {
    const plan = inVectors(pass, type, context) ?? oneByOne(pass, type);
    const { splits, across, threads, key, slots, ...rest } = plan;
    const last = splits === 1;
    const to = last ? y.storage : context.scratch(x.dtype, outputs * splits);
    const finish =
      text.mean && last
        ? 'return select(total / params.divisor, nan_(), params.divisor == 0.0);'
        : 'return total;';
    const { identity, combine } = text;
    list.push({
      ...rest,
      key: [type, combine, identity, finish, key].join('|'),
      slots: {
        identity: `fn identity() -> ${type} { ${identity} }`,
        combine: `${mathFunctions(`${identity} ${combine} ${finish}`)}\nfn combine(a: ${type}, b: ${type}) -> ${type} { return ${combine}; }`,
        finish: `fn finish(total: ${type}) -> ${type} { ${finish} }`,
        ...slots,
      },
      buffers: [
        { storage: to, access: 'read_write' },
        { storage: pass.from, access: 'read' },
      ],
      floats: [total],
      workgroups: grid(Math.ceil(threads / WORKGROUP)),
    });
    if (last) return list;
    pass = {
      from: to,
      offset: 0,
      kept: [{ size: outputs, stride: across ? 1 : splits }],
      reduced: [{ size: splits, stride: across ? outputs : 1 }],
      outputs,
      length: splits,
    };
  }
}

/** Any layout, an element at a time. */
function oneByOne({ kept, reduced, outputs, length, offset }: Pass, type: string): Plan {
  const splits = splitsFor(outputs, length);
  const neighbours = Math.abs(reduced.at(-1)?.stride ?? 1) > Math.abs(kept.at(-1)?.stride ?? Infinity);
  return {
    source: reduceSource,
    shader: 'reduce',
    constants: { WORKGROUP, KEPT: kept.length, REDUCED: reduced.length },
    key: `${kept.length}|${reduced.length}`,
    slots: {
      result: `@group(0) @binding(1) var<storage, read_write> y: array<${type}>;`,
      operand: `@group(0) @binding(2) var<storage, read> x: array<${type}>;`,
    },
    splits,
    across: false,
    threads: outputs * splits,
    integers: [
      outputs,
      length,
      splits,
      neighbours ? 1 : 0,
      offset,
      0,
      0,
      0,
      ...table(kept),
      ...table(reduced),
    ],
    work: outputs * length * 4,
  };
}

/** Whether everything begins where a vector does. */
const aligned = (offset: number, axes: readonly Axis[]): boolean =>
  [offset, ...axes.map((a) => a.stride)].every((s) => s % 4 === 0);

/**
 * How outputs whose elements lie contiguous in memory are shared out among threads, in vectors; undefined where they do
 * not lie so, or are not worth it.
 */
export function vectorLines(
  { kept, reduced, outputs, length, offset }: Pass,
  { info: { software = false } }: Pick<GpuContext, 'info'>,
) {
  if (outputs * length < LARGE || reduced.length !== 1 || reduced[0]?.stride !== 1 || !aligned(offset, kept))
    return undefined;
  const vectors = Math.floor(length / 4);
  const splits = splitsOfVectors(outputs, vectors, software);
  // Threads that run together read neighbouring vectors: on a software adapter these are four.
  const lanes = splits === 1 ? 1 : splits % GPU_LANES === 0 && !software ? GPU_LANES : 4;
  return { vectors, rest: length % 4, splits, each: Math.ceil(vectors / splits), lanes };
}

/** Vectors along one reduced axis, or across it along the last kept one; undefined where memory does not lie so. */
function inVectors(pass: Pass, type: string, context: GpuContext): Plan | undefined {
  const { outputs, length, offset } = pass;
  const plan = {
    source: vectorsSource,
    shader: 'reduce_vectors',
    work: outputs * length * 2,
  };
  const operand = '@group(0) @binding(2) var<storage, read> x: array<Vector>;';
  const element = `alias Element = ${type};`;
  const lines = vectorLines(pass, context);
  if (lines) {
    const { vectors, rest, splits, each, lanes } = lines;
    return {
      ...plan,
      constants: { WORKGROUP, KEPT: pass.kept.length, ALONG: 1, LANES: lanes },
      key: `along ${pass.kept.length} ${lanes}`,
      slots: {
        result: `@group(0) @binding(1) var<storage, read_write> y: array<${type}>;`,
        operand,
        element,
      },
      splits,
      across: false,
      threads: outputs * splits,
      integers: [outputs, vectors, rest, splits, each, offset / 4, 1, 0, ...table(pass.kept, 4)],
    };
  }
  const [line, ...more] = pass.reduced;
  const inner = pass.kept.at(-1);
  const outer = pass.kept.slice(0, -1);
  if (outputs * length < LARGE || !line || more.length > 0) return undefined;
  if (inner?.stride !== 1 || inner.size % 4 !== 0 || !aligned(offset, [line, ...outer])) return undefined;
  const groups = outputs / 4;
  const splits = splitsOfVectors(groups, length, context.info.software === true);
  const kept = [...outer, { size: inner.size / 4, stride: 4 }];
  return {
    ...plan,
    constants: { WORKGROUP, KEPT: kept.length, ALONG: 0, LANES: 1 },
    key: `across ${kept.length}`,
    slots: {
      result: '@group(0) @binding(1) var<storage, read_write> y: array<Vector>;',
      operand,
      element,
      store: ACROSS,
    },
    splits,
    across: true,
    threads: groups * splits,
    integers: [
      groups,
      length,
      0,
      splits,
      Math.ceil(length / splits),
      offset / 4,
      line.stride / 4,
      0,
      ...table(kept, 4),
    ],
  };
}

const ACROSS =
  'fn store(t: Vector, group: u32, split: u32) { y[split * params.groups + group] = Vector(finish(t.x), finish(t.y), finish(t.z), finish(t.w)); }';

/** A multiple of four, so that the next pass can take vectors too; many on a GPU are one of its lanes. */
function splitsOfVectors(groups: number, vectors: number, software: boolean): number {
  const [alone, each, threads] = software
    ? [1024, 256, 4096 / groups]
    : [64, 32, Math.max(64, THREADS / groups)];
  if (vectors <= alone || threads <= 1) return 1;
  const splits = Math.min(vectors / each, threads);
  const unit = splits >= GPU_LANES && !software ? GPU_LANES : 4;
  return Math.ceil(splits / unit) * unit;
}
