// Garbage in place of every argument of layers, callbacks and the like, and of a model's methods.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../src/index.ts';
import { faultsOf } from '../bad-calls/sweep.ts';
import { type Given, operands } from '../bad-calls/table.ts';
import { type Target, target } from '../bad-calls/valid.ts';
import { freeAfterEach, testDevice } from '../place.ts';

const { callbacks, constraints, initializers, layers, regularizers, sequential } = api;
type Callable = (...args: unknown[]) => unknown;

freeAfterEach();
let given: Given;
const warn = vi.spyOn(console, 'warn');
const say = vi.spyOn(console, 'log');
beforeAll(() => api.init('cpu'));
beforeEach(() => {
  for (const spy of [warn, say]) spy.mockImplementation(() => undefined);
  given = operands();
});
afterEach(() => {
  for (const spy of [warn, say]) spy.mockReset();
  for (const v of [given.p, given.q]) v.dispose();
});
afterAll(async () => {
  for (const spy of [warn, say]) spy.mockRestore();
  await testDevice();
});

const all = { name: 'a', trainable: true, inputShape: [4, 4, 2] };
const kernel = {
  useBias: true,
  kernelInitializer: 'heNormal',
  biasInitializer: 'ones',
  kernelRegularizer: 'l2',
  biasRegularizer: regularizers.l1(),
  kernelConstraint: 'maxNorm',
  biasConstraint: constraints.nonNeg(),
};
const scale = { epsilon: 1, center: true, scale: true, gammaInitializer: 'ones', betaRegularizer: 'l1' };
const window = { size: 2, strides: [1, 1], padding: 'same' };

/** Arguments of each, right ones. */
const made: Record<string, Record<string, unknown[]>> = {
  layers: {
    dense: [2, { ...all, ...kernel, activation: 'relu' }],
    conv2d: [
      2,
      [2, 2],
      {
        ...all,
        ...kernel,
        padding: [
          [1, 1],
          [0, 0],
        ],
        strides: 1,
        dilation: 1,
        groups: 1,
      },
    ],
    maxPooling2d: [{ ...all, ...window }],
    averagePooling2d: [{ ...all, ...window }],
    globalAveragePooling2d: [all],
    flatten: [all],
    reshape: [[-1, 2], all],
    activation: ['relu', all],
    dropout: [0.5, all],
    batchNormalization: [{ ...all, ...scale, momentum: 0.5 }],
    layerNormalization: [{ ...all, ...scale, axis: [1, 2] }],
    embedding: [3, 2, { ...all, embeddingsInitializer: 'zeros' }],
    gaussianNoise: [0.1, all],
    rescaling: [2, { ...all, offset: 1 }],
    residual: [[layers.dense(2)], all],
  } satisfies Record<keyof typeof layers, unknown[]>,
  regularizers: { l1: [0.1], l2: [{ l2: 0.1 }], l1l2: [{ l1: 0.1, l2: 0.1 }] },
  constraints: { maxNorm: [{ maxValue: 1, axis: 0 }], nonNeg: [], unitNorm: [{ axis: [0, 1] }] },
  initializers: {
    constant: [2],
    randomNormal: [{ mean: 0, std: 1 }],
    randomUniform: [{ low: 0, high: 1 }],
    truncatedNormal: [{ mean: 0, std: 1 }],
    orthogonal: [{ gain: 1 }],
    identity: [{ gain: 1 }],
  },
  callbacks: {
    earlyStopping: [
      {
        monitor: 'loss',
        minDelta: 0,
        patience: 1,
        mode: 'min',
        baseline: 1,
        restoreBestWeights: true,
        startFromEpoch: 0,
      },
    ],
    modelCheckpoint: [
      () => undefined,
      { monitor: 'loss', saveBestOnly: true, mode: 'max', saveFreq: 2, initialValueThreshold: 1 },
    ],
    learningRateScheduler: [() => 0.1],
    reduceLROnPlateau: [
      {
        monitor: 'loss',
        factor: 0.5,
        patience: 1,
        mode: 'min',
        minDelta: 0,
        cooldown: 1,
        minLearningRate: 0,
      },
    ],
    csvLogger: [() => undefined, { separator: ';', append: true }],
    lambdaCallback: [{ onEpochEnd: () => undefined }],
    terminateOnNaN: [],
    progressBar: [],
  } satisfies Record<keyof typeof callbacks, unknown[]>,
};
const makers: Record<string, object> = { layers, regularizers, constraints, initializers, callbacks };

/** A model and data for one call, and nothing of them afterwards. */
const onModel =
  (call: (model: api.Sequential, args: unknown[]) => unknown, compiled = true): Target['call'] =>
  async (_, args) => {
    const model = sequential([layers.dense(2, { inputShape: [2] }), layers.dropout(0.1)], { seed: 1 });
    try {
      if (compiled) model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      return await call(model, args);
    } finally {
      model.dispose();
    }
  };

const x = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const y = [
  [1, 0],
  [0, 1],
  [1, 1],
];
const methods: Target[] = [
  target(
    'compile',
    () => [{ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['accuracy'] }],
    onModel((m, [o]) => m.compile(o as never), false),
  ),
  target(
    'fit',
    () => [
      x,
      y,
      {
        epochs: 1,
        batchSize: 2,
        verbose: 0,
        callbacks: [{}],
        validationSplit: 0.4,
        validationBatchSize: 1,
        shuffle: true,
        sampleWeight: [1, 1, 1],
        initialEpoch: 0,
        signal: new AbortController().signal,
        checkpoint: false,
      },
    ],
    onModel((m, args) => (m.fit as Callable).apply(m, args)),
  ),
  target(
    'fit, weights by class and validation data',
    () => [x, [0, 1, 0], { verbose: 0, classWeight: { 0: 1 }, validationData: [x, [1, 1, 0]] }],
    onModel(async (m, args) => {
      m.compile({ optimizer: 'sgd', loss: api.losses.sparseCategoricalCrossentropy({ fromLogits: true }) });
      return (m.fit as Callable).apply(m, args);
    }),
    'fit',
  ),
  target(
    'evaluate',
    () => [x, y, { batchSize: 2, sampleWeight: [1, 1, 1] }],
    onModel((m, args) => (m.evaluate as Callable).apply(m, args)),
  ),
  target(
    'predict',
    () => [x, { batchSize: 2 }],
    onModel((m, args) => (m.predict as Callable).apply(m, args)),
  ),
  target(
    'apply',
    ({ x: t }) => [t.T, { training: true }],
    onModel((m, args) => (m.apply as Callable).apply(m, args)),
  ),
  target(
    'build',
    () => [[2]],
    onModel((m, [shape]) => m.build(shape as never)),
  ),
  target(
    'setWeights',
    () => [
      [
        [
          [1, 2],
          [3, 4],
        ],
        Float32Array.of(1, 2),
      ],
    ],
    onModel((m, [w]) => m.setWeights(w as never)),
  ),
  target(
    'setState',
    () => [
      {
        weights: [
          { name: 'dense/kernel', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
          { name: 'dense/bias', shape: [2], data: Float32Array.of(1, 2) },
        ],
        optimizer: undefined,
        learningRate: 0.1,
        random: { seed: 1, noise: 0, order: 0 },
        epoch: 1,
      },
    ],
    onModel((m, [state]) => m.setState(state as never)),
  ),
];

const factories = Object.entries(made).flatMap(([kind, list]) =>
  Object.entries(list).map(([name, args]) =>
    target(
      `${kind}.${name}`,
      () => args,
      (_, a) => ((makers[kind] as Record<string, Callable>)[name] as Callable)(...a),
      name,
    ),
  ),
);

it.each([...factories, ...methods])('$name', async (one) => {
  expect(await faultsOf(one, given)).toEqual([]);
});
