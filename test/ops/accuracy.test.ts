// How far results are off: unary ops in ULP against float64, over a million inputs each; matrix products and reductions
// against what rounding explains for the length of their sums; and the places where a careless formula breaks.
import { beforeAll, describe, expect, it } from 'vitest';
import { uniforms } from '../../bench/products.ts';
import { device as currentDevice, type Device, type Tensor, tensor } from '../../src/index.ts';
import { measure } from '../accuracy/measure.ts';
import { boundOf, C_SUMS, LIMIT, POINTS, unaryNames, unaryOps } from '../accuracy/ops.ts';
import points from '../accuracy/points.json' with { type: 'json' };
import { reference, type UnaryName } from '../accuracy/reference.ts';
import { stratified } from '../accuracy/strata.ts';
import { product, type Reduction, reductions, worstUnits } from '../accuracy/sums.ts';
import { flushedUlps, spacing, ulps } from '../accuracy/ulp.ts';
import { describeWorst } from '../accuracy/worst.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

let device: Device;
beforeAll(() => {
  device = currentDevice();
});

describe('the yardstick', () => {
  const { fround } = Math;

  it('counts in the last place of the true value', () => {
    expect([1, 1.999, 2, 0.999, -3, 2 ** -126, 2 ** -149, 0, 2 ** 128].map(spacing)).toEqual(
      [-23, -23, -22, -24, -22, -149, -149, -149, 104].map((e) => 2 ** e),
    );
    expect(ulps(1 + 2 ** -23, 1)).toBe(1);
    expect(ulps(fround(Math.PI), Math.PI)).toBeCloseTo(8.7422780126e-8 / 2 ** -22, 8);
    expect(ulps(0, 1)).toBe(2 ** 23);
    expect(ulps(0, -0)).toBe(0);
    expect(ulps(1, 1 - 2 ** -50)).toBeCloseTo(2 ** -26, 12); // the spacing below 1
  });

  it('lets what overflows by a rounding become infinite, and NaN be NaN only', () => {
    expect(ulps(Infinity, 2 ** 128 - 2 ** 103)).toBe(0.5);
    expect(ulps(Infinity, 1e300)).toBe(0);
    expect(ulps(-Infinity, 1e300)).toBeGreaterThan(1e6);
    expect(ulps(NaN, NaN)).toBe(0);
    expect(ulps(NaN, 1)).toBe(Infinity);
    expect(ulps(1, NaN)).toBe(Infinity);
  });

  it('forgives flushed subnormals where they may be, and nothing else', () => {
    expect(ulps(0, 2 ** -127)).toBe(2 ** 22);
    expect(flushedUlps(0, 2 ** -127)).toBe(0);
    expect(flushedUlps(2 ** -126, 2 ** -127)).toBe(0);
    expect(flushedUlps(-(2 ** -126), 2 ** -127)).toBeGreaterThan(1e6);
    expect(flushedUlps(2 ** -125, 2 ** -127)).toBeGreaterThan(1e6);
    expect(flushedUlps(0, 2 ** -126)).toBe(2 ** 23);
    expect(flushedUlps(NaN, 2 ** -127)).toBe(Infinity);
  });

  it.each(Object.entries(points))('%s in float64 is what mpmath finds', (name, rows) => {
    const f = reference[name as UnaryName];
    expect(rows.length).toBe(60);
    for (const [x = 0, y = 0] of rows) expect(Math.abs(f(x) - y)).toBeLessThanOrEqual(5e-14 * Math.abs(y));
  });

  it('has inputs of every exponent and either sign, the same ones every time', () => {
    const x = stratified(100_000, unaryOps.sin);
    const bits = new Uint32Array(x.buffer);
    const exponents = new Uint32Array(512);
    for (const b of bits) exponents[b >>> 23] = (exponents[b >>> 23] as number) + 1;
    for (let e = 0; e < 512; e++)
      if (e % 256 < 255) expect(exponents[e], `exponent field ${e}`).toBeGreaterThan(40);
    expect(x.some(Number.isNaN)).toBe(false);
    expect(stratified(100_000, unaryOps.sin)).toEqual(x);
  });
});

describe(`unary ops, ${POINTS.toLocaleString('en-US')} inputs each`, () => {
  it.each(unaryNames)('%s', async (name) => {
    const worst = await measure(name, stratified(POINTS, unaryOps[name]), device);
    expect(worst.ulp, describeWorst(name, worst)).toBeLessThanOrEqual(boundOf(name, device));
  });

  it('have bounds within the aim', () => {
    for (const { cpu, webgpu } of Object.values(unaryOps)) {
      expect(cpu).toBeLessThanOrEqual(LIMIT.cpu);
      expect(webgpu).toBeLessThanOrEqual(LIMIT.webgpu);
    }
  });
});

/** The results of an op for a few inputs, in float32. */
async function run(f: (x: Tensor) => Tensor, ...x: number[]): Promise<number[]> {
  return [...(await f(tensor(x)).data())];
}

describe('hard places', () => {
  const LN2 = Math.fround(Math.LN2);

  it('softplus, logSigmoid and gelu at ±1e4', async () => {
    expect(await run((x) => x.softplus(), 1e4, -1e4)).toEqual([1e4, 0]);
    expect((await run((x) => x.logSigmoid(), -1e4, 1e4)).map((y) => y + 0)).toEqual([-1e4, 0]);
    for (const approximate of [false, true])
      expect((await run((x) => x.gelu({ approximate }), 1e4, -1e4)).map((y) => y + 0)).toEqual([1e4, 0]);
  });

  it('logSumExp, softmax and logSoftmax at ±1e4', async () => {
    const near = (got: readonly number[], want: readonly number[]) => {
      expect(got.length).toBe(want.length);
      want.forEach((w, i) => {
        expect(ulps(got[i] as number, w)).toBeLessThanOrEqual(4);
      });
    };
    const e = Math.exp(-1);
    near(await run((x) => x.logSumExp(), 1e4, -1e4, 1e4), [1e4 + LN2]);
    near(await run((x) => x.logSumExp(), -1e4, -1e4), [-1e4 + LN2]);
    near(await run((x) => x.logSumExp(), -1e4), [-1e4]);
    near(await run((x) => x.softmax(), 1e4, -1e4, 9999), [1 / (1 + e), 0, e / (1 + e)]);
    near(await run((x) => x.softmax(), -1e4, -1e4), [0.5, 0.5]);
    const log = Math.log1p(e);
    near(await run((x) => x.logSoftmax(), 1e4, -1e4, 9999), [-log, -2e4 - log, -1 - log]);
    near(await run((x) => x.logSoftmax(), -1e4, -1e4), [-LN2, -LN2]);
  });

  it.each(['log1p', 'expm1', 'tanh', 'sinh'] as const)('%s near 0', async (name) => {
    const x = Float32Array.from({ length: 72 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** -(1 + (i >> 1)));
    const y = await unaryOps[name].run(tensor(x)).data();
    x.forEach((a, i) => {
      expect(flushedUlps(y[i] as number, reference[name](a))).toBeLessThanOrEqual(2);
    });
    expect((await run(unaryOps[name].run, -0)).map((v) => Object.is(v, -0))).toEqual([true]);
  });

  it.each(['sin', 'cos'] as const)('%s of all whole numbers to 100,000', async (name) => {
    const worst = await measure(
      name,
      Float32Array.from({ length: 200_001 }, (_, i) => i - 100_000),
      device,
    );
    expect(worst.ulp, describeWorst(name, worst)).toBeLessThanOrEqual(boundOf(name, device));
    expect(Math.abs(worst.got - worst.want)).toBeLessThan(1.5e-7);
  });
});

/**
 * Kinds of terms. Where all are alike every rounding goes the same way, so that only the bound K·ε/2 of any order of
 * summation holds; for the others c·√K·ε·Σ|terms| does, with c = C_SUMS.
 */
const random = uniforms(3);
const kinds = {
  'either sign': () => 2 * random() - 1,
  positive: random,
  alike: () => 0.1,
};
const allowed = (kind: string, k: number): number => (kind === 'alike' ? Math.sqrt(k) / 2 + C_SUMS : C_SUMS);
const fill = (length: number, f: () => number) => Float32Array.from({ length }, f);

describe('matmul within c·√K·ε·Σ|a||b|', () => {
  const shapes = [
    [1, 1, 1],
    [65, 3, 67],
    [65, 66, 67],
    [256, 256, 256],
    [130, 513, 70],
    [64, 1000, 64],
    [2, 4096, 300],
    [300, 5000, 3],
    [3, 100_000, 5],
    [1, 300_000, 1],
  ] as const;
  const cases = shapes.flatMap((shape) => Object.entries(kinds).map(([kind, f]) => ({ shape, kind, f })));
  it.each(cases)('$shape, $kind', async ({ shape, kind, f }) => {
    const [m, k, n] = shape;
    const [a, b] = [fill(m * k, f), fill(k * n, f)];
    const expected = product(a, b, shape);
    const y = await tensor(a, { shape: [m, k] })
      .matmul(tensor(b, { shape: [k, n] }))
      .data();
    expect(worstUnits(y, expected)).toBeLessThanOrEqual(allowed(kind, k));
    // The same product from operands that lie transposed.
    const transposed = (x: Float32Array, rows: number, columns: number) =>
      tensor(
        Float32Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)] as number),
        { shape: [columns, rows] },
      ).mT;
    const z = await transposed(a, m, k)
      .matmul(transposed(b, k, n))
      .data();
    expect(worstUnits(z, expected)).toBeLessThanOrEqual(allowed(kind, k));
  });
});

describe('reductions within c·√K·ε·Σ|terms|', () => {
  const shapes = [
    [1, 300_000, 1],
    [8192, 100, 1],
    [1, 100, 8192],
    [3, 20_000, 2],
    [7, 3, 71],
  ] as const;
  const names = Object.keys(reductions) as (keyof typeof reductions)[];
  const cases = shapes.flatMap((shape) => names.map((name) => ({ shape, name })));
  it.each(cases)('$name of $shape over axis 1', async ({ shape, name }) => {
    const [outer, k, inner] = shape;
    const reduce: Reduction = reductions[name];
    // A product of numbers below 1 would vanish, and one of many far from 1 go beyond float32.
    const factor = (sign: number) =>
      Math.sign(sign) * 2 ** (Math.min(1, 40 / Math.sqrt(k)) * (2 * random() - 1));
    for (const [kind, f] of Object.entries(kinds)) {
      const x = fill(outer * k * inner, name === 'prod' ? () => factor(f()) : f);
      const terms = new Float64Array(k);
      const expected = Array.from({ length: outer * inner }, (_, at) => {
        const start = Math.floor(at / inner) * k * inner + (at % inner);
        for (let i = 0; i < k; i++) terms[i] = x[start + i * inner] as number;
        return reduce(terms);
      });
      const y = await tensor(x, { shape })[name](1).data();
      expect(worstUnits(y, expected), kind).toBeLessThanOrEqual(allowed(kind, k));
    }
  });
});
