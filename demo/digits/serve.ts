/**
 * @file The worker's part of the digits: trains while it is told to, a slice of time after the other, so that messages come
 * through; tests and shows its weights now and then; goes on on another device when its own is lost.
 */
import { type Device, DeviceLostError, init } from 'tapegrad';
import { placeOf } from '../ui/place.ts';
import { type Digits, PIXELS, type Split } from './data.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import type { Settings } from './settings.ts';
import { Trainer } from './trainer.ts';
import type { SavedLayer } from './weights.ts';

/** A slice of training lasts about this long, in milliseconds. */
const SLICE_MS = 60;
/** Between two looks at the test digits and the weights. */
const SHOW_MS = 700;
const MOST_STEPS = 400;

/** Models and their files are a part of the engine that few visitors need. */
const files = () => import('./files.ts');

const post = (message: FromWorker): void => self.postMessage(message);

let device: Device;
let backend: 'auto' | 'cpu' = 'auto';
let settings: Settings;
let digits: Digits;
let trainer: Trainer;
let playing = false;
/** Whether a slice is under way: there is one at a time. */
let busy = false;
/** What was asked for while a slice was under way. */
const waiting: (() => Promise<void>)[] = [];
let slice = 1;
let lastShown = 0;
let checkpoint: { layers: SavedLayer[]; steps: number } | undefined;

async function open(): Promise<void> {
  const opened = await init(backend);
  device = opened;
  trainer = new Trainer(settings, digits, checkpoint);
  void opened.lost.then(() => run(recover));
}

/** A lost device is replaced, and the training goes on from where it was last shown. */
async function recover(): Promise<void> {
  await open();
  post({ type: 'recovered', place: placeOf(device), steps: trainer.steps });
  await show();
}

const epoch = (): number => trainer.steps / trainer.stepsPerEpoch;

/** Tests, and takes the weights down: for the eye, and to go on from. */
async function show(): Promise<void> {
  lastShown = performance.now();
  const [test, layers] = await Promise.all([trainer.test(), trainer.save()]);
  checkpoint = { layers, steps: trainer.steps };
  const [first] = layers as [SavedLayer];
  post({ type: 'weights', weights: first.w, units: first.w.length / PIXELS });
  post({ type: 'tested', steps: trainer.steps, epoch: epoch(), test });
}

async function train(steps: number): Promise<void> {
  const from = performance.now();
  const measured = await trainer.train(steps);
  const ms = performance.now() - from;
  if (!Number.isFinite(measured.loss)) {
    playing = false;
    post({ type: 'diverged', steps: trainer.steps });
    post({ type: 'paused' });
    return;
  }
  if (playing) slice = Math.max(1, Math.min(MOST_STEPS, 2 * steps, Math.round((steps * SLICE_MS) / ms)));
  // Shown first, so that what the page says after a step is all of that step.
  if (performance.now() - lastShown > SHOW_MS || !playing) await show();
  post({
    type: 'progress',
    steps: trainer.steps,
    epoch: epoch(),
    train: measured,
    stepsPerSecond: (1000 * steps) / ms,
  });
}

/** One thing after another; while it plays, a slice of training when there is nothing else. */
async function run(work: () => Promise<void>): Promise<void> {
  waiting.push(work);
  if (busy) return;
  busy = true;
  while (waiting.length > 0) {
    try {
      await waiting.shift()?.();
    } catch (error) {
      failed(error as Error);
    }
    if (!playing || waiting.length > 0) continue;
    await new Promise((resolve) => setTimeout(resolve)); // messages come in here
    if (playing && waiting.length === 0) waiting.push(() => train(slice));
  }
  busy = false;
}

function failed(error: Error): void {
  if (error instanceof DeviceLostError) return; // `recover` is on its way
  playing = false;
  post({ type: 'failed', message: error.message });
  post({ type: 'paused' });
}

function withOwn({ train, test }: Digits, own: Split): Digits {
  const inputs = new Float32Array(train.inputs.length + own.inputs.length);
  inputs.set(train.inputs);
  inputs.set(own.inputs, train.inputs.length);
  const labels = new Uint8Array(train.labels.length + own.labels.length);
  labels.set(train.labels);
  labels.set(own.labels, train.labels.length);
  return { train: { inputs, labels }, test };
}

async function answer(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'start':
      ({ backend, settings, digits } = message);
      await open();
      post({ type: 'device', place: placeOf(device) });
      return show();
    case 'reset':
      trainer.dispose();
      settings = message.settings;
      checkpoint = message.layers ? { layers: [...message.layers], steps: 0 } : undefined;
      slice = 1;
      trainer = new Trainer(settings, digits, checkpoint);
      return show();
    case 'play':
      playing = true;
      return;
    case 'pause':
      playing = false;
      post({ type: 'paused' });
      return show();
    case 'step':
      playing = false;
      return train(1);
    case 'rate':
      settings = { ...settings, learningRate: message.learningRate };
      trainer.learningRate = message.learningRate;
      return;
    case 'own': {
      digits = withOwn(digits, message.own);
      const from = { layers: await trainer.save(), steps: trainer.steps };
      trainer.dispose();
      trainer = new Trainer(settings, digits, from);
      return;
    }
    case 'read':
      return post({ type: 'probabilities', probabilities: await trainer.probabilities(message.picture) });
    case 'save': {
      const { format } = message;
      const [{ write }, layers] = await Promise.all([files(), trainer.save()]);
      const { steps } = trainer;
      return post({ type: 'saved', format, file: await write(format, settings, layers), steps });
    }
    case 'open': {
      const { name, file } = message;
      const { read } = await files();
      try {
        return post({ type: 'opened', name, ...(await read(file, settings)) });
      } catch (error) {
        if (error instanceof DeviceLostError) throw error;
        return post({ type: 'unreadable', name, reason: (error as Error).message });
      }
    }
  }
}

export function serveDigits(): void {
  self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'pause' || data.type === 'reset') playing = false;
    void run(() => answer(data));
  });
}
