// Models as Keras writes them: those of test/fixtures/make-keras-files.py predict here what they do in Keras 3; of Keras 2
// the forms that its files have had.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  FormatError,
  fromKerasJson,
  init,
  layers,
  load,
  type Sequential,
  sequential,
  type Tensor,
  toKerasJson,
} from '../../src/index.ts';
import { loadNpz } from '../../src/npz.ts';

beforeAll(() => init('cpu'));

const FOLDER = 'test/fixtures/files';

describe.each(['dense', 'conv', 'embedding'])('the %s model of Keras 3', (name) => {
  const json = readFileSync(`${FOLDER}/keras3-${name}.json`, 'utf8');

  const predictsAsKeras = async (model: Sequential) => {
    const { x, y, ...weights } = await loadNpz(`${FOLDER}/keras3-${name}.npz`);
    model.setWeights(Object.values(weights));
    const found = await (await model.predict(x as Tensor)).data();
    const want = await (y as Tensor).data();
    expect(found.length).toBe(want.length);
    found.forEach((value, k) => {
      expect(Math.abs(value - (want[k] as number))).toBeLessThanOrEqual(
        1e-5 + 1e-4 * Math.abs(want[k] as number),
      );
    });
  };

  it('predicts the same', () => predictsAsKeras(fromKerasJson(json)));

  it('is read by load too, and as it is parsed', async () => {
    await predictsAsKeras(await load(new Blob([json])));
    await predictsAsKeras(fromKerasJson(JSON.parse(json), { seed: 3 }));
  });

  it('is written and read again', async () => {
    const text = toKerasJson(fromKerasJson(json));
    await predictsAsKeras(fromKerasJson(text));
    expect(toKerasJson(fromKerasJson(text))).toBe(text);
  });
});

const model = (list: unknown[], more: object = {}) => ({
  class_name: 'Sequential',
  config: { name: 'm', layers: list },
  ...more,
});
const layer = (type: string, config: object) => ({
  class_name: type,
  config: { name: type.toLowerCase(), ...config },
});
const KERAS_2 = { keras_version: '2.9.0', backend: 'tensorflow' };
const dense2 = {
  name: 'dense',
  trainable: true,
  dtype: 'float32',
  units: 5,
  activation: 'swish',
  use_bias: true,
  kernel_initializer: { class_name: 'GlorotUniform', config: { seed: null } },
  bias_initializer: { class_name: 'Zeros', config: {} },
  kernel_regularizer: { class_name: 'L2', config: { l2: 0.01 } },
  bias_regularizer: null,
  activity_regularizer: null,
  kernel_constraint: null,
  bias_constraint: null,
};

describe('Keras 2', () => {
  it('with an input layer', () => {
    const input = layer('InputLayer', {
      batch_input_shape: [null, 4],
      dtype: 'float32',
      sparse: false,
      ragged: false,
    });
    const found = fromKerasJson(model([input, { class_name: 'Dense', config: dense2 }], KERAS_2));
    expect(found.name).toBe('m');
    expect(found.inputShape).toEqual([4]);
    expect(found.layers[0]?.config).toMatchObject({
      units: 5,
      activation: 'silu',
      kernelInitializer: 'glorotUniform',
      kernelRegularizer: { name: 'l2', config: { l2: 0.01 } },
    });
  });

  it('of the first versions: a list of layers, the shape in the first of them', () => {
    const found = fromKerasJson({
      class_name: 'Sequential',
      config: [
        layer('Embedding', {
          batch_input_shape: [null, 3],
          input_dim: 7,
          output_dim: 2,
          mask_zero: false,
          input_length: 3,
          trainable: true,
          embeddings_initializer: {
            class_name: 'RandomUniform',
            config: { minval: -0.5, maxval: 0.5, seed: null },
          },
          embeddings_regularizer: null,
          activity_regularizer: null,
          embeddings_constraint: null,
          dtype: 'float32',
        }),
        layer('Flatten', {}),
        layer('Dense', {
          units: 3,
          activation: 'softmax',
          use_bias: true,
          kernel_initializer: {
            class_name: 'VarianceScaling',
            config: { scale: 1, mode: 'fan_avg', distribution: 'uniform', seed: null },
          },
        }),
      ],
      keras_version: '2.0.8',
    });
    expect(found.outputShape).toEqual([3]);
    expect(found.layers[0]?.config).toMatchObject({
      embeddingsInitializer: { name: 'randomUniform', config: { low: -0.5, high: 0.5 } },
    });
    expect(found.layers[2]?.config).toMatchObject({ kernelInitializer: 'glorotUniform' });
  });

  it('with the axis of a normalisation counted', () => {
    const bn = layer('BatchNormalization', {
      axis: [3],
      momentum: 0.9,
      epsilon: 0.01,
      center: true,
      scale: true,
    });
    const input = layer('InputLayer', { batch_input_shape: [null, 4, 4, 2] });
    expect(fromKerasJson(model([input, bn], KERAS_2)).weights.length).toBe(4);
    const first = layer('BatchNormalization', { axis: [1] });
    expect(() => fromKerasJson(model([input, first], KERAS_2))).toThrow(
      new FormatError(
        "fromKerasJson: layer 'batchnormalization' normalizes axis 1; only the last is possible",
      ),
    );
  });
});

describe('what is not known is named', () => {
  const refused: [what: string, json: unknown, message: string][] = [
    ['a layer', model([layer('LSTM', { units: 3 })]), "layer 'lstm' ('LSTM') is not known; known are Dense"],
    ['a layer of the prototype', model([layer('constructor', {})]), "('constructor') is not known"],
    [
      'an option',
      model([layer('Dense', { units: 3, lora_rank: 2 })]),
      "layer 'dense' ('Dense') dense: unknown option 'loraRank'",
    ],
    [
      'channels first',
      model([layer('Conv2D', { filters: 3, kernel_size: [1, 1], data_format: 'channels_first' })]),
      "unknown option 'dataFormat'",
    ],
    [
      'an activation',
      model([layer('Dense', { units: 3, activation: 'exotic' })]),
      "unknown activation 'exotic'",
    ],
    [
      'an activation that is a function',
      model([layer('Activation', { activation: { class_name: 'function' } })]),
      'its activation must be a name',
    ],
    [
      'an initializer',
      model([layer('Dense', { units: 3, kernel_initializer: { class_name: 'Magic', config: {} } })]),
      "unknown kernelInitializer 'Magic'",
    ],
    [
      'the hard sigmoid of Keras 2',
      model([layer('Dense', { units: 3, activation: 'hard_sigmoid' })], KERAS_2),
      'the hard_sigmoid of Keras 2',
    ],
    ['a slope', model([layer('ReLU', { negative_slope: 0.1 })]), 'only max_value 6 or none'],
    ['another axis', model([layer('Softmax', { axis: 1 })]), 'only axis -1'],
    [
      'another class',
      { class_name: 'Functional', config: {} },
      "only models of class Sequential are read, got 'Functional'",
    ],
    ['no layers', { class_name: 'Sequential', config: {} }, 'a model must have a name and layers'],
    [
      'an open size',
      model([layer('InputLayer', { batch_shape: [null, null, 3] })]),
      'sizes behind the batch must be whole numbers',
    ],
    ['a layer that is none', model([5]), 'a layer must have class_name and config, got 5'],
  ];
  it.each(refused)('%s', (_, json, message) => {
    expect(() => fromKerasJson(json as object)).toThrow(FormatError);
    expect(() => fromKerasJson(json as object)).toThrow(message);
  });

  it('broken JSON', () => {
    expect(() => fromKerasJson('{"class_name":')).toThrow(/^fromKerasJson: the JSON is broken/);
    expect(() => fromKerasJson(5 as never)).toThrow(
      new ArgumentError('fromKerasJson: takes JSON, as text or as it is parsed, got 5'),
    );
  });

  it('weights without end', () => {
    const input = layer('InputLayer', { batch_shape: [null, 2 ** 20] });
    expect(() => fromKerasJson(model([input, layer('Dense', { units: 2 ** 30 })]))).toThrow(
      'its layers would have 1125900980584448 weights; more than 268435456 are not made of JSON alone',
    );
  });

  it('layers within layers without end', () => {
    let inner: object = layer('Dense', { units: 2 });
    for (let k = 0; k < 3000; k++) inner = layer('Residual', { layers: [inner] });
    expect(() => fromKerasJson(model([inner]))).toThrow('lies too deep within others');
  });
});

describe('every layer that there is', () => {
  it('is the same when it is read again', () => {
    const list = [
      layers.rescaling(0.5, { offset: 1, inputShape: [8, 8, 4] }),
      layers.conv2d(4, [3, 2], {
        strides: 2,
        padding: [
          [1, 1],
          [0, 0],
        ],
        dilation: 1,
        groups: 2,
        activation: 'relu6',
        kernelConstraint: 'unitNorm',
        useBias: false,
      }),
      layers.residual([
        layers.conv2d(4, 3, { padding: 'same' }),
        layers.batchNormalization({ trainable: false }),
        layers.activation('hardSigmoid'),
        layers.conv2d(4, 1),
      ]),
      layers.maxPooling2d({ size: [2, 1], padding: 'same' }),
      layers.averagePooling2d({ strides: 1 }),
      layers.batchNormalization({ momentum: 0.5, scale: false, movingMeanInitializer: 'ones' }),
      layers.dropout(0.25),
      layers.gaussianNoise(0.5),
      layers.globalAveragePooling2d(),
      layers.reshape([2, -1]),
      layers.layerNormalization({ axis: [1, 2], epsilon: 1e-5, center: false }),
      layers.flatten(),
      layers.dense(3, {
        kernelInitializer: { name: 'orthogonal', config: { gain: 2 } },
        biasRegularizer: 'l1l2',
        trainable: false,
        name: 'last',
      }),
    ];
    const first = sequential(list, { name: 'all' });
    const again = fromKerasJson(toKerasJson(first));
    expect(toKerasJson(again)).toBe(toKerasJson(first));
    /** But for names that had to be told apart, and the input's shape, which the model has. */
    const told = ({ chain }: Sequential) =>
      JSON.stringify(chain.entries, (key, value) =>
        key === 'layer' ? { ...value, name: undefined, inputShape: undefined } : value,
      );
    expect(told(again)).toBe(told(first));
    expect(again.namedWeights.map(({ name }) => name)).toEqual(first.namedWeights.map(({ name }) => name));
    expect(again.trainableWeights.length).toBe(first.trainableWeights.length);
  });

  it('is not, where it is of one’s own and does not say how', () => {
    const own = {
      name: 'mine',
      build: () => ({ params: {}, outputShape: [1] }),
      apply: (_: unknown, x: Tensor) => x,
    };
    expect(() => toKerasJson(sequential([own]))).toThrow(
      "toKerasJson: layer 'mine' is one of your own; give it a type and a config",
    );
    const net = sequential([layers.dense(2, { activation: (x) => x.sin() })]);
    expect(() => toKerasJson(net)).toThrow("layer 'dense': its activation is a function of your own");
  });
});
