// The trace of kernels that a real GPU seldom gives: such as overlap, such as have no time, and clocks of other origins.
import { describe, expect, it } from 'vitest';
import { traceOf } from '../../src/debug/trace.ts';
import type { Measured } from '../../src/device/measure.ts';
import { expectValidTrace } from '../trace.ts';

const kernel = (began: number | undefined, ms: number, rest: Partial<Measured> = {}): Measured => ({
  op: 'add',
  kernel: 'elementwise',
  bytes: 12,
  clock: 'gpu',
  submitted: 100,
  time: began === undefined ? undefined : { began, ms },
  ...rest,
});

const kernels = (...list: Measured[]) => {
  const trace = traceOf([], list);
  expectValidTrace(trace);
  return trace.traceEvents.filter(({ ph }) => ph === 'X').map(({ tid, ts, dur }) => [tid, ts, dur]);
};

describe('kernels in a trace', () => {
  it('lie on the wall clock: none begins before it was submitted, and the first that could, then', () => {
    expect(kernels(kernel(0, 1), kernel(5, 2, { submitted: 107 }))).toEqual([
      [2, 102_000, 1000],
      [2, 107_000, 2000],
    ]);
  });

  it('of the CPU stay where they are', () => {
    expect(kernels(kernel(3, 1, { clock: 'wall', submitted: 3 }))).toEqual([[2, 3000, 1000]]);
  });

  it('that overlap get threads of their own', () => {
    expect(kernels(kernel(0, 4), kernel(1, 1), kernel(2, 4), kernel(4, 1))).toEqual([
      [2, 100_000, 4000],
      [3, 101_000, 1000],
      [3, 102_000, 4000],
      [2, 104_000, 1000],
    ]);
  });

  it('that touch share one, whatever their sums round to', () => {
    const parts = Array.from({ length: 100 }, (_, i) => kernel(i * 0.1, 0.1, { submitted: 1234.5678 }));
    expect(new Set(kernels(...parts).map(([tid]) => tid))).toEqual(new Set([2]));
  });

  it('without a time are left out', () => {
    expect(kernels(kernel(undefined, 0), kernel(0, 1))).toEqual([[2, 100_000, 1000]]);
    expect(kernels(kernel(undefined, 0))).toEqual([]);
  });
});
