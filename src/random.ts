/**
 * @file Random tensors from a seed, made on the device that they live on. Counter-based (Philox): the same seed gives
 * the same words everywhere, so whole numbers, truth values and `uniform` of [0, 1) are the same on every device;
 * other floats may differ in their last bits.
 */
import { options as checked, integer, requireDevice } from './core/arguments.ts';
import { context, onDevice, type Stream } from './core/context.ts';
import { describe } from './core/describe.ts';
import { checkDType, type DType, hostArray, isFloat } from './core/dtype.ts';
import { ArgumentError, DTypeError } from './core/errors.ts';
import { type Key, philox, randomWords } from './core/random.ts';
import { checkShape, type Shape, sizeOf } from './core/shape.ts';
import { type CreateOptions, tensor } from './create.ts';
import { call, checkSupport, currentDevice } from './ops/dispatch.ts';
import type { OpName } from './ops/table.ts';
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
export class Rng implements Stream {
  readonly #key: Key;
  #position = 0;

  constructor(key: Key) {
    this.#key = key;
  }

  /** The number of the next block of four words. */
  get position(): number {
    return this.#position;
  }

  set position(value: number) {
    context.capturing?.began(this);
    this.#position = value;
  }

  /** The first of the blocks for `count` words, which are then used up. */
  #advance(count: number): number {
    if (context.draws && !context.draws.has(this)) context.draws.set(this, this.position);
    const first = this.position;
    this.position += Math.ceil(count / 4);
    return first;
  }

  #words(count: number): Uint32Array {
    return randomWords(this.#key, this.#advance(count), count);
  }

  /** Runs `draw`; where it throws, no number counts as used up. */
  #attempt<R>(draw: () => R): R {
    const before = this.position;
    try {
      return draw();
    } catch (error) {
      this.position = before;
      throw error;
    }
  }

  #draw(name: string, row: OpName, shape: Shape, parameters: readonly number[], dtype?: DType): Tensor {
    const count = sizeOf(checkShape(name, shape));
    return this.#attempt(() => {
      const place = { key: this.#key, block: this.#advance(count) };
      const { capturing } = context;
      if (capturing) {
        const offset = place.block - capturing.began(this);
        const find = () => {
          place.block = this.position + offset;
        };
        capturing.onReplay(find, this, offset, ...parameters);
      }
      return call(row, [shape, place, parameters, dtype], name);
    });
  }

  /** Floats of a dtype on a device, both checked. */
  #floats(
    name: string,
    row: OpName,
    shape: Shape,
    { dtype = 'float32', device = currentDevice() }: CreateOptions,
    parameters: (dtype: DType) => readonly number[],
  ): Tensor {
    requireDevice(name, device);
    if (!isFloat(checkDType(name, dtype)))
      throw new DTypeError(`${name}: makes floats, not ${dtype}; use integers() or bernoulli(), or .astype`);
    checkSupport(name, dtype, device);
    const made = dtype === 'float16' ? 'float32' : dtype;
    const x = onDevice(device, () => this.#draw(name, row, shape, parameters(made), made));
    if (dtype === made) return x;
    const stored = x.astype(dtype);
    x.dispose();
    return stored;
  }

  /** Uniform in [low, high), by default [0, 1), in 2²⁴ steps. */
  uniform(shape: Shape, options: UniformOptions = {}): Tensor {
    checked('uniform', options, 'low', 'high', 'dtype', 'device');
    const { low = 0, high = 1 } = options;
    const numbers = [low, high].every((v) => typeof v === 'number');
    if (!(numbers && Number.isFinite(Math.fround(high - low)) && low <= high))
      throw new ArgumentError(
        `uniform: low and high must be finite numbers with low ≤ high, got ${describe(low)} and ${describe(high)}`,
      );
    return this.#floats('uniform', 'randomUniform', shape, options, (dtype) => [
      low,
      high - low,
      greatestBelow(low, high, dtype),
    ]);
  }

  /** Normal (Box and Muller 1958), by default of mean 0 and standard deviation 1. */
  normal(shape: Shape, options: NormalOptions = {}): Tensor {
    const parameters = moments('normal', options);
    return this.#floats('normal', 'randomNormal', shape, options, () => parameters);
  }

  /** Normal, but only what lies within two standard deviations of the mean; `std` is that of the normal before. */
  truncatedNormal(shape: Shape, options: NormalOptions = {}): Tensor {
    const parameters = moments('truncatedNormal', options);
    return this.#floats('truncatedNormal', 'randomTruncatedNormal', shape, options, () => parameters);
  }

  /** Whole numbers in [low, high), as int32. No number is likelier than another by more than (high − low)·2⁻³² of itself. */
  integers(low: number, high: number, shape: Shape): Tensor {
    if (
      !Number.isInteger(low) ||
      !Number.isInteger(high) ||
      high <= low ||
      low < -(2 ** 31) ||
      high > 2 ** 31
    )
      throw new ArgumentError(
        `integers: low and high must be whole numbers of int32 with low < high, got ${describe(low)} and ${describe(high)}`,
      );
    return this.#draw('integers', 'randomIntegers', shape, [low, high - low]);
  }

  /** True with probability p, as bool: where a uniform number, of which there are 2²⁴, is below p. */
  bernoulli(p: number, shape: Shape): Tensor {
    if (!(typeof p === 'number' && p >= 0 && p <= 1))
      throw new ArgumentError(`bernoulli: p must be a number from 0 to 1, got ${describe(p)}`);
    return this.#draw('bernoulli', 'randomBernoulli', shape, [Math.ceil(p * 2 ** 24)]);
  }

  /** 0 … n − 1 in random order (Fisher and Yates), as an int32 tensor. */
  permutation(n: number): Tensor {
    integer('permutation', 'n', n, 0, 2 ** 31);
    const order = hostArray('int32', n, 'permutation').map((_, i) => i);
    return this.#attempt(() => {
      const words = this.#words(2 * n);
      for (let i = n - 1; i > 0; i--) {
        const j = below(words, i, i + 1);
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      return tensor(order);
    });
  }

  /** `n` independent streams. */
  split(n: number): Rng[] {
    integer('split', 'n', n, 0);
    return Array.from({ length: n }, () => {
      const [a, b] = this.#words(2);
      return new Rng([a as number, b as number]);
    });
  }
}

function moments(name: string, options: NormalOptions): readonly number[] {
  checked(name, options, 'mean', 'std', 'dtype', 'device');
  const { mean = 0, std = 1 } = options;
  if (!(Number.isFinite(mean) && Number.isFinite(std) && std >= 0))
    throw new ArgumentError(
      `${name}: mean and std must be finite numbers and std not negative, got ${describe(mean)} and ${describe(std)}`,
    );
  return [mean, std];
}

/** The greatest float of the dtype below `high`, but not below `low`: rounding must not reach `high` itself. */
function greatestBelow(low: number, high: number, dtype: DType): number {
  const floats = dtype === 'float32' ? Float32Array.of(low, high) : Float64Array.of(low, high);
  const [first, last] = floats as ArrayLike<number> as [number, number];
  if (first >= last) return first;
  if (last === 0) return dtype === 'float32' ? -(2 ** -149) : -Number.MIN_VALUE;
  const step = last > 0 ? -1 : 1; // the bits of a magnitude count up away from 0
  if (dtype === 'float32') {
    const bits = new Int32Array(floats.buffer);
    bits[1] = (bits[1] as number) + step;
  } else {
    const bits = new BigInt64Array(floats.buffer);
    bits[1] = (bits[1] as bigint) + BigInt(step);
  }
  return floats[1] as number;
}

/** The i-th pair of words as a whole number below `limit`: 53 random bits, so that no value is favoured noticeably. */
function below(words: Uint32Array, i: number, limit: number): number {
  const unit = ((words[2 * i] as number) * 2 ** 21 + ((words[2 * i + 1] as number) >>> 11)) * 2 ** -53;
  return Math.floor(unit * limit);
}

/** A stream of random numbers for a whole-number seed. */
export function random(seed: number): Rng {
  if (!Number.isSafeInteger(seed))
    throw new ArgumentError(`random: the seed must be a whole number, got ${describe(seed)}`);
  const [a, b] = philox([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0, 0], [0x7a9e6ead, 0]);
  return new Rng([a, b]);
}
