// Philox 4x32-10 against the published known-answer vectors of Random123 (kat_vectors, "philox4x32 10").
import { describe, expect, it } from 'vitest';
import { type Counter, type Key, philox, randomWords, toUniform } from '../../src/core/random.ts';

const hex = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

describe('philox', () => {
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('counter %s with key %s', (counter, key, expected) => {
    expect(philox(hex(counter) as unknown as Counter, hex(key) as unknown as Key)).toEqual(hex(expected));
  });
});

describe('randomWords', () => {
  it('is the blocks one after the other, cut to the count', () => {
    const key: Key = [7, 11];
    const words = [...randomWords(key, 3, 6)];
    expect(words).toEqual([...philox([3, 0, 0, 0], key), ...philox([4, 0, 0, 0], key)].slice(0, 6));
  });
});

describe('toUniform', () => {
  it('covers [0, 1) in steps of 2^-24', () => {
    expect(toUniform(0)).toBe(0);
    expect(toUniform(0x80000000)).toBe(0.5);
    expect(toUniform(0xffffffff)).toBe(1 - 2 ** -24);
  });
});
