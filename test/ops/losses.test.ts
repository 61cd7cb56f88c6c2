// Losses and metrics: frozen values of Keras' formulas on every device; gradients against central differences on the CPU
// in float64; what may be given, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  capture,
  device,
  grad,
  IndexError,
  type Loss,
  losses,
  type Metric,
  memory,
  metrics,
  ShapeError,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { getLoss } from '../../src/nn/losses/losses.ts';
import { getMetric } from '../../src/nn/metrics/metrics.ts';
import frozen from '../fixtures/losses.json' with { type: 'json' };
import { onTestDevice } from '../place.ts';

onTestDevice();

interface Plain {
  readonly shape: number[];
  readonly values: number[];
}
type Float = 'float32' | 'float64';

const lossCases = frozen.losses.map((c, k) => ({ ...c, id: `${k}: ${c.name} ${JSON.stringify(c.options)}` }));
const metricCases = frozen.metrics.map((c, k) => ({
  ...c,
  id: `${k}: ${c.name} ${JSON.stringify(c.options)}`,
}));
const floats = (): Float[] => (device().kind === 'cpu' ? ['float32', 'float64'] : ['float32']);
const filled = ({ shape, values }: Plain, dtype: string) => tensor(values, { shape, dtype: dtype as Float });
const made = <T>(table: object, name: string, options: object): T =>
  (table as Record<string, (o: object) => T>)[name]?.(options) as T;

/** What differs from the expected values by more than float32 may, or float64. */
async function faults(found: [id: string, values: Tensor, wanted: readonly number[], dtype: Float][]) {
  const lists = await Promise.all(found.map(([, values]) => values.data()));
  return found.flatMap(([id, { shape }, wanted, dtype], k) => {
    const got = [...(lists[k] as ArrayLike<number> & Iterable<number>)];
    const [atol, rtol] = dtype === 'float32' ? [1e-5, 1e-4] : [1e-12, 1e-9];
    const right =
      got.length === wanted.length &&
      got.every((v, i) => Math.abs(v - (wanted[i] as number)) <= atol + rtol * Math.abs(wanted[i] as number));
    return right ? [] : [`${id} ${dtype} [${shape}]: got ${got}, wanted ${wanted}`];
  });
}

describe('losses', () => {
  it('give Keras’ values for each sample, their mean, and weighted', async () => {
    const found = lossCases.flatMap((c) =>
      floats().flatMap((dtype): [string, Tensor, number[], Float][] => {
        const loss = made<Loss>(losses, c.name, c.options);
        const yTrue = filled(c.yTrue, c.dtype === 'float32' ? dtype : c.dtype);
        const [yPred, sampleWeight] = [filled(c.yPred, dtype), filled(c.weights, dtype)];
        return [
          [`${c.id} each`, loss.perSample(yTrue, yPred), c.each.values, dtype],
          [`${c.id} mean`, loss(yTrue, yPred), [c.mean], dtype],
          [`${c.id} weighted`, loss(yTrue, yPred, { sampleWeight }), [c.weighted], dtype],
        ];
      }),
    );
    expect(found.every(([id, x]) => !id.endsWith('each') || x.ndim >= 1)).toBe(true);
    expect(await faults(found)).toEqual([]);
  });

  it('have gradients by the predictions that agree with differences, weights included', () => {
    if (device().kind !== 'cpu') return;
    const wrong = lossCases.flatMap(({ id, name, options, ...c }) => {
      if (c.yPred.values.some((v) => Math.abs(v) > 20 || v === 0)) return []; // poles and kinks, below
      const loss = made<Loss>(losses, name, options);
      const yTrue = filled(c.yTrue, c.dtype === 'float32' ? 'float64' : c.dtype);
      const sampleWeight = filled(c.weights, 'float64');
      const value = (values: ArrayLike<number>) =>
        loss(yTrue, tensor(Float64Array.from(values), { shape: c.yPred.shape }), { sampleWeight });
      const g = grad((p: Tensor) => loss(yTrue, p, { sampleWeight }))(filled(c.yPred, 'float64')).dataSync();
      return c.yPred.values.flatMap((v, i) => {
        const step = 1e-6;
        const [up, down] = [v + step, v - step].map(
          (moved) => value(c.yPred.values.with(i, moved)).dataSync()[0] as number,
        ) as [number, number];
        const slope = (up - down) / (2 * step);
        const got = g[i] as number;
        return Math.abs(got - slope) <= 1e-5 + 1e-3 * Math.abs(slope)
          ? []
          : [`${id}[${i}]: ${got}, not ${slope}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it('have finite gradients where probabilities are 0 and 1, logits are huge, and vectors are zero', async () => {
    const slope = (loss: Loss, t: number[][], p: number[][]) =>
      grad((x: Tensor) => loss(tensor(t), x))(tensor(p));
    const slopes = [
      slope(losses.binaryCrossentropy(), [[0, 1, 0, 1]], [[0, 0, 1, 1]]),
      slope(losses.binaryCrossentropy({ fromLogits: true }), [[0, 1, 0, 1]], [[-200, -200, 200, 200]]),
      slope(losses.categoricalCrossentropy({ fromLogits: true }), [[0, 1]], [[500, -500]]),
      slope(losses.cosineSimilarity(), [[1, 0]], [[0, 0]]),
      slope(losses.logCosh(), [[0, 0]], [[0, 1000]]),
    ];
    const [, logits, classes, , logCosh] = await Promise.all(slopes.map(async (s) => [...(await s.data())]));
    for (const s of slopes) expect((await s.data()).every(Number.isFinite)).toBe(true);
    expect(logits).toEqual([0, -0.25, 0.25, 0].map((v) => expect.closeTo(v, 6)));
    expect(classes).toEqual([1, -1].map((v) => expect.closeTo(v, 6)));
    expect(logCosh).toEqual([0, 0.5].map((v) => expect.closeTo(v, 6)));
  });

  it('leave nothing behind but their result', () => {
    const [yTrue, yPred] = [tensor([[1, 0]]), tensor([[0.25, 0.75]])];
    const before = memory().tensors;
    for (const make of Object.values(losses)) {
      const loss = make();
      const labels = loss.name.startsWith('sparse') ? tensor([1]) : yTrue;
      const results = [loss(labels, yPred), loss.perSample(labels, yPred)];
      for (const r of [...results, ...(labels === yTrue ? [] : [labels])]) r.dispose();
      expect(`${loss.name} ${memory().tensors - before}`).toBe(`${loss.name} 0`);
    }
  });

  it('are 0 of an empty batch', async () => {
    const nothing = tensor([], { shape: [0, 3] });
    expect(await losses.meanSquaredError()(nothing, nothing).item()).toBe(0);
    expect(await losses.categoricalCrossentropy()(nothing, nothing).item()).toBe(0);
  });

  it('refuse labels that are no class', async () => {
    const p = tensor([[0.5, 0.5]]);
    for (const fromLogits of [false, true])
      for (const label of [2, -1, 0.5, Number.NaN]) {
        const run = async () =>
          losses
            .sparseCategoricalCrossentropy({ fromLogits })(tensor([label]), p)
            .item();
        await expect(run()).rejects.toThrow(IndexError);
      }
  });

  it('refuse shapes that do not fit, and say so', () => {
    const [two, three, column] = [tensor([[1, 0]]), tensor([[1, 0, 1]]), tensor([[1], [0]])];
    const message = (f: () => unknown) => {
      try {
        f();
      } catch (error) {
        if (error instanceof ShapeError) return error.message;
        throw error;
      }
      return 'nothing thrown';
    };
    expect(message(() => losses.meanSquaredError()(two, three))).toBe(
      'meanSquaredError: yTrue [1, 2] and yPred [1, 3] must have the same shape',
    );
    expect(
      message(() =>
        losses.meanSquaredError()(
          column,
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toBe('meanSquaredError: yTrue [2, 1] and yPred [2, 2] must have the same shape');
    expect(message(() => losses.categoricalCrossentropy()(tensor([1]), three))).toBe(
      'categoricalCrossentropy: yTrue [1] and yPred [1, 3] must have the same shape: a row of classes for each sample; class numbers want a sparse loss or metric',
    );
    expect(message(() => losses.sparseCategoricalCrossentropy()(three, three))).toBe(
      'sparseCategoricalCrossentropy: yPred [1, 3] wants labels of shape [1], got [1, 3]; labels are class numbers, not one-hot rows',
    );
    for (const make of [losses.categoricalCrossentropy, losses.sparseCategoricalCrossentropy])
      expect(message(() => make()(column, column))).toMatch(
        /: yPred \[2, 1\] has one class only; for the probability of a class against none: binaryCrossentropy$/,
      );
    expect(message(() => losses.huber()(two, two, { sampleWeight: tensor([1, 2, 3]) }))).toBe(
      'huber: sampleWeight [3] does not fit to values of shape [1]: it has that shape, or that of its first axes',
    );
    expect(message(() => losses.hinge()(tensor(1), tensor(1)))).toBe(
      'hinge: yPred is a single number; it needs an axis of samples',
    );
  });

  it('refuse options that they do not have', () => {
    const make = losses as unknown as Record<string, (o: unknown) => Loss>;
    const bad: [string, unknown, string][] = [
      ['meanSquaredError', { delta: 1 }, "meanSquaredError: takes no options, got 'delta'"],
      ['logCosh', 1, 'logCosh: takes no options, got 1'],
      ['huber', { delta: 0 }, 'huber: delta must be positive, got 0'],
      [
        'binaryCrossentropy',
        { labelSmoothing: 2 },
        'binaryCrossentropy: labelSmoothing must lie in [0, 1], got 2',
      ],
      [
        'sparseCategoricalCrossentropy',
        { fromlogits: true },
        "sparseCategoricalCrossentropy: unknown option 'fromlogits', did you mean 'fromLogits'? The options are fromLogits, axis",
      ],
    ];
    for (const [name, options, message] of bad) expect(() => make[name]?.(options)).toThrow(message);
  });

  it('take [n] and [n, 1] for the same, whichever is which', async () => {
    const [vector, column] = [tensor([1, 0, 1]), tensor([[0.5], [0.25], [0.75]])];
    for (const make of [losses.meanSquaredError, losses.binaryCrossentropy]) {
      const loss = make();
      const wanted = await loss(vector.reshape([3, 1]), column).item();
      expect(await loss(vector, column).item()).toBe(wanted);
      expect(await loss(vector.reshape([3, 1]), column.flatten()).item()).toBe(wanted);
      expect(loss.perSample(vector, column.flatten()).shape).toEqual([3]);
      expect(await loss(vector, column, { sampleWeight: tensor([[1], [1], [1]]) }).item()).toBeCloseTo(
        wanted,
        6,
      );
    }
  });
});

describe('metrics', () => {
  it('give Keras’ values over several batches, with and without weights', async () => {
    const found = metricCases.flatMap((c) =>
      floats().flatMap((dtype) => {
        const metric = made<Metric>(metrics, c.name, c.options);
        const over = (weighted: boolean) => {
          const measured = c.batches.map(({ yTrue, yPred, weights }) =>
            metric.measure(
              filled(yTrue, dtype),
              filled(yPred, dtype),
              weighted ? { sampleWeight: filled(weights, dtype) } : {},
            ),
          );
          return metric.result(measured.reduce((a, b) => a.map((sum, k) => sum.add(b[k] as Tensor))));
        };
        return [
          [`${c.id}`, over(false), c.result.values, dtype],
          [`${c.id} weighted`, over(true), c.weighted.values, dtype],
        ] as [string, Tensor, number[], Float][];
      }),
    );
    expect(await faults(found)).toEqual([]);
  });

  it('are measured in captured steps too', async () => {
    const metric = metrics.accuracy();
    const step = capture((t: Tensor, p: Tensor) => ({
      sums: metric.measure(t, p),
      loss: losses.meanSquaredError()(t, p),
    }));
    const seen: number[] = [];
    for (const answer of [0.25, 0.75, 0.75, 0.25, 0.75]) {
      const { sums, loss } = step(tensor([1]), tensor([[answer]]));
      seen.push(await metric.result(sums).item(), await loss.item());
    }
    step.dispose();
    expect(seen).toEqual([0, 0.5625, 1, 0.0625, 1, 0.0625, 0, 0.5625, 1, 0.0625]);
  });

  it('leave nothing behind but their sums and results', () => {
    const [yTrue, yPred] = [tensor([[1, 0]]), tensor([[0.25, 0.75]])];
    const before = memory().tensors;
    for (const make of Object.values(metrics)) {
      const metric = make();
      const labels = metric.name.startsWith('sparse') ? tensor([1]) : yTrue;
      const sums = metric.measure(labels, yPred);
      const result = metric.result(sums);
      for (const r of [...sums, result, ...(labels === yTrue ? [] : [labels])]) r.dispose();
      expect(`${metric.name} ${memory().tensors - before}`).toBe(`${metric.name} 0`);
    }
  });

  it('refuse what does not fit', async () => {
    const p = tensor([[0.5, 0.5]]);
    expect(() => metrics.categoricalAccuracy().measure(tensor([[1, 0, 0]]), p)).toThrow(ShapeError);
    expect(() => metrics.f1Score().measure(tensor([1, 0]), tensor([1, 0]))).toThrow(
      'f1Score: takes predictions [samples, classes], got [2]',
    );
    const outside = async () =>
      metrics
        .confusionMatrix()
        .measure(tensor([2]), p)[0]
        ?.data();
    await expect(outside()).rejects.toThrow(IndexError);
    const third = async () =>
      metrics
        .confusionMatrix()
        .measure(tensor([[2]]), tensor([[1]]))[0]
        ?.data();
    await expect(third()).rejects.toThrow(IndexError);
  });
});

describe('names', () => {
  it('stand for losses and metrics, alone or with their options', () => {
    expect(getLoss('huber').config).toEqual({ delta: 1 });
    expect(getLoss({ name: 'huber', config: { delta: 2 } }).config).toEqual({ delta: 2 });
    const loss = losses.logCosh();
    expect(getLoss(loss)).toBe(loss);
    for (const [name, make] of Object.entries(losses)) {
      expect(make().name).toBe(name);
      expect(getLoss(JSON.parse(JSON.stringify({ name, config: make().config }))).config).toEqual(
        make().config,
      );
    }
    for (const [name, make] of Object.entries(metrics)) {
      expect(make().name).toBe(name);
      expect(getMetric(JSON.parse(JSON.stringify({ name, config: make().config }))).config).toEqual(
        make().config,
      );
    }
  });

  it('that are wrong are told with the right one', () => {
    expect(() => getLoss('mean_squared_error' as never)).toThrow(
      "compile: unknown loss 'mean_squared_error', did you mean 'meanSquaredError'? It is one of meanSquaredError, ",
    );
    expect(() => getMetric('acuracy' as never)).toThrow("unknown metric 'acuracy', did you mean 'accuracy'?");
    expect(() => getLoss('toString' as never)).toThrow('unknown loss');
    expect(() => getLoss(5 as never)).toThrow('compile: a loss is a name, one of losses.x(), or a function');
    expect(() => getMetric({} as never)).toThrow(
      'compile: a metric is a name, one of metrics.x(), or a function',
    );
  });

  it('accuracy knows that a binary loss takes logits', async () => {
    const [yTrue, logits] = [tensor([1, 0]), tensor([[0.25], [-0.25]])];
    const share = async (loss: Loss) => {
      const metric = getMetric('accuracy', loss);
      return metric.result(metric.measure(yTrue, logits)).item();
    };
    expect(await share(losses.binaryCrossentropy({ fromLogits: true }))).toBe(1);
    expect(await share(losses.binaryCrossentropy())).toBe(0.5);
  });

  it('functions of one’s own do as losses and metrics', async () => {
    const own = (t: Tensor, p: Tensor) => p.sub(t).square().sum(-1);
    const [yTrue, yPred, sampleWeight] = [tensor([[0], [0]]), tensor([[1], [2]]), tensor([1, 0.5])];
    const loss = getLoss(own);
    expect([loss.name, await loss(yTrue, yPred).item()]).toEqual(['own', 2.5]);
    expect(await loss(yTrue, yPred, { sampleWeight }).item()).toBe(1.5);
    for (const given of [own, loss]) {
      const metric = getMetric(given);
      expect(metric.name).toBe('own');
      expect(await metric.result(metric.measure(yTrue, yPred)).item()).toBe(2.5);
    }
    expect(() => getLoss(() => 1 as never)(yTrue, yPred)).toThrow('loss: a loss must return a tensor, got 1');
  });
});
