// Learning-rate schedules: Keras' values, warm-up, what they are saved as, and bad options.
import { describe, expect, it } from 'vitest';
import { type Schedule, schedules } from '../../src/index.ts';
import { asConfig, asRate } from '../../src/nn/schedules.ts';
import frozen from '../fixtures/optimizers.json' with { type: 'json' };

const made = (name: string, options: object): Schedule =>
  (schedules[name as keyof typeof schedules] as (o: object) => Schedule)(options);

describe('schedules', () => {
  for (const { name, options, values } of frozen.schedules)
    it(`${name} ${JSON.stringify(options)} has Keras’ values`, () => {
      const schedule = made(name, options);
      frozen.at.forEach((step, k) => {
        expect(schedule.at(step)).toBeCloseTo(values[k] as number, 14);
      });
      const saved = JSON.parse(JSON.stringify(asConfig(schedule)));
      expect((asRate('test', saved) as Schedule).at(25)).toBe(schedule.at(25));
    });

  it('restart on the very step, whatever the logarithm says', () => {
    const schedule = schedules.cosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 1, tMul: 10 });
    expect([0, 1, 11, 111, 1111].map((step) => schedule.at(step))).toEqual([1, 1, 1, 1, 1]);
  });

  it('rise first, in a straight line', () => {
    const cosine = schedules.cosineDecay({ initialLearningRate: 0.5, decaySteps: 10 });
    const warm = schedules.warmup({ steps: 4, learningRate: cosine, from: 0.1 });
    const keras = schedules.cosineDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      warmupTarget: 0.5,
      warmupSteps: 4,
    });
    for (let step = 0; step < 20; step++) expect(warm.at(step)).toBeCloseTo(keras.at(step), 14);
    expect([0, 1, 2, 9].map((s) => schedules.warmup({ steps: 2, learningRate: 1 }).at(s))).toEqual([
      0, 0.5, 1, 1,
    ]);
    expect((asRate('test', JSON.parse(JSON.stringify(asConfig(warm)))) as Schedule).at(7)).toBe(warm.at(7));
  });

  it('refuse what is no option', () => {
    const bad = (options: object) => options as never;
    expect(() =>
      schedules.exponentialDecay(bad({ initialLearningRate: 1, decaySteps: 0, decayRate: 1 })),
    ).toThrow('exponentialDecay: decaySteps must be positive, got 0');
    expect(() => schedules.exponentialDecay(bad({ initialLearningRate: 1, decaySteps: 1 }))).toThrow(
      'exponentialDecay: decayRate must be a finite number, got undefined',
    );
    expect(() => schedules.polynomialDecay(bad({ initialLearningRate: 1, decayStep: 1 }))).toThrow(
      "polynomialDecay: unknown option 'decayStep', did you mean 'decaySteps'?",
    );
    expect(() => schedules.piecewiseConstantDecay({ boundaries: [1, 2], values: [1, 2] })).toThrow(
      'there must be one value more than boundaries, got 2 values and 2 boundaries',
    );
    expect(() => schedules.piecewiseConstantDecay({ boundaries: [2, 1], values: [1, 2, 3] })).toThrow(
      'piecewiseConstantDecay: boundaries must ascend, got [2, 1]',
    );
    expect(() => schedules.piecewiseConstantDecay(bad({ boundaries: 1, values: [] }))).toThrow(
      'piecewiseConstantDecay: boundaries must be a list of numbers, got 1',
    );
    expect(() =>
      schedules.cosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 1, tMul: 0.5 }),
    ).toThrow('cosineDecayRestarts: tMul must be at least 1, got 0.5');
    expect(() => schedules.warmup(bad({ steps: 2, learningRate: 'fast' }))).toThrow(
      "warmup: learningRate must be a number of at least 0, or a schedule, got 'fast'",
    );
  });
});
