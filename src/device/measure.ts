/**
 * @file How work is measured: what is known of a kernel that ran, who hears of it, and the bytes that it moves. `profile`
 * and `debug({ level: 3 })` listen; while nobody does, the devices spend nothing on it.
 */
import { context } from '../core/context.ts';
import type { DType } from '../core/dtype.ts';
import type { Shape } from '../core/shape.ts';
import type { Dispatch, Operand, Run, Storage } from './device.ts';

/** A tensor in a report. */
export interface Shown {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One dispatch on WebGPU, or the loops of one operation on the CPU. */
export interface Measured {
  readonly op: string;
  /** The shader's name; `cpu` for loops. */
  readonly kernel: string;
  /** Read and written. */
  readonly bytes: number;
  /** `gpu`: the GPU's timestamps, in milliseconds from an origin of its own. `wall`: `performance.now()`. */
  readonly clock: 'gpu' | 'wall';
  /** When it was given to the GPU, on the wall clock; 0 until then. */
  submitted: number;
  /** Undefined until it is known, and for good where the GPU's timestamps make no sense. */
  time: { readonly began: number; readonly ms: number } | undefined;
}

/** Who listens; entries of `context.probes`. */
export interface Probe {
  /** An operation has been given to the device: the kernels since the last one are its own. */
  operation?(op: string, inputs: readonly Shown[], output: Shown, began: number): void;
  kernel?(kernel: Measured): void;
  /** Kernels were submitted together (there may be none: copies alone); `timed` resolves when their times are known. */
  submitted?(kernels: readonly Measured[], timed: Promise<void>): void;
}

/** Tells of loops that have run on the CPU since `began`. */
export function tellLoops(run: Run, began: number): void {
  const bytes = operandsOf(run).reduce((sum, x) => sum + bytesSeen(x), 0);
  const time = { began, ms: performance.now() - began };
  const kernel: Measured = { op: run.op, kernel: 'cpu', bytes, clock: 'wall', submitted: began, time };
  for (const probe of context.probes) probe.kernel?.(kernel);
}

/** Every operand as often as it is read or written. */
const operandsOf = ({ inputs, outputs, updates }: Run): readonly Operand[] =>
  updates ? [...inputs, ...outputs, ...outputs] : [...inputs, ...outputs];

/** Bytes of the elements that a layout shows, each once; none where the host knows the value. */
export function bytesSeen({
  shape,
  strides,
  storage,
}: Pick<Operand, 'shape' | 'strides' | 'storage'>): number {
  const elements = shape.reduce((n, size, d) => (strides[d] === 0 && size > 0 ? n : n * size), 1);
  return Math.min(Math.round((elements * storage.bytes) / Math.max(storage.length, 1)), storage.bytes);
}

/**
 * The bytes that each dispatch of an operation moves. An operand counts once, however many dispatches share it (each may
 * touch a part of it); an intermediate result counts in full wherever it is bound.
 */
export function bytesMoved(run: Run, dispatches: readonly Dispatch[]): number[] {
  const operands = operandsOf(run);
  const binds = ({ buffers }: Dispatch, storage: Storage) => buffers.some((b) => b.storage === storage);
  return dispatches.map((dispatch) => {
    let bytes = 0;
    for (const x of operands)
      if (binds(dispatch, x.storage))
        bytes += bytesSeen(x) / dispatches.filter((other) => binds(other, x.storage)).length;
    for (const { storage } of dispatch.buffers)
      if (!operands.some((x) => x.storage === storage)) bytes += storage.bytes;
    return bytes;
  });
}
