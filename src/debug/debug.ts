/** @file The switch of the view inside: what is logged, and whether NaN and Infinity are looked for. See docs/inside.md. */
import { options as checked, flag } from '../core/arguments.ts';
import { context, type Debugging } from '../core/context.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Probe } from '../device/measure.ts';
import { tellKernels } from './tell.ts';

export interface DebugOptions {
  /**
   * 1 logs each operation with shapes, dtypes and host time, and warns of forgotten tensors; 2 also the WGSL of each pipeline when it is made; 3, in place
   * of the WGSL, the time that each dispatch took on the GPU, once it is known; 0 nothing.
   */
  readonly level?: Debugging['level'];
  /** Whether an operation that makes a NaN or Infinity out of finite inputs is an error. Slow. */
  readonly nan?: boolean;
}

const OFF: Debugging = { level: 0, nan: false };
const LEVELS: readonly unknown[] = [0, 1, 2, 3];
const kernelTimes: Probe = { submitted: tellKernels };

/**
 * Shows what happens inside; what is left out stays as it was. With `nan: true` the first operation that makes a NaN or
 * Infinity out of finite inputs is a NonFiniteError that names it, its shapes and the line that called it: on the CPU at
 * the call, on WebGPU at the next read. The steps of gradient rules and of composed functions count too, even where a later
 * step makes their result finite again.
 *
 * With a `level`, operations are logged through `console.debug`; in Node the environment variable DEBUG=1, 2 or 3
 * sets it too. Tensors that are made meanwhile remember where; one that nobody has disposed when the collector finds it
 * is warned of through `console.warn`: shape, dtype, bytes, and the stack that made it, your line first.
 *
 * @example
 * debug({ nan: true });
 * await tensor([-1]).log().mul(2).array();
 * // NonFiniteError: log: made NaN or Infinity out of finite inputs: [1] float32 → [1] float32, at /app/main.ts:2:19
 */
export function debug(options: DebugOptions): void {
  const { level, nan } = { ...(context.debug ?? OFF), ...checked('debug', options, 'level', 'nan') };
  if (!LEVELS.includes(level))
    throw new ArgumentError(`debug: level must be 0, 1, 2 or 3, got ${describe(level)}`);
  const wanted: Debugging = { level: level as Debugging['level'], nan: flag('debug', 'nan', nan) };
  context.debug = wanted.level > 0 || wanted.nan ? wanted : undefined;
  context.probes = context.probes.filter((probe) => probe !== kernelTimes);
  if (level === 3) context.probes.push(kernelTimes);
}

/** Runs `fn` with the check for NaN and Infinity on, and leaves it as it was. */
export async function lookingForNaN<R>(fn: () => Promise<R>): Promise<R> {
  const before = context.debug;
  context.debug = { ...(before ?? OFF), nan: true };
  try {
    return await fn();
  } finally {
    context.debug = before;
  }
}

const asked = typeof process === 'undefined' ? undefined : process.env?.DEBUG;
if (asked && /^[123]$/.test(asked)) debug({ level: Number(asked) as Debugging['level'] });
