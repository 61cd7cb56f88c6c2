/**
 * @file The training itself: 256 inputs, hidden ReLU layers, 10 classes, with tensors, tape and Adam. It uses
 * the public names of the engine only, and runs unchanged in a page of Chrome and in Node.
 */
import {
  type Captured,
  capture,
  type Device,
  init,
  type Optimizer,
  optimizers,
  type Rng,
  random,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  withDevice,
  zeros,
} from '../../src/index.ts';
import { countingGpu, countsSince, type GpuCounts, zeroCounts } from '../gpu-counter.ts';
import type { Progress } from './report.ts';

export interface Settings {
  readonly epochs: number;
  readonly hidden: readonly number[];
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Inputs 0..1, 256 a digit, and labels. */
export interface Split {
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

export type SessionEvent =
  | { readonly type: 'device'; readonly name: string; readonly software: boolean }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'epoch'; readonly progress: Progress; readonly seconds: number };

export interface SavedLayer {
  /** [inputs][outputs] */
  readonly w: number[][];
  readonly b: number[];
}

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
  readonly layers: SavedLayer[];
}

const INPUTS = 256;
const CLASSES = 10;
const STEPS_PER_REPORT = 100;
const TEST_CHUNK = 1000;

// A type and not an interface: only those count as trees of tensors.
type Layer<T> = { readonly w: T; readonly b: T };
type Net<T> = readonly Layer<T>[];

/** He's normal weights (standard deviation √(2 / inputs)) and zero biases. */
function makeNet(hidden: readonly number[], rng: Rng): Net<Variable> {
  const sizes = [INPUTS, ...hidden, CLASSES];
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    return scope(() => ({
      w: variable(rng.normal([inputs, outputs], { std: Math.sqrt(2 / inputs) })),
      b: variable(zeros([outputs])),
    }));
  });
}

function logits(net: Net<Tensor>, x: Tensor): Tensor {
  return net.reduce((h, { w, b }, i) => h.dense(w, b, i < net.length - 1 ? 'relu' : 'linear'), x);
}

/** The whole rate for the first half of the training, then evenly down to a tenth. */
export function learningRateAt(base: number, progress: number): number {
  return base * (1 - 0.9 * Math.max(0, 2 * progress - 1));
}

/** The digit that the net reads in each input, computed in chunks. */
async function predict(net: Net<Tensor>, inputs: Float32Array, on: Device): Promise<number[]> {
  const out: number[] = [];
  const chunk = TEST_CHUNK * INPUTS;
  for (let start = 0; start < inputs.length; start += chunk) {
    const part = inputs.subarray(start, start + chunk);
    const read = scope(() =>
      logits(net, tensor(part, { shape: [part.length / INPUTS, INPUTS], device: on })).argmax(-1),
    );
    out.push(...(await read.data()));
    read.dispose();
  }
  return out;
}

/** Lets events through: progress to the terminal, Ctrl-C from it. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const lossAndLogits = valueAndGrad(
  (net: Net<Tensor>, x: Tensor, y: Tensor): [Tensor, Tensor] => {
    const z = logits(net, x);
    return [z.softmaxCrossEntropy(y).mean(), z];
  },
  { aux: true },
);

interface Digits {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Of the losses, and of the digits read right, since the last report. */
interface Sums {
  readonly loss: Variable;
  readonly right: Variable;
}

function makeSums(): Sums {
  return scope(() => ({ loss: variable(zeros([])), right: variable(zeros([], { dtype: 'int32' })) }));
}

/** One step of Adam on the digits of an index, captured: recorded once for each size of a batch, and replayed. */
function captureStep(
  net: Net<Variable>,
  optimizer: Optimizer,
  digits: Digits,
  sums: Sums,
): Captured<[Tensor], void> {
  return capture((index: Tensor) => {
    const y = digits.labels.take(index, 0);
    const { value, aux, grad } = lossAndLogits(net, digits.images.take(index, 0), y);
    optimizer.step(net, grad);
    sums.loss.assign(sums.loss.add(value));
    sums.right.assign(sums.right.add(aux.argmax(-1).equal(y).sum()));
  });
}

type Fit = Pick<SessionResult, 'losses' | 'trainLoss' | 'trainAccuracy' | 'steps' | 'seconds'>;

/** Trains the net in place. Losses and hits are summed on the device and read once a report. */
async function fitNet(
  net: Net<Variable>,
  rng: Rng,
  settings: Settings,
  train: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<Fit> {
  const { epochs, batch } = settings;
  const count = train.labels.length;
  const steps = Math.ceil(count / batch);
  const digits: Digits = {
    images: tensor(train.inputs, { shape: [count, INPUTS] }),
    labels: tensor(train.labels, { dtype: 'int32' }),
  };
  const optimizer = optimizers.adam({ learningRate: settings.learningRate });
  const sums = makeSums();
  const trainStep = captureStep(net, optimizer, digits, sums);
  // Captured too: so the sums are cleared in their place, where the step adds to them.
  const clear = capture(() => {
    sums.loss.assign(zeros([]));
    sums.right.assign(zeros([], { dtype: 'int32' }));
  });
  const losses: number[] = [];
  const start = performance.now();
  let done = 0;
  let totals = { loss: 0, right: 0 };

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const epochStart = performance.now();
    let clock = { start: epochStart, step: 0 };
    const order = rng.permutation(count);
    totals = { loss: 0, right: 0 };
    let summed = 0;
    for (let step = 1; step <= steps; step++) {
      const from = (step - 1) * batch;
      const to = Math.min(from + batch, count);
      optimizer.learningRate = learningRateAt(settings.learningRate, done / (epochs * steps));
      const index = order.slice([from, to]);
      trainStep(index);
      index.dispose();
      done++;
      summed++;
      if (done !== 1 && step % STEPS_PER_REPORT !== 0 && step !== steps) continue;

      const [loss, right] = await Promise.all([sums.loss.item(), sums.right.item()]);
      if (!Number.isFinite(loss))
        throw new Error(
          `the loss became ${loss} at step ${step} of epoch ${epoch}; a smaller learning rate may help`,
        );
      losses.push(loss / summed);
      totals = { loss: totals.loss + loss, right: totals.right + right };
      clear();
      summed = 0;
      if (done === 1 && step < steps) {
        clock = { start: performance.now(), step };
        continue; // the first step compiled the shaders: its speed tells nothing about the rest
      }
      const stepsPerSecond = (1000 * (step - clock.step)) / (performance.now() - clock.start);
      const progress: Progress = {
        epoch,
        epochs,
        step,
        steps,
        loss: totals.loss / step,
        accuracy: totals.right / to,
        stepsPerSecond,
        secondsLeft: (epochs * steps - done) / stepsPerSecond,
      };
      onEvent({ type: 'progress', progress });
      if (step === steps)
        onEvent({ type: 'epoch', progress, seconds: (performance.now() - epochStart) / 1000 });
      await breathe();
    }
    order.dispose();
  }
  const seconds = (performance.now() - start) / 1000;
  for (const t of [trainStep, clear, digits.images, digits.labels, sums.loss, sums.right, optimizer])
    t.dispose();
  return {
    losses,
    trainLoss: totals.loss / steps,
    trainAccuracy: totals.right / count,
    steps: done,
    seconds,
  };
}

async function readNet(net: Net<Tensor>): Promise<SavedLayer[]> {
  return Promise.all(
    net.map(async ({ w, b }) => ({ w: (await w.array()) as number[][], b: (await b.array()) as number[] })),
  );
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
  const cpu = await init('cpu');
  const counting = gpu && countingGpu(gpu);
  const active = backend === 'cpu' ? cpu : await init(counting ? { backend, gpu: counting.gpu } : backend);
  const { name, software = false } = active.info;
  onEvent({ type: 'device', name, software });
  const counts = counting?.counts ?? zeroCounts;
  const rng = random(settings.seed);
  const net = makeNet(settings.hidden, rng);
  const before = counts();
  const fit = await fitNet(net, rng, settings, train, onEvent);
  const spent = countsSince(counts(), before);
  const predictions = await predict(net, test.inputs, active);
  const layers = await readNet(net);
  if (!layers.every(({ w, b }) => [...w.flat(), ...b].every(Number.isFinite)))
    throw new Error('some of the trained weights are not finite; a smaller learning rate may help');
  const again = layers.map(({ w, b }) => withDevice(cpu, () => ({ w: tensor(w), b: tensor(b) })));
  const cpuPredictions = await predict(again, test.inputs, cpu);
  active.close();
  return {
    deviceKind: active.kind,
    adapter: name,
    software,
    ...fit,
    predictions,
    cpuPredictions,
    counts: spent,
    layers,
  };
}
