// Bad calls of models, layers, callbacks and data: what can be seen before anything is trained. test/cpu/model.test.ts has
// those of a model's methods.
import {
  ArgumentError,
  batches,
  callbacks,
  constraints,
  digits,
  initializers,
  layers,
  ShapeError,
  sequential,
} from '../../src/index.ts';
import type { Bad } from './table.ts';

const bad = (value: unknown) => value as never;

export const models: Bad[] = [
  [
    () => sequential(bad(layers.dense(2))),
    ArgumentError,
    'sequential: takes a list of layers, got an object',
  ],
  [
    () => sequential([bad({ name: 'a', build: () => undefined })]),
    ArgumentError,
    'sequential: entry 0 must be a layer { name, build, apply }, as layers.dense(10), got an object',
  ],
  [
    () => sequential([], bad({ sead: 1 })),
    ArgumentError,
    "sequential: unknown option 'sead', did you mean 'seed'? The options are seed, name",
  ],
  [() => layers.dense(0), ArgumentError, `dense: units must be a whole number of at least 1, got 0`],
  [
    () => layers.dense(2, { activation: bad('sigmoud') }),
    ArgumentError,
    "dense: unknown activation 'sigmoud', did you mean 'sigmoid'? It is one of linear, relu, relu6, leakyRelu, elu, selu, gelu, silu, sigmoid, hardSigmoid, tanh, softplus, softsign, softmax, step",
  ],
  [
    () => layers.conv2d(4, 3, { padding: bad('full') }),
    ArgumentError,
    "conv2d: padding must be 'same', 'valid' or [[top, bottom], [left, right]], got 'full'",
  ],
  [
    () => sequential([layers.conv2d(4, 3, { inputShape: [28, 28] })]),
    ShapeError,
    'build: conv2d: examples must be images [height, width, channels], got [28, 28]; put layers.reshape([height, width, channels]) before it',
  ],
  [
    () => sequential([layers.conv2d(4, 5, { inputShape: [4, 4, 1] })]),
    ShapeError,
    "build: conv2d: windows of 5 × 5 do not fit into images of 4 × 4; use padding: 'same', or fewer layers",
  ],
  [
    () => sequential([layers.reshape([3, -1], { inputShape: [7] })]),
    ShapeError,
    'build: reshape: an example of shape [7] (7) does not fit into [3, -1]',
  ],
  [() => layers.dropout(1), ArgumentError, 'dropout: the rate must lie in [0, 1), got 1'],
  [
    () => initializers.randomUniform({ low: 1, high: 0 }),
    ArgumentError,
    'randomUniform: low must be ≤ high, got 1 and 0',
  ],
  [
    () => constraints.maxNorm(bad({ max: 1 })),
    ArgumentError,
    "maxNorm: unknown option 'max', did you mean 'maxValue'? The options are maxValue, axis",
  ],
  [
    () => callbacks.reduceLROnPlateau({ factor: 2 }),
    ArgumentError,
    'reduceLROnPlateau: factor must lie in [0, 1), got 2',
  ],
  [
    () => callbacks.lambdaCallback(bad({ onEpochEnds: () => undefined })),
    ArgumentError,
    "lambdaCallback: unknown callback 'onEpochEnds', did you mean 'onEpochEnd'? They are onTrainBegin, onEpochBegin, onBatchBegin, onBatchEnd, onEpochEnd, onTrainEnd",
  ],
  [
    ({ x, v }) => batches(x, v),
    ShapeError,
    'batches: x and y must have as many entries along their first axes, got 2 and 3',
  ],
  [
    ({ x }) => batches(x, x, { batchSize: 0 }),
    ArgumentError,
    'batches: batchSize must be a whole number of at least 1, got 0',
  ],
  [() => digits({ size: bad(20) }), ArgumentError, 'digits: size must be 16 or 28, got 20'],
  [
    () => digits({ split: bad('tset') }),
    ArgumentError,
    "digits: unknown split 'tset', did you mean 'test'? It is one of train, test",
  ],
];
