// The figures of the benchmark: medians, quartiles, repetitions and the order of the samples.
import { describe, expect, test } from 'vitest';
import { interleave, moreRepetitions, quantile, roundsWithin, summarize } from '../../bench/statistics.ts';

test.each([
  [[1, 2, 3, 4], 0, 1],
  [[1, 2, 3, 4], 0.25, 1.75],
  [[1, 2, 3, 4], 0.5, 2.5],
  [[1, 2, 3, 4], 1, 4],
  [[10, 20, 40], 0.75, 30],
  [[7], 0.25, 7],
])('quantile of %j at %d is %d', (sorted, q, expected) => {
  expect(quantile(sorted, q)).toBe(expected);
});

test('there is no quantile of nothing', () => {
  expect(() => quantile([], 0.5)).toThrow('no samples');
});

test('summarize sorts by size, not as text, and leaves the samples as they are', () => {
  const samples = [100, 9, 20, 1, 3];
  expect(summarize(samples)).toEqual({ median: 9, low: 3, high: 20 });
  expect(samples).toEqual([100, 9, 20, 1, 3]);
});

test('one wild sample does not move the median', () => {
  expect(summarize([5, 5, 5, 5, 1e9])).toEqual({ median: 5, low: 5, high: 5 });
});

describe('interleave', () => {
  test('takes turns, one after the other', async () => {
    const log: string[] = [];
    const contender = (name: string) => async () => {
      log.push(`${name} starts`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return log.length;
    };
    expect(await interleave([contender('gpu'), contender('cpu')], 2)).toEqual([
      [2, 6],
      [4, 8],
    ]);
    const round = ['gpu starts', 'gpu ends', 'cpu starts', 'cpu ends'];
    expect(log).toEqual([...round, ...round]);
  });

  test('a failing sample ends it', async () => {
    const broken = () => Promise.reject(new Error('lost'));
    await expect(interleave([broken, async () => 1], 3)).rejects.toThrow('lost');
  });
});

test.each([
  [1, 0.01, 0.05, 7], // 6.25 times as many
  [10, 0.04, 0.05, 20], // nearly there: twice as many
  [2, 1e-6, 0.05, 32], // too short to trust: 16 times as many
  [3, 0, 0.05, 48],
])('%d repetitions in %d s, for %d s: %d', (repetitions, seconds, wanted, expected) => {
  expect(moreRepetitions(repetitions, seconds, wanted)).toBe(expected);
});

test.each([
  [0.07, 9],
  [1.5, 4],
  [1.9, 3],
  [10, 3],
])('rounds of %d s in 6 s, 3 to 9: %d', (seconds, expected) => {
  expect(roundsWithin(6, seconds, 3, 9)).toBe(expected);
});
