/**
 * @file Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3" (2011): block n of a stream is a pure function of (key, n), so every device can make the same.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = a0 * b1 + (middle % 0x10000);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

export type Counter = readonly [number, number, number, number];
export type Key = readonly [number, number];

/** Ten rounds of Philox 4x32: four random 32-bit words for a counter and a key. */
export function philox(counter: Counter, key: Key): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** `count` random words of the stream `key`, from block `first` on. */
export function randomWords(key: Key, first: number, count: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let i = 0, block = first; i < words.length; i += 4, block++) {
    words.set(philox([block >>> 0, Math.floor(block / 2 ** 32) >>> 0, 0, 0], key), i);
  }
  return words.subarray(0, count);
}

/** In [0, 1), a multiple of 2^-24: every value is exact in float32. */
export function toUniform(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
