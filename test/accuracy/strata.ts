/** @file Float32 inputs that look for a function's worst: every exponent, and thick where it is hard. Seeded, pure. */
import { uniforms } from '../../bench/products.ts';

export interface Strata {
  /** Where most of the function happens: one stretch, or a short one and a long one, which get as many inputs each. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  /** Kinks, zeros, poles, edges: besides 0 and ±1. */
  readonly spots?: readonly number[];
}

/** Always among the inputs. */
const ALWAYS = [0, 1, 2 ** -149, 2 ** -126, 2 ** -126 - 2 ** -149, 3.4028234663852886e38, Infinity].flatMap(
  (x) => [x, -x],
);

/** Multiples of π/2: the first ones, then ever larger ones. */
export const quarters: readonly number[] = Array.from({ length: 3000 }, (_, i) => {
  const multiple = i < 1500 ? i + 1 : Math.floor(1500 * 1.05 ** (i - 1500));
  return ((i % 2 ? -1 : 1) * multiple * Math.PI) / 2;
}).filter((x) => Math.abs(x) < 2 ** 127);

/**
 * Of ten inputs, three share the 255 finite exponents equally, two are log-uniform in [2^-30, 2^14], three uniform in
 * the ranges, and two lie 1 to 65,536 floats beside the spots.
 */
export function stratified(count: number, { ranges, spots = [] }: Strata, seed = 1): Float32Array {
  const random = uniforms(seed);
  const out = new Float32Array(count);
  const bits = new Uint32Array(out.buffer);
  const sign = () => (random() < 0.5 ? 0 : 0x80000000);
  const beside = Float32Array.from([0, 1, -1, 1, -1, ...spots]);
  const spotBits = new Uint32Array(beside.buffer);
  for (let i = 0; i < count; i++) {
    const kind = i % 10;
    if (kind < 3) {
      const exponent = (3 * Math.floor(i / 10) + kind) % 255;
      bits[i] = ((exponent << 23) | (random() * 0x800000) | sign()) >>> 0;
    } else if (kind < 5) {
      out[i] = 2 ** (random() * 44 - 30);
      bits[i] = ((bits[i] as number) | sign()) >>> 0;
    } else if (kind < 8) {
      const [low, high] = ranges[Math.floor(random() * ranges.length)] as (typeof ranges)[number];
      out[i] = low + (high - low) * random();
    } else {
      const spot = spotBits[Math.floor(random() * beside.length)] as number;
      const steps = Math.floor(2 ** (random() * 16));
      // From 0 there is no step back; the other sign's floats lie there.
      const back = random() < 0.5;
      bits[i] = (spot << 1 === 0 ? (back ? 0x80000000 : 0) + steps : spot + (back ? -steps : steps)) >>> 0;
    }
    if (!(Math.abs(out[i] as number) < Infinity)) out[i] = 1; // stepped beyond the largest
  }
  ALWAYS.forEach((x, i) => {
    if (i < count) out[i] = x;
  });
  return out;
}
