/**
 * @file A profile in Chrome's Trace Event Format, which Perfetto (ui.perfetto.dev) and the Performance panel of Chrome's
 * DevTools open. Events of one thread must nest, so kernels that overlap on the GPU get threads of their own. Pure.
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
import { show } from '../core/shape.ts';
import type { Measured, Shown } from '../device/measure.ts';

/** Something with a beginning and an end (`X`), or the name of a process or thread (`M`). Times are in microseconds. */
export interface TraceEvent {
  readonly ph: 'X' | 'M';
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
}

/** An operation, as the host carried it out: times in milliseconds. */
export interface HostEvent {
  readonly op: string;
  readonly inputs: readonly Shown[];
  readonly output: Shown;
  readonly began: number;
  readonly ended: number;
}

const PID = 1;
const HOST = 1;

export function traceOf(operations: readonly HostEvent[], kernels: readonly Measured[]): Trace {
  const host = operations.map(({ op, inputs, output, began, ended }) =>
    complete(op, 'operation', HOST, micro(began), micro(ended), {
      inputs: inputs.map(inWords),
      output: inWords(output),
    }),
  );
  const lanes = lanesOf(kernels);
  const work = lanes.flatMap((lane, k) =>
    lane.map(({ kernel, began, ended }) =>
      complete(`${kernel.op} · ${kernel.kernel}`, 'kernel', HOST + 1 + k, began, ended, {
        bytes: Math.round(kernel.bytes),
        clock: kernel.clock,
      }),
    ),
  );
  return {
    traceEvents: [
      name('process_name', HOST, 'tapegrad'),
      name('thread_name', HOST, 'operations on the host'),
      ...lanes.map((_, k) => name('thread_name', HOST + 1 + k, `kernels${k === 0 ? '' : ` ${k + 1}`}`)),
      ...[...host, ...work].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0)),
    ],
    displayTimeUnit: 'ms',
  };
}

const inWords = ({ shape, dtype }: Shown): string => `${show(shape)} ${dtype}`;

/** Microseconds, in whole nanoseconds: nothing must seem to overlap for a rounding's sake. */
const micro = (ms: number): number => Math.round(ms * 1e6) / 1e3;

function complete(
  name: string,
  cat: string,
  tid: number,
  ts: number,
  end: number,
  args: TraceEvent['args'],
): TraceEvent {
  return { ph: 'X', name, cat, pid: PID, tid, ts, dur: micro((end - ts) / 1e3), args };
}

function name(what: 'process_name' | 'thread_name', tid: number, text: string): TraceEvent {
  return { ph: 'M', name: what, pid: PID, tid, ts: 0, args: { name: text } };
}

/** In microseconds. */
interface Interval {
  readonly kernel: Measured;
  readonly began: number;
  readonly ended: number;
}

/** The kernels whose time is known, on the wall clock, in as few rows without overlap as it takes. */
function lanesOf(kernels: readonly Measured[]): Interval[][] {
  const shift = gpuShift(kernels);
  const intervals = kernels
    .flatMap((kernel): Interval[] => {
      if (!kernel.time) return [];
      const began = kernel.time.began + (kernel.clock === 'gpu' ? shift : 0);
      return [{ kernel, began: micro(began), ended: micro(began + kernel.time.ms) }];
    })
    .sort((a, b) => a.began - b.began);
  const lanes: Interval[][] = [];
  for (const interval of intervals) {
    const free = lanes.find((lane) => (lane.at(-1)?.ended ?? 0) <= interval.began);
    if (free) free.push(interval);
    else lanes.push([interval]);
  }
  return lanes;
}

/** The GPU's clock has an origin of its own: the least shift by which no kernel begins before it was submitted. */
function gpuShift(kernels: readonly Measured[]): number {
  let shift = -Infinity;
  for (const { clock, submitted, time } of kernels)
    if (clock === 'gpu' && time) shift = Math.max(shift, submitted - time.began);
  return shift;
}
