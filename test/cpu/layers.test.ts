// Layers by Keras' formulas, written out in float64 here: outputs, shapes, weights and their names; initializers by their
// moments, regularizers and constraints by their values.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  constraints,
  init,
  initializers,
  type Layer,
  type Loss,
  layers,
  losses,
  memory,
  ones,
  optimizers,
  random,
  regularizers,
  type Sequential,
  schedules,
  scope,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

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

const values = (t: Tensor) => [...t.dataSync()];
const close = (got: readonly number[], want: readonly number[], digits = 5) => {
  expect(got).toHaveLength(want.length);
  got.forEach((v, i) => {
    expect(v).toBeCloseTo(want[i] as number, digits);
  });
};

/** What one layer makes of a batch. */
function through(layer: Layer, x: Tensor, weights?: unknown[], training = false): number[] {
  const model = sequential([layer], { seed: 1 });
  try {
    model.build(x.shape.slice(1));
    if (weights) model.setWeights(weights as never);
    const y = model.apply(x, { training });
    expect(y.shape).toEqual([x.shape[0], ...model.outputShape]);
    return values(y);
  } finally {
    model.dispose();
  }
}

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const erf = (v: number) => {
  let [sum, term] = [v, v]; // the power series
  for (let n = 1; n < 200; n++) {
    term *= (-v * v) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

describe('dense', () => {
  const x = [
    [1, -2],
    [0.5, 3],
  ];
  const kernel = [
    [1, -1, 0.5],
    [2, 0.25, -0.75],
  ];
  const bias = [0.1, -0.2, 0.3];
  const z = x.flatMap((row) =>
    bias.map((b, j) => b + row.reduce((s, v, i) => s + v * (kernel[i]?.[j] as number), 0)),
  );

  it('is x @ kernel + bias with its activation, by every name', () => {
    const formulas: Record<string, (v: number) => number> = {
      linear: (v) => v,
      relu: (v) => Math.max(v, 0),
      relu6: (v) => Math.min(Math.max(v, 0), 6),
      leakyRelu: (v) => (v > 0 ? v : 0.2 * v),
      elu: (v) => (v > 0 ? v : Math.expm1(v)),
      selu: (v) => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
      gelu: (v) => (v / 2) * (1 + erf(v / Math.SQRT2)),
      silu: (v) => v * sigmoid(v),
      sigmoid,
      hardSigmoid: (v) => Math.min(Math.max(v / 6 + 0.5, 0), 1),
      tanh: Math.tanh,
      softplus: (v) => Math.log1p(Math.exp(v)),
      softsign: (v) => v / (1 + Math.abs(v)),
      step: (v) => Number(v > 0),
    };
    for (const [activation, f] of Object.entries(formulas))
      close(
        through(layers.dense(3, { activation: activation as never }), tensor(x), [kernel, bias]),
        z.map(f),
      );
    const rows = [z.slice(0, 3), z.slice(3)];
    const soft = rows.flatMap((row) => {
      const total = row.reduce((s, v) => s + Math.exp(v), 0);
      return row.map((v) => Math.exp(v) / total);
    });
    close(through(layers.dense(3, { activation: 'softmax' }), tensor(x), [kernel, bias]), soft);
    close(
      through(layers.dense(3, { activation: (t) => t.square() }), tensor(x), [kernel, bias]),
      z.map((v) => v * v),
    );
  });

  it('goes over the last axis of any rank, with or without a bias', () => {
    const deep = tensor(x).reshape([1, 2, 1, 2]);
    close(through(layers.dense(3), deep, [kernel, bias]), z);
    const without = z.map((v, k) => v - (bias[k % 3] as number));
    close(through(layers.dense(3, { useBias: false }), deep, [kernel]), without);
  });
});

describe('images', () => {
  const image = () => tensor(Float32Array.from({ length: 25 }, (_, i) => i)).reshape([1, 5, 5, 1]);

  it('go through convolutions and pools with the shapes of Keras', () => {
    const shapes: [Layer, number[]][] = [
      [layers.conv2d(4, 3), [3, 3, 4]],
      [layers.conv2d(4, 3, { padding: 'same', strides: 2 }), [3, 3, 4]],
      [layers.conv2d(4, [3, 2], { strides: [2, 1], dilation: [2, 1] }), [1, 4, 4]],
      [
        layers.conv2d(2, 2, {
          padding: [
            [1, 0],
            [2, 1],
          ],
        }),
        [5, 7, 2],
      ],
      [layers.maxPooling2d(), [2, 2, 1]],
      [layers.maxPooling2d({ size: 3, strides: 1 }), [3, 3, 1]],
      [layers.averagePooling2d({ padding: 'same' }), [3, 3, 1]],
      [layers.globalAveragePooling2d(), [1]],
      [layers.flatten(), [25]],
      [layers.reshape([-1, 5]), [5, 5]],
    ];
    for (const [layer, shape] of shapes) {
      const model = sequential([layer]);
      model.build([5, 5, 1]);
      expect(model.outputShape).toEqual(shape);
      expect(model.apply(image()).shape).toEqual([1, ...shape]);
      model.dispose();
    }
  });

  it('are convolved, pooled and averaged by value', () => {
    const sum = (i: number, j: number) => [0, 1].flatMap((a) => [0, 1].map((b) => 5 * (i + a) + j + b));
    const places = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => sum(i, j)));
    const kernel = ones([2, 2, 1, 1]);
    close(
      through(layers.conv2d(1, 2, { activation: 'relu' }), image(), [kernel, [-20]]),
      places.map((p) => Math.max(p.reduce((s, v) => s + v, 0) - 20, 0)),
    );
    close(
      through(layers.maxPooling2d({ strides: 1 }), image()),
      places.map((p) => Math.max(...p)),
    );
    close(
      through(layers.averagePooling2d({ strides: 1 }), image()),
      places.map((p) => p.reduce((s, v) => s + v, 0) / 4),
    );
    close(through(layers.globalAveragePooling2d(), image()), [12]);
    close(
      through(layers.rescaling(0.5, { offset: 1 }), image().astype('int32')),
      values(image()).map((v) => v / 2 + 1),
    );
  });
});

describe('normalisation', () => {
  const data = [
    [1, 10],
    [3, 20],
    [8, 60],
  ];
  const mean = [4, 30];
  const variance = [(9 + 1 + 16) / 3, (400 + 100 + 900) / 3];
  const [gamma, beta] = [
    [2, 0.5],
    [1, -1],
  ];

  it('by the batch in training, with biased variances, by moving averages else', () => {
    const layer = layers.batchNormalization({ momentum: 0.9, epsilon: 0.01 });
    const normal = (m: number[], v: number[]) =>
      data.flatMap((row) =>
        row.map(
          (x, c) =>
            ((x - (m[c] as number)) / Math.sqrt((v[c] as number) + 0.01)) * (gamma[c] as number) +
            (beta[c] as number),
        ),
      );
    close(through(layer, tensor(data), [gamma, beta, [0, 0], [1, 1]], true), normal(mean, variance));
    const moving = [
      [2, 3],
      [4, 9],
    ] as const;
    close(through(layer, tensor(data), [gamma, beta, ...moving]), normal([...moving[0]], [...moving[1]]));
    layer.trainable = false; // then training changes nothing, as in Keras
    close(
      through(layer, tensor(data), [gamma, beta, ...moving], true),
      normal([...moving[0]], [...moving[1]]),
    );
  });

  it('moves its averages in fit: old · momentum + batch · (1 − momentum)', async () => {
    const model = sequential([layers.batchNormalization({ momentum: 0.9, inputShape: [2] })]);
    model.compile({ optimizer: optimizers.sgd(0), loss: 'meanSquaredError' });
    await model.fit(data, data, { verbose: 0, shuffle: false });
    const [, , movingMean, movingVariance] = await model.getWeights();
    close(
      [...(movingMean ?? [])],
      mean.map((m) => 0.1 * m),
    );
    close(
      [...(movingVariance ?? [])],
      variance.map((v) => 0.9 + 0.1 * v),
      4,
    );
    expect(model.trainableWeights).toHaveLength(2);
    model.dispose();
  });

  it('by layers: over the last axis, or several', () => {
    const x = tensor([
      [
        [1, 2],
        [3, 8],
      ],
    ]);
    const rows = [
      [1, 2],
      [3, 8],
    ].flatMap((row) => {
      const m = (row[0] as number) / 2 + (row[1] as number) / 2;
      const v = row.reduce((s, u) => s + (u - m) ** 2, 0) / 2;
      return row.map((u) => (u - m) / Math.sqrt(v + 1e-3));
    });
    close(through(layers.layerNormalization(), x), rows);
    const all = [1, 2, 3, 8];
    const v = all.reduce((s, u) => s + (u - 3.5) ** 2, 0) / 4;
    close(
      through(layers.layerNormalization({ axis: [1, 2] }), x),
      all.map((u) => (u - 3.5) / Math.sqrt(v + 1e-3)),
    );
  });
});

describe('noise', () => {
  const moments = (list: number[]) => {
    const mean = list.reduce((s, v) => s + v, 0) / list.length;
    return [mean, Math.sqrt(list.reduce((s, v) => s + (v - mean) ** 2, 0) / list.length)];
  };

  it('is in training only', () => {
    const x = ones([100, 100]);
    for (const layer of [layers.dropout(0.3), layers.gaussianNoise(0.5)])
      expect(through(layer, x)).toEqual(values(x));
    const dropped = through(layers.dropout(0.3), x, undefined, true);
    expect(new Set(dropped.map((v) => Math.round(v * 1e4)))).toEqual(new Set([0, Math.round(1e4 / 0.7)]));
    const [mean = 0] = moments(dropped);
    expect(Math.abs(mean - 1)).toBeLessThan(0.03);
    const [middle = 0, spread = 0] = moments(through(layers.gaussianNoise(0.5), x, undefined, true));
    expect(Math.abs(middle - 1)).toBeLessThan(0.03);
    expect(Math.abs(spread - 0.5)).toBeLessThan(0.02);
  });
});

it('embedding takes rows by whole numbers, of any dtype', () => {
  const table = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const want = [5, 6, 1, 2, 3, 4, 3, 4];
  close(
    through(
      layers.embedding(3, 2),
      tensor([
        [2, 0],
        [1, 1],
      ]),
      [table],
    ),
    want,
  );
  close(through(layers.embedding(3, 2), tensor(Int32Array.of(2, 0, 1, 1)).reshape([2, 2]), [table]), want);
  expect(() => through(layers.embedding(3, 2), tensor([[3]]))).toThrow(
    /index 3 is out of range for 3 entries/,
  );
});

it('a residual block adds what goes in, and has the weights, penalties and frozen layers of what is inside', async () => {
  const inner = layers.dense(2, { kernelRegularizer: 'l2', kernelConstraint: 'nonNeg' });
  const model = sequential([layers.residual([inner, layers.batchNormalization()], { inputShape: [2] })]);
  expect((await model.getWeights()).map(({ name }) => name)).toEqual([
    'residual/dense/kernel',
    'residual/dense/bias',
    'residual/batchNormalization/gamma',
    'residual/batchNormalization/beta',
    'residual/batchNormalization/movingMean',
    'residual/batchNormalization/movingVariance',
  ]);
  model.setWeights([
    [
      [1, 0],
      [0, 1],
    ],
    [0.5, 0.5],
    [1, 1],
    [0, 0],
    [0, 0],
    [0.999, 0.999],
  ]);
  close(values(model.apply(tensor([[1, 2]]))), [1 + 1.5, 2 + 2.5]);
  close([scope(() => model.penalties().reduce((a, b) => a.add(b)))].flatMap(values), [0.02]);
  model.compile({ optimizer: optimizers.sgd(10), loss: 'meanSquaredError' });
  inner.trainable = false;
  expect(model.trainableWeights).toHaveLength(2);
  inner.trainable = true;
  await model.fit(
    [
      [1, 2],
      [2, 0],
    ],
    [
      [-9, -9],
      [-9, -9],
    ],
    { verbose: 0, epochs: 2 },
  );
  const [kernel, , , , movingMean] = await model.getWeights();
  expect([...(kernel ?? [])].every((v) => v >= 0)).toBe(true);
  expect([...(movingMean ?? [])].some((v) => v !== 0)).toBe(true);
  model.dispose();
  expect(() => sequential([layers.residual([layers.dense(3)], { inputShape: [2] })])).toThrow(
    'residual: the layers make [3] of [2]; their output is added to what goes in, so it must keep the shape',
  );
});

describe('initializers', () => {
  const N = 200;
  const draw = (make: (shape: number[], rng: ReturnType<typeof random>) => Tensor, shape: number[]) =>
    values(make(shape, random(5)));
  const spread = (list: number[]) => {
    const mean = list.reduce((s, v) => s + v, 0) / list.length;
    return { mean, std: Math.sqrt(list.reduce((s, v) => s + (v - mean) ** 2, 0) / list.length) };
  };

  it('have the moments and bounds of Keras', () => {
    const [fanIn, fanOut] = [N, N / 2];
    const expected: [name: keyof typeof initializers, std: number, bound: number][] = [
      ['glorotNormal', Math.sqrt(2 / (fanIn + fanOut)), 2 / 0.8796256610342398],
      ['glorotUniform', Math.sqrt(2 / (fanIn + fanOut)), Math.sqrt(3)],
      ['heNormal', Math.sqrt(2 / fanIn), 2 / 0.8796256610342398],
      ['heUniform', Math.sqrt(2 / fanIn), Math.sqrt(3)],
      ['lecunNormal', Math.sqrt(1 / fanIn), 2 / 0.8796256610342398],
      ['lecunUniform', Math.sqrt(1 / fanIn), Math.sqrt(3)],
      ['randomNormal', 0.05, 6],
      ['randomUniform', 0.05 / Math.sqrt(3), Math.sqrt(3)],
      ['truncatedNormal', 0.05 * 0.8796256610342398, 2 / 0.8796256610342398],
    ];
    for (const [name, std, bound] of expected) {
      const list = draw((initializers[name] as () => never)() as never, [fanIn, fanOut]);
      const found = spread(list);
      const error = 4 / Math.sqrt(list.length); // four standard errors of the mean
      expect(Math.abs(found.mean), name).toBeLessThan(error * std);
      expect(Math.abs(found.std / std - 1), name).toBeLessThan(error);
      expect(Math.max(...list.map(Math.abs)), name).toBeLessThanOrEqual(bound * std * (1 + 1e-6));
    }
  });

  it('count the window of a convolution, and take a vector for its own fan', () => {
    const kernel = draw(initializers.heUniform(), [3, 3, 8, 4]);
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 72));
    expect(Math.max(...kernel.map(Math.abs))).toBeGreaterThan(0.95 * Math.sqrt(6 / 72));
    const bias = draw(initializers.glorotUniform(), [600]);
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 1200));
  });

  it('orthogonal gives orthonormal rows or columns, whatever the shape', () => {
    for (const [rows, columns] of [
      [6, 6],
      [40, 7],
      [7, 40],
      [64, 64],
      [1, 1],
      [3, 1],
    ] as const) {
      const q = initializers.orthogonal({ gain: 2 })([rows, columns], random(rows));
      const gram = rows >= columns ? q.mT.matmul(q) : q.matmul(q.mT);
      const n = Math.min(rows, columns);
      const want = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 4 : 0));
      values(gram).forEach((v, i) => {
        expect(Math.abs(v - (want[i] as number))).toBeLessThan(2e-5);
      });
    }
    expect(initializers.orthogonal()([3, 3, 2, 4], random(1)).shape).toEqual([3, 3, 2, 4]);
    expect(() => initializers.orthogonal()([3], random(1))).toThrow(
      'orthogonal: at least two axes are needed',
    );
  });

  it('and the plain ones are what they say', () => {
    close(draw(initializers.identity({ gain: 3 }), [2, 3]), [3, 0, 0, 0, 3, 0]);
    close(draw(initializers.constant(2), [2]), [2, 2]);
    close(draw(initializers.zeros(), [2]), [0, 0]);
    close(draw(initializers.ones(), [2]), [1, 1]);
  });
});

it('regularizers are sums over a weight', () => {
  const w = tensor([
    [1, -2],
    [3, 0],
  ]);
  close(values(regularizers.l1()(w)), [0.06]);
  close(values(regularizers.l2(0.5)(w)), [7]);
  close(values(regularizers.l1l2({ l1: 1, l2: 2 })(w)), [34]);
  close(values(regularizers.l1l2()(w)), [0]);
});

it('constraints hold norms along an axis, or signs', () => {
  const w = tensor([
    [3, 0.3],
    [4, 0.4],
  ]);
  close(values(constraints.maxNorm({ maxValue: 2 })(w)), [1.2, 0.3, 1.6, 0.4]);
  close(values(constraints.unitNorm()(w)), [0.6, 0.6, 0.8, 0.8]);
  close(
    values(
      constraints.unitNorm({ axis: [0, 1] })(
        tensor([
          [3, 0],
          [0, 4],
        ]),
      ),
    ),
    [0.6, 0, 0, 0.8],
  );
  close(values(constraints.nonNeg()(tensor([-1, 0, 2]))), [0, 0, 2]);
});

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
