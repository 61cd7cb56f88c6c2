/** @file Which of the 2^32 float32 numbers a run of `npm run verify` tries, and in which order. Pure. */

/** The exponents of float32 that a part may begin and end with: -127 holds ±0 and the subnormals, 128 ±Infinity and NaN. */
export const EXPONENTS = { lowest: -127, highest: 128 } as const;

export interface Part {
  /** The binary exponents of the inputs, both ends counted in. */
  readonly from: number;
  readonly to: number;
  /** The i-th of n shares, from 1 on: every n-th of these numbers, so that each share meets every exponent. */
  readonly share: readonly [i: number, n: number];
}

const MANTISSAS = 2 ** 23;

/** Numbers of one sign, in all shares. */
const halfOf = ({ from, to }: Part): number => (to - from + 1) * MANTISSAS;

/** How many inputs the part has. */
export function countOf(part: Part): number {
  const [i, n] = part.share;
  return Math.ceil((2 * halfOf(part) - (i - 1)) / n);
}

/** The inputs from the `begin`-th up to but without the `end`-th: positive ones first, by size. */
export function inputsOf(part: Part, begin: number, end: number): Float32Array {
  const [i, n] = part.share;
  const half = halfOf(part);
  const first = (part.from - EXPONENTS.lowest) * MANTISSAS;
  const bits = new Uint32Array(end - begin);
  for (let k = 0; k < bits.length; k++) {
    const at = (begin + k) * n + i - 1;
    bits[k] = at < half ? first + at : 0x80000000 + first + at - half;
  }
  return new Float32Array(bits.buffer);
}
