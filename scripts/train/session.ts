/**
 * @file The training itself, by `fit` with Adam. It uses the public names of the engine only, and runs unchanged in a
 * page of Chrome and in Node.
 */
import {
  type BatchLogs,
  type Callback,
  type Device,
  init,
  losses,
  optimizers,
  type Sequential,
  withDevice,
} from '../../src/index.ts';
import { countingGpu, countsSince, type GpuCounts, zeroCounts } from '../gpu-counter.ts';
import { makeModel, ratesOf } from './nets.ts';
import type { Progress } from './report.ts';
import type { Settings } from './settings.ts';

/** Inputs 0..1, as many a digit as it has pixels, and labels. */
export interface Split {
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

export type SessionEvent =
  | { readonly type: 'device'; readonly name: string; readonly software: boolean }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'epoch'; readonly progress: Progress; readonly seconds: number };

/** What --save writes: the layers of a dense net, or all weights of another. */
export type Saved =
  | { readonly layers: readonly { readonly w: number[][]; readonly b: number[] }[] }
  | {
      readonly weights: readonly {
        readonly name: string;
        readonly shape: readonly number[];
        readonly values: number[];
      }[];
    };

export interface SessionResult {
  readonly deviceKind: string;
  readonly adapter: string;
  readonly software: boolean;
  /** Mean losses of the reports: of the first step, then of about a hundred steps each. */
  readonly losses: number[];
  /** Mean loss and accuracy over the last epoch, while it trained. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** What the trained net reads in each test digit, computed by the device and again by the CPU. */
  readonly predictions: number[];
  readonly cpuPredictions: number[];
  readonly steps: number;
  /** The training alone, without set-up and tests. */
  readonly seconds: number;
  readonly counts: GpuCounts;
  readonly saved: Saved;
}

const STEPS_PER_REPORT = 100;

/** The digit that the model reads in each input. */
async function predict(model: Sequential, inputs: Float32Array): Promise<number[]> {
  const logits = await model.predict(inputs, { batchSize: 1000 });
  const read = logits.argmax(-1);
  const values = [...(await read.data())];
  for (const t of [logits, read]) t.dispose();
  return values;
}

type Fit = Pick<SessionResult, 'losses' | 'trainLoss' | 'trainAccuracy' | 'steps' | 'seconds'>;

/** Sets the learning rate of each step, and tells of the first step and about every hundred. */
class Reporter implements Callback {
  readonly losses: number[] = [];
  done = 0;
  #epoch = 0;
  #epochStart = 0;
  /** Where the speed is taken from. */
  #clock = { start: 0, step: 0 };
  /** The sum of the losses of the epoch at the last report, and its examples. */
  #told = { sum: 0, examples: 0 };
  readonly #rate: (step: number) => number;

  constructor(
    private readonly settings: Settings,
    private readonly count: number,
    private readonly onEvent: (event: SessionEvent) => void,
  ) {
    this.#rate = ratesOf(settings, settings.epochs * this.#steps);
  }

  onEpochBegin(epoch: number): void {
    this.#epoch = epoch + 1;
    this.#epochStart = performance.now();
    this.#clock = { start: this.#epochStart, step: 0 };
    this.#told = { sum: 0, examples: 0 };
  }

  onBatchBegin(_batch: number, _logs: BatchLogs, { model }: { readonly model: Sequential }): void {
    model.optimizer.learningRate = this.#rate(this.done);
  }

  async onBatchEnd(batch: number, logs: BatchLogs): Promise<void> {
    const step = batch + 1;
    this.done++;
    if (this.done !== 1 && step % STEPS_PER_REPORT !== 0 && step !== this.#steps) return;
    const [loss = Number.NaN, accuracy = 0] = await Promise.all([logs.loss, logs.accuracy]);
    const examples = Math.min(step * this.settings.batch, this.count);
    this.losses.push((loss * examples - this.#told.sum) / (examples - this.#told.examples));
    this.#told = { sum: loss * examples, examples };
    if (this.done === 1 && step < this.#steps) {
      // The first step compiled the shaders: its speed tells nothing about the rest.
      this.#clock = { start: performance.now(), step };
      return;
    }
    const { epochs } = this.settings;
    const stepsPerSecond = (1000 * (step - this.#clock.step)) / (performance.now() - this.#clock.start);
    const progress: Progress = {
      epoch: this.#epoch,
      epochs,
      step,
      steps: this.#steps,
      loss,
      accuracy,
      stepsPerSecond,
      secondsLeft: (epochs * this.#steps - this.done) / stepsPerSecond,
    };
    this.onEvent({ type: 'progress', progress });
    if (step === this.#steps)
      this.onEvent({ type: 'epoch', progress, seconds: (performance.now() - this.#epochStart) / 1000 });
  }

  get #steps(): number {
    return Math.ceil(this.count / this.settings.batch);
  }
}

/** Trains the model. Losses and hits are summed on the device and read once a report. */
async function fitModel(
  model: Sequential,
  settings: Settings,
  train: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<Fit> {
  const { epochs, batch, learningRate } = settings;
  model.compile({
    optimizer: optimizers.adam({ learningRate }),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const reporter = new Reporter(settings, train.labels.length, onEvent);
  const start = performance.now();
  const { history } = await model.fit(train.inputs, train.labels, {
    epochs,
    batchSize: batch,
    verbose: 0,
    callbacks: [reporter],
  });
  return {
    losses: reporter.losses,
    trainLoss: history.loss?.at(-1) ?? Number.NaN,
    trainAccuracy: history.accuracy?.at(-1) ?? 0,
    steps: reporter.done,
    seconds: (performance.now() - start) / 1000,
  };
}

async function savedOf(model: Sequential, { net }: Settings): Promise<Saved> {
  if (net !== 'dense') {
    const weights = await model.getWeights();
    return { weights: weights.map((w) => ({ name: w.name, shape: w.shape, values: [...w] })) };
  }
  const arrays = await Promise.all(model.weights.map((w) => w.array()));
  return {
    layers: model.layers.map((_, i) => ({
      w: arrays[2 * i] as number[][],
      b: arrays[2 * i + 1] as number[],
    })),
  };
}

/** Trains on the backend (on WebGPU with `gpu`, which may be missing: init() then says why), and tests there and on the CPU. */
export async function runSession(
  backend: 'webgpu' | 'cpu',
  gpu: GPU | undefined,
  settings: Settings,
  train: Split,
  test: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<SessionResult> {
  const cpu: Device = await init('cpu');
  const counting = gpu && countingGpu(gpu);
  const active = backend === 'cpu' ? cpu : await init(counting ? { backend, gpu: counting.gpu } : backend);
  const { name, software = false } = active.info;
  onEvent({ type: 'device', name, software });
  const counts = counting?.counts ?? zeroCounts;
  const model = makeModel(settings);
  const before = counts();
  const fit = await fitModel(model, settings, train, onEvent);
  const spent = countsSince(counts(), before);
  const predictions = await predict(model, test.inputs);
  const weights = await model.getWeights();
  if (!weights.every((w) => w.every(Number.isFinite)))
    throw new Error('some of the trained weights are not finite; a smaller learning rate may help');
  const again = withDevice(cpu, () => makeModel(settings));
  again.setWeights(weights);
  const cpuPredictions = await predict(again, test.inputs);
  const saved = await savedOf(model, settings);
  active.close();
  return {
    deviceKind: active.kind,
    adapter: name,
    software,
    ...fit,
    predictions,
    cpuPredictions,
    counts: spent,
    saved,
  };
}
