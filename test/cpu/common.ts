// What tests of layers and training have in common: a model of a line and its data, and the wish that nothing be left.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import {
  init,
  type Layer,
  layers,
  memory,
  optimizers,
  type Sequential,
  type SequentialOptions,
  sequential,
  type Tensor,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

/** For a test file: on the CPU device, and nothing is left of a training, whatever became of it. */
export function leavingNothing(): void {
  let before = 0;
  beforeEach(() => {
    before = memory().tensors;
  });
  afterEach(() => {
    expect(memory().tensors).toBeLessThanOrEqual(before); // less where the collector has found what others left
  });
  freeAfterEach();
  beforeAll(() => init('cpu'));
  afterAll(() => testDevice());
}

export const COUNT = 10;
export const x = Array.from({ length: COUNT }, (_, i) => [i / COUNT, (i * i) / 100]);
export const y = x.map(([a = 0, b = 0]) => [2 * a - b + 0.5]);

export function line(options: SequentialOptions = { seed: 1 }, rate = 0.1): Sequential {
  const model = sequential([layers.dense(1, { inputShape: [2] })], options);
  model.compile({ optimizer: optimizers.sgd(rate), loss: 'meanSquaredError' });
  return model;
}

/** Hears which batches go through in training. */
function listener(): { layer: Layer; batches: number[][]; tested: number[][] } {
  const heard = { batches: [] as number[][], tested: [] as number[][] };
  const layer: Layer = {
    name: 'listener',
    dynamic: true,
    build: (inputShape) => ({ params: {}, outputShape: inputShape }),
    apply(_, input, { training }) {
      const first = [...input.dataSync()].filter((_v, i) => i % 2 === 0);
      heard[training ? 'batches' : 'tested'].push(first.map((v) => Math.round(v * COUNT)));
      return input;
    },
  };
  return { layer, ...heard };
}

/** A line behind such a layer. */
export function heardModel() {
  const heard = listener();
  const model = sequential([heard.layer, layers.dense(1)], { seed: 3 });
  model.build([2]);
  model.compile({ optimizer: optimizers.sgd(0.01), loss: 'meanSquaredError' });
  return { model, ...heard };
}

export const bits = async (model: Sequential) => (await model.getWeights()).map((w) => [...w]);
export const quiet = { verbose: 0 } as const;

export const values = (t: Tensor) => [...t.dataSync()];
export const close = (got: readonly number[], want: readonly number[], digits = 5) => {
  expect(got).toHaveLength(want.length);
  got.forEach((v, i) => {
    expect(v).toBeCloseTo(want[i] as number, digits);
  });
};
