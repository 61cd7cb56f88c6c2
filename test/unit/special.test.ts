// erf and erfc in float64 against Python's math module (C's libm), and against what they must satisfy.
import { describe, expect, it } from 'vitest';
import { erf, erfc } from '../../src/core/special.ts';
import { rows } from '../fixtures/erf.json';

const LEAST = 2 ** -1074;
/** The relative error, in which the last two places of a subnormal do not count. */
const error = (got: number, want: number) =>
  Math.max(Math.abs(got - want) - 2 * LEAST, 0) / Math.max(Math.abs(want), LEAST);
const grid = (from: number, to: number, n: number) =>
  Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);

describe('erf', () => {
  it('is that of Python', () => {
    expect(rows.filter(([x = 0, want = 0]) => !(error(erf(x), want) < 1e-15))).toEqual([]);
  });
  it('is odd, -0 too', () => {
    for (const x of grid(0, 7, 700)) expect(erf(-x)).toBe(-erf(x));
    expect(erf(0)).toBe(0);
    expect(erf(-0)).toBe(-0);
  });
  it('reaches 1, and passes NaN', () => {
    expect([6, 28, 1e300, Infinity, -Infinity, NaN].map(erf)).toEqual([1, 1, 1, 1, -1, NaN]);
  });
});

describe('erfc', () => {
  it('is that of Python', () => {
    expect(rows.filter(([x = 0, , want = 0]) => !(error(erfc(x), want) < 1e-15))).toEqual([]);
  });
  it('is 1 - erf', () => {
    for (const x of grid(-7, 7, 1400)) expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(3e-16);
  });
  it('mirrors to 2', () => {
    for (const x of grid(0, 7, 700)) expect(erfc(-x)).toBeCloseTo(2 - erfc(x), 14);
    expect([0, -0].map(erfc)).toEqual([1, 1]);
  });
  it('falls all along its right tail, through the subnormals to 0', () => {
    const values = grid(0, 28, 28_000).map(erfc);
    expect(values.every((y, i) => i === 0 || y <= (values[i - 1] ?? 0))).toBe(true);
    expect(erfc(27.2)).toBeGreaterThan(0);
    expect(erfc(27.3)).toBe(0);
  });
  it('has its limits at infinity, and passes NaN', () => {
    expect([28, 1e300, Infinity, -Infinity, NaN].map(erfc)).toEqual([0, 0, 0, 2, NaN]);
  });
});
