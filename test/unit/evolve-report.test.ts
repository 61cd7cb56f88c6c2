// The command line of `npm run evolve`, and what it says and writes of a search.
import { describe, expect, it } from 'vitest';
import { evolveCommand } from '../../scripts/evolve/options.ts';
import { frontPlot } from '../../scripts/evolve/plot.ts';
import {
  closingLines,
  comparisonTable,
  generationLine,
  resultOf,
  structure,
} from '../../scripts/evolve/report.ts';
import type { Compared, Searched, SessionResult } from '../../scripts/evolve/session.ts';
import { OptionError, parseOptions } from '../../scripts/options.ts';
import type { HiddenLayer, Individual } from '../../src/evolve.ts';

const hidden: HiddenLayer[] = [
  { units: 30, activation: 'tanh' },
  { units: 8, activation: 'relu' },
];

const individual = (id: number, parameters: number, accuracy: number): Individual => ({
  id,
  parents: [],
  generation: 0,
  mutations: [],
  member: { hidden, learningRate: 0.002, l2: 0, dropout: 0, seed: id },
  parameters,
  accuracy,
  fitness: accuracy,
  epochs: 4,
  inherited: 0,
  finished: true,
});

const searched = (list: Individual[]): Searched => ({
  best: list.at(-1) as Individual,
  front: list,
  individuals: list,
  seconds: 10,
});

const compared = (name: string, parameters: number, mean: number): Compared => ({
  name,
  hidden,
  l2: 0,
  learningRate: 0.002,
  parameters,
  accuracies: [mean - 0.001, mean + 0.001],
  mean,
});

const result: SessionResult = {
  adapter: 'test',
  software: true,
  evolution: searched([individual(0, 1000, 0.9), individual(1, 5000, 0.95)]),
  random: searched([individual(0, 2000, 0.88), individual(1, 6000, 0.93)]),
  comparison: [
    compared('reference', 41_802, 0.975),
    compared('winner', 10_450, 0.972),
    compared('random search', 10_000, 0.96),
  ],
  comparisonSeconds: 5,
};

const settings = {
  generations: 1,
  parents: 1,
  children: 2,
  digits: 100,
  cost: 0,
  most: 5000,
  epochs: 1,
  seed: 1,
};

describe('npm run evolve', () => {
  it('reads its options', () => {
    expect(parseOptions(evolveCommand, ['--backend', 'cpu', '--generations=3', '--cost', '1e-6'])).toEqual({
      ...evolveCommand.defaults,
      backend: 'cpu',
      generations: 3,
      cost: 1e-6,
    });
    expect(() => parseOptions(evolveCommand, ['--backend', 'cpu', '--headed'])).toThrow(OptionError);
  });

  it('says what happens', () => {
    expect(structure({ hidden })).toBe('256-30 tanh-8-10');
    const parents = [individual(1, 5000, 0.95)];
    expect(generationLine('random', 4, { generation: 1, children: [], parents, front: parents })).toBe(
      'random 2/4  fittest 95.00 % with 5,000: 256-30 tanh-8-10  front of 1',
    );
    expect(comparisonTable(result.comparison).split('\n')[1]).toBe(
      'winner         256-30 tanh-8-10  10,450  97.20 %  97.10 97.30  rate 0.002, L2 0',
    );
  });

  it('gives front, winner, baseline and seconds, and tells how far the winner is from the reference', () => {
    const found = resultOf(settings, result);
    expect(found.front.map(({ id, parameters }) => [id, parameters])).toEqual([
      [0, 1000],
      [1, 5000],
    ]);
    expect(found.winner.name).toBe('winner');
    expect(found.baseline.name).toBe('random search');
    expect(found.seconds).toBe(25);
    expect(found.points.behindReference).toBeCloseTo(0.3, 10);
    expect(closingLines(found)).toBe(
      "the winner has 25 % of the reference's parameters, and is 0.30 points behind it; 25 s in all",
    );
  });

  it('draws all finished nets and both fronts', () => {
    const drawing = frontPlot(result);
    expect(drawing.match(/<polyline/g)).toHaveLength(2);
    expect(drawing).not.toContain('NaN');
  });
});
