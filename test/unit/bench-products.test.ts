// What the benchmark holds results against: it must pass right ones and refuse every kind of wrong one.
import { describe, expect, test } from 'vitest';
import {
  expectedProduct,
  isSquare,
  objection,
  operations,
  productName,
  randomValues,
  standardProducts,
  uniforms,
} from '../../bench/products.ts';

const float32 = (...values: number[]) => Float32Array.from(values);

test('the standard products', () => {
  expect(standardProducts.map(productName)).toEqual([
    '64×64 · 64×64',
    '128×128 · 128×128',
    '256×256 · 256×256',
    '512×512 · 512×512',
    '1024×1024 · 1024×1024',
    '17×33 · 33×65',
    '64×256 · 256×128',
    '1000×784 · 784×30',
  ]);
  expect(standardProducts.filter(isSquare)).toHaveLength(5);
});

test('a term is a multiplication and an addition', () => {
  expect(operations({ m: 2, k: 3, n: 5 })).toBe(60);
});

describe('expectedProduct', () => {
  test('of a row and a column of length 4', () => {
    // 0.5 - 2 - 3 - 8, and 4 √4 2⁻²³ (0.5 + 2 + 3 + 8)
    const expected = expectedProduct(float32(1, -2, 3, -4), float32(0.5, 1, -1, 2), { m: 1, k: 4, n: 1 });
    expect([...expected.values]).toEqual([-12.5]);
    expect([...expected.bounds]).toEqual([108 / 8388608]);
  });

  test('of a column and a row', () => {
    const expected = expectedProduct(float32(2, -3), float32(1, 10, -100), { m: 2, k: 1, n: 3 });
    expect([...expected.values]).toEqual([2, 20, -200, -3, -30, 300]);
    expect(expected.bounds[5]).toBe(1200 / 8388608);
    expect(expected.columns).toBe(3);
  });

  test('of matrices', () => {
    const expected = expectedProduct(float32(1, 2, 3, 4, 5, 6), float32(7, 8, 9, 10, 11, 12), {
      m: 2,
      k: 3,
      n: 2,
    });
    expect([...expected.values]).toEqual([58, 64, 139, 154]);
  });

  test('keeps what float32 would lose', () => {
    // 2²⁴ + 1 has no float32
    const expected = expectedProduct(float32(2 ** 24, 1), float32(1, 1), { m: 1, k: 2, n: 1 });
    expect([...expected.values]).toEqual([2 ** 24 + 1]);
  });
});

describe('objection', () => {
  const expected = {
    columns: 3,
    values: Float64Array.of(1, 2, 3, 4, 5, 6),
    bounds: new Float64Array(6).fill(0.01),
  };

  test('none where all elements are within their bounds', () => {
    expect(objection(Float64Array.of(1, 2.01, 2.995, 4, 5, 6), { ...expected })).toBeUndefined();
  });

  test('zeros are refused', () => {
    expect(objection(new Float32Array(6), expected)).toBe(
      '6 of 6 elements are wrong; the first, at [0, 0], is 0 instead of 1 ± 1.0e-2',
    );
  });

  test.each([Number.NaN, Infinity, -5, 5.02])('%d in place of 5 is refused', (wrong) => {
    expect(objection(Float64Array.of(1, 2, 3, 4, wrong, 6), expected)).toBe(
      `1 of 6 elements are wrong; the first, at [1, 1], is ${wrong} instead of 5 ± 1.0e-2`,
    );
  });

  test('too few elements are refused', () => {
    expect(objection(new Float32Array(4), expected)).toBe('it has 4 elements instead of 6');
  });

  const product = { m: 5, k: 1024, n: 7 };
  const random = uniforms(42);
  const a = randomValues(product.m * product.k, random);
  const b = randomValues(product.k * product.n, random);
  const multiply = (terms: number, round: (x: number) => number) => {
    const out = new Float64Array(product.m * product.n);
    for (let i = 0; i < product.m; i++)
      for (let j = 0; j < product.n; j++) {
        let sum = 0;
        for (let q = 0; q < terms; q++)
          sum = round(sum + round((a[i * product.k + q] as number) * (b[q * product.n + j] as number)));
        out[i * product.n + j] = sum;
      }
    return out;
  };

  test('a product in float32 all the way is right', () => {
    expect(objection(multiply(1024, Math.fround), expectedProduct(a, b, product))).toBeUndefined();
  });

  test('a product that lacks one term of 1024 is wrong everywhere', () => {
    expect(objection(multiply(1023, Math.fround), expectedProduct(a, b, product))).toMatch(/^35 of 35/);
  });
});

describe('random values', () => {
  const values = randomValues(10_000, uniforms(7));

  test('are never near zero, of either sign, and all over the range', () => {
    const magnitudes = values.map(Math.abs);
    expect(Math.min(...magnitudes)).toBeGreaterThanOrEqual(0.25);
    expect(Math.max(...magnitudes)).toBeLessThanOrEqual(2);
    expect(magnitudes.reduce((sum, x) => sum + x) / 10_000).toBeCloseTo(1.125, 1);
    const negative = values.filter((x) => x < 0).length;
    expect(Math.abs(negative - 5000)).toBeLessThan(250); // five standard deviations
    expect(new Set(values).size).toBeGreaterThan(9900);
  });

  test('are the same for the same seed only', () => {
    expect(randomValues(10_000, uniforms(7))).toEqual(values);
    expect(randomValues(10_000, uniforms(8))).not.toEqual(values);
  });
});
