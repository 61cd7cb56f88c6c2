// The loss landscape: equal to what evaluate gives, whichever way it is computed, and to formulas by hand.
import { expect, it } from 'vitest';
import { layers, losses, memory, random, type Sequential, sequential } from '../../src/index.ts';
import { landscape } from '../../src/landscape.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const classifier = (inner = layers.dense(5)): Sequential => {
  const model = sequential(
    [layers.dense(5, { activation: 'relu', inputShape: [3] }), inner, layers.dense(4)],
    { seed: 3 },
  );
  model.compile({ loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }) });
  return model;
};

const x = Array.from({ length: 7 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 7]);
const y = [0, 3, 1, 2, 2, 0, 3];

it('has the loss of evaluate in its middle, stacked and one by one', async () => {
  const model = classifier(layers.residual([layers.dense(5, { activation: 'gelu' }), layers.dense(5)]));
  const { loss } = await model.evaluate(x, y);
  const before = memory();
  const stacked = await landscape(model, x, y, { size: 5, chunkBytes: 5000 });
  const alone = await landscape(model, x, y, { size: 5, stacked: false });
  expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  expect(stacked.at(2, 2)).toBeCloseTo(loss as number, 6);
  expect(new Set(stacked.losses).size).toBe(25);
  for (const [k, value] of stacked.losses.entries()) expect(value).toBeCloseTo(alone.losses[k] as number, 5);
  model.dispose();
});
