// What is drawn of a landscape: its scale, its colours, its shape in numbers, the picture and the command line.
import { describe, expect, it } from 'vitest';
import { landscapeCommand } from '../../scripts/landscape/options.ts';
import { landscapeSvg } from '../../scripts/landscape/picture.ts';
import { shapeOf } from '../../scripts/landscape/shape.ts';
import { parseOptions } from '../../scripts/options.ts';
import { logScale, viridis } from '../../src/landscape.ts';

describe('logScale', () => {
  it('goes from the smallest loss above 0 to the largest finite one', () => {
    const scale = logScale([10, 0, -1, 1000, Number.NaN, Infinity, 1]);
    expect([scale.low, scale.high]).toEqual([1, 1000]);
    const places = [0, 1, 10, 1000, 1e9, Infinity].map(scale.position);
    for (const [k, place] of [0, 0, 1 / 3, 1, 1, 1].entries()) expect(places[k]).toBeCloseTo(place, 12);
    expect(scale.position(Number.NaN)).toBeNaN();
    for (const [k, level] of scale.levels(2).entries()) expect(level).toBeCloseTo([10, 100][k] as number, 9);
  });

  it('has no levels where there is one loss, or none', () => {
    expect(logScale([2, 2]).levels(3)).toEqual([]);
    expect(logScale([2, 2]).position(2)).toBe(0);
    expect(logScale([2, 2]).position(3)).toBe(1);
    expect(logScale([]).levels(3)).toEqual([]);
    expect(logScale([]).position(1)).toBe(0);
  });
});

it('viridis goes from violet to yellow, and is held at its ends', () => {
  expect([-1, 0, 1, 2].map(viridis)).toEqual([
    [68, 1, 84],
    [68, 1, 84],
    [253, 231, 37],
    [253, 231, 37],
  ]);
  expect(viridis(0.5)).toEqual([35, 144, 140]); // matplotlib: (0.128, 0.567, 0.551) · 255 = (33, 145, 140)
});

const grid = (f: (i: number, j: number) => number) =>
  Array.from({ length: 25 }, (_, k) => f((k % 5) - 2, Math.floor(k / 5) - 2));

describe('shapeOf', () => {
  it('tells a funnel from two', () => {
    const funnel = { size: 5, losses: grid((i, j) => i * i + j * j) };
    expect(shapeOf(funnel)).toEqual({ middle: 0, low: 0, minima: 1, falling: 0, better: 9 / 25 });
    const two = { size: 5, losses: grid((i, j) => (Math.abs(i) - 2) ** 2 + j * j) };
    expect(shapeOf(two)).toMatchObject({ middle: 4, low: 0, minima: 2 });
    expect(shapeOf(two).falling).toBeGreaterThan(0.3);
  });

  it('takes what is not finite for high', () => {
    const losses = grid((i, j) => i + j).map((loss) => (loss === 0 ? 1 : null));
    expect(shapeOf({ size: 5, losses })).toMatchObject({ middle: 1, low: 1 });
  });
});

it('is drawn with the path, text escaped, nothing that is no number', () => {
  const axis = [-1, -0.5, 0, 0.5, 1];
  const losses = grid((i, j) => 0.1 + i * i + j * j).map((loss, k) => (k === 3 ? null : loss));
  const drawn = {
    name: 'random' as const,
    alphas: axis,
    betas: axis,
    losses,
    path: { alphas: [-0.5, 0], betas: [0.5, 0] },
    variance: undefined,
    loss: 0.1,
    accuracy: 1,
    seconds: 1,
  };
  const svg = landscapeSvg('a < b', [{ drawn, title: 'left', axes: ['α', 'β'] }]);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('<polyline points="165,155 260,250"'); // a quarter in from left and top, and the middle
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg.match(/<path /g)?.length).toBe(24);
});

describe('the command line', () => {
  const parse = (...args: string[]) => parseOptions(landscapeCommand, args);

  it('has defaults, and takes every option', () => {
    expect(parse()).toMatchObject({ backend: 'webgpu', size: 51, digits: 1000, hidden: [32, 16], depth: 20 });
    expect(
      parse('--only=plain,residual', '--size', '5', '--deep-range', '.3', '--out', 'here', '--json'),
    ).toMatchObject({ pictures: ['plain', 'residual'], size: 5, deepRange: 0.3, out: 'here', json: true });
  });

  it.each([
    [['--size', '10'], '--size takes an odd number, so that the net lies on a point, got 10'],
    [['--depth', '7'], '--depth takes an even number, got 7'],
    [['--only', 'hills'], '--only, between commas, takes random, trajectory, plain, residual, got'],
    [['--backend', 'cpu', '--headed'], '--headed shows the browser, and --backend cpu uses none'],
    [['--train', '64', '--epochs', '2'], 'a path of a training needs three steps at least'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
