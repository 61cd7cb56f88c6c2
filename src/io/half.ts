/** @file Numbers of 16 bits, in which files keep what is float16 or bfloat16. Pure. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float16 of a bit pattern. */
export function fromHalf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const fraction = pattern & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bit pattern of a number that float16 holds. */
export function toHalf(value: number): number {
  float[0] = value;
  const pattern = bits[0] as number;
  const sign = (pattern >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (!(size < Infinity)) return sign | (size === Infinity ? 0x7c00 : 0x7e00);
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  return sign | ((((pattern >>> 23) & 255) - 112) << 10) | ((pattern >>> 13) & 1023);
}

/** The bfloat16 of a bit pattern: the upper half of a float32. */
export function fromBrain(pattern: number): number {
  bits[0] = pattern << 16;
  return float[0] as number;
}
