// Area averaging against sums by hand: whole-number weights make every expected value exact.
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/core/errors.ts';
import { areaWeights, shrinkImages, toInputs } from '../../src/data/resample.ts';

describe('areaWeights', () => {
  test('5 pixels on 4: in quarters of a pixel, 4+1, 3+2, 2+3, 1+4', () => {
    expect(areaWeights(5, 4)).toEqual([
      { first: 0, weights: [4, 1] },
      { first: 1, weights: [3, 2] },
      { first: 2, weights: [2, 3] },
      { first: 3, weights: [1, 4] },
    ]);
  });

  test('whole ratios', () => {
    expect(areaWeights(4, 2)).toEqual([
      { first: 0, weights: [2, 2] },
      { first: 2, weights: [2, 2] },
    ]);
    expect(areaWeights(3, 3).map((w) => w.weights)).toEqual([[3], [3], [3]]);
  });

  test.each([
    [20, 16],
    [28, 16],
    [7, 3],
  ])('%i pixels on %i: nothing is lost and nothing counted twice', (from, to) => {
    const taken = new Array<number>(from).fill(0);
    for (const { first, weights } of areaWeights(from, to)) {
      expect(weights.reduce((a, b) => a + b)).toBe(from);
      weights.forEach((w, k) => {
        taken[first + k] = (taken[first + k] as number) + w;
      });
    }
    expect(taken).toEqual(new Array(from).fill(to));
  });
});

describe('shrinkImages', () => {
  test('averages 2 x 2 blocks of the cropped centre', () => {
    // 6 x 6, the border 255 and cut away; the centre 4 x 4 holds 1..16 row by row.
    const image = new Uint8Array(36).fill(255);
    for (let i = 0; i < 16; i++) image[(1 + Math.floor(i / 4)) * 6 + 1 + (i % 4)] = i + 1;
    // (1+2+5+6)/4 = 3.5, (3+4+7+8)/4 = 5.5, (9+10+13+14)/4 = 11.5, (11+12+15+16)/4 = 13.5, rounded up.
    expect([...shrinkImages(image, { size: 6, crop: 4, to: 2 })]).toEqual([4, 6, 12, 14]);
  });

  test('one bright pixel is shared by area, exactly', () => {
    // 5 x 5 on 4 x 4; pixel (1, 1) covers a quarter of output row 0 and 3 quarters of row 1, likewise columns.
    // An output covers 25 sixteenths of a pixel: 225 · 1·1/25, 225 · 1·3/25, 225 · 3·3/25.
    const image = new Uint8Array(25);
    image[6] = 225;
    const out = shrinkImages(image, { size: 5, crop: 5, to: 4 });
    expect([...out]).toEqual([9, 27, 0, 0, 27, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('a flat image stays flat, and images do not mix', () => {
    const two = new Uint8Array(2 * 784).fill(200, 0, 784).fill(255, 784);
    const out = shrinkImages(two);
    expect(out.length).toBe(512);
    expect(out.subarray(0, 256).every((p) => p === 200)).toBe(true);
    expect(out.subarray(256).every((p) => p === 255)).toBe(true);
  });

  test('a margin of four pixels is cut from 28 x 28', () => {
    const image = new Uint8Array(784);
    image[3 * 28 + 10] = 255; // above the centre
    image[24 * 28 + 24] = 255; // right of and below it
    expect(shrinkImages(image).some((p) => p !== 0)).toBe(false);
    image[4 * 28 + 4] = 250; // its first pixel: 16 of 25 sixteenths of output (0, 0)
    expect([...shrinkImages(image).subarray(0, 2)]).toEqual([160, 0]);
  });

  test('refuses what does not divide', () => {
    expect(() => shrinkImages(new Uint8Array(785))).toThrow(ShapeError);
    expect(() => shrinkImages(new Uint8Array(784), { crop: 19 })).toThrow(/centre 19 of 28/);
    expect(() => shrinkImages(new Uint8Array(784), { to: 21 })).toThrow(ShapeError);
  });
});

test('toInputs maps 0..255 on 0..1', () => {
  expect([...toInputs(Uint8Array.of(0, 51, 255))]).toEqual([0, Math.fround(0.2), 1]);
});
