/** @file What a training says as it goes: Keras' progress bar at a terminal, a line an epoch elsewhere. */
import type { Callback, Training } from './callback.ts';
import type { Logs } from './history.ts';

const CLEAR_LINE = '\r\x1b[2K';
const WIDTH = 20;
/** Milliseconds between two drawings. */
const OFTEN = 100;

/** 0.0123, 12.35, 1.2e-5: four digits that matter. */
const shortly = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(4) : value.toFixed(4);

/** loss: 0.1234 - accuracy: 0.9876. What is no single number is left out. */
export function logsLine(logs: Logs): string {
  return Object.entries(logs)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${name}: ${shortly(value)}`)
    .join(' - ');
}

/** 850ms, 12s, 3:05. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** 120/938 ━━━━━━━━━━━━━━━━━━━━ 3s 2ms/step. */
export function barLine(step: number, steps: number | undefined, ms: number): string {
  const perStep = ms / Math.max(step, 1);
  const each = perStep >= 1 ? `${Math.round(perStep)}ms/step` : `${Math.round(1000 * perStep)}us/step`;
  if (steps === undefined) return `${step}/Unknown ${duration(ms)} ${each}`;
  const done = Math.min(WIDTH, Math.floor((WIDTH * step) / Math.max(steps, 1)));
  const bar = '━'.repeat(done) + ' '.repeat(WIDTH - done);
  const left = perStep * (steps - step);
  return `${String(step).padStart(String(steps).length)}/${steps} ${bar} ${duration(step < steps ? left : ms)} ${each}`;
}

interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const output = (): Output | undefined =>
  typeof process === 'undefined' ? undefined : (process as { stdout?: Output }).stdout;

function say(text: string): void {
  const out = output();
  if (out?.write) out.write(`${text}\n`);
  else console.log(text);
}

/** The progress of a training: what `fit` adds by itself unless `verbose` is 0. */
export function progressBar(): Callback {
  let began = 0;
  let drawn = 0;
  let step = 0;
  let reading = false;
  const draws = ({ params }: Training) => params.verbose === 1 && output()?.isTTY === true;
  const draw = (line: string) => {
    const out = output();
    out?.write(CLEAR_LINE + line.slice(0, (out.columns ?? 120) - 1));
  };
  return {
    onEpochBegin(epoch, _, training) {
      [began, drawn, step] = [performance.now(), 0, 0];
      if (training.params.verbose === 1) say(`Epoch ${epoch + 1}/${training.params.epochs}`);
    },
    onBatchEnd(batch, logs, training) {
      step = batch + 1;
      const now = performance.now();
      if (reading || now - drawn < OFTEN || !draws(training)) return;
      drawn = now;
      reading = true;
      const [names, at] = [Object.keys(logs), step];
      void Promise.all(names.map((name) => logs[name])).then(
        (values) => {
          reading = false;
          if (step < at) return; // another epoch by now
          const known = Object.fromEntries(names.map((name, k) => [name, values[k] as number]));
          draw(`${barLine(at, training.params.steps, now - began)} - ${logsLine(known)}`);
        },
        () => {
          reading = false; // the training hears of it too
        },
      );
    },
    onEpochEnd(epoch, logs, training) {
      const { epochs, steps, verbose } = training.params;
      const took = performance.now() - began;
      if (verbose === 1) {
        if (draws(training)) output()?.write(CLEAR_LINE);
        say(`${barLine(step, steps ?? step, took)} - ${logsLine(logs)}`);
      } else say(`Epoch ${epoch + 1}/${epochs} - ${duration(took)} - ${logsLine(logs)}`);
    },
  };
}
