/**
 * @file The matrix products of the benchmark, their data, and what they must come to: an independent float64
 * product with a bound for the error of each element. Pure.
 */

/** [m, k] @ [k, n] */
export interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

const square = (size: number): Product => ({ m: size, k: size, n: size });

export const standardProducts: readonly Product[] = [
  ...[64, 128, 256, 512, 1024].map(square),
  { m: 17, k: 33, n: 65 },
  { m: 64, k: 256, n: 128 },
  { m: 1000, k: 784, n: 30 },
];

export function isSquare({ m, k, n }: Product): boolean {
  return m === k && k === n;
}

export function productName({ m, k, n }: Product): string {
  return `${m}×${k} · ${k}×${n}`;
}

/** Multiplications and additions. */
export function operations({ m, k, n }: Product): number {
  return 2 * m * k * n;
}

/** Random numbers in [0, 1) from a seed: mulberry32 by Tommy Ettinger. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of either sign whose magnitudes lie in [0.25, 2]: no zeros, so that no term of a sum can go missing unseen. */
export function randomValues(count: number, random: () => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => {
    const sign = random() < 0.5 ? -1 : 1;
    return sign * (0.25 + 1.75 * random());
  });
}

export interface Expected {
  readonly columns: number;
  readonly values: Float64Array;
  /** The largest error of each element that rounding to float32 in every step explains. */
  readonly bounds: Float64Array;
}

const EPSILON_32 = 2 ** -23;

/** The product in float64, and 4 √k ε Σ|a||b| for each element. */
export function expectedProduct(a: Float32Array, b: Float32Array, { m, k, n }: Product): Expected {
  const values = new Float64Array(m * n);
  const bounds = new Float64Array(m * n);
  const scale = 4 * Math.sqrt(k) * EPSILON_32;
  for (let i = 0; i < m; i++) {
    for (let q = 0; q < k; q++) {
      const left = a[i * k + q] as number;
      for (let j = 0; j < n; j++) {
        const term = left * (b[q * n + j] as number);
        values[i * n + j] = (values[i * n + j] as number) + term;
        bounds[i * n + j] = (bounds[i * n + j] as number) + Math.abs(term) * scale;
      }
    }
  }
  return { columns: n, values, bounds };
}

/** What is wrong with a result, or undefined where every element is within its bound. */
export function objection(
  result: ArrayLike<number>,
  { columns, values, bounds }: Expected,
): string | undefined {
  if (result.length !== values.length) return `it has ${result.length} elements instead of ${values.length}`;
  let wrong = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs((result[i] as number) - (values[i] as number));
    if (error <= (bounds[i] as number)) continue; // false for NaN
    if (wrong++ === 0) first = i;
  }
  if (wrong === 0) return undefined;
  const place = `[${Math.floor(first / columns)}, ${first % columns}]`;
  const bound = (bounds[first] as number).toExponential(1);
  return `${wrong} of ${values.length} elements are wrong; the first, at ${place}, is ${result[first]} instead of ${values[first]} ± ${bound}`;
}
