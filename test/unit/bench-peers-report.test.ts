// From the samples of the race to rows, a page and plots.
import { describe, expect, test } from 'vitest';
import { matmulFigure, rooflineFigure, trainingFigure } from '../../bench/peers/figures.ts';
import { lineOf, losses, performancePage, ratioText } from '../../bench/peers/report.ts';
import {
  allRows,
  type Entry,
  geometricMean,
  matmulRows,
  type Outcome,
  type Result,
  rowsOf,
} from '../../bench/peers/results.ts';

const entry = (library: string, ...samples: number[]): Entry => ({ library, samples });
const product = (work: string, size: number, ...entries: Entry[]): Result => ({
  work: `matmul ${work}`,
  group: 'matmul',
  op: 'matmul',
  unit: 'GFLOP/s',
  operations: 2 * size ** 3,
  bytes: 12 * size ** 2,
  entries,
});
const training: Result = {
  work: 'training step',
  group: 'train',
  unit: 'steps/s',
  entries: [
    { ...entry('tapegrad', 300), variant: 'capture', counts: { dispatches: 20, submits: 0.01 } },
    { ...entry('tapegrad', 100), variant: 'eager' },
    entry('jax-js', 60),
    entry('tfjs', 10),
  ],
};
const cold: Result = {
  work: 'cold start',
  group: 'cold',
  unit: 'ms',
  entries: [entry('tapegrad', 500, 400, 450), entry('jax-js', 350, 360, 340)],
};
const outcome: Outcome = {
  adapter: 'A & B <soft>',
  software: true,
  browser: 'Chrome/1',
  seed: 7,
  versions: { 'jax-js': '0.1.25' },
  roofs: { gflops: 20, gigabytes: 5 },
  results: [
    training,
    product('64×64 · 64×64', 64, entry('tapegrad', 4, 2, 6), entry('jax-js', 2), entry('ort', 0.5)),
    product('128×128 · 128×128', 128, entry('tapegrad', 8), entry('jax-js', 16), entry('ort', 1)),
    product('17×33 · 33×65', 33, entry('tapegrad', 1), entry('ort', 0.25)),
    cold,
  ],
  problems: [],
};

describe('rows', () => {
  test('medians, and ratios to each peer and to the best', () => {
    expect(rowsOf(outcome.results[1] as Result)).toEqual([
      {
        work: 'matmul 64×64 · 64×64',
        unit: 'GFLOP/s',
        ours: 4,
        peers: { 'jax-js': 2, ort: 0.5 },
        ratios: { 'jax-js': 2, ort: 8 },
        ratio: 2,
      },
    ]);
  });

  test('a lower time is a higher ratio', () => {
    expect(rowsOf(cold)[0]).toMatchObject({ ours: 450, ratio: 0.7778 });
  });

  test('our ways have a row each, the first under the name of the work', () => {
    expect(rowsOf(training).map(({ work, ours, ratio }) => [work, ours, ratio])).toEqual([
      ['training step', 300, 5],
      ['training step (eager)', 100, 1.667],
    ]);
  });

  test('without a peer there is no ratio, without us no row', () => {
    const [alone] = rowsOf({ ...cold, entries: [entry('tapegrad', 1)] });
    expect(alone).toEqual({ work: 'cold start', unit: 'ms', ours: 1, peers: {}, ratios: {} });
    expect(rowsOf({ ...cold, entries: [entry('jax-js', 1)] })).toEqual([]);
  });

  test('products are summed up by geometric means over what each peer ran, and by the worst shape', () => {
    expect(geometricMean([1, 2, 4])).toBeCloseTo(2, 12);
    const [mean, worst] = matmulRows(outcome.results);
    expect(mean).toMatchObject({
      work: 'matmul, geometric mean of 3 shapes',
      ours: Number(geometricMean([4, 8, 1]).toPrecision(4)),
      ratios: { 'jax-js': 1, ort: Number(geometricMean([8, 8, 4]).toPrecision(4)) },
      ratio: 1,
    });
    expect(worst).toMatchObject({ ratio: 0.5, work: 'matmul, the worst of 3 shapes: 128×128 · 128×128' });
    expect(matmulRows([training])).toEqual([]);
  });

  test('all rows begin with those that sum up', () => {
    expect(allRows(outcome)).toHaveLength(2 + 2 + 3 + 1);
    expect(allRows(outcome)[0]?.work).toContain('geometric mean');
  });
});

describe('the page', () => {
  const page = performancePage([
    { outcome, figures: { matmul: 'm.svg', train: 't.svg', roofline: 'r.svg' } },
  ]);

  test('names the adapter, says that it is software, and the versions', () => {
    expect(page).toContain('## A & B <soft>');
    expect(page).toContain('says nothing about a real GPU');
    expect(page).toContain('jax-js 0.1.25');
    const hardware = performancePage([{ outcome: { ...outcome, software: false }, figures: {} }]);
    expect(hardware).not.toContain('A software adapter');
  });

  test('lists what is lost, worst first, and writes it bold', () => {
    expect(losses(outcome).map(({ work }) => work)).toEqual(['matmul 128×128 · 128×128', 'cold start']);
    expect(page).toContain('- matmul 128×128 · 128×128: 0.500 × jax-js\n- cold start: 0.778 × jax-js');
    expect(ratioText(0.5)).toBe('**0.500 ×**');
    expect(ratioText(2.5)).toBe('2.50 ×');
    expect(page).toContain('**0.500 ×**');
  });

  test('has a cell for a peer that lacks the work, and tables whose rows are as wide as their heads', () => {
    expect(page).toContain('| matmul 17×33 · 33×65 | 1.00 | – | 0.250 |  | 4.00 × |');
    for (const table of page.match(/(?:^\|.*\|$\n?)+/gm) ?? []) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.split(' | ').length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  test('shows the figures, and counts per call', () => {
    for (const file of ['m.svg', 't.svg', 'r.svg']) expect(page).toContain(`](${file})`);
    expect(page).toContain('| training step | 20, 0.01 | – | – |');
  });

  test('a line for the terminal', () => {
    expect(lineOf(rowsOf(cold)[0] as ReturnType<typeof rowsOf>[number])).toBe(
      'cold start\n    tapegrad 450 ms   jax-js 350   0.778 × the best peer',
    );
  });
});

describe('plots', () => {
  test.each([
    ['products', matmulFigure(outcome)],
    ['training', trainingFigure(outcome)],
    ['roofline', rooflineFigure(outcome)],
  ])('%s: a text that XML can carry, with the warning of a software adapter', (_, svg) => {
    expect(svg).toContain('A &amp; B &lt;soft&gt;');
    expect(svg).toContain('this says nothing about a real GPU');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const opened = svg.match(/<[a-z]+[ >]/g)?.length ?? 0;
    const closed = (svg.match(/<\/[a-z]+>/g)?.length ?? 0) + (svg.match(/\/>/g)?.length ?? 0);
    expect(opened).toBe(closed);
  });

  test('square products are joined and filled, others hollow', () => {
    const svg = matmulFigure(outcome);
    expect(svg.match(/<polyline /g)).toHaveLength(3); // tapegrad, jax-js and ort have two squares each
    expect(svg.match(/fill="#ffffff" stroke="#1d4ed8"/g)).toHaveLength(1);
  });

  test('a bar a way, as long as its rate', () => {
    const widths = [...trainingFigure(outcome).matchAll(/<rect x="214"[^>]* width="([\d.]+)"/g)].map(
      ([, w]) => Number(w),
    );
    expect(widths).toHaveLength(4);
    expect((widths[0] as number) / (widths[1] as number)).toBeCloseTo(3, 1);
  });

  test('nothing to draw is refused', () => {
    const empty = { ...outcome, results: [] };
    for (const draw of [matmulFigure, trainingFigure, rooflineFigure])
      expect(() => draw(empty)).toThrow('nothing');
    const { roofs: _, ...roofless } = outcome;
    expect(() => rooflineFigure(roofless)).toThrow('not measured');
  });
});
