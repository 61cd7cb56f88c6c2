/**
 * @file argmax and argmin as dispatches, in passes that choose among the positions which the pass before has found. Large
 * ones whose axis lies contiguous in memory begin four elements at a time. Pure.
 */
import argmaxSource from '../../shaders/argmax.wgsl?raw';
import vectorsSource from '../../shaders/argmax_vectors.wgsl?raw';
import type { Dispatch, GpuContext, Operand, Storage } from '../device/device.ts';
import { group, type Pass, splitsFor, table, vectorLines, WORKGROUP } from './reduce_plan.ts';
import { grid, wgslType } from './wgsl.ts';

export type Extremum = 'largest' | 'smallest';

export function argDispatches(
  x: Operand,
  y: Operand,
  axes: readonly number[],
  which: Extremum,
  context: GpuContext,
): Dispatch[] {
  const pass: Pass = { ...group(x, axes), from: x.storage, offset: x.offset };
  const { outputs } = pass;
  const list: Dispatch[] = [];
  let candidates: Storage | undefined;
  let count = pass.length;
  for (;;) {
    const lines = candidates ? undefined : vectorLines(pass, context);
    const splits = lines?.splits ?? splitsFor(outputs, count);
    const to = splits === 1 ? y.storage : context.scratch('int32', outputs * splits);
    list.push({
      ...(lines
        ? inVectors(pass, wgslType(x.dtype), which, lines)
        : oneByOne(pass, wgslType(x.dtype), which, candidates, count)),
      buffers: [
        { storage: to, access: 'read_write' },
        { storage: x.storage, access: 'read' },
        ...(candidates ? [{ storage: candidates, access: 'read' as const }] : []),
      ],
      workgroups: grid(Math.ceil((outputs * splits) / WORKGROUP)),
    });
    if (splits === 1) return list;
    [candidates, count] = [to, splits];
  }
}

type Plan = Omit<Dispatch, 'buffers' | 'workgroups'>;

/** Any layout, an element at a time: all of an output, or `count` candidates. */
function oneByOne(
  { kept, reduced, outputs, offset }: Pass,
  type: string,
  which: Extremum,
  candidates: Storage | undefined,
  count: number,
): Plan {
  return {
    source: argmaxSource,
    shader: 'argmax',
    key: [type, which, candidates !== undefined, kept.length, reduced.length].join('|'),
    slots: {
      operand: `@group(0) @binding(2) var<storage, read> x: array<${type}>;`,
      ...(type === 'i32' ? { key: 'fn key(v: i32) -> i32 { return directed(v); }' } : {}),
      ...(which === 'smallest' ? { direction: 'fn directed(k: i32) -> i32 { return -1 - k; }' } : {}),
      ...(candidates
        ? {
            candidates: '@group(0) @binding(3) var<storage, read> candidates: array<i32>;',
            candidate:
              'fn candidate(output: u32, j: u32) -> u32 { return u32(candidates[output * params.length + j]); }',
          }
        : {}),
    },
    constants: { WORKGROUP, KEPT: kept.length, REDUCED: reduced.length },
    integers: [outputs, count, splitsFor(outputs, count), offset, ...table(kept), ...table(reduced)],
    work: outputs * count * 4,
  };
}

function inVectors(
  { kept, outputs, length, offset }: Pass,
  type: string,
  which: Extremum,
  { vectors, rest, splits, each, lanes }: NonNullable<ReturnType<typeof vectorLines>>,
): Plan {
  return {
    source: vectorsSource,
    shader: 'argmax_vectors',
    key: `${type}|${which}|${kept.length}|${lanes}`,
    slots: {
      operand: `@group(0) @binding(2) var<storage, read> x: array<vec4<${type}>>;`,
      ...(type === 'i32' ? { keys: 'fn keys(v: vec4i) -> vec4i { return directed(v); }' } : {}),
      ...(which === 'smallest'
        ? { direction: 'fn directed(k: vec4i) -> vec4i { return vec4i(-1) - k; }' }
        : {}),
    },
    constants: { WORKGROUP, KEPT: kept.length, LANES: lanes },
    integers: [outputs, vectors, rest, splits, each, offset / 4, 0, 0, ...table(kept, 4)],
    work: outputs * length * 2,
  };
}
