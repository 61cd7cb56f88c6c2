// A model as a whole: its summary, weights, errors and warnings, and layers of one's own.
import { describe, expect, it, vi } from 'vitest';
import {
  type Layer,
  type Loss,
  layers,
  losses,
  ones,
  optimizers,
  type Sequential,
  schedules,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { leavingNothing } from './common.ts';

leavingNothing();

describe('a model', () => {
  it('prints what Keras prints', async () => {
    const say = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const model = sequential([
      layers.dense(4, { inputShape: [1] }),
      layers.dense(3),
      layers.batchNormalization(),
    ]);
    const text = model.summary();
    expect(say).toHaveBeenCalledWith(text);
    expect(text).toBe(
      `
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                            ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                           │ (None, 4)              │             8 │
├─────────────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                         │ (None, 3)              │            15 │
├─────────────────────────────────────────┼────────────────────────┼───────────────┤
│ batchNormalization (BatchNormalization) │ (None, 3)              │            12 │
└─────────────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 35 (140.00 B)
 Trainable params: 29 (116.00 B)
 Non-trainable params: 6 (24.00 B)`.trim(),
    );
    // Two moments for each of 29, the count of steps and the learning rate; with a schedule there is no such number.
    const rate = schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 });
    for (const [learningRate, kept, all] of [
      [0.1, 60, 95],
      [rate, 59, 94],
    ] as const) {
      model.compile({ optimizer: optimizers.adam({ learningRate }), loss: 'meanSquaredError' });
      expect(model.summary()).toBe(text);
      await model.fit([[1]], [[1, 2, 3]], { verbose: 0 });
      expect(model.summary().split('\n').slice(-4)).toEqual([
        ` Total params: ${all} (${all * 4}.00 B)`,
        ' Trainable params: 29 (116.00 B)',
        ' Non-trainable params: 6 (24.00 B)',
        ` Optimizer params: ${kept} (${kept * 4}.00 B)`,
      ]);
      model.optimizer.dispose();
    }
    say.mockRestore();
    model.dispose();
  });

  it('gives and takes weights: kernel, bias, layer by layer, with shapes and names', async () => {
    const model = sequential([layers.dense(2, { inputShape: [1] }), layers.dense(1, { name: 'out' })], {
      seed: 3,
    });
    const weights = await model.getWeights();
    expect(weights.map(({ name, shape }) => [name, shape])).toEqual([
      ['dense/kernel', [1, 2]],
      ['dense/bias', [2]],
      ['out/kernel', [2, 1]],
      ['out/bias', [1]],
    ]);
    expect(weights[0]).toBeInstanceOf(Float32Array);
    const other = sequential([layers.dense(2, { inputShape: [1] }), layers.dense(1)], { seed: 4 });
    other.setWeights(weights);
    const bits = async (m: Sequential) => (await m.getWeights()).map((w) => [...w]);
    expect(await bits(other)).toEqual(await bits(model));
    other.setWeights([tensor([[1, 2]]), [3, 4], Float32Array.of(5, 6), [7]]);
    expect(await bits(other)).toEqual([[1, 2], [3, 4], [5, 6], [7]]);
    expect(() => other.setWeights([[[1, 2]], [3, 4]])).toThrow(
      'setWeights: the model has 4 weights (dense/kernel, dense/bias, dense_1/kernel, dense_1/bias), got 2',
    );
    expect(() => other.setWeights([[[1, 2]], [3, 4], [[5, 6]], [7]])).toThrow(
      'setWeights: dense_1/kernel has shape [2, 1], got [1, 2]',
    );
    for (const m of [model, other]) m.dispose();
  });

  it('stays as it is where a state does not fit', async () => {
    const make = (optimizer: 'adam' | 'sgd', units = 1) => {
      const model = sequential([layers.dense(2, { inputShape: [1] }), layers.dense(units)]);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      return model;
    };
    const [adam, sgd, wide] = [make('adam'), make('sgd'), make('adam', 3)];
    await adam.fit([[1]], [[2]], { verbose: 0 });
    await wide.fit([[1]], [[1, 2, 3]], { verbose: 0 });
    for (const [model, other, why] of [
      [sgd, adam, "sgd.setState: the state is that of 'adam', not of 'sgd'"],
      [wide, adam, 'setState: dense_1/kernel has shape [2, 3], got [2, 1]'],
      [adam, wide, 'setState: dense_1/kernel has shape [2, 1], got [2, 3]'],
    ] as const) {
      const before = await model.getState();
      const state = await other.getState();
      expect(() => model.setState(state)).toThrow(why);
      expect(await model.getState()).toEqual(before);
      expect(() => model.setState({ ...before, optimizer: state.optimizer })).toThrow('.setState: the state');
      expect(await model.getState()).toEqual(before);
    }
    for (const model of [adam, sgd, wide]) model.dispose();
  });

  it('names layer and shape where an input does not fit, and what is missing', async () => {
    const model = sequential([layers.dense(2, { inputShape: [3], name: 'first' })]);
    expect(() => model.apply(tensor([[1, 2]]))).toThrow(
      "apply: layer 'first' expects a batch of examples [3], [n, 3], got [1, 2]",
    );
    await expect(model.fit([[1, 2, 3]], [[1, 2]])).rejects.toThrow(
      'fit: the model is not compiled; call model.compile({ optimizer, loss }) first',
    );
    expect(() => model.compile({ optimizer: 'adm' as never, loss: 'meanSquaredError' })).toThrow(
      "did you mean 'adam'?",
    );
    expect(() => model.compile({ loss: 'meanSquareError' as never })).toThrow(
      "did you mean 'meanSquaredError'?",
    );
    expect(() => layers.dense(2, { activation: 'rleu' as never })).toThrow(
      "dense: unknown activation 'rleu', did you mean 'relu'?",
    );
    expect(() => layers.dense(2, { kernelInitialiser: 'zeros' } as never)).toThrow(
      "unknown option 'kernelInitialiser', did you mean 'kernelInitializer'?",
    );
    model.compile({ loss: 'meanSquaredError' });
    await expect(model.fit([[1, 2, 3]], [[1, 2, 3]])).rejects.toThrow(
      /fit: meanSquaredError: .*must have the same shape/,
    );
    await expect(
      model.fit(
        [[1, 2, 3]],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ).rejects.toThrow('fit: x holds 1 examples, but y has shape [2, 2]');
    await expect(model.fit(new Float32Array(0), new Float32Array(0))).rejects.toThrow(
      'fit: x holds no examples',
    );
    await expect(model.fit(new Float32Array(4), [1])).rejects.toThrow(
      'fit: x has 4 values, which are no whole number of examples [3]',
    );
    await expect(model.fit([[1, 2, 3]], [[1, 2]], { epoch: 3 } as never)).rejects.toThrow(
      "fit: unknown option 'epoch', did you mean 'epochs'?",
    );
    const unbuilt = sequential([layers.dense(2)]);
    expect(() => unbuilt.weights).toThrow(
      'weights: the model has no weights yet; give the first layer an inputShape, or call model.build(inputShape)',
    );
    model.dispose();
  });

  it('warns of logits where probabilities are wanted, and the other way round', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const warning = async (layer: Layer, loss: Loss) => {
      warn.mockClear();
      const model = sequential([layer]);
      model.compile({ loss });
      await model.fit([[1], [2]], [0, 1], { verbose: 0 });
      model.dispose();
      return warn.mock.calls.map(([text]) => String(text)).join();
    };
    const tell = (activation: 'linear' | 'softmax', fromLogits: boolean) =>
      warning(
        layers.dense(2, { activation, inputShape: [1] }),
        losses.sparseCategoricalCrossentropy({ fromLogits }),
      );
    expect(await tell('linear', false)).toContain(
      'sparseCategoricalCrossentropy takes probabilities, but the last layer has no activation and gives logits; use losses.sparseCategoricalCrossentropy({ fromLogits: true })',
    );
    expect(await tell('softmax', true)).toContain(
      'takes logits, but the last layer gives probabilities (softmax)',
    );
    expect(await tell('linear', true)).toBe('');
    expect(await tell('softmax', false)).toBe('');
    const one = layers.dense(1, { activation: 'softmax', inputShape: [1] });
    expect(await warning(one, losses.binaryCrossentropy())).toContain('softmax over one unit is always 1');
    warn.mockRestore();
  });

  it('takes a layer of your own, with parameters and a state', async () => {
    const counter: Layer<{ factor: Tensor }, { calls: Tensor }> = {
      name: 'counter',
      build: (inputShape) => ({
        params: { factor: ones(inputShape) },
        state: { calls: tensor(0) },
        outputShape: inputShape,
      }),
      apply: ({ params, state }, x, { training }) => ({
        output: x.mul(params.factor),
        state: training ? { calls: state.calls.add(1) } : state,
      }),
    };
    const model = sequential([counter, layers.dense(1)], { seed: 1 });
    model.build([2]);
    model.compile({ optimizer: optimizers.sgd(0.1), loss: 'meanSquaredError' });
    await model.fit(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [[1], [2], [3]],
      { verbose: 0, epochs: 2, batchSize: 2 },
    );
    const [factor, calls] = await model.getWeights();
    expect([factor?.name, calls?.name]).toEqual(['counter/factor', 'counter/calls']);
    expect([...(calls ?? [])]).toEqual([4]);
    expect([...(factor ?? [])]).not.toEqual([1, 1]);
    model.dispose();
    const wrong: Layer = {
      name: 'wrong',
      build: () => ({ params: {}, outputShape: [7] }),
      apply: (_, x) => x,
    };
    const bad = sequential([wrong, layers.flatten()]);
    bad.build([2]);
    expect(() => bad.apply(ones([1, 2]))).toThrow(
      "apply: layer 'wrong' made [1, 2], where its build said [1, 7]",
    );
    expect(() => sequential([layers.dense as never])).toThrow(
      'sequential: entry 0 must be a layer { name, build, apply }, as layers.dense(10), got a function',
    );
  });

  it('the same seed gives the same first weights, another others, and two models share layers but not weights', async () => {
    const shared = [layers.dense(3, { inputShape: [2] })];
    const [a, b, c] = [1, 1, 2].map((seed) => sequential(shared, { seed })) as [
      Sequential,
      Sequential,
      Sequential,
    ];
    const first = async (m: Sequential) => [...((await m.getWeights())[0] ?? [])];
    expect(await first(a)).toEqual(await first(b));
    expect(await first(c)).not.toEqual(await first(a));
    a.setWeights([
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [0, 0, 0],
    ]);
    expect(await first(b)).not.toEqual(await first(a));
    for (const m of [a, b, c]) m.dispose();
  });
});
