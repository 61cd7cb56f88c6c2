// Callbacks: when fit calls them, and what the library's own do, as in Keras, on the CPU device.
import { describe, expect, it, vi } from 'vitest';
import {
  type Callback,
  callbacks,
  layers,
  metrics,
  optimizers,
  schedules,
  sequential,
} from '../../src/index.ts';
import { bits, heardModel, leavingNothing, line, quiet, x, y } from './common.ts';

leavingNothing();

describe('callbacks', () => {
  it('are called in the order of Keras, with numbers for epochs and promises for batches', async () => {
    const said: string[] = [];
    const note =
      (who: string, hook: string) =>
      (...args: unknown[]) => {
        const [first] = args;
        said.push(`${who} ${hook}${typeof first === 'number' ? ` ${first}` : ''}`);
      };
    const hooks = ['TrainBegin', 'EpochBegin', 'BatchBegin', 'BatchEnd', 'EpochEnd', 'TrainEnd'];
    const one = (who: string): Callback =>
      Object.fromEntries(hooks.map((hook) => [`on${hook}`, note(who, hook)]));
    let running: unknown;
    const model = line();
    const history = await model.fit(x, y, {
      ...quiet,
      epochs: 2,
      batchSize: 6,
      callbacks: [
        one('a'),
        one('b'),
        {
          async onBatchEnd(batch, logs) {
            if (batch === 1) running = await logs.loss;
          },
          onEpochEnd(epoch, logs) {
            expect(typeof logs.loss).toBe('number');
            expect(running).toBe(logs.loss); // the running mean, as Keras has it, is that of the epoch in the end
            logs.extra = epoch * 10;
          },
        },
      ],
    });
    const epoch = (n: number) => [
      `EpochBegin ${n}`,
      'BatchBegin 0',
      'BatchEnd 0',
      'BatchBegin 1',
      'BatchEnd 1',
      `EpochEnd ${n}`,
    ];
    const order = ['TrainBegin', ...epoch(0), ...epoch(1), 'TrainEnd'];
    expect(said).toEqual(order.flatMap((hook) => [`a ${hook}`, `b ${hook}`]));
    expect(history.history.extra).toEqual([0, 10]); // what a callback adds is in the history
    model.dispose();
  });

  it('may look at the logs before the first batch: nothing is summed up', async () => {
    const model = line();
    model.compile({ optimizer: optimizers.sgd(0.1), loss: 'meanSquaredError', metrics: ['accuracy'] });
    const seen: [number, number | undefined][] = [];
    const callback: Callback = {
      async onBatchBegin(batch, { loss, accuracy }) {
        if (batch === 0) seen.push([(await loss) as number, await accuracy]);
      },
    };
    await model.fit(x, y, { ...quiet, epochs: 2, callbacks: [callback] });
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
    ]);
    model.dispose();
  });

  it('stopTraining ends the epoch after the batch, and its numbers so far are kept', async () => {
    const { model, batches: heard } = heardModel();
    const { epoch } = await model.fit(x, y, {
      ...quiet,
      epochs: 5,
      batchSize: 2,
      callbacks: [
        {
          onBatchEnd(batch, _, { model: own }) {
            if (batch === 1) own.stopTraining = true;
          },
        },
      ],
    });
    expect(heard).toHaveLength(2);
    expect(epoch).toEqual([0]);
    model.dispose();
  });

  it('earlyStopping waits for patience, and restores the best weights', async () => {
    const model = line();
    const losses = [5, 3, 4, 3.5, 3.2, 1];
    const seen: number[][] = [];
    const { epoch } = await model.fit(x, y, {
      ...quiet,
      epochs: 6,
      callbacks: [
        {
          async onEpochEnd(e, logs) {
            logs.valLoss = losses[e] as number;
            seen.push((await bits(model)).flat());
          },
        },
        callbacks.earlyStopping({ patience: 2, restoreBestWeights: true }),
      ],
    });
    expect(epoch).toEqual([0, 1, 2, 3]); // 3 was the best, at epoch 1; two epochs without anything better
    expect((await bits(model)).flat()).toEqual(seen[1]);
    model.dispose();
  });

  it('earlyStopping takes larger for better where the name says so, and minDelta for the least step', async () => {
    const stopAt = async (options: object, values: number[], name: string) => {
      const model = line();
      const { epoch } = await model.fit(x, y, {
        ...quiet,
        epochs: values.length,
        callbacks: [
          {
            onEpochEnd(e, logs) {
              logs[name] = values[e] as number;
            },
          },
          callbacks.earlyStopping({ monitor: name, patience: 1, ...options }),
        ],
      });
      model.dispose();
      return epoch.length;
    };
    expect(await stopAt({}, [0.5, 0.6, 0.7, 0.6, 0.9], 'valAccuracy')).toBe(4);
    expect(await stopAt({ mode: 'min' }, [0.5, 0.6, 0.7], 'valAccuracy')).toBe(2);
    expect(await stopAt({ minDelta: 0.2 }, [1, 0.9, 0.8], 'valLoss')).toBe(2);
    expect(await stopAt({ startFromEpoch: 2 }, [1, 2, 3, 4, 5], 'valLoss')).toBe(4);
  });

  it('learningRateScheduler and reduceLROnPlateau set the rate, and tell it', async () => {
    const model = line();
    const rates = await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      callbacks: [callbacks.learningRateScheduler((epoch, rate) => (epoch === 0 ? 0.5 : rate / 2))],
    });
    expect(rates.history.learningRate).toEqual([0.5, 0.25, 0.125]);
    model.optimizer.learningRate = 1e-4;
    const values = [5, 5, 5, 5, 4, 4, 4];
    const reduced = await model.fit(x, y, {
      ...quiet,
      epochs: 7,
      callbacks: [
        {
          onEpochEnd(e, logs) {
            logs.valLoss = values[e] as number;
          },
        },
        callbacks.reduceLROnPlateau({ factor: 0.5, patience: 2, minLearningRate: 3e-5 }),
      ],
    });
    // By Keras' rule: reduced behind epochs 2 and 6; the last is told before it is reduced.
    expect(reduced.history.learningRate).toEqual([1e-4, 1e-4, 1e-4, 5e-5, 5e-5, 5e-5, 5e-5]);
    expect(model.optimizer.learningRate).toBe(3e-5);
    model.dispose();
  });

  it('earlyStopping says once what it cannot watch, and why', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const [monitor, why] of [
      [
        'val_loss',
        "the logs have no 'val_loss', did you mean 'valLoss'? They have loss, f1Score, valLoss, valF1Score",
      ],
      ['f1Score', "'f1Score' is no single number, and cannot be watched"],
    ] as const) {
      warn.mockClear();
      const watched = [callbacks.earlyStopping({ monitor })];
      const twoClasses = sequential([layers.dense(2, { inputShape: [2] })], { seed: 1 });
      twoClasses.compile({ loss: 'meanSquaredError', metrics: [metrics.f1Score()] });
      const targets = x.map((_, i) => [i % 2, 1 - (i % 2)]);
      await twoClasses.fit(x, targets, { ...quiet, epochs: 2, validationSplit: 0.5, callbacks: watched });
      expect(warn.mock.calls).toEqual([[expect.stringContaining(`tapegrad: earlyStopping: ${why}`)]]);
      twoClasses.dispose();
    }
    warn.mockRestore();
  });

  it('learningRateScheduler and reduceLROnPlateau refuse a schedule before anything is trained', async () => {
    const rate = schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 });
    const model = line();
    model.compile({ optimizer: optimizers.sgd(rate), loss: 'meanSquaredError' });
    const start = await bits(model);
    for (const callback of [callbacks.learningRateScheduler((_, r) => r), callbacks.reduceLROnPlateau()])
      await expect(model.fit(x, y, { ...quiet, callbacks: [callback] })).rejects.toThrow(
        'the learning rate of sgd follows a schedule and cannot be set; give the optimizer a number',
      );
    expect(await bits(model)).toEqual(start);
    model.dispose();
  });

  it('modelCheckpoint keeps what is best, csvLogger writes what Keras does', async () => {
    const model = line();
    const kept: number[] = [];
    let csv = '';
    const values = [3, 2, 4, 1];
    await model.fit(x, y, {
      ...quiet,
      epochs: 4,
      callbacks: [
        {
          onEpochEnd(e, logs) {
            for (const name of Object.keys(logs)) delete logs[name];
            logs.valLoss = values[e] as number;
          },
        },
        callbacks.modelCheckpoint((state) => void kept.push(state.epoch), { saveBestOnly: true }),
        callbacks.csvLogger((text) => {
          csv += text;
        }),
      ],
    });
    expect(kept).toEqual([1, 2, 4]); // epochs that were done by then
    expect(csv).toBe('epoch,valLoss\n0,3\n1,2\n2,4\n3,1\n');
    model.dispose();
  });
});
