/**
 * @file The memory budget of one device: what lives there, and the error that says so where the next allocation would go
 * beyond. Without a budget nothing is tracked.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError, OutOfMemoryError } from '../core/errors.ts';
import type { Storage } from './device.ts';

/** Operations that the error names. */
const OWNERS = 3;

export class Budget {
  readonly #live = new Set<Storage>();
  /** Bytes of all buffers on the GPU, free ones included. */
  allocated = 0;
  /** In bytes. */
  constructor(readonly limit: number = Infinity) {
    if (!(typeof limit === 'number' && limit > 0))
      throw new ArgumentError(
        `init: memoryBudget must be a number of bytes greater than 0, got ${describe(limit)}`,
      );
  }

  add(storage: Storage): void {
    if (this.limit < Infinity && storage.bytes > 0) this.#live.add(storage);
  }

  remove(storage: Storage): void {
    this.#live.delete(storage);
  }

  /** Bytes of what lives, as requested. */
  get liveBytes(): number {
    return [...this.#live].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What to throw where `bytes` more for `op` are too many. */
  exceeded(op: string, bytes: number): OutOfMemoryError {
    const owners = this.#owners()
      .slice(0, OWNERS)
      .map((o) => `${o.bytes} in ${o.count} of ${o.op}`);
    const live = `${this.liveBytes} bytes live${owners.length > 0 ? `, most of them ${owners.join(', ')}` : ''}`;
    return new OutOfMemoryError(
      `${op}: ${bytes} bytes more would go beyond the memory budget of ${this.limit}: ${live}. Free tensors by scope() or dispose(), work in smaller batches, or raise memoryBudget in init().`,
    );
  }

  /** What lives by the operation that made it, the largest first. */
  #owners(): { readonly op: string; bytes: number; count: number }[] {
    const owners = new Map<string, { readonly op: string; bytes: number; count: number }>();
    for (const { madeBy: op, bytes } of this.#live) {
      const owner = owners.get(op) ?? { op, bytes: 0, count: 0 };
      owner.bytes += bytes;
      owner.count++;
      owners.set(op, owner);
    }
    return [...owners.values()].sort((a, b) => b.bytes - a.bytes);
  }
}
