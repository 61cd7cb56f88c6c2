// Random numbers made on the device: the words against core/random.ts (which test/unit/random.test.ts holds against the
// vectors of Random123), each value against its formula in float64 on the host, and the distributions by their moments,
// Kolmogorov and Smirnov, and chi-square, with fixed seeds at a level of 1e-4.
import { describe, expect, it } from 'vitest';
import { context, type Stream } from '../../src/core/context.ts';
import { type Key, philox, randomWords, toUniform } from '../../src/core/random.ts';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import {
  ArgumentError,
  DeviceLostError,
  DTypeError,
  memory,
  OutOfMemoryError,
  random,
  ShapeError,
  Tensor,
  withDevice,
} from '../../src/index.ts';
import { call } from '../../src/ops/dispatch.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

const N = 50_000;
/** √(−ln(α/2)/2) / √n at α = 1e-4. */
const KS = Math.sqrt(-Math.log(0.5e-4) / 2) / Math.sqrt(N);
const key: Key = [0x9e3779b9, 0xdeadbeef];

const bits = (shape: readonly number[], at: Key = key, block = 0) =>
  call('randomBits', [shape, { key: at, block }]);
/** A call of one of the rows that make values of the words, which the test knows. */
const draw = async (
  row: 'randomNormal' | 'randomTruncatedNormal' | 'randomIntegers' | 'randomUniform',
  count: number,
  parameters: number[],
) => call(row, [[count], { key, block: 0 }, parameters]).data();

/** Φ by the series of erf, whose terms are all positive. */
function phi(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; Math.abs(term) > 1e-18; k++) sum += term *= (x * x) / (2 * k + 1);
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The largest distance between the share of values up to x and the distribution function. */
function distance(values: ArrayLike<number>, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.reduce((worst, x, i) => {
    const f = distribution(x);
    return Math.max(worst, f - i / sorted.length, (i + 1) / sorted.length - f);
  }, 0);
}

function moments(values: ArrayLike<number>): { mean: number; variance: number; skew: number } {
  const list = Float64Array.from(values);
  const mean = list.reduce((a, b) => a + b) / list.length;
  const central = (k: number) => list.reduce((sum, v) => sum + (v - mean) ** k, 0) / list.length;
  return { mean, variance: central(2), skew: central(3) / central(2) ** 1.5 };
}

describe('random bits', () => {
  const signed = (words: Uint32Array) => Int32Array.from(words);

  it.each([1, 2, 3, 4, 5, 7, 255, 256, 257, 1000])('are the words of the stream: %i', async (n) => {
    const t = bits([n]);
    expect(t.dtype).toBe('int32');
    expect(await t.data()).toEqual(signed(randomWords(key, 0, n)));
  });

  it.each([
    [[0, 0], 0],
    [[0xffffffff, 0xffffffff], 3],
    [[0x80000000, 1], 2 ** 32 - 2], // the counter carries
    [[5, 6], 2 ** 40 + 7],
  ] as [Key, number][])('begin anywhere in any stream: key %j, block %i', async (at, block) => {
    expect(await bits([3, 5], at, block).data()).toEqual(signed(randomWords(at, block, 15)));
  });

  it('are right beyond 65,535 workgroups of words', async () => {
    const n = 65_535 * 64 + 5003;
    const found = await bits([n], key, 11).data();
    const expected = signed(randomWords(key, 11, n));
    expect(found.length).toBe(n);
    expect(found.findIndex((w, i) => w !== expected[i])).toBe(-1);
  });

  it('are right beyond 65,535 workgroups of threads', async () => {
    if ((await testDevice()).kind === 'cpu') return; // a grid is the GPU's
    const n = 4 * 65_535 * 64 + 4003;
    const found = await bits([n]).data();
    const last = Math.floor(n / 4) - 1;
    const blocks = Array.from({ length: 2000 }, (_, k) => last - k);
    for (let block = 0; block < last; block += 4999) blocks.push(block);
    for (const block of blocks)
      expect([...found.subarray(4 * block, 4 * block + 4)]).toEqual([
        ...Int32Array.from(philox([block, 0, 0, 0], key)),
      ]);
  });
});

describe('uniform', () => {
  it('is exactly 24 bits of each word', async () => {
    const expected = Float32Array.from(randomWords(key, 0, 1001), toUniform);
    expect(await draw('randomUniform', 1001, [0, 1, 1])).toEqual(expected);
  });

  it('has its distribution', async () => {
    const values = await random(11).uniform([N], { low: -2, high: 3 }).data();
    expect(distance(values, (x) => (x + 2) / 5)).toBeLessThan(KS);
    const { mean, variance } = moments(values);
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(25 / 12 / N));
    expect(Math.abs(variance - 25 / 12)).toBeLessThan(4 * Math.sqrt(625 / 180 / N));
  });

  it('never rounds up to its upper bound', async () => {
    const draws = async (low: number, high: number) => [
      ...new Set(await random(1).uniform([100], { low, high }).data()),
    ];
    expect(await draws(2 ** 24, 2 ** 24 + 2)).toEqual([2 ** 24]); // 2 is the distance between float32s there
    expect(await draws(-(2 ** 24) - 2, -(2 ** 24))).toEqual([-(2 ** 24) - 2]);
    expect(await draws(7, 7)).toEqual([7]);
    expect(await draws(1, 1 + 1e-12)).toEqual([1]);
    for (const v of await draws(-1, 0)) expect(v).toBeLessThan(0);
  });

  it('makes float64 and float16 where they are', async () => {
    const { kind } = await testDevice();
    const single = await random(3).uniform([9], { low: 1, high: 3 }).data();
    const half = random(3).uniform([9], { low: 1, high: 3, dtype: 'float16' });
    expect(half.dtype).toBe('float16');
    (await half.data()).forEach((v, i) => {
      expect(Math.abs(v - (single[i] as number))).toBeLessThanOrEqual(2 ** -10);
    });
    const double = () => random(3).uniform([9], { low: 1, high: 3, dtype: 'float64' });
    if (kind === 'webgpu') expect(double).toThrow(DTypeError);
    else
      expect(await double().data()).toEqual(
        Float64Array.from(randomWords(keyOf(3), 0, 9), (w) => 1 + 2 * toUniform(w)),
      );
  });

  it('refuses bounds that make no range', () => {
    for (const [low, high] of [
      [1, 0],
      [Number.NaN, 1],
      [0, Infinity],
      [-3e38, 3e38],
    ])
      expect(() => random(1).uniform([2], { low, high } as never)).toThrow(ArgumentError);
    expect(() => random(1).uniform([-1])).toThrow(ShapeError);
    expect(() => random(1).uniform([2], { dtype: 'int32' })).toThrow(
      new DTypeError('uniform: makes floats, not int32; use integers() or bernoulli(), or .astype'),
    );
  });
});

/** The key that a seed stands for. */
function keyOf(seed: number): Key {
  const [a, b] = philox([seed, 0, 0, 0], [0x7a9e6ead, 0]);
  return [a, b];
}

describe('normal', () => {
  it('is the formula of Box and Muller for every pair of words', async () => {
    const words = randomWords(key, 0, 20_000);
    const values = await draw('randomNormal', 20_000, [0, 1]);
    for (let i = 0; i < words.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - toUniform(words[i] as number)));
      const angle = 2 * Math.PI * toUniform(words[i + 1] as number);
      const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
      expect(Math.abs((values[i] as number) - x)).toBeLessThan(1e-6 * (Math.abs(x) + 1e-6));
      expect(Math.abs((values[i + 1] as number) - y)).toBeLessThan(1e-6 * (Math.abs(y) + 1e-6));
    }
  });

  it('has its distribution', async () => {
    const values = await random(21).normal([N], { mean: 1, std: 2 }).data();
    expect(distance(values, (x) => phi((x - 1) / 2))).toBeLessThan(KS);
    const { mean, variance, skew } = moments(values);
    expect(Math.abs(mean - 1)).toBeLessThan((4 * 2) / Math.sqrt(N));
    expect(Math.abs(variance - 4)).toBeLessThan(4 * 4 * Math.sqrt(2 / N));
    expect(Math.abs(skew)).toBeLessThan(4 * Math.sqrt(6 / N));
  });

  it('goes on where it ended, and fills any shape', async () => {
    const [rng, twin] = [random(2), random(2)];
    const first = await rng.normal([5]).data();
    const second = await rng.normal([4]).data();
    const both = await twin.normal([12]).data();
    expect(first).toEqual(both.slice(0, 5));
    expect(second).toEqual(both.slice(8, 12)); // streams go by blocks of four words
    expect((await rng.normal([0, 3]).data()).length).toBe(0);
    expect(rng.normal([]).shape).toEqual([]);
    expect(await rng.normal([3], { mean: 4, std: 0 }).array()).toEqual([4, 4, 4]);
    expect(() => rng.normal([3], { std: -1 })).toThrow(ArgumentError);
  });

  it('takes only the memory of its result', () => {
    const before = memory().bytes;
    random(1).normal([1000]);
    expect(memory().bytes - before).toBe(4000);
  });
});

describe('truncatedNormal', () => {
  const share = phi(2) - phi(-2);

  it('is the quantile of every word', async () => {
    const words = randomWords(key, 0, 20_000);
    const values = await draw('randomTruncatedNormal', 20_000, [0, 1]);
    values.forEach((z, i) => {
      const quantile = 0.5 + (((words[i] as number) >> 8) + 0.5) * 2 ** -24 * share;
      expect(Math.abs(phi(z) - quantile)).toBeLessThan(1.5e-7); // of a density up to 0.4
    });
  });

  it('has its distribution', async () => {
    const values = await random(31).truncatedNormal([N], { mean: -1, std: 3 }).data();
    expect(distance(values, (x) => (phi((x + 1) / 3) - phi(-2)) / share)).toBeLessThan(KS);
    const { mean, variance } = moments(values);
    const expected = 9 * (1 - (4 * Math.exp(-2)) / Math.sqrt(2 * Math.PI) / share);
    expect(Math.abs(mean + 1)).toBeLessThan(4 * Math.sqrt(expected / N));
    expect(Math.abs(variance - expected)).toBeLessThan(4 * expected * Math.sqrt(2 / N));
    expect(values.every((v) => v >= -7 && v <= 5)).toBe(true);
  });

  it('reaches both ends of its range', async () => {
    const values = await random(32).truncatedNormal([N]).data();
    expect(Math.max(...values)).toBeGreaterThan(1.999);
    expect(Math.min(...values)).toBeLessThan(-1.999);
  });
});

describe('bernoulli', () => {
  it('is true where uniform is below p', async () => {
    for (const p of [0, 1e-4, 0.3, 0.5, 1 - 1e-4, 1]) {
      const found = random(41).bernoulli(p, [N]);
      expect(found.dtype).toBe('bool');
      const values = await found.data();
      expect(values).toEqual(Uint8Array.from(await random(41).uniform([N]).data(), (u) => Number(u < p)));
      const share = values.filter((v) => v === 1).length / N;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / N));
    }
  });

  it('refuses what is no probability', () => {
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => random(1).bernoulli(p, [2])).toThrow(ArgumentError);
  });
});

describe('integers', () => {
  it.each([
    [0, 10],
    [-7, 1],
    [5, 6],
    [-2147483648, 2147483647],
    [-2147483648, 2147483648],
    [-1500000000, 1500000001],
    [2147483600, 2147483648],
  ])('from %i to %i are the high word of the product', async (low, high) => {
    const words = randomWords(key, 0, 5001);
    const expected = Int32Array.from(words, (w) => low + Number((BigInt(w) * BigInt(high - low)) >> 32n));
    expect(await draw('randomIntegers', 5001, [low, high - low])).toEqual(expected);
    expect(expected.every((v) => v >= low && v < high)).toBe(true);
  });

  it('are equally likely', async () => {
    const counts = new Array<number>(10).fill(0);
    for (const v of await random(51).integers(-3, 7, [N]).data())
      counts[v + 3] = (counts[v + 3] as number) + 1;
    const chiSquare = counts.reduce((sum, c) => sum + (c - N / 10) ** 2 / (N / 10), 0);
    expect(chiSquare).toBeLessThan(33.72); // 9 degrees of freedom
  });

  it('refuses an empty range and what int32 cannot hold', () => {
    const rng = random(1);
    expect(() => rng.integers(3, 3, [2])).toThrow(ArgumentError);
    expect(() => rng.integers(0, 2 ** 31 + 1, [2])).toThrow(ArgumentError);
    expect(() => rng.integers(0, 1.5, [2])).toThrow(ArgumentError);
  });
});

describe('devices', () => {
  const cpu = new CPUDevice();

  it('give the same whole numbers and truth values, bit for bit', async () => {
    const here = random(61);
    const there = random(61);
    for (const make of [
      (rng: typeof here) => rng.integers(-1000, 1_000_000_007, [1003]),
      (rng: typeof here) => rng.bernoulli(0.37, [7, 11]),
      (rng: typeof here) => rng.permutation(200),
      (rng: typeof here) => rng.uniform([513]),
      (rng: typeof here) => rng.integers(0, 3, [5]),
    ])
      expect(await make(here).data()).toEqual(await withDevice(cpu, () => make(there)).data());
  });

  it('give the same floats to the last bits', async () => {
    for (const make of ['normal', 'truncatedNormal'] as const) {
      const a = await random(62)[make]([4001], { mean: 3, std: 5 }).data();
      const b = await random(62)[make]([4001], { mean: 3, std: 5, device: cpu }).data();
      a.forEach((v, i) => {
        expect(Math.abs(v - (b[i] as number))).toBeLessThan(5e-6);
      });
    }
  });

  it('can be chosen', async () => {
    const device = await testDevice();
    const rng = random(1);
    expect(rng.normal([2], { device: cpu }).device).toBe(cpu);
    expect(rng.uniform([2], { device: cpu, dtype: 'float64' }).dtype).toBe('float64');
    expect(rng.normal([2]).device).toBe(device);
    expect(() => rng.normal([2], { device: cpu, dtype: 'float' as never })).toThrow(DTypeError);
    expect(context.device).toBe(device);
  });
});

describe('streams', () => {
  it('tell those who want to replay them where they stood', async () => {
    const rng = random(71);
    rng.normal([5]);
    const draws = new Map<Stream, number>();
    context.draws = draws;
    let first: Tensor;
    try {
      first = rng.integers(0, 1000, [6]);
      rng.bernoulli(0.5, [3]);
    } finally {
      context.draws = undefined;
    }
    expect([...draws]).toEqual([[rng, 2]]);
    expect(rng.position).toBe(5);
    rng.position = 2;
    expect(await rng.integers(0, 1000, [6]).data()).toEqual(await first.data());
  });

  it('are used up by what succeeds only', async () => {
    const [rng, twin] = [random(72), random(72)];
    expect(() => rng.normal([3], { dtype: 'bool' })).toThrow(DTypeError);
    expect(() => rng.integers(1, 0, [3])).toThrow(ArgumentError);
    expect(() => rng.uniform([2 ** 20, 2 ** 20])).toThrow(OutOfMemoryError);
    const closed = new CPUDevice();
    closed.close();
    expect(() => withDevice(closed, () => rng.permutation(3))).toThrow(DeviceLostError);
    expect(await rng.uniform([3]).data()).toEqual(await twin.uniform([3]).data());
  });

  it('are no methods of tensors', () => {
    expect('randomBits' in Tensor.prototype).toBe(false);
    expect('concat' in Tensor.prototype).toBe(false);
  });
});
