// Which members of a population train together, and what memory they are said to take.
import { describe, expect, it } from 'vitest';
import { chunksOf, needOf, type Room } from '../../src/evolve/chunks.ts';
import { type Member, memberOf } from '../../src/evolve/member.ts';
import { widthsOfStack } from '../../src/evolve/padding.ts';

const ends = { inputs: 16, outputs: 4 };
const nets = (...hidden: number[][]): Member[] =>
  hidden.map((units, p) => memberOf('test', { hidden: units }, p));

const room = (more: Partial<Room> = {}): Room => ({
  device: { kind: 'webgpu', info: { name: 'test' }, bindableBytes: Infinity },
  dtype: 'float32',
  batch: 32,
  perWeight: 6,
  memory: Infinity,
  ...more,
});

describe('a stack', () => {
  it('has room for the widest and the deepest, whose lacking layers are as wide as their last', () => {
    expect(widthsOfStack(nets([5], [3, 8], []), ends)).toEqual([16, 16, 16, 4]);
    expect(widthsOfStack(nets([5], [3, 8]), ends)).toEqual([16, 5, 8, 4]);
  });

  it('needs six numbers a weight and four an output', () => {
    const weights = 17 * 5 + 6 * 4;
    expect(needOf(3, [16, 5, 4], room()).bytes).toBe(4 * 3 * (6 * weights + 4 * 32 * (5 + 4)));
    expect(needOf(3, [16, 5, 4], room({ dtype: 'float64' })).bytes).toBe(8 * 3 * (6 * weights + 4 * 32 * 9));
  });
});

describe('chunks', () => {
  const every = (chunks: number[][]) => chunks.flat().sort((a, b) => a - b);

  it('are one where dispatches cost more than padding', () => {
    expect(chunksOf(nets([5], [3, 8], [], [5]), ends, room())).toEqual([[2, 0, 3, 1]]);
  });

  it('keep large nets from small ones on a software adapter', () => {
    const device = { ...room().device, info: { name: 'test', software: true } };
    const members = nets(...Array.from({ length: 40 }, (_, k) => (k % 2 ? [512] : [2])));
    const chunks = chunksOf(members, ends, room({ device }));
    expect(chunks).toHaveLength(2);
    expect(every(chunks)).toEqual(Array.from({ length: 40 }, (_, k) => k));
  });

  it('keep to the memory, and to what a kernel sees', () => {
    const members = nets(...Array.from({ length: 9 }, () => [5]));
    const { bytes, largest } = needOf(3, [16, 5, 4], room());
    for (const tight of [
      room({ memory: bytes }),
      room({ device: { ...room().device, bindableBytes: largest } }),
    ]) {
      const chunks = chunksOf(members, ends, tight);
      expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(3);
      expect(every(chunks)).toEqual(Array.from({ length: 9 }, (_, k) => k));
    }
  });

  it('are single nets where there is no memory for two', () => {
    expect(chunksOf(nets([5], [5]), ends, room({ memory: 1 }))).toEqual([[0], [1]]);
  });
});
