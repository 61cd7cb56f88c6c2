/**
 * @file `profile`: a function's kernels with their times and bytes, its operations in order, and a trace. Nothing but
 * this file needs this file, so that a program which does not profile does not carry it.
 */
import { requireFunction } from '../core/arguments.ts';
import { context } from '../core/context.ts';
import { TapegradError } from '../core/errors.ts';
import { columns, thousands } from '../core/text.ts';
import type { Measured, Probe, Shown } from '../device/measure.ts';
import { counters } from '../device/storage.ts';
import { type HostEvent, type Trace, traceOf } from './trace.ts';

/** What one kernel did for one operation, all its runs together. */
export interface KernelProfile {
  readonly op: string;
  /** The shader's name; `cpu` for the loops of the CPU device. */
  readonly kernel: string;
  /** Dispatches on WebGPU, loops on the CPU. */
  readonly count: number;
  /** Milliseconds, of those runs whose time is known. */
  readonly ms: number;
  /** `gpu`: by the GPU's own timestamps. `wall`: by the host's clock. */
  readonly clock: 'gpu' | 'wall';
  /** The part of all kernels' time, 0 to 1. */
  readonly share: number;
  /** Read and written, as the operands' layouts show them. */
  readonly bytes: number;
}

/** One operation as it was called. Views have no kernels. */
export interface OperationProfile {
  readonly op: string;
  readonly inputs: readonly Shown[];
  readonly output: Shown;
  /** Milliseconds that the host spent on it. */
  readonly hostMs: number;
  /** Milliseconds that its kernels took. */
  readonly ms: number;
  readonly bytes: number;
  /** The names of its kernels, in order. */
  readonly kernels: readonly string[];
}

export interface ProfileTotals {
  /** Submits to the GPU; 0 on the CPU. */
  readonly submits: number;
  /** Runs of kernels: dispatches on WebGPU. */
  readonly dispatches: number;
  /** Milliseconds of all kernels. */
  readonly ms: number;
  /** Milliseconds that the host spent in operations. */
  readonly hostMs: number;
  /** Milliseconds from the call until all work was done. */
  readonly wallMs: number;
  /** Read and written by all kernels. */
  readonly bytes: number;
  /** The most bytes that lived at a time, what lived before included. */
  readonly peakBytes: number;
  /** Runs without a time, because the GPU's timestamps made no sense. */
  readonly untimed: number;
}

export interface Profile<R = unknown> {
  /** What the function returned; its tensors are the caller's. */
  readonly result: R;
  /** The longest first. */
  readonly kernels: readonly KernelProfile[];
  /** In the order in which they were called. */
  readonly operations: readonly OperationProfile[];
  readonly totals: ProfileTotals;
  /** The same on a time line, in Chrome's Trace Event Format: `JSON.stringify` of it is a file for Perfetto. */
  trace(): Trace;
  /** The kernels as a table. */
  toString(): string;
}

let running = false;

/**
 * Runs a function (which may be asynchronous) and tells what its operations cost. Results and gradients stay what they are.
 * On WebGPU each dispatch is timed by the GPU itself where the device has 'timestamp-query' (Chrome rounds to 0.1 ms unless
 * its WebGPU developer features are on), else by submitting each alone, round trip included. What others do on the engine
 * meanwhile counts too. docs/inside.md tells more.
 *
 * @example
 * const x = random(1).normal([512, 512]);
 * const found = await profile(() => x.matmul(x).relu());
 * console.log(String(found)); // a table; found.result is the tensor
 * @throws TapegradError while another profile is under way; else whatever the function or its work throws.
 */
export async function profile<R>(fn: () => R): Promise<Profile<Awaited<R>>> {
  requireFunction('profile', fn);
  if (running)
    throw new TapegradError('profile: another profile is under way; profiles do not nest: await it first');
  const notes = new Notes();
  const began = performance.now();
  running = true;
  context.probes.push(notes);
  let result: Awaited<R>;
  try {
    result = await fn();
  } finally {
    context.probes = context.probes.filter((probe) => probe !== notes);
    running = false;
  }
  await context.device?.flush();
  await Promise.all(notes.timed);
  return new Report(result, notes, performance.now() - began);
}

interface Operation extends HostEvent {
  readonly kernels: readonly Measured[];
}

/** What is heard while the function runs. */
class Notes implements Probe {
  readonly operations: Operation[] = [];
  readonly kernels: Measured[] = [];
  readonly timed: Promise<void>[] = [];
  peakBytes = counters.bytes;
  submits = 0;
  /** Kernels since the last operation. */
  #own: Measured[] = [];

  operation(op: string, inputs: readonly Shown[], output: Shown, began: number): void {
    const kernels = this.#own;
    this.#own = [];
    const ended = performance.now();
    this.operations.push({ op, inputs: inputs.map(shown), output: shown(output), began, ended, kernels });
    this.#look();
  }

  kernel(kernel: Measured): void {
    this.kernels.push(kernel);
    this.#own.push(kernel);
    this.#look();
  }

  submitted(_kernels: readonly Measured[], timed: Promise<void>): void {
    this.submits++;
    this.timed.push(timed);
  }

  /** When a kernel has just been given to the device, all that it needs is alive. */
  #look(): void {
    this.peakBytes = Math.max(this.peakBytes, counters.bytes);
  }
}

/** Shape and dtype alone: the tensor itself must not be kept. */
const shown = ({ shape, dtype }: Shown): Shown => ({ shape, dtype });

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const msOf = (kernels: readonly Measured[]): number => sum(kernels.map(({ time }) => time?.ms ?? 0));
const bytesOf = (kernels: readonly Measured[]): number => Math.round(sum(kernels.map(({ bytes }) => bytes)));

const CLOCKS = { gpu: 'the GPU', wall: "the host's clock" } as const;

class Report<R> implements Profile<R> {
  readonly kernels: readonly KernelProfile[];
  readonly operations: readonly OperationProfile[];
  readonly totals: ProfileTotals;
  readonly #notes: Notes;
  constructor(
    readonly result: R,
    notes: Notes,
    wallMs: number,
  ) {
    this.#notes = notes;
    const { kernels, submits, peakBytes } = notes;
    this.operations = notes.operations.map(({ began, ended, kernels: own, ...operation }) => ({
      ...operation,
      hostMs: ended - began,
      ms: msOf(own),
      bytes: bytesOf(own),
      kernels: own.map(({ kernel }) => kernel),
    }));
    this.totals = {
      submits,
      dispatches: kernels.length,
      ms: msOf(kernels),
      hostMs: sum(this.operations.map(({ hostMs }) => hostMs)),
      wallMs,
      bytes: bytesOf(kernels),
      peakBytes,
      untimed: kernels.filter(({ time }) => !time).length,
    };
    this.kernels = grouped(kernels, this.totals.ms);
  }

  trace(): Trace {
    return traceOf(this.#notes.operations, this.#notes.kernels);
  }

  toString(): string {
    const { submits, dispatches, ms, hostMs, wallMs, bytes, peakBytes, untimed } = this.totals;
    const clocks = new Set(this.kernels.map(({ clock }) => CLOCKS[clock]));
    const notes = [
      ...(clocks.size > 0 ? [`kernels timed by ${[...clocks].join(' and ')}`] : []),
      ...(untimed > 0 ? [`${thousands(untimed)} without a time`] : []),
      `${thousands(this.operations.length)} operations, ${hostMs.toFixed(3)} ms on the host`,
      `${wallMs.toFixed(3)} ms in all`,
      `submits: ${thousands(submits)}`,
      `peak: ${thousands(peakBytes)} bytes`,
    ];
    const rows = this.kernels.map((row) => [
      row.op,
      row.kernel,
      String(row.count),
      row.ms.toFixed(3),
      `${(100 * row.share).toFixed(1)} %`,
      thousands(row.bytes),
    ]);
    return [
      columns(
        [
          ['operation', 'kernel', 'count', 'ms', 'share', 'bytes'],
          ...rows,
          ['total', '', String(dispatches), ms.toFixed(3), '', thousands(bytes)],
        ],
        [2, 3, 4, 5],
      ),
      notes.join('; '),
    ].join('\n');
  }
}

/** Runs of one kernel for one operation together, the longest first. */
function grouped(kernels: readonly Measured[], total: number): KernelProfile[] {
  const groups = new Map<string, Measured[]>();
  for (const run of kernels) {
    const key = `${run.op}|${run.kernel}|${run.clock}`;
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()]
    .map((runs) => {
      const { op, kernel, clock } = runs[0] as Measured;
      const ms = msOf(runs);
      return {
        op,
        kernel,
        count: runs.length,
        ms,
        clock,
        share: total > 0 ? ms / total : 0,
        bytes: bytesOf(runs),
      };
    })
    .sort((a, b) => b.ms - a.ms || b.bytes - a.bytes);
}
