// What fit does, point by point as Keras does it, on the CPU device: docs/training.md names these tests.
import { describe, expect, it } from 'vitest';
import {
  type BatchData,
  batches,
  constraints,
  layers,
  load,
  optimizers,
  regularizers,
  sequential,
  tensor,
} from '../../src/index.ts';
import { bits, COUNT, heardModel, leavingNothing, line, quiet, x, y } from './common.ts';

leavingNothing();

describe('batches', () => {
  it('come in another order every epoch, each example once, the last batch smaller', async () => {
    const { model, batches: heard } = heardModel();
    await model.fit(x, y, { ...quiet, epochs: 2, batchSize: 4 });
    expect(heard.map((b) => b.length)).toEqual([4, 4, 2, 4, 4, 2]);
    const [first, second] = [heard.slice(0, 3).flat(), heard.slice(3).flat()];
    const all = Array.from({ length: COUNT }, (_, i) => i);
    expect([...first].sort((a, b) => a - b)).toEqual(all);
    expect([...second].sort((a, b) => a - b)).toEqual(all);
    expect(first).not.toEqual(all);
    expect(second).not.toEqual(first);
    model.dispose();
  });

  it('keep their order with shuffle: false; 32 examples are a batch; one batch where there are fewer', async () => {
    const { model, batches: heard } = heardModel();
    await model.fit(x, y, { ...quiet, shuffle: false });
    expect(heard).toEqual([Array.from({ length: COUNT }, (_, i) => i)]);
    const many = Array.from({ length: 70 }, () => [0, 0]);
    heard.length = 0;
    await model.fit(
      many,
      many.map(() => [0]),
      quiet,
    );
    expect(heard.map((b) => b.length)).toEqual([32, 32, 6]);
    model.dispose();
  });

  it('of a validation split are the last examples, before any shuffling, and never trained on', async () => {
    const { model, batches: heard, tested } = heardModel();
    await model.fit(x, y, { ...quiet, epochs: 2, validationSplit: 0.25 });
    // Keras takes floor(10 · 0.75) = 7 to train on.
    expect(heard.every((b) => b.every((i) => i < 7))).toBe(true);
    expect(tested).toEqual([
      [7, 8, 9],
      [7, 8, 9],
    ]);
    model.dispose();
  });
});

describe('the history', () => {
  it('has the mean of the batch losses, weighted by their sizes, as they were when their turn came', async () => {
    const model = line();
    const losses: number[] = [];
    const [kernel, bias] = await bits(model);
    // The same in float64, by hand: gradient descent on the mean of squares, four examples at a time.
    let [a = 0, b = 0, c = 0] = [...(kernel ?? []), ...(bias ?? [])];
    let sum = 0;
    for (let from = 0; from < COUNT; from += 4) {
      const rows = x.slice(from, from + 4);
      const errors = rows.map(([u = 0, v = 0], i) => a * u + b * v + c - (y[from + i]?.[0] as number));
      const n = rows.length;
      sum += errors.reduce((s, e) => s + e * e, 0);
      const slope = (of: (row: number[]) => number) =>
        errors.reduce((s, e, i) => s + (2 / n) * e * of(rows[i] as number[]), 0);
      const [da, db, dc] = [slope((r) => r[0] as number), slope((r) => r[1] as number), slope(() => 1)];
      [a, b, c] = [a - 0.1 * da, b - 0.1 * db, c - 0.1 * dc];
    }
    const { history } = await model.fit(x, y, { ...quiet, batchSize: 4, shuffle: false });
    losses.push(...(history.loss as number[]));
    expect(losses[0]).toBeCloseTo(sum / COUNT, 5);
    const found = (await bits(model)).flat();
    [a, b, c].forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5);
    });
    model.dispose();
  });

  it('refuses data to validate on that are unlike those to train on, before the first epoch', async () => {
    const model = line();
    const begin: number[] = [];
    const callbacks = [{ onEpochBegin: (epoch: number) => void begin.push(epoch) }];
    const wide = x.map(([a = 0, b = 0]) => [a, b, 0]);
    await expect(model.fit(x, y, { ...quiet, callbacks, validationData: [wide, y] })).rejects.toThrow(
      'fit: validationData: its x has examples of shape [3], where those to train on have [2]',
    );
    const targets = x.map((row) => row);
    await expect(model.fit(x, y, { ...quiet, callbacks, validationData: [x, targets] })).rejects.toThrow(
      'fit: validationData: its y has examples of shape [2], where those to train on have',
    );
    expect(begin).toEqual([]);
    model.dispose();
  });

  it('has validation numbers under val…, equal to those of evaluate', async () => {
    const model = line();
    model.compile({
      optimizer: optimizers.sgd(0.1),
      loss: 'meanSquaredError',
      metrics: ['meanAbsoluteError'],
    });
    const { history } = await model.fit(x, y, { ...quiet, epochs: 2, validationData: [x, y] });
    expect(Object.keys(history)).toEqual(['loss', 'meanAbsoluteError', 'valLoss', 'valMeanAbsoluteError']);
    const found = await model.evaluate(x, y, { batchSize: 3 });
    expect(found.loss).toBeCloseTo(history.valLoss?.[1] as number, 6);
    expect(found.meanAbsoluteError).toBeCloseTo(history.valMeanAbsoluteError?.[1] as number, 6);
    model.dispose();
  });

  it('a split is the same training as the parts given by hand, bit for bit', async () => {
    const [split, apart] = [line({ seed: 5 }), line({ seed: 5 })];
    const a = await split.fit(x, y, { ...quiet, epochs: 3, batchSize: 3, validationSplit: 0.3 });
    const b = await apart.fit(x.slice(0, 7), y.slice(0, 7), {
      ...quiet,
      epochs: 3,
      batchSize: 3,
      validationData: [x.slice(7), y.slice(7)],
    });
    expect(a.history).toEqual(b.history);
    expect(await bits(split)).toEqual(await bits(apart));
    split.dispose();
    apart.dispose();
  });

  it('counts epochs from initialEpoch on, up to epochs', async () => {
    const model = line();
    const { epoch, history } = await model.fit(x, y, { ...quiet, epochs: 5, initialEpoch: 2 });
    expect(epoch).toEqual([2, 3, 4]);
    expect(history.loss).toHaveLength(3);
    expect(model.epoch).toBe(5);
    expect((await model.fit(x, y, { ...quiet, epochs: 2, initialEpoch: 2 })).epoch).toEqual([]);
    model.dispose();
  });
});

describe('weights of examples', () => {
  it('multiply the losses, whose sum is divided by the number of examples', async () => {
    const model = line({ seed: 1 }, 0);
    const weights = Float32Array.from({ length: COUNT }, (_, i) => i % 3);
    const made = await model.predict(x);
    const predicted = await made.data();
    made.dispose();
    const expected =
      x.reduce(
        (sum, _, i) => sum + (weights[i] as number) * ((predicted[i] as number) - (y[i]?.[0] as number)) ** 2,
        0,
      ) / COUNT;
    const { history } = await model.fit(x, y, { ...quiet, batchSize: 3, sampleWeight: weights });
    expect(history.loss?.[0]).toBeCloseTo(expected, 5);
    expect((await model.evaluate(x, y, { sampleWeight: weights })).loss).toBeCloseTo(expected, 5);
    model.dispose();
  });

  it('by class are those of the examples of the class; other classes count 1', async () => {
    const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 3);
    const oneHot = [...labels].map((l) => [0, 1, 2].map((c) => Number(c === l)));
    const train = async (targets: number[][] | Int32Array, options: object, loss: string) => {
      const model = sequential([layers.dense(3, { activation: 'softmax', inputShape: [2] })], { seed: 2 });
      model.compile({ optimizer: optimizers.sgd(0.1), loss: loss as never });
      await model.fit(x, targets, { ...quiet, epochs: 2, batchSize: 4, ...options });
      const found = await bits(model);
      model.dispose();
      return found;
    };
    const sparse = 'sparseCategoricalCrossentropy';
    const byClass = await train(labels, { classWeight: { 0: 3, 2: 0.5 } }, sparse);
    const byHand = await train(labels, { sampleWeight: [...labels].map((l) => [3, 1, 0.5][l]) }, sparse);
    expect(byClass).toEqual(byHand);
    const ofRows = await train(oneHot, { classWeight: { 0: 3, 2: 0.5 } }, 'categoricalCrossentropy');
    ofRows.flat().forEach((v, i) => {
      expect(v).toBeCloseTo(byClass.flat()[i] as number, 5);
    });
  });

  it('by class are not given with others, whole or in a batch, which then is not trained on', async () => {
    const [labels, classWeight, weights] = [y.map((_, i) => [i % 2]), { 1: 5 }, y.map((_, i) => i)];
    const why = 'fit: classWeight and sampleWeight cannot be given both; multiply them yourself';
    const [model, twin] = [line(), line()];
    await expect(model.fit(x, labels, { ...quiet, classWeight, sampleWeight: weights })).rejects.toThrow(why);
    const part = (from: number, to: number) => [x.slice(from, to), labels.slice(from, to)] as const;
    const weighted = [...part(4, 8), weights.slice(4, 8)] as const;
    await expect(model.fit(() => [part(0, 4), weighted], { ...quiet, classWeight })).rejects.toThrow(why);
    await twin.fit(() => [part(0, 4)], { ...quiet, classWeight });
    expect(await bits(model)).toEqual(await bits(twin));
    for (const m of [model, twin]) m.dispose();
  });

  it('by class are not those of examples to validate on, which a split keeps apart', async () => {
    const labels = y.map((_, i) => [i % 2]);
    const model = sequential([layers.dense(1, { activation: 'sigmoid', inputShape: [2] })], { seed: 2 });
    model.compile({ optimizer: optimizers.sgd(0.1), loss: 'binaryCrossentropy' });
    const options = { ...quiet, validationSplit: 0.4, classWeight: { 0: 3, 1: 7 } };
    const { history } = await model.fit(x, labels, options);
    const { loss } = await model.evaluate(x.slice(6), labels.slice(6));
    expect(history.valLoss?.[0]).toBeCloseTo(loss as number, 6);
    model.dispose();
  });
});

describe('streams', () => {
  const parts = (): BatchData[] => [
    [x.slice(0, 4), y.slice(0, 4)],
    [x.slice(4, 8), y.slice(4, 8)],
    [x.slice(8), y.slice(8)],
  ];

  it('of batches, asynchronous or not, or made anew, train as the data in order do', async () => {
    const whole = line();
    await whole.fit(x, y, { ...quiet, epochs: 2, batchSize: 4, shuffle: false });
    const expected = await bits(whole);
    const sources = [
      parts(),
      () => parts(),
      async function* () {
        yield* parts();
      },
      batches(x, y, { batchSize: 4 }),
    ];
    // A plain array is data, not batches: it goes in by its iterator.
    for (const source of sources) {
      const model = line();
      const stream = Array.isArray(source) ? { [Symbol.iterator]: () => source.values() } : source;
      await model.fit(stream, { ...quiet, epochs: 2 });
      expect(await bits(model)).toEqual(expected);
      expect((await model.evaluate(stream)).loss).toBeCloseTo((await whole.evaluate(x, y)).loss as number, 6);
      model.dispose();
    }
    whole.dispose();
  });

  it('build the model by their first batch', async () => {
    const model = sequential([layers.dense(1)], { seed: 1 });
    model.compile({ optimizer: optimizers.sgd(0.1), loss: 'meanSquaredError' });
    await model.fit(() => parts(), { ...quiet, epochs: 2 });
    const built = line();
    await built.fit(() => parts(), { ...quiet, epochs: 2 });
    expect(await bits(model)).toEqual(await bits(built));
    for (const m of [model, built]) m.dispose();
  });

  it('that can be iterated once only say so in the second epoch', async () => {
    const model = line();
    const once = parts().values();
    await expect(model.fit(once, { ...quiet, epochs: 2 })).rejects.toThrow(
      'fit: the iterable gave no batches; one that can be iterated but once is given by a function',
    );
    model.dispose();
  });
});

describe('an AbortSignal', () => {
  it('ends the training after the batch and keeps the history of whole epochs', async () => {
    const { model, batches: heard } = heardModel();
    const abort = new AbortController();
    const ended: string[] = [];
    const { epoch } = await model.fit(x, y, {
      ...quiet,
      epochs: 5,
      batchSize: 5,
      signal: abort.signal,
      callbacks: [
        {
          onBatchEnd: () => {
            if (heard.length === 3) abort.abort();
          },
          onTrainEnd: () => void ended.push('end'),
        },
      ],
    });
    expect([epoch, heard.length, ended]).toEqual([[0], 3, ['end']]);
    model.dispose();
  });
});

describe('frozen layers', () => {
  it('keep their weights, and their batch normalisation its averages', async () => {
    const frozen = [layers.dense(3, { inputShape: [2] }), layers.batchNormalization()];
    const model = sequential([...frozen, layers.dense(1)], { seed: 1 });
    for (const layer of frozen) layer.trainable = false;
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const start = await bits(model);
    expect(model.trainableWeights).toHaveLength(2);
    await model.fit(x, y, { ...quiet, epochs: 2 });
    const end = await bits(model);
    expect(end.slice(0, 6)).toEqual(start.slice(0, 6));
    expect(end[6]).not.toEqual(start[6]);
    for (const layer of frozen) layer.trainable = true;
    await model.fit(x, y, { ...quiet, epochs: 1 });
    (await bits(model)).forEach((w, k) => {
      expect(w, `weight ${k}`).not.toEqual(end[k]);
    });
    (model.weights[0] as { trainable: boolean }).trainable = false; // a single variable
    const held = await bits(model);
    await model.fit(x, y, { ...quiet, epochs: 1 });
    expect((await bits(model))[0]).toEqual(held[0]);
    model.dispose();
  });
});

describe('the same seed', () => {
  const noisy = (seed: number) => {
    const model = sequential(
      [
        layers.dense(8, { activation: 'relu', inputShape: [2] }),
        layers.dropout(0.3),
        layers.batchNormalization(),
        layers.gaussianNoise(0.1),
        layers.dense(1),
      ],
      { seed },
    );
    model.compile({ optimizer: optimizers.adam(0.02), loss: 'meanSquaredError' });
    return model;
  };

  it('gives the same bits, noise and order included, and another seed others', async () => {
    const run = async (seed: number) => {
      const model = noisy(seed);
      const { history } = await model.fit(x, y, { ...quiet, epochs: 3, batchSize: 4 });
      const found = [await bits(model), history];
      model.dispose();
      return found;
    };
    const first = await run(4);
    expect(await run(4)).toEqual(first);
    expect(await run(5)).not.toEqual(first);
  });

  it('goes on from a state: 2 + 3 epochs are 5, bit for bit, in a plain object that can be cloned', async () => {
    const whole = noisy(4);
    const all = await whole.fit(x, y, { ...quiet, epochs: 5, batchSize: 4 });
    const first = noisy(4);
    const begun = await first.fit(x, y, { ...quiet, epochs: 2, batchSize: 4 });
    const state = structuredClone(await first.getState());
    const second = noisy(99);
    second.setState(state);
    const rest = await second.fit(x, y, {
      ...quiet,
      epochs: 5,
      initialEpoch: state.epoch,
      batchSize: 4,
    });
    expect([...(begun.history.loss ?? []), ...(rest.history.loss ?? [])]).toEqual(all.history.loss);
    expect(await bits(second)).toEqual(await bits(whole));
    for (const model of [whole, first, second]) model.dispose();
  });

  it('goes on through states of states, and files: four times 1 epoch are 4, bit for bit', async () => {
    const options = { ...quiet, batchSize: 4 };
    const whole = noisy(4);
    const { history } = await whole.fit(x, y, { ...options, epochs: 4 });
    const losses: (number | undefined)[] = [];
    let model = noisy(4);
    for (let epoch = 0; epoch < 4; epoch++) {
      const begun = await model.fit(x, y, { ...options, initialEpoch: epoch, epochs: epoch + 1 });
      losses.push(begun.history.loss?.[0]);
      const state = await model.getState();
      const next = epoch === 2 ? await load(await model.save()) : noisy(90 + epoch);
      if (epoch !== 2) next.setState(state);
      expect(await next.getState()).toEqual(state);
      model.dispose();
      model = next;
    }
    expect(losses).toEqual(history.loss);
    expect(await bits(model)).toEqual(await bits(whole));
    for (const m of [whole, model]) m.dispose();
  });
});

it('regularizers are in the loss of fit and of evaluate', async () => {
  const model = sequential([
    layers.dense(1, { inputShape: [2], kernelRegularizer: regularizers.l1l2({ l1: 0.1, l2: 0.01 }) }),
  ]);
  model.compile({ optimizer: optimizers.sgd(0), loss: 'meanSquaredError' });
  model.setWeights([[[3], [-4]], [0]]);
  const plain =
    x.reduce((s, [a = 0, b = 0], i) => s + (3 * a - 4 * b - (y[i]?.[0] as number)) ** 2, 0) / COUNT;
  const expected = plain + 0.1 * 7 + 0.01 * 25;
  expect((await model.fit(x, y, quiet)).history.loss?.[0]).toBeCloseTo(expected, 4);
  expect((await model.evaluate(x, y)).loss).toBeCloseTo(expected, 4);
  model.dispose();
});

it('regularizers of frozen layers are not in the loss, those inside of others neither', async () => {
  const held = (trainable = true) =>
    layers.dense(1, { trainable, kernelInitializer: 'ones', kernelRegularizer: regularizers.l2(0.5) });
  const model = sequential([
    layers.dense(1, { inputShape: [2], kernelInitializer: 'ones', kernelRegularizer: regularizers.l2(0.25) }),
    held(false),
    layers.residual([held(), held(false)]),
    layers.residual([held()], { trainable: false }),
  ]);
  model.compile({ optimizer: optimizers.sgd(0), loss: 'meanSquaredError' });
  const plain = x.reduce((s, [a = 0, b = 0], i) => s + (4 * (a + b) - (y[i]?.[0] as number)) ** 2, 0) / COUNT;
  const expected = plain + 0.25 * 2 + 0.5;
  expect((await model.fit(x, y, quiet)).history.loss?.[0]).toBeCloseTo(expected, 4);
  expect((await model.evaluate(x, y)).loss).toBeCloseTo(expected, 4);
  for (const layer of model.layers) layer.trainable = true;
  expect((await model.evaluate(x, y)).loss).toBeCloseTo(expected + 0.5 + 0.5, 4);
  model.dispose();
});

it('fit called again goes on with the optimizer, and takes tensors and typed arrays too', async () => {
  const [once, twice] = [line(), line()];
  for (const model of [once, twice]) model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const flat = Float32Array.from(x.flat());
  const targets = Float32Array.from(y.flat());
  await once.fit(x, y, { ...quiet, epochs: 4, shuffle: false });
  await twice.fit(tensor(x), tensor(y), { ...quiet, epochs: 2, shuffle: false });
  await twice.fit(flat, targets, { ...quiet, epochs: 2, shuffle: false });
  expect(await bits(twice)).toEqual(await bits(once));
  once.dispose();
  twice.dispose();
});

it('takes float64 for float32, batches of any number of shapes, and trains a model once at a time', async () => {
  const model = line();
  const flat = Float64Array.from(x.flat());
  await model.fit(flat, tensor(Float64Array.from(y.flat())), { ...quiet, epochs: 2 });
  const sizes = [1, 2, 3, 4];
  const stream = () =>
    sizes.map((n, k): BatchData => {
      const from = sizes.slice(0, k).reduce((a, b) => a + b, 0);
      return [x.slice(from, from + n), y.slice(from, from + n)];
    });
  await model.fit(stream, quiet);
  const first = model.fit(x, y, quiet);
  await expect(model.fit(x, y, quiet)).rejects.toThrow('fit: the model is being trained already');
  await first;
  await expect(model.evaluate(stream, undefined, { sampleWeight: [1] })).rejects.toThrow(
    'evaluate: of an iterable, weights come with the batches',
  );
  model.dispose();
});

it('constraints hold after every step, and frozen layers are not held', async () => {
  const held = layers.dense(2, { inputShape: [2], kernelConstraint: constraints.unitNorm() });
  const model = sequential([held, layers.dense(1)], { seed: 1 });
  model.compile({ optimizer: optimizers.sgd(0.5), loss: 'meanSquaredError' });
  const lengths = async () => {
    const [kernel] = await bits(model);
    return [0, 1].map((c) => Math.hypot(kernel?.[c] as number, kernel?.[c + 2] as number));
  };
  held.trainable = false;
  const before = await lengths();
  await model.fit(x, y, quiet);
  expect(await lengths()).toEqual(before);
  held.trainable = true;
  await model.fit(x, y, { ...quiet, epochs: 2 });
  for (const length of await lengths()) expect(length).toBeCloseTo(1, 5);
  model.dispose();
});
