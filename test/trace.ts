// What Chrome's Trace Event Format asks of a trace, as far as we use it, and the one thing that Perfetto asks beyond it:
// events of a thread nest, they do not overlap.
import { expect } from 'vitest';
import type { Trace, TraceEvent } from '../src/index.ts';

export function expectValidTrace(trace: Trace): void {
  const text = JSON.stringify(trace);
  expect(JSON.parse(text)).toEqual(trace); // nothing that JSON loses: no NaN, no undefined
  expect(trace.displayTimeUnit).toBe('ms');
  for (const event of trace.traceEvents) expectValidEvent(event);
  const named = new Set(trace.traceEvents.filter((e) => e.name === 'thread_name').map((e) => e.tid));
  const events = trace.traceEvents.filter((e) => e.ph === 'X');
  for (const tid of new Set(events.map((e) => e.tid))) {
    expect(named).toContain(tid);
    expectNesting(events.filter((e) => e.tid === tid));
  }
}

function expectValidEvent({ ph, name, pid, tid, ts, dur, args }: TraceEvent): void {
  expect(name).not.toBe('');
  for (const id of [pid, tid]) expect(Number.isInteger(id)).toBe(true);
  expect(Number.isFinite(ts)).toBe(true);
  if (ph === 'X') {
    expect(dur).toBeGreaterThanOrEqual(0);
    expect(ts).toBeGreaterThan(0); // DevTools leaves events at 0 out of the trace's bounds
  } else {
    expect(ph).toBe('M');
    expect(['process_name', 'thread_name']).toContain(name);
    expect(typeof args.name).toBe('string');
  }
}

/** In order of their beginnings, each event lies within the last one that is still open, or after it. */
function expectNesting(events: readonly TraceEvent[]): void {
  const open: number[] = [];
  let last = 0;
  for (const { ts, dur = 0 } of events) {
    expect(ts).toBeGreaterThanOrEqual(last);
    last = ts;
    const nanoseconds = (us: number) => Math.round(us * 1e3);
    while (open.length > 0 && (open.at(-1) ?? 0) <= nanoseconds(ts)) open.pop();
    const end = nanoseconds(ts) + nanoseconds(dur);
    if (open.length > 0) expect(end).toBeLessThanOrEqual(open.at(-1) ?? 0);
    open.push(end);
  }
}
