// Training on a GPU: what fit asks of it, that captured steps give the bits of plain ones, what its checks find, and that
// it survives the loss of the device.
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countGpu, countsSince } from '../../scripts/gpu-counter.ts';
import {
  type BatchData,
  type BatchLogs,
  type Callback,
  callbacks,
  type Device,
  device,
  init,
  type Layer,
  layers,
  load,
  losses,
  memory,
  optimizers,
  type Sequential,
  sequential,
  type Tensor,
  tensor,
  where,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

const quiet = { verbose: 0 } as const;
const COUNT = 40;
const numbers = (n: number, k: number) => Array.from({ length: n }, (_, i) => Math.sin(k * i));
const x = Array.from({ length: COUNT }, (_, i) => numbers(6, i + 1));
const labels = Int32Array.from({ length: COUNT }, (_, i) => (i * 7) % 3);

/** Noise, moving averages, a constraint of none: all that a step may do. */
function net(seed: number, extra: Layer[] = []): Sequential {
  const model = sequential(
    [
      layers.dense(8, { activation: 'relu', inputShape: [6] }),
      layers.batchNormalization(),
      layers.dropout(0.25),
      ...extra,
      layers.dense(3),
    ],
    { seed },
  );
  model.compile({
    optimizer: optimizers.adam(0.01),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return model;
}

/** Changes nothing, but must not be captured. */
const dynamic: Layer = {
  name: 'dynamic',
  dynamic: true,
  build: (inputShape) => ({ params: {}, outputShape: inputShape }),
  apply: (_, t) => t,
};

const bits = async (model: Sequential) => (await model.getWeights()).map((w) => [...w]);

let before = 0;
beforeEach(async () => {
  await testDevice();
  before = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBeLessThanOrEqual(before); // less where the collector has found what others left
});
freeAfterEach();

describe('a captured fit', () => {
  it('makes no bind group or pipeline anew, and no more submits than steps', async () => {
    const model = sequential([layers.dense(8, { activation: 'relu', inputShape: [6] }), layers.dense(3)], {
      seed: 1,
    });
    model.compile({
      optimizer: 'adam',
      loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
      metrics: ['accuracy'],
    });
    const counts = countGpu(device().gpu as GPUDevice);
    let start = { ...counts };
    let steps = 0;
    await model.fit(x, labels, {
      ...quiet,
      epochs: 8,
      batchSize: 4,
      checkpoint: false,
      callbacks: [
        {
          onEpochBegin: (epoch) => {
            if (epoch === 4) start = { ...counts };
          },
          onBatchEnd: (batch) => {
            steps = batch + 1;
          },
        },
      ],
    });
    expect(steps).toBe(10);
    const found = countsSince(counts, start);
    expect(found).toMatchObject({ bindGroups: 0, pipelines: 0 });
    expect(found.buffers).toBeLessThanOrEqual(2); // to read into, where two reads are under way for the first time
    expect(found.submits).toBeLessThanOrEqual(4 * steps);
    expect(found.dispatches / (4 * steps)).toBeLessThan(30); // gathered, 2 layers forth and back, Adam, and the sums
    model.dispose();
  });

  it('gives the bits of a plain one where flags and draws change on the way', async () => {
    const run = async (extra: Layer[]) => {
      let calls = 0;
      const fading: Layer = {
        name: 'fading',
        build: (inputShape) => ({ params: {}, outputShape: inputShape }),
        apply: (_, t, { rng, training }) =>
          training ? t.mul(rng.bernoulli(1 / (1 + calls++ / 8), [1]).astype('float32')) : t,
      };
      const normalization = layers.batchNormalization();
      const model = net(4, [normalization, fading, ...extra]);
      const callback = {
        onEpochEnd: (epoch: number) => {
          if (epoch === 1) normalization.trainable = false;
          const [kernel] = model.weights;
          if (kernel) kernel.trainable = epoch !== 2;
        },
      };
      await model.fit(x, labels, { ...quiet, epochs: 6, batchSize: 8, callbacks: [callback] });
      const found = await bits(model);
      model.dispose();
      return found;
    };
    expect(await run([])).toEqual(await run([dynamic]));
  });

  it('gives the bits of a plain one, noise and averages included', async () => {
    const run = async (extra: Layer[]) => {
      const model = net(2, extra);
      const { history } = await model.fit(x, labels, { ...quiet, epochs: 3, batchSize: 16 });
      const found = [await bits(model), history];
      model.dispose();
      return found;
    };
    expect(await run([])).toEqual(await run([dynamic]));
  });

  it('goes over to plain steps for a layer that does something else at each call, and loses none', async () => {
    const changing = (isDynamic: boolean): Layer => {
      let calls = 0;
      return {
        name: 'changing',
        dynamic: isDynamic,
        build: (inputShape) => ({ params: {}, outputShape: inputShape }),
        apply: (_, t, { training }) => (training ? t.mul(1 + 0.1 * calls++) : t),
      };
    };
    const run = async (isDynamic: boolean) => {
      const model = net(3, [changing(isDynamic)]);
      const { history } = await model.fit(x, labels, { ...quiet, epochs: 2, batchSize: 10 });
      const found = [await bits(model), history];
      model.dispose();
      return found;
    };
    expect(await run(false)).toEqual(await run(true));
  });

  it('goes on from a state: 2 + 3 epochs are 5, bit for bit', async () => {
    const whole = net(4);
    const all = await whole.fit(x, labels, { ...quiet, epochs: 5, batchSize: 16 });
    const first = net(4);
    const begun = await first.fit(x, labels, { ...quiet, epochs: 2, batchSize: 16 });
    const second = net(5);
    second.setState(await first.getState());
    const rest = await second.fit(x, labels, { ...quiet, epochs: 5, initialEpoch: 2, batchSize: 16 });
    expect([...(begun.history.loss ?? []), ...(rest.history.loss ?? [])]).toEqual(all.history.loss);
    expect(await bits(second)).toEqual(await bits(whole));
    for (const model of [whole, first, second]) model.dispose();
  });

  it('goes on from a file: weights and optimizer go through model.save as they are', async () => {
    const whole = net(4);
    await whole.fit(x, labels, { ...quiet, epochs: 3, batchSize: 16 });
    const first = net(4);
    await first.fit(x, labels, { ...quiet, epochs: 2, batchSize: 16 });
    const second = await load(await first.save());
    expect(second.device).toBe(device());
    await second.fit(x, labels, { ...quiet, epochs: 3, initialEpoch: second.epoch, batchSize: 16 });
    expect(await bits(second)).toEqual(await bits(whole));
    for (const model of [whole, first, second]) model.dispose();
  });
});

describe('what only the GPU sees', () => {
  it('a loss that is not finite names epoch, batch, layer and operation, and spoils neither weights nor averages', async () => {
    const root: Layer = {
      name: 'root',
      build: (inputShape) => ({ params: {}, outputShape: inputShape }),
      apply: (_, t) => t.sub(100).sqrt().add(t),
    };
    const model = net(6);
    await model.fit(x, labels, { ...quiet, batchSize: 16 });
    const start = await bits(model);
    const holed = net(6, [root]);
    holed.setWeights(await model.getWeights());
    await expect(holed.fit(x, labels, { ...quiet, epochs: 2, batchSize: 16 })).rejects.toThrow(
      /^fit: the loss became NaN or infinite in epoch 1, batch 1; layer 'root': sqrt: made NaN or Infinity out of finite inputs.*The weights are those before that batch/,
    );
    expect(await bits(holed)).toEqual(start);
    model.dispose();
    holed.dispose();
  });

  it('is told to fit, whoever has read it: a progress bar that looks away', async () => {
    const model = net(6);
    const holes = x.map((row, i) => (i === 20 ? row.with(0, Number.NaN) : row));
    const looking = { onBatchEnd: (_: number, logs: BatchLogs) => void logs.loss?.catch(() => undefined) };
    await expect(
      model.fit(holes, labels, { ...quiet, shuffle: false, batchSize: 8, callbacks: [looking] }),
    ).rejects.toThrow('in epoch 1, batch 3; x holds NaN or Infinity in this batch');
    model.dispose();
  });

  it('is told of the first batch, where every one is bad and somebody reads each', async () => {
    const model = net(6);
    const bad = x.map((row) => row.map(() => Number.NaN));
    const looking = { onBatchEnd: (_: number, logs: BatchLogs) => void logs.loss?.catch(() => undefined) };
    await expect(
      model.fit(bad, labels, { ...quiet, shuffle: false, batchSize: 2, callbacks: [looking] }),
    ).rejects.toThrow('in epoch 1, batch 1; x holds NaN or Infinity in this batch');
    model.dispose();
  });

  it('after a gradient that was not is answered with weights and optimizer as they were, and training goes on', async () => {
    // Where a target is above 5, the loss is 0, and its slope Infinity · 0.
    const root = (t: Tensor, p: Tensor) => where(t.greater(5), p.sub(p), p.square()).sqrt();
    const make = () => {
      const model = sequential([layers.dense(1, { inputShape: [6] })], { seed: 12 });
      model.compile({ optimizer: optimizers.adam(0.01), loss: root });
      return model;
    };
    const [model, twin] = [make(), make()];
    const [targets, once] = [
      Array.from({ length: 8 }, () => [1]),
      { ...quiet, batchSize: 2, shuffle: false },
    ];
    const fit = (m: Sequential, y: number[][], more = {}) => m.fit(x.slice(0, 8), y, { ...once, ...more });
    for (const m of [model, twin]) await fit(m, targets);
    for (const [bad, options] of [
      [7, { epochs: 2 }],
      [0, { checkpoint: 1 }],
    ] as const)
      await expect(fit(model, targets.with(bad, [6]), options)).rejects.toThrow(
        'A gradient had spoilt the weights; they are those after 0 epochs again.',
      );
    expect(await model.getState()).toEqual(await twin.getState());
    for (const m of [model, twin]) await fit(m, targets);
    expect(await model.getState()).toEqual(await twin.getState());
    for (const m of [model, twin]) m.dispose();
  });

  it('of a stream too, whose batch is still there', async () => {
    const parts = (bad: number): BatchData[] =>
      [0, 1, 2, 3, 4, 5].map((k) => [
        x.slice(6 * k, 6 * k + 6).map((row) => row.map((v) => (k === bad ? Number.NaN : v))),
        labels.slice(6 * k, 6 * k + 6),
      ]);
    const model = net(6);
    await expect(model.fit(() => parts(3), quiet)).rejects.toThrow(
      'in epoch 1, batch 4; x holds NaN or Infinity in this batch',
    );
    await model.fit(() => parts(-1), quiet);
    model.dispose();
  });

  it('a label out of range is an IndexError', async () => {
    const model = net(7);
    await expect(
      model.fit(x, labels.with(30, 3), { ...quiet, shuffle: false, batchSize: 16 }),
    ).rejects.toThrow(/label 3 is out of range for 3 classes/);
    model.dispose();
  });
});

describe('a device that is lost', () => {
  const warn = vi.spyOn(console, 'warn');
  beforeEach(() => warn.mockReset().mockImplementation(() => undefined));
  afterEach(async () => {
    await testDevice();
  });
  afterAll(() => {
    warn.mockRestore();
  });

  /** Loses the device of the model, once, at a batch of an epoch. */
  const losing = (lost: Device, epoch: number, batch: number) => {
    let now = -1;
    return {
      onEpochBegin: (e: number) => {
        now = e;
      },
      onBatchEnd: (b: number) => {
        if (now === epoch && b === batch) (lost.gpu as GPUDevice).destroy();
      },
    };
  };

  it.each([
    { checkpoint: 'epoch' as const, batch: 0 },
    { checkpoint: 2, batch: 2 },
  ])(
    'is replaced, and the training goes on from the last checkpoint: $checkpoint',
    async ({ checkpoint, batch }) => {
      const undisturbed = net(8);
      const { history } = await undisturbed.fit(x, labels, { ...quiet, epochs: 3, batchSize: 10 });
      const lost = await init('webgpu');
      const model = net(8);
      const variables = model.weights;
      const found = await model.fit(x, labels, {
        ...quiet,
        epochs: 3,
        batchSize: 10,
        checkpoint,
        callbacks: [losing(lost, 1, 3)],
      });
      const next = device();
      expect(next).not.toBe(lost);
      expect(model.weights).toEqual(variables);
      expect(variables.every((v) => v.device === next)).toBe(true);
      expect(found.recoveries).toMatchObject([
        { epoch: 1, batch, device: expect.stringContaining('webgpu') },
      ]);
      expect(warn.mock.calls[0]?.[0]).toContain(
        `fit: the device was lost; training goes on with epoch 2, batch ${batch + 1}`,
      );
      expect(found.history).toEqual(history);
      expect(await bits(model)).toEqual(await bits(undisturbed));
      for (const m of [model, undisturbed]) m.dispose();
      next.close();
    },
  );

  it.each([
    { hook: 'onBatchEnd', checkpoint: 1, batch: 3, begun: [0, 1, 2] },
    { hook: 'onEpochEnd', checkpoint: 1, batch: 4, begun: [0, 1, 2] },
    { hook: 'onEpochEnd', checkpoint: 'epoch', batch: 0, begun: [0, 1, 1, 2] },
  ] as const)(
    'in $hook, with checkpoint $checkpoint: no epoch begins again behind it, or is in the history twice',
    async ({ hook, checkpoint, batch, begun }) => {
      const options = { ...quiet, epochs: 3, batchSize: 10, checkpoint };
      const halving = callbacks.learningRateScheduler((_, rate) => rate / 2);
      const undisturbed = net(8);
      const expected = await undisturbed.fit(x, labels, { ...options, callbacks: [halving] });
      const lost = await init('webgpu');
      const model = net(8);
      const epochs: number[] = [];
      const disturbing: Callback = {
        onEpochBegin: (e) => void epochs.push(e),
        [hook]: (k: number) => {
          if (epochs.at(-1) === 1 && (hook === 'onEpochEnd' || k === 3)) (lost.gpu as GPUDevice).destroy();
        },
      };
      const found = await model.fit(x, labels, { ...options, callbacks: [halving, disturbing] });
      expect(found.recoveries).toMatchObject([{ epoch: 1, batch }]);
      expect(epochs).toEqual(begun);
      expect([found.epoch, found.history]).toEqual([expected.epoch, expected.history]);
      expect(found.history.learningRate?.map((rate) => 0.01 / rate)).toEqual([2, 4, 8]);
      expect(await bits(model)).toEqual(await bits(undisturbed));
      for (const m of [model, undisturbed]) m.dispose();
      device().close();
    },
  );

  it('ends the training where the data were on it; the last checkpoint is in getWeights', async () => {
    const lost = await init('webgpu');
    const model = net(9);
    const onGpu = tensor(x);
    let saved: number[][] = [];
    const training = model.fit(onGpu, labels, {
      ...quiet,
      epochs: 3,
      batchSize: 10,
      callbacks: [
        {
          async onEpochEnd(epoch) {
            if (epoch === 0) saved = await bits(model);
          },
        },
        losing(lost, 1, 2),
      ],
    });
    await expect(training).rejects.toMatchObject({ name: 'DeviceLostError' });
    expect(await bits(model)).toEqual(saved);
    // And the model itself can go on elsewhere.
    await testDevice();
    const other = net(1);
    other.setWeights(await model.getWeights());
    expect(await bits(other)).toEqual(saved);
    for (const m of [model, other]) m.dispose();
  });
});
