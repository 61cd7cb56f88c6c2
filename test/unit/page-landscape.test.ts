// The page's surface: what is seen of a grid of heights, from where.
import { describe, expect, it } from 'vitest';
import { heightsOf } from '../../demo/landscape/map.ts';
import { between, facesOf, projected } from '../../demo/landscape/surface.ts';
import { logScale } from '../../src/landscape/log_scale.ts';

const straight = { turn: 0, tilt: Math.PI / 2 };
const level = { turn: 0, tilt: 0 };

describe('a point', () => {
  it('seen from straight above lies where it lies in the plane, however high', () => {
    for (const height of [0, 0.3, 1]) {
      const { at } = projected(0.25, 0.75, height, straight);
      expect(at[0]).toBeCloseTo(-0.25, 12);
      expect(at[1]).toBeCloseTo(0.25, 12);
    }
  });

  it('seen from the side shows its height alone, and is as far as it lies behind', () => {
    const near = projected(0.5, 0, 1, level);
    const far = projected(0.5, 1, 1, level);
    expect(near.at[1]).toBeCloseTo(far.at[1], 12);
    expect(far.distance - near.distance).toBeCloseTo(1, 12);
    expect(near.at[1]).toBeGreaterThan(projected(0.5, 0, 0, level).at[1]);
  });

  it('goes around with the view: a quarter turn brings the right end to the back', () => {
    const { at, distance } = projected(1, 0.5, 0.5, { turn: Math.PI / 2, tilt: 0 });
    expect(at[0]).toBeCloseTo(0, 12);
    expect(distance).toBeCloseTo(0.5, 12);
  });
});

describe('a surface', () => {
  const heights = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]; // 3 × 3

  it('has a face between every four neighbours, the farthest first', () => {
    const faces = facesOf(heights, 3, { turn: 0, tilt: 0.5 });
    expect(faces.map(({ height }) => Number(height.toFixed(6)))).toEqual([0.5, 0.6, 0.2, 0.3]);
    expect(faces.slice(0, 2).every(({ height }) => height >= 0.5)).toBe(true); // the back row is the higher one
  });

  it('stands at the top where a loss is no number', () => {
    const losses = [1, 2, Number.NaN, Number.POSITIVE_INFINITY];
    const seen = { alphas: [0, 1], betas: [0, 1], losses, ways: [], variance: undefined };
    expect(heightsOf(seen, logScale(losses))).toEqual([0, 1, 1, 1]);
  });

  it('is linear between the points', () => {
    expect(between(heights, 3, 0, 0)).toBe(0);
    expect(between(heights, 3, 1, 1)).toBeCloseTo(0.8, 12);
    expect(between(heights, 3, 0.25, 0.5)).toBeCloseTo(0.35, 12);
    expect(between(heights, 3, 2, -1)).toBeCloseTo(0.2, 12); // outside: the nearest point of the edge
  });
});
