// What is exported as ONNX gives in ONNX Runtime what predict gives here, for batches of any size.
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  init,
  type Layer,
  layers,
  random,
  type Sequential,
  sequential,
  type Tensor,
} from '../../src/index.ts';
import { exportOnnx } from '../../src/onnx.ts';

beforeAll(async () => {
  await init('cpu');
  ort.env.wasm.numThreads = 1;
});

/** The outputs of a file for an input. */
async function ran(file: Uint8Array, x: Tensor): Promise<{ dims: readonly number[]; data: Float32Array }> {
  const session = await ort.InferenceSession.create(file);
  try {
    const data = (await x.data()) as Float32Array;
    const { output } = await session.run({ input: new ort.Tensor(x.dtype as 'float32', data, x.shape) });
    return { dims: output?.dims ?? [], data: output?.data as Float32Array };
  } finally {
    await session.release();
  }
}

/** Weights and averages other than those that layers begin with. */
function shaken(model: Sequential): Sequential {
  const rng = random(11);
  for (const { name, variable } of model.namedWeights) {
    const [low, high] = name.endsWith('movingVariance') ? [0.5, 1.5] : [-0.6, 0.6];
    variable.assign(rng.uniform(variable.shape, { low, high }));
  }
  return model;
}

async function same(list: Layer[], batches = [1, 3], whole = false): Promise<void> {
  const model = shaken(sequential(list, { seed: 1 }));
  const file = await exportOnnx(model);
  for (const n of batches) {
    const shape = [n, ...model.inputShape];
    const x = whole ? random(n).integers(0, 6, shape) : random(n).normal(shape);
    const want = await model.predict(x);
    const { dims, data } = await ran(file, x);
    expect(dims).toEqual(want.shape);
    const values = await want.data();
    data.forEach((value, k) => {
      const w = values[k] as number;
      expect(Math.abs(value - w)).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(w));
    });
  }
  model.dispose();
}

const image = { inputShape: [7, 6, 4] };

describe('ONNX Runtime gives the same', () => {
  it('for dense layers', () =>
    same(
      [layers.dense(8, { activation: 'relu', inputShape: [5] }), layers.dense(3, { useBias: false })],
      [1, 2, 65],
    ));

  it.each([
    'linear',
    'relu',
    'relu6',
    'leakyRelu',
    'elu',
    'selu',
    'gelu',
    'silu',
    'sigmoid',
    'hardSigmoid',
    'tanh',
    'softplus',
    'softsign',
    'softmax',
    'step',
  ] as const)('for %s', (activation) =>
    same([layers.rescaling(4, { offset: -0.5, inputShape: [9] }), layers.activation(activation)]),
  );

  it('for dense layers over further axes, normalised', () =>
    same([
      layers.dense(6, { activation: 'softmax', inputShape: [4, 3] }),
      layers.batchNormalization(),
      layers.layerNormalization(),
      layers.layerNormalization({ axis: [1, 2], scale: false }),
      layers.reshape([2, -1]),
      layers.flatten(),
      layers.batchNormalization({ center: false, epsilon: 0.1 }),
    ]));

  it.each([
    ['same', { padding: 'same', strides: 2 }],
    ['valid', { strides: [2, 1] }],
    [
      'by numbers',
      {
        padding: [
          [2, 0],
          [1, 2],
        ],
      },
    ],
    ['dilated', { padding: 'same', dilation: 2 }],
    ['in groups', { groups: 2, padding: 'same', useBias: false }],
    ['by depth', { groups: 4 }],
    ['with softmax', { activation: 'softmax' }],
  ] as const)('for convolutions, %s', (_, options) =>
    same([layers.conv2d(8, [3, 2], { ...options, ...image } as never)]),
  );

  it.each([
    ['', {}],
    ['the same', { padding: 'same', size: 3, strides: 2 }],
    [
      'by numbers',
      {
        padding: [
          [1, 0],
          [0, 1],
        ],
        size: [2, 3],
        strides: 1,
      },
    ],
  ] as const)('for pools %s', async (_, options) => {
    await same([layers.maxPooling2d({ ...options, ...image } as never)]);
    await same([layers.averagePooling2d({ ...options, ...image } as never)]);
  });

  it('for a convolutional net', () =>
    same([
      layers.conv2d(6, 3, { padding: 'same', ...image }),
      layers.batchNormalization(),
      layers.activation('relu'),
      layers.residual([
        layers.conv2d(6, 3, { padding: 'same', activation: 'relu' }),
        layers.batchNormalization(),
        layers.conv2d(6, 1),
      ]),
      layers.dropout(0.5),
      layers.gaussianNoise(1),
      layers.maxPooling2d(),
      layers.layerNormalization(),
      layers.conv2d(3, 2, { activation: 'gelu' }),
      layers.flatten(),
      layers.dense(4, { activation: 'softmax' }),
    ]));

  it('for means of channels, behind either order', async () => {
    await same([layers.globalAveragePooling2d(image), layers.dense(2)]);
    await same([layers.conv2d(3, 2, image), layers.globalAveragePooling2d()]);
  });

  it('for blocks that mix the orders of axes', () =>
    same([
      layers.conv2d(4, 1, image),
      layers.residual([layers.dense(4), layers.residual([layers.conv2d(4, 1)])]),
    ]));

  it('for an embedding, of whole numbers', () =>
    same([layers.embedding(6, 3, { inputShape: [5] }), layers.flatten(), layers.dense(2)], [1, 4], true));
});

describe('what ONNX does not know', () => {
  const own: Layer = {
    name: 'mine',
    build: (s) => ({ params: {}, outputShape: s }),
    apply: (_, x) => x,
    inputShape: [2],
  };
  it.each([
    [
      sequential([own]),
      "exportOnnx: layer 'mine' is one of your own, which ONNX does not know; known are Dense",
    ],
    [
      sequential([layers.dense(2, { activation: (x) => x.sin(), inputShape: [2] })]),
      "exportOnnx: layer 'dense': its activation is a function of your own",
    ],
    [
      sequential([layers.layerNormalization({ axis: 1, inputShape: [2, 3] })]),
      "exportOnnx: layer 'layerNormalization': ONNX normalises the last axes only",
    ],
    [sequential([layers.dense(2)]), 'exportOnnx: the model has no weights yet'],
    [{}, 'exportOnnx: takes a model, as sequential gives it, got an object'],
  ])('%#', async (model, message) => {
    await expect(exportOnnx(model as Sequential)).rejects.toThrow(message);
  });

  it('is said of options too', async () => {
    const model = sequential([layers.dense(2, { inputShape: [2] })]);
    await expect(exportOnnx(model, undefined, { name: 'x' } as never)).rejects.toThrow(
      "exportOnnx: unknown option 'name'",
    );
    await expect(exportOnnx(model, undefined, { inputName: '' })).rejects.toThrow(
      'exportOnnx: a name must be a word',
    );
  });
});
