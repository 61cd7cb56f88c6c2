// How a training ends where something is wrong, and that nothing is left of it, on the CPU device.
import { describe, expect, it } from 'vitest';
import {
  type BatchData,
  type Callback,
  callbacks,
  layers,
  memory,
  metrics,
  type OptimizerSnapshot,
  optimizers,
  sequential,
  type Tensor,
  where,
} from '../../src/index.ts';
import { bits, leavingNothing, line, quiet, x, y } from './common.ts';

leavingNothing();

describe('a loss that is not finite', () => {
  it('is an error with epoch, batch, layer and operation; the weights are those before', async () => {
    const model = sequential([
      layers.dense(1, { inputShape: [2], name: 'first' }),
      layers.activation((t) => t.log(), { name: 'logarithm' }),
    ]);
    model.setWeights([[[0], [0]], [1]]);
    model.compile({ optimizer: optimizers.sgd(0.5), loss: (_, pred) => pred.mul(2).sum(-1) });
    // log(b) · 2 has the slope 2/b: b goes 1 → 0 → log(0).
    const failed = model.fit(x, y, { ...quiet, epochs: 3, batchSize: 5, shuffle: false });
    await expect(failed).rejects.toThrow(
      /^fit: the loss became NaN or infinite in epoch 1, batch 2; layer 'logarithm': log: made NaN or Infinity out of finite inputs.*The weights are those before that batch\./,
    );
    await expect(failed).rejects.toMatchObject({ name: 'NonFiniteError' });
    const [kernel, bias] = await bits(model);
    expect([...(kernel ?? []), ...(bias ?? [])].every(Number.isFinite)).toBe(true);
    model.dispose();
  });

  it('says so where the data hold it, and where a gradient has spoilt the weights', async () => {
    const model = line();
    const holes = x.map((row, i) => (i === 7 ? [Number.NaN, 0] : row));
    await expect(model.fit(holes, y, { ...quiet, batchSize: 5, shuffle: false })).rejects.toThrow(
      'in epoch 1, batch 2; x holds NaN or Infinity in this batch. The weights are those before that batch. Mend such examples, or leave them out',
    );
    model.dispose();
    // The root's slope at 0 is Infinity, though the loss is 0.
    const root = sequential([layers.dense(1, { inputShape: [1] }), layers.activation((t) => t.sqrt())]);
    root.setWeights([[[0]], [0]]);
    root.compile({ optimizer: optimizers.sgd(0.1), loss: (_, pred) => pred.sum(-1) });
    const start = await bits(root);
    await expect(root.fit([[1], [1]], [[0], [0]], { ...quiet, batchSize: 1 })).rejects.toThrow(
      'A gradient had spoilt the weights; they are those after 0 epochs again.',
    );
    expect(await bits(root)).toEqual(start);
    root.dispose();
  });

  it.each([
    { checkpoint: 'epoch' as const, bad: 3, place: '1 epoch', good: 0 },
    { checkpoint: 2, bad: 3, place: '1 epoch and 2 batches', good: 2 },
    { checkpoint: 1, bad: 0, place: '1 epoch', good: 0 },
  ])(
    'after a gradient that is not finite is that of the last good state: checkpoint $checkpoint, batch $bad',
    async ({ checkpoint, bad, place, good }) => {
      // The root's slope at 0, where a target is above 5, is Infinity · 0, though the loss is finite.
      const root = (t: Tensor, p: Tensor) => where(t.greater(5), p.sub(p), p.square().add(1)).sqrt();
      const make = () => {
        const model = sequential([layers.dense(1, { inputShape: [2] }), layers.dropout(0.5)], { seed: 3 });
        model.compile({
          optimizer: optimizers.adam(0.01),
          loss: (t, p) => p.sub(t).square().add(root(t, p)),
        });
        return model;
      };
      const batches = [0, 1, 2, 3].map((k): BatchData => [[x[k] as number[]], [[k]]]);
      const spoiling = batches.with(bad, [[[1, 2]], [[6]]]);
      const [model, twin] = [make(), make()];
      let epoch = 0;
      const stream = () => (epoch++ === 1 ? spoiling : batches);
      await expect(model.fit(stream, { ...quiet, epochs: 3, checkpoint })).rejects.toThrow(
        `A gradient had spoilt the weights; they are those after ${place} again.`,
      );
      await twin.fit(() => batches, quiet);
      if (good > 0) await twin.fit(() => batches.slice(0, good), quiet);
      expect(await model.getState()).toEqual(await twin.getState());
      const [again, expected] = [await model.fit(() => batches, quiet), await twin.fit(() => batches, quiet)];
      expect(again.history).toEqual(expected.history);
      expect(await bits(model)).toEqual(await bits(twin));
      for (const m of [model, twin]) m.dispose();
    },
  );

  it('ends quietly with terminateOnNaN', async () => {
    const model = line();
    const { history, epoch } = await model.fit(
      x.map(() => [Number.NaN, 0]),
      y,
      { ...quiet, epochs: 5, callbacks: [callbacks.terminateOnNaN()] },
    );
    expect([epoch, history.loss]).toEqual([[0], [Number.NaN]]);
    model.dispose();
  });
});

it('leaves nothing behind where a metric, or the data to validate on, do not fit', async () => {
  const model = line();
  model.compile({
    loss: 'meanSquaredError',
    metrics: ['meanAbsoluteError', metrics.f1Score(), () => y as never],
  });
  await expect(model.fit(x, y, quiet)).rejects.toThrow('fit: metric: a metric must return a tensor');
  model.compile({ loss: 'meanSquaredError' });
  const validationData = [[[1, 2, 3]], [1]] as const;
  await expect(model.fit(x, y, { ...quiet, validationData })).rejects.toThrow(
    'fit: validationData: its x has examples of shape [3], where those to train on have [2]',
  );
  model.dispose();
});

it('compiled anew begins anew: nothing is left of an optimizer by name, one of your own keeps its state', async () => {
  const model = line();
  const own = optimizers.adam(0.1);
  for (const optimizer of ['adam', own, 'adam'] as const) {
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await model.fit(x, y, quiet);
  }
  expect(own.iterations).toBe(1);
  own.dispose();
  const callback: Callback = { onEpochEnd: () => model.compile({ loss: 'meanAbsoluteError' }) };
  await expect(model.fit(x, y, { ...quiet, callbacks: [callback] })).rejects.toThrow(
    'compile: the model is being trained',
  );
  model.dispose();
});

it('disposed leaves an optimizer to others that share it, and it begins anew after the last of them', async () => {
  const shared = optimizers.adam(0.1);
  const models = [line({ seed: 1 }), line({ seed: 2 })] as const;
  for (const model of models) {
    model.compile({ optimizer: shared, loss: 'meanSquaredError' });
    await model.fit(x, y, quiet);
  }
  const [first, second] = models;
  const { slots } = (await second.getState()).optimizer as OptimizerSnapshot;
  expect(slots).not.toContain(null);
  first.dispose();
  expect((await second.getState()).optimizer).toEqual({ name: 'adam', iterations: 2, slots });
  expect((await shared.getState()).slots).toEqual(slots);
  second.dispose();
  expect(await shared.getState()).toEqual({ name: 'adam', iterations: 0, slots: [] });
});

it('leaves nothing behind, after 2,000 epochs neither', async () => {
  const model = line();
  await model.fit(x, y, { ...quiet, epochs: 2 });
  const { tensors, bytes } = memory();
  await model.fit(x, y, { ...quiet, epochs: 2000, checkpoint: false, validationSplit: 0.5 });
  expect(memory()).toMatchObject({ tensors, bytes });
  model.dispose();
});
