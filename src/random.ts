/**
 * @file Random tensors from a seed: counter-based (Philox), so the same seed gives the same numbers on every device.
 */

import { ArgumentError } from './core/errors.ts';
import { type Key, philox, randomWords, toUniform } from './core/random.ts';
import { checkShape, type Shape, sizeOf } from './core/shape.ts';
import { type CreateOptions, tensor } from './create.ts';
import type { Tensor } from './tensor.ts';

export interface NormalOptions extends CreateOptions {
  readonly mean?: number;
  readonly std?: number;
}

export interface UniformOptions extends CreateOptions {
  readonly low?: number;
  readonly high?: number;
}

/** A stream of random numbers: each call goes on where the last one ended. */
export class Rng {
  readonly #key: Key;
  #block = 0;

  constructor(key: Key) {
    this.#key = key;
  }

  #words(count: number): Uint32Array {
    const words = randomWords(this.#key, this.#block, count);
    this.#block += Math.ceil(count / 4);
    return words;
  }

  /** Uniform in [low, high), by default [0, 1). */
  uniform(shape: Shape, { low = 0, high = 1, ...options }: UniformOptions = {}): Tensor {
    const words = this.#words(sizeOf(checkShape('uniform', shape)));
    return tensor(
      Float64Array.from(words, (w) => low + (high - low) * toUniform(w)),
      { dtype: 'float32', ...options, shape },
    );
  }

  /** Normal (Box and Muller 1958), by default of mean 0 and standard deviation 1. */
  normal(shape: Shape, { mean = 0, std = 1, ...options }: NormalOptions = {}): Tensor {
    const size = sizeOf(checkShape('normal', shape));
    const words = this.#words(2 * Math.ceil(size / 2));
    const values = new Float64Array(words.length);
    for (let i = 0; i < words.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - toUniform(words[i] as number)));
      const angle = 2 * Math.PI * toUniform(words[i + 1] as number);
      values[i] = mean + std * radius * Math.cos(angle);
      values[i + 1] = mean + std * radius * Math.sin(angle);
    }
    return tensor(values.subarray(0, size), { dtype: 'float32', ...options, shape });
  }

  /** Whole numbers in [low, high), as int32. */
  integers(low: number, high: number, shape: Shape): Tensor {
    if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low)
      throw new ArgumentError(
        `integers: low and high must be whole numbers with low < high, got ${low} and ${high}`,
      );
    const words = this.#words(2 * sizeOf(checkShape('integers', shape)));
    const values = Int32Array.from({ length: words.length / 2 }, (_, i) => low + below(words, i, high - low));
    return tensor(values, { shape });
  }

  /** 0 … n − 1 in random order (Fisher and Yates), as an int32 tensor. */
  permutation(n: number): Tensor {
    if (!Number.isInteger(n) || n < 0)
      throw new ArgumentError(`permutation: n must be a whole number of at least 0, got ${n}`);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    const words = this.#words(2 * n);
    for (let i = n - 1; i > 0; i--) {
      const j = below(words, i, i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return tensor(order);
  }

  /** `n` independent streams. */
  split(n: number): Rng[] {
    return Array.from({ length: n }, () => {
      const [a, b] = this.#words(2);
      return new Rng([a as number, b as number]);
    });
  }
}

/** The i-th pair of words as a whole number below `limit`: 53 random bits, so that no value is favoured noticeably. */
function below(words: Uint32Array, i: number, limit: number): number {
  const unit = ((words[2 * i] as number) * 2 ** 21 + ((words[2 * i + 1] as number) >>> 11)) * 2 ** -53;
  return Math.floor(unit * limit);
}

/** A stream of random numbers for a whole-number seed. */
export function random(seed: number): Rng {
  if (!Number.isSafeInteger(seed))
    throw new ArgumentError(`random: the seed must be a whole number, got ${seed}`);
  const [a, b] = philox([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0, 0], [0x7a9e6ead, 0]);
  return new Rng([a, b]);
}
