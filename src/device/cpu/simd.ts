/**
 * @file Loads the WebAssembly of the CPU device, compiled from wasm/ when the library is built: with relaxed SIMD, whose
 * multiply-add is fused where the machine can, without where the engine does not have it yet, or not at all.
 */
import { bytes as baseline } from '../../../wasm/kernels.ts?wasm';
import { bytes as relaxed } from '../../../wasm/kernels.ts?wasm=relaxed-simd';
import type { DeviceInfo, Simd } from '../device.ts';
import { adamInChunks, mapInChunks, reduceInChunks } from './simd_chunks.ts';
import { matmulInBlocks } from './simd_matmul.ts';

/** A kernel of wasm/elementwise.ts. */
type MapKernel = (a: number, b: number, y: number, n: number) => void;
/** A kernel of wasm/reduce.ts. */
type ReduceKernel = (x: number, rows: number, columns: number, results: number) => void;

/** What wasm/kernels.ts exports; all numbers are byte addresses or counts. */
export interface SimdExports
  extends Readonly<Record<'add' | 'sub' | 'mul' | 'relu' | 'reluGrad', MapKernel>>,
    Readonly<Record<'sumRows' | 'sumColumns' | 'maxRows' | 'maxColumns', ReduceKernel>> {
  readonly memory: WebAssembly.Memory;
  pack(from: number, line: number, step: number, width: number, k: number, to: number): void;
  multiply(m: number, n: number, k: number, a: number, b: number, c: number): void;
  adam(w: number, m: number, v: number, g: number, n: number, ...rates: readonly number[]): void;
}

/**
 * The module with its memory as numbers. Tensors do not live in it: kernels get copies, piece by piece. So it never
 * grows, no view of it is ever detached, and the garbage collector sees the memory of tensors as it always does.
 */
export interface Scratch extends SimdExports {
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

export interface LoadedSimd {
  readonly level: NonNullable<DeviceInfo['simd']>;
  readonly simd: Simd;
  /** Why there is none. */
  readonly missing?: string;
}

/** Leaves everything to the plain loops. */
export const plainLoops: Simd = {
  map: () => false,
  reduce: () => false,
  matmul: () => false,
  adam: () => false,
};

/** Where an engine is looked for. */
export interface EngineScope {
  readonly WebAssembly?: typeof WebAssembly;
}

const loaded = new WeakMap<EngineScope, LoadedSimd>();

/** The best that the engine has; compiled once. Where it is missing or forbidden (by a Content Security Policy): loops. */
export function loadSimd(scope: EngineScope = globalThis): LoadedSimd {
  const found = loaded.get(scope) ?? load(scope.WebAssembly);
  loaded.set(scope, found);
  return found;
}

function load(engine: EngineScope['WebAssembly']): LoadedSimd {
  try {
    if (!engine) throw new Error('there is no WebAssembly here');
    const builds = [relaxed, baseline].map((bytes) => Uint8Array.from(bytes));
    const best = builds.findIndex((bytes) => engine.validate(bytes));
    const bytes = builds[best];
    if (!bytes) throw new Error('this WebAssembly has no SIMD');
    const { exports } = new engine.Instance(new engine.Module(bytes));
    return {
      level: best === 0 ? 'relaxed' : 'baseline',
      simd: simdOf(exports as unknown as SimdExports),
    };
  } catch (error) {
    return { level: 'none', simd: plainLoops, missing: (error as Error).message };
  }
}

function simdOf(exports: SimdExports): Simd {
  const { buffer } = exports.memory;
  const scratch: Scratch = {
    ...exports,
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
  return {
    map: (op, inputs, y) => mapInChunks(scratch, op, inputs, y),
    reduce: (op, x, axes, y) => reduceInChunks(scratch, op, x, axes, y),
    matmul: (a, b, y, finish) => matmulInBlocks(scratch, a, b, y, finish),
    adam: (targets, g, rates) => adamInChunks(scratch, targets, g, rates),
  };
}
