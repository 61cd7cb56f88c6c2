// The search for structures: what children inherit, that a search is what its seed says, and that it goes on where it ended.
import { describe, expect, it, vi } from 'vitest';
import { Chance } from '../../src/evolve/chance.ts';
import { deepened, narrowed, shortened, widened } from '../../src/evolve/inherit.ts';
import type { HiddenLayer } from '../../src/evolve/member.ts';
import type { HostLayer } from '../../src/evolve/padding.ts';
import {
  type EvolveOptions,
  type EvolveState,
  evolve,
  type Individual,
  population,
} from '../../src/evolve.ts';
import {
  device,
  IndexError,
  memory,
  layers as modelLayers,
  OutOfMemoryError,
  sequential,
  tensor,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const chance = new Chance(3);
const numbers = (n: number) => Float32Array.from({ length: n }, () => chance.between(-1, 1));

/** Layers of random weights. */
const layersOf = (widths: readonly number[]): HostLayer[] =>
  widths.slice(1).map((to, k) => ({ kernel: numbers((widths[k] as number) * to), bias: numbers(to) }));

/** The outputs of an ordinary model. */
async function outputs(hidden: readonly HiddenLayer[], weights: readonly HostLayer[]): Promise<number[]> {
  const model = sequential([
    ...hidden.map(({ units, activation }, k) =>
      modelLayers.dense(units, { activation, ...(k === 0 ? { inputShape: [5] } : {}) }),
    ),
    modelLayers.dense(2),
  ]);
  const x = tensor(
    Float32Array.from({ length: 15 }, (_, i) => Math.sin(i * i)),
    { shape: [3, 5] },
  );
  model.build([5]);
  model.setWeights(weights.flatMap(({ kernel, bias }) => [kernel, bias]));
  const y = model.apply(x);
  const values = [...(await y.data())];
  model.dispose();
  return values;
}

const near = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  for (const [i, v] of a.entries()) expect(Math.abs(v - (b[i] as number))).toBeLessThan(1e-5);
};

describe('inheritance', () => {
  const hidden: HiddenLayer[] = [
    { units: 4, activation: 'tanh' },
    { units: 3, activation: 'relu' },
  ];
  const layers = layersOf([5, 4, 3, 2]);

  it('widens without a change of the function', async () => {
    const wider = hidden.with(0, { units: 7, activation: 'tanh' });
    near(await outputs(wider, widened(layers, 0, 7, new Chance(1))), await outputs(hidden, layers));
  });

  it.for(['relu', 'leakyRelu', 'elu', 'tanh', 'sigmoid', 'softsign', 'linear'] as const)(
    'deepens behind %s without a change of the function',
    async (activation) => {
      const own = hidden.with(0, { units: 4, activation });
      const { layers: deeper, inserted } = deepened(layers, own[0] as HiddenLayer, 0);
      near(await outputs(own.toSpliced(1, 0, inserted), deeper), await outputs(own, layers));
    },
  );

  it('narrows without a change where the units that go are not listened to', async () => {
    const silent = widened(layers, 1, 6, new Chance(2)); // three units more, whose outgoing weights are 0
    expect(narrowed(silent, 1, 3)).toEqual(layers);
  });

  it('takes a linear layer away without a change of the function', async () => {
    const own: HiddenLayer[] = [{ units: 4, activation: 'linear' }, hidden[1] as HiddenLayer];
    near(await outputs(own.slice(1), shortened(layers, 0)), await outputs(own, layers));
  });
});

// Three classes in rings around the origin.
const COUNT = 120;
const points = Float32Array.from({ length: 2 * COUNT }, (_, i) => {
  const k = i >> 1;
  return (0.3 + (k % 3) * 0.6) * (i % 2 === 0 ? Math.cos(k * 0.7) : Math.sin(k * 0.7));
});
const classes = Int32Array.from({ length: COUNT }, (_, k) => k % 3);
const validationData = [points.slice(0, 60), classes.slice(0, 30)] as const;
const [x, y] = [points.slice(60), classes.slice(30)];

const small: EvolveOptions = {
  inputs: 2,
  outputs: 3,
  validationData,
  parents: 3,
  children: 6,
  generations: 2,
  rungs: [1, 2],
  batchSize: 15,
  maxUnits: 12,
  maxDepth: 2,
  seed: 4,
};

const dull = (individuals: readonly Individual[]) => JSON.stringify(individuals);

describe('evolve', () => {
  it('is what its seed says, and goes on from its state', async () => {
    const whole = await evolve(x, y, small);
    const half = await evolve(x, y, { ...small, generations: 1 });
    const state = structuredClone(half.state) as EvolveState;
    const rest = await evolve(x, y, { ...small, state });
    expect(dull(rest.individuals)).toBe(dull(whole.individuals));
    expect(rest.state).toEqual(whole.state);
    expect(whole.individuals).toHaveLength(12);
    expect(new Set(whole.individuals.map(({ epochs }) => epochs))).toEqual(new Set([1, 3]));
    for (const one of whole.individuals) {
      const { id, generation, parents, fitness, accuracy, parameters, inherited } = one;
      expect(fitness).toBeCloseTo(accuracy - 2e-7 * parameters, 12);
      expect(parents).toHaveLength(generation === 0 ? 0 : 1);
      for (const parent of parents) expect(parent).toBeLessThan(id);
      const [parent] = parents.map((k) => whole.individuals[k] as Individual);
      expect(inherited).toBe(parent ? parent.inherited + parent.epochs : 0);
    }
    const best = Math.max(...whole.individuals.map(({ fitness }) => fitness));
    expect(whole.best.fitness).toBe(best);
    const model = await whole.model();
    const found = await model.evaluate(...validationData);
    expect(found.accuracy).toBeCloseTo(whole.best.accuracy, 6);
    expect(model.weights.reduce((sum, w) => sum + w.size, 0)).toBe(whole.best.parameters);
    model.dispose();
  });

  it('has a front without nets that others better', async () => {
    const { front, individuals } = await evolve(x, y, { ...small, strategy: 'random', generations: 1 });
    expect(individuals.every(({ parents }) => parents.length === 0)).toBe(true);
    const finished = individuals.filter((one) => one.finished);
    for (const a of front)
      expect(finished.some((b) => b.parameters <= a.parameters && b.accuracy > a.accuracy)).toBe(false);
    for (const b of finished)
      expect(front.some((a) => a.parameters <= b.parameters && a.accuracy >= b.accuracy)).toBe(true);
  });

  it('ends with the last whole generation where it is aborted', async () => {
    const stop = new AbortController();
    const onGeneration = () => stop.abort();
    const { state } = await evolve(x, y, { ...small, children: 2, signal: stop.signal, onGeneration });
    expect(state.generation).toBe(1);
    const none = evolve(x, y, { ...small, signal: AbortSignal.abort('enough') });
    await expect(none).rejects.toBe('enough');
  });
});

describe('a population', () => {
  const nets = () => population([{ hidden: [3] }, { hidden: [5] }], { inputs: 2, outputs: 3, seed: 2 });

  it('is what it was before a fit that was aborted', async () => {
    const [one, other] = [nets(), nets()];
    const stop = new AbortController();
    const fit = one.fit(x, y, { epochs: 3, signal: stop.signal, onEpoch: () => stop.abort('enough') });
    await expect(fit).rejects.toBe('enough');
    await one.fit(x, y, { epochs: 2 });
    await other.fit(x, y, { epochs: 2 });
    expect(await one.getState()).toEqual(await other.getState());
  });

  it('leaves units out at each member’s rate in training, and none in tests', async () => {
    const rates = [0, 0.5, 0.9];
    // All weights to the outputs are the same: what is left of the hidden layer is seen in the loss of a linear net.
    const one = (dropout: number) => ({
      hidden: [{ units: 64, activation: 'linear' as const }],
      dropout,
      learningRate: 0,
    });
    // One more layer beside them: the identities in its place have no dropout.
    const deeper = { hidden: [...one(0).hidden, ...one(0).hidden], learningRate: 0 };
    const loose = population([...rates.map(one), deeper], {
      inputs: 1,
      outputs: 1,
      loss: 'meanSquaredError',
    });
    const ends = { kernel: new Float32Array(64).fill(1 / 64), bias: new Float32Array(1) };
    const layers = [{ kernel: new Float32Array(64).fill(1), bias: new Float32Array(64) }, ends];
    const identity = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 65 === 0 ? 1 : 0));
    const states = [
      ...rates.map(() => layers),
      layers.toSpliced(1, 0, { kernel: identity, bias: new Float32Array(64) }),
    ];
    loose.setState({ members: states.map((own) => ({ layers: own, moments: [], steps: 0 })), order: 0 });
    const ones = new Float32Array(512).fill(1);
    const { loss } = await loose.fit(ones, ones, { batchSize: 128 });
    // The mean of 64 units that are 0 or 1 / (1 − rate): variance rate / (1 − rate) / 64.
    for (const [p, rate] of rates.entries()) {
      const variance = rate / (1 - rate) / 64;
      expect(Math.abs((loss[0]?.[p] as number) - variance)).toBeLessThanOrEqual(0.2 * variance);
    }
    expect((await loose.evaluate(ones, ones)).loss).toEqual([0, 0, 0, 0]);
    const again = await loose.fit(ones, ones, { batchSize: 128 });
    expect(again.loss[0]?.[1]).not.toBe(loss[0]?.[1]); // other units
  });

  it('goes on in halves where memory is short, and says so', async () => {
    const says = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const allocate = vi.spyOn(device(), 'allocate');
    const [short, other] = [nets(), nets()];
    try {
      await other.getState();
      await short.getState();
      const { x: xs, y: ys } = { x: tensor(x, { shape: [90, 2] }), y: tensor(y) };
      allocate.mockImplementationOnce(() => {
        throw new OutOfMemoryError('no more');
      });
      const before = memory().bytes;
      await short.fit(xs, ys);
      expect(memory().bytes).toBe(before);
      expect(says.mock.calls.flat().join()).toMatch(
        /too little memory for 2 nets at once; they go on in halves/,
      );
    } finally {
      says.mockRestore();
      allocate.mockRestore();
    }
    await other.fit(x, y);
    expect(await short.getState()).toEqual(await other.getState());
  });

  it.for([
    [[], { inputs: 2, outputs: 3 }, 'population: takes a list of at least one member, got []'],
    [
      [{ hidden: [0] }],
      { inputs: 2, outputs: 3 },
      'population: units must be a whole number of at least 1, got 0',
    ],
    [[{ dropout: 1 }], { inputs: 2, outputs: 3 }, 'population: dropout must lie in [0, 1), got 1'],
    [[{}], { outputs: 3 }, 'population: inputs must be a whole number of at least 1, got undefined'],
    [
      [{ learningRate: -1 }],
      { inputs: 2, outputs: 3 },
      'population: learningRate must be a number of at least 0, got -1',
    ],
  ])('refuses what makes no sense: %j %j', ([members, options, message]) => {
    expect(() => population(members as never, options as never)).toThrow(message as string);
  });

  it('refuses data that do not fit', async () => {
    await expect(nets().fit([[1, 2, 3]], [0])).rejects.toThrow(
      'population: x must be [n, 2] with at least one example, got [1, 3]',
    );
    await expect(nets().fit([[1, 2]], [0, 1])).rejects.toThrow(
      'population: 1 examples want targets of shape [1], got [2]',
    );
    await expect(nets().fit([[1, 2]], [7])).rejects.toThrow(IndexError);
  });
});
