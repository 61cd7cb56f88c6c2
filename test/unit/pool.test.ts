// Buffers that go over to another name, or to another pool: what is found out about the former name holds for the new one.
import { expect, it } from 'vitest';
import { TapegradError } from '../../src/core/errors.ts';
import { Budget } from '../../src/device/budget.ts';
import type { Failures } from '../../src/device/webgpu/failures.ts';
import { BufferPool } from '../../src/device/webgpu/pool.ts';

/** A pool of buffers that are sizes only. */
function pool(budget = new Budget()): BufferPool {
  const device = { createBuffer: ({ size }: { size: number }) => ({ size, destroy: () => undefined }) };
  const failures = { guard: (_: string, work: () => unknown) => work() };
  return new BufferPool(
    device as unknown as GPUDevice,
    2 ** 20,
    2 ** 20,
    budget,
    failures as unknown as Failures,
    { beforeLarge: () => undefined, beforeDestroy: () => undefined },
  );
}

it('a buffer that was taken over is not handed out again once it is suspect under its former name', () => {
  const [from, to] = [pool(), pool()];
  const before = from.acquire(256, 'a');
  const now = to.adopt(before);
  to.put(now);
  expect(to.freeBytes).toBe(256);
  before.pool.suspect(before);
  expect([now.suspect, to.freeBytes]).toEqual([true, 0]);
  expect(to.acquire(256, 'b')).not.toBe(now);
});

it('a failure that comes late reaches every later name', () => {
  const made = pool();
  const first = made.acquire(256, 'a');
  const second = made.adopt(first);
  const third = pool().adopt(second);
  const failure = new TapegradError('no memory');
  made.fail(first, failure);
  expect([second.failure, third.failure, third.suspect]).toEqual([failure, failure, true]);
});

it('a pool that begins anew has all its buffers once, uploads aside, and does not hear of former names', () => {
  const made = pool();
  const [a, b] = [made.acquire(256, 'a'), made.acquire(256, 'b')];
  const upload = made.acquireForUpload(256, 'c', 0);
  made.put(a);
  made.freeze();
  expect(made.reopen()).toEqual([upload]);
  expect(made.freeBytes).toBe(512);
  for (const former of [a, b]) made.put(former);
  expect(made.freeBytes).toBe(512);
  expect(new Set([made.acquire(256, 'd').buffer, made.acquire(256, 'e').buffer])).toEqual(
    new Set([a.buffer, b.buffer]),
  );
});
