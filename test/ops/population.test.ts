// A population against its members trained alone: by a loop of plain operations, and by fit.
import { describe, expect, it } from 'vitest';
import type { MemberOptions } from '../../src/evolve/member.ts';
import { type Population, population } from '../../src/evolve/population.ts';
import type { MemberState } from '../../src/evolve/stack.ts';
import {
  device,
  optimizers,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const COUNT = 40;
const BATCH = 16; // 40 = 16 + 16 + 8: the last batch is a partial one
const x = Float32Array.from({ length: COUNT * 6 }, (_, i) => Math.sin(i * i + 0.3 * i));
const y = Int32Array.from({ length: COUNT }, (_, i) => (i * 7) % 3);

/** Depths 0 to 3, widths 1 to 7, all activations. */
const members = [
  { hidden: [], learningRate: 0.02 },
  { hidden: [{ units: 5, activation: 'relu' }], learningRate: 0.01, l2: 0.01 },
  {
    hidden: [
      { units: 7, activation: 'tanh' },
      { units: 3, activation: 'sigmoid' },
    ],
    learningRate: 0.03,
  },
  { hidden: [{ units: 1, activation: 'linear' }, 4], learningRate: 0, l2: 0.1 },
  {
    hidden: [
      { units: 4, activation: 'elu' },
      { units: 6, activation: 'leakyRelu' },
      { units: 5, activation: 'softsign' },
    ],
    learningRate: 0.02,
    l2: 0.003,
  },
] as const satisfies MemberOptions[];

const valuesOf = ({ layers }: MemberState) =>
  layers.flatMap(({ kernel, bias }) => [...kernel, ...bias].map(Number));

const worst = (a: readonly number[], b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((v, i) => Math.abs(v - (b[i] as number))));
};

/** The member alone: Adam or SGD, steps on batches in order, in plain operations on float64. */
async function alone(
  nets: Population,
  p: number,
  begin: MemberState,
  optimizer: 'adam' | 'sgd',
  epochs: number,
): Promise<number[]> {
  const member = nets.members[p] as (typeof nets.members)[number];
  const [in64, width] = [{ dtype: 'float64' } as const, nets.ends.inputs];
  const widths = [width, ...member.hidden.map(({ units }) => units), nets.ends.outputs];
  const params = begin.layers.map(({ kernel, bias }, k): [Variable, Variable] => [
    variable(tensor(kernel, { ...in64, shape: widths.slice(k, k + 2) })),
    variable(tensor(bias, in64)),
  ]);
  const method = optimizers[optimizer](member.learningRate);
  const xs = tensor(x, { ...in64, shape: [COUNT, width] });
  const ys = tensor(y);
  const loss = (list: Tensor[][], from: number) => {
    let h: Tensor = xs.slice([from, from + BATCH]);
    list.forEach(([w, b], k) => {
      h = h.matmul(w as Tensor).add(b as Tensor);
      const activation = member.hidden[k]?.activation ?? 'linear';
      if (activation !== 'linear') h = h[activation]();
    });
    const penalty = list.reduce(
      (sum, [w]) => sum.add((w as Tensor).square().sum().mul(member.l2)),
      tensor(0, in64),
    );
    return h
      .softmaxCrossEntropy(ys.slice([from, from + BATCH]))
      .mean()
      .add(penalty);
  };
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let from = 0; from < COUNT; from += BATCH) {
      const { grad } = valueAndGrad((list: Tensor[][]) => loss(list, from))(params);
      method.step(params, grad);
    }
  const values = await Promise.all(params.flat().map((w) => w.data()));
  for (const w of params.flat()) w.dispose();
  method.dispose();
  return values.flatMap((list) => [...list]);
}

describe('a member of a population', () => {
  it.for([
    ['adam', 34],
    ['sgd', 10],
  ] as const)('is what it is alone, in float64: %s, %i times 3 steps', async ([optimizer, epochs]) => {
    if (device().kind !== 'cpu') return;
    const nets = population(members, { inputs: 6, outputs: 3, optimizer, dtype: 'float64' });
    const { members: begin } = await nets.getState();
    await nets.fit(x, y, { epochs, batchSize: BATCH, shuffle: false });
    const { members: end } = await nets.getState();
    for (const p of members.keys()) {
      const expected = await alone(nets, p, begin[p] as MemberState, optimizer, epochs);
      expect(worst(valuesOf(end[p] as MemberState), expected)).toBeLessThan(1e-9);
      expect(end[p]?.steps).toBe(3 * epochs);
    }
  });

  it('is what fit makes of it, step by step and in its loss', async () => {
    const nets = population(members, { inputs: 6, outputs: 3, seed: 5 });
    const models = await Promise.all(
      members.map(async (_, p) => {
        const model = await nets.model(p);
        model.randomState = { ...model.randomState, seed: 5 }; // the order of the population
        return model;
      }),
    );
    const quiet = { batchSize: BATCH, verbose: 0 } as const;
    await nets.fit(x, y, { epochs: 1, batchSize: BATCH });
    const { members: states } = await nets.getState();
    for (const [p, model] of models.entries()) {
      await model.fit(x, y, quiet);
      const weights = (await model.getWeights()).flatMap((w) => [...w]);
      expect(worst(valuesOf(states[p] as MemberState), weights)).toBeLessThan(3e-5); // three steps
    }
    await nets.fit(x, y, { epochs: 33, batchSize: BATCH });
    const { loss, accuracy } = await nets.evaluate(x, y);
    for (const [p, model] of models.entries()) {
      await model.fit(x, y, { ...quiet, epochs: 33 });
      const found = await model.evaluate(x, y);
      const kernels = (await model.getWeights()).filter(({ shape }) => shape.length === 2);
      const squares = kernels.flatMap((w) => Array.from(w, (v) => v * v)).reduce((sum, v) => sum + v, 0);
      const penalty = (nets.members[p]?.l2 ?? 0) * squares;
      expect(Math.abs((loss[p] as number) + penalty - (found.loss as number))).toBeLessThan(1e-3);
      expect(accuracy?.[p]).toBeCloseTo(found.accuracy as number, 5);
      model.dispose();
    }
  });
});
