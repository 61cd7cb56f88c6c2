// The course's linear net by compile and fit: y = 2x + 1 through 1→4→3→1, from the printed weights at epoch 0 to the printed
// ones behind 500 epochs.
import { expect, it } from 'vitest';
import { layers, optimizers, sequential } from '../../src/index.ts';
import trace from '../fixtures/keras-linear-trace.json' with { type: 'json' };
import { onTestDevice } from '../place.ts';

onTestDevice();

type Epoch = keyof typeof trace.epochs;

it('gives the printed weights and predictions at every printed epoch', async () => {
  const model = sequential([layers.dense(4, { inputShape: [1] }), layers.dense(3), layers.dense(1)]);
  model.setWeights(Object.values(trace.epochs['0'].weights) as number[][][]);
  model.compile({ optimizer: optimizers.adam(0.1), loss: 'meanSquaredError' });
  const epochs = Object.keys(trace.epochs).map(Number);
  const losses: number[] = [];
  for (const [k, epoch] of epochs.entries()) {
    const printed = trace.epochs[String(epoch) as Epoch];
    const found = await model.getWeights();
    for (const [w, values] of Object.values(printed.weights).entries()) {
      const expected = (values as number[][]).flat();
      expect(found[w]).toHaveLength(expected.length);
      const worst = Math.max(...expected.map((v, i) => Math.abs(v - (found[w]?.[i] as number))));
      expect(worst).toBeLessThanOrEqual(trace.tolerances.weightsAbs[String(epoch) as Epoch]);
    }
    const predicted = await model.predict(trace.x);
    const values = await predicted.data();
    const worst = Math.max(...printed.predictions.flat().map((v, i) => Math.abs(v - (values[i] as number))));
    expect(worst).toBeLessThanOrEqual(trace.tolerances.predictionsAbs[String(epoch) as Epoch]);
    predicted.dispose();
    const next = epochs[k + 1];
    if (next === undefined) break;
    // The optimizer's state stays from one call to the next, so that the stretches are one training.
    const { history } = await model.fit(trace.x, trace.y, {
      epochs: next,
      initialEpoch: epoch,
      batchSize: trace.x.length,
      shuffle: false,
      verbose: 0,
      checkpoint: false,
    });
    losses.push(...(history.loss as number[]));
  }
  expect(losses).toHaveLength(500);
  expect(await model.evaluate(trace.x, trace.y)).toEqual({ loss: expect.any(Number) });
  expect(losses.at(-1)).toBeLessThan(trace.tolerances.lossAfter500Max);
  model.dispose();
});
