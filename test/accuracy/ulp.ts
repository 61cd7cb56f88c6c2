/** @file Errors of float32 results in units in the last place (ULP) of the true value, given in float64. Pure. */

/** The least normal float32. */
export const TINY = 2 ** -126;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;

/** The float32 spacing at |x|: 2^(e − 23) for 2^e ≤ |x| < 2^(e+1), and 2^-149 below 2^-126. */
export function spacing(x: number): number {
  float[0] = x;
  const e = (((words[HIGH] as number) >>> 20) & 0x7ff) - 1023;
  return 2 ** (Math.min(Math.max(e, -126), 127) - 23);
}

/**
 * The distance of `got` from `want` in spacings at `want`. Infinity counts as 2^128, where the spacing ends, so that a
 * result just above the largest float32 may become it. Signs of zeros are not compared.
 */
export function ulps(got: number, want: number): number {
  if (got === want) return 0;
  if (Number.isNaN(got) || Number.isNaN(want)) return Number.isNaN(got) && Number.isNaN(want) ? 0 : Infinity;
  const [g, w] = [limit(got), limit(want)];
  return Math.abs(g - w) / spacing(w);
}

/** As `ulps`, on a device that may flush subnormal numbers: a result below 2^-126 may be 0, or round up to 2^-126. */
export function flushedUlps(got: number, want: number): number {
  const tiny = Math.abs(want) < TINY;
  if (tiny && (got === 0 || (Math.abs(got) <= TINY && got > 0 === want > 0))) return 0;
  return ulps(got, want);
}

const limit = (x: number): number => Math.min(Math.max(x, -(2 ** 128)), 2 ** 128);
