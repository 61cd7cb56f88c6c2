// The timestamp timer against a device of paper: GPUs may reset their counters, so timestamps may be 0 or go backwards,
// and work may be refused. No time is negative, and none is made up.
import { afterEach, describe, expect, it } from 'vitest';
import { context } from '../../src/core/context.ts';
import type { Measured } from '../../src/device/measure.ts';
import type { Failures } from '../../src/device/webgpu/failures.ts';
import { makeTimer } from '../../src/device/webgpu/timer.ts';

afterEach(() => {
  context.probes = [];
});

/** A device whose queries resolve to these timestamps, in nanoseconds; none: mapping fails. */
function paperDevice(stamps: readonly bigint[] | undefined) {
  const alive = new Set<string>();
  const thing = (name: string, rest: object = {}) => {
    alive.add(name);
    return { ...rest, destroy: () => alive.delete(name) };
  };
  const device = {
    features: new Set(['timestamp-query']),
    createQuerySet: () => thing('queries'),
    createBuffer: ({ label }: { label: string }) =>
      thing(label, {
        mapAsync: async () => {
          if (!stamps) throw new Error('lost');
        },
        getMappedRange: () => BigUint64Array.from(stamps ?? []).buffer,
      }),
  };
  return { device: device as unknown as GPUDevice, alive };
}

const failures = { guard: (_: string, work: () => unknown) => work() } as unknown as Failures;
const encoder = { resolveQuerySet() {}, copyBufferToBuffer() {} } as unknown as GPUCommandEncoder;

/** The times of so many kernels that one submit brings. */
async function times(count: number, stamps: readonly bigint[] | undefined): Promise<Measured['time'][]> {
  const { device, alive } = paperDevice(stamps);
  const kernels: Measured[] = [];
  const timed: Promise<void>[] = [];
  context.probes = [{ kernel: (k) => kernels.push(k), submitted: (_, promise) => timed.push(promise) }];
  const timer = makeTimer(device, failures, 8);
  for (let i = 0; i < count; i++)
    expect(timer.begin('add', 'elementwise', 24).timestampWrites).toMatchObject({
      beginningOfPassWriteIndex: 2 * i,
      endOfPassWriteIndex: 2 * i + 1,
    });
  timer.end(encoder);
  timer.submitted();
  await Promise.all(timed);
  timer.close();
  expect([...alive]).toEqual([]);
  expect(timed).toHaveLength(1);
  return kernels.map(({ time }) => time);
}

describe('timestamps', () => {
  it('become milliseconds from the first one, to the nanosecond', async () => {
    const epoch = 1_700_000_000_000_000_000n; // more than a double holds
    expect(await times(2, [epoch, epoch + 1_000_001n, epoch + 2_000_000n, epoch + 2_000_007n])).toEqual([
      { began: 0, ms: 1.000001 },
      { began: 2, ms: 0.000007 },
    ]);
  });

  it('that stand still are no time, not an error', async () => {
    expect(await times(1, [100n, 100n])).toEqual([{ began: 0, ms: 0 }]);
  });

  it('that go backwards or were never written tell nothing', async () => {
    expect(await times(3, [500n, 400n, 0n, 0n, 1000n, 3000n])).toEqual([
      undefined,
      undefined,
      { began: 0, ms: 0.002 },
    ]);
  });

  it('after a reset lie before the first one, and last as long as they do', async () => {
    expect(await times(2, [5_000_000n, 6_000_000n, 1_000_000n, 3_000_000n])).toEqual([
      { began: 0, ms: 1 },
      { began: -4, ms: 2 },
    ]);
  });

  it('of a lost device do not come, and nobody waits for them', async () => {
    expect(await times(2, undefined)).toEqual([undefined, undefined]);
  });
});
