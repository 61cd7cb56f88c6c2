// Layers by Keras' formulas, written out in float64 here: outputs, shapes, weights and their names.
import { describe, expect, it } from 'vitest';
import {
  IndexError,
  type Layer,
  layers,
  ones,
  optimizers,
  scope,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { close, leavingNothing, values } from './common.ts';

leavingNothing();

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
  for (const wrong of [-1, 0.5, Number.NaN])
    expect(() => through(layers.embedding(3, 2), tensor([[wrong]])), `${wrong}`).toThrow(IndexError);
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
