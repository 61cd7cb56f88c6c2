// Dropout: what it keeps it scales exactly, as many as it should, and its gradient is its mask, of any order.
import { describe, expect, it } from 'vitest';
import { grad, memory, type Rng, random, type Tensor, tensor } from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const N = 10_000;
/** 1, 2, ...: no element is 0, so a 0 was dropped. */
const counted = () => tensor(Float32Array.from({ length: N }, (_, k) => k + 1));

describe('dropout', () => {
  it.each([0, 0.1, 0.5, 0.9])('of %d keeps and scales the rest', async (rate) => {
    const y = await counted().dropout(rate, random(7)).data();
    const scale = Math.fround(1 / (1 - rate));
    const wrong = y.findIndex((v: number, k: number) => v !== 0 && v !== Math.fround((k + 1) * scale));
    expect(wrong).toBe(-1);
    const kept = y.filter((v: number) => v !== 0).length;
    const sigma = Math.sqrt(N * rate * (1 - rate));
    expect(Math.abs(kept - N * (1 - rate))).toBeLessThanOrEqual(4 * sigma);
  });

  it('draws anew each time, and the same from the same seed', async () => {
    const x = counted();
    const rng = random(3);
    const [first, second] = [await x.dropout(0.5, rng).data(), await x.dropout(0.5, rng).data()];
    const again = await x.dropout(0.5, random(3)).data();
    expect(second).not.toEqual(first);
    expect(again).toEqual(first);
    const both = first.filter((v: number, k: number) => v !== 0 && second[k] !== 0).length;
    expect(Math.abs(both - N / 4)).toBeLessThanOrEqual(4 * Math.sqrt((N * 3) / 16)); // the draws are independent
  });

  it.each([0, 0.25, 0.5])('of %d has its mask for a gradient, of both orders', async (rate) => {
    const x = tensor(
      Float32Array.from({ length: 200 }, (_, k) => (k + 1) / 8),
      { shape: [10, 20] },
    );
    const f = (p: Tensor, rng: Rng) => p.dropout(rate, rng).square().sum();
    const y = await x.dropout(rate, random(5)).data();
    const scale = 1 / (1 - rate);
    const mask = Float64Array.from(y, (v) => (v === 0 ? 0 : scale));
    const first = await grad((p: Tensor) => f(p, random(5)))(x).data();
    const second = await grad((p: Tensor) => grad((q: Tensor) => f(q, random(5)))(p).sum())(x).data();
    mask.forEach((m, k) => {
      expect(first[k]).toBeCloseTo((2 * m * m * (k + 1)) / 8, 3);
      expect(second[k]).toBeCloseTo(2 * m * m, 4);
    });
  });

  it('drops NaN and infinities, and takes any layout', async () => {
    const bad = tensor(new Float32Array(64).fill(Number.NaN)).dropout(0.5, random(1));
    const seen = new Set<unknown>(await bad.data());
    expect(seen).toEqual(new Set([0, Number.NaN]));
    const x = tensor(
      Float32Array.from({ length: 40 }, (_, k) => k + 1),
      { shape: [5, 8] },
    );
    const [plain, turned] = [await x.T.dropout(0.5, random(2)).data(), x.T.slice(null, [null, null, -1])];
    const y = await turned.dropout(0.5, random(2)).data();
    const kept = [...y].map((v) => v !== 0);
    expect(kept).toEqual([...plain].map((v) => v !== 0)); // the mask goes by place, not by storage
  });

  it('of nothing is nothing, and leaves nothing', () => {
    expect(tensor([]).dropout(0.5, random(1)).shape).toEqual([0]);
    const [x, rng] = [counted(), random(1)];
    x.dropout(0.5, rng).dispose();
    const before = memory();
    for (const rate of [0, 0.5]) x.dropout(rate, rng).dispose();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});
