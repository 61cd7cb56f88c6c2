/** @file Random numbers on the host, which decide what is tried: as reproducible as those of tensors. */
import { philox } from '../core/random.ts';

export class Chance {
  /** `position` is the number of the next draw: a stream goes on from there. */
  constructor(
    readonly seed: number,
    public position = 0,
  ) {}

  /** In [0, 1). */
  next(): number {
    const key = [this.seed >>> 0, Math.floor(this.seed / 2 ** 32) >>> 0] as const;
    const [a] = philox([this.position++ >>> 0, 0, 0, 0x5eed], key);
    return a * 2 ** -32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
