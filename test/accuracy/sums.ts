/**
 * @file Sums and products in float64, each with the magnitude that its rounding errors scale with: a sum of K rounded
 * terms in float32 is off by c·√K·ε·Σ|terms|, with c near 1, where its errors are not all of one sign. Pure.
 */

/** The distance between 1 and the next float32. */
export const EPSILON = 2 ** -23;

export interface Expected {
  readonly value: number;
  /** An error of this size is one of √K·ε·Σ|terms|. */
  readonly unit: number;
}

/** Of the terms of one output. */
export type Reduction = (terms: ArrayLike<number>) => Expected;

const root = (terms: ArrayLike<number>): number => EPSILON * Math.sqrt(terms.length);

function total(terms: ArrayLike<number>, of = (x: number) => x): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += of(terms[i] as number);
  return sum;
}

const mean: Reduction = (terms) => ({
  value: total(terms) / terms.length,
  unit: (root(terms) * total(terms, Math.abs)) / terms.length,
});

export const reductions = {
  sum: (terms) => ({ value: total(terms), unit: root(terms) * total(terms, Math.abs) }),
  mean,
  /** K factors, each rounding by a relative error. */
  prod: (terms) => {
    let value = 1;
    for (let i = 0; i < terms.length; i++) value *= terms[i] as number;
    return { value, unit: root(terms) * Math.abs(value) };
  },
  /** The mean's own error enters squared, and with the rounding of every difference. */
  var: (terms) => {
    const { value: m, unit } = mean(terms);
    const value = total(terms, (x) => (x - m) ** 2) / terms.length;
    const spread = total(terms, (x) => Math.abs(x - m)) / terms.length;
    return { value, unit: root(terms) * value + EPSILON * Math.abs(m) * spread + unit ** 2 };
  },
  /** max + log Σ e^(x − max): the sum's relative error, and the rounding of x − max and of the result. */
  logSumExp: (terms) => {
    let top = -Infinity;
    for (let i = 0; i < terms.length; i++) top = Math.max(top, terms[i] as number);
    const value = top + Math.log(total(terms, (x) => Math.exp(x - top)));
    return { value, unit: root(terms) + EPSILON * (Math.abs(value) + Math.abs(top)) };
  },
} satisfies Readonly<Record<string, Reduction>>;

/** a @ b for row-major a [m, k] and b [k, n]. */
export function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [m, k, n]: readonly [m: number, k: number, n: number],
): Expected[] {
  const out: Expected[] = [];
  const scale = EPSILON * Math.sqrt(k);
  for (let i = 0; i < m; i++) {
    const values = new Float64Array(n);
    const sizes = new Float64Array(n);
    for (let q = 0; q < k; q++) {
      const left = a[i * k + q] as number;
      for (let j = 0; j < n; j++) {
        const term = left * (b[q * n + j] as number);
        values[j] = (values[j] as number) + term;
        sizes[j] = (sizes[j] as number) + Math.abs(term);
      }
    }
    for (let j = 0; j < n; j++) out.push({ value: values[j] as number, unit: scale * (sizes[j] as number) });
  }
  return out;
}

/** The largest error in units; not finite where a result is not. */
export function worstUnits(got: ArrayLike<number>, expected: readonly Expected[]): number {
  if (got.length !== expected.length) return Infinity;
  let worst = 0;
  expected.forEach(({ value, unit }, i) => {
    const error = Math.abs((got[i] as number) - value);
    const units = error === 0 ? 0 : error / unit;
    if (!(units <= worst)) worst = units;
  });
  return worst;
}
