/**
 * @file `npm run train`: a neural net learns handwritten digits on WebGPU compute shaders. Reads the digits,
 * trains where asked, tells what came out, and exits with 0 only if it really trained.
 */

import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { again } from './again.ts';
import { dawnEnv } from './chrome.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { type Digits, readDigits } from './digits.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { OptionError } from './options.ts';
import { trainInChrome, trainInNode, type Work } from './train/host.ts';
import { settingsOf, type TrainOptions, trainCommand } from './train/options.ts';
import {
  confusionMatrix,
  confusionTable,
  duration,
  epochLine,
  type Look,
  misreadDigits,
  paint,
  percent,
  progressLine,
  speed,
} from './train/report.ts';
import type { SessionEvent, SessionResult } from './train/session.ts';
import { objections } from './train/verdict.ts';

const CLEAR_LINE = '\r\x1b[2K';
const terminal = process.stdout.isTTY === true;
const look: Look = {
  columns: process.stdout.columns ?? 120,
  color: terminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
};

/** Before minutes of training, whose weights would be lost. */
function checkWritable(file: string): void {
  const folder = dirname(resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new OptionError(`--save ${file}: cannot write in the folder ${folder}`);
  }
  if (existsSync(file) && statSync(file).isDirectory()) throw new OptionError(`--save ${file} is a folder`);
}

function onEvent(place: string): (event: SessionEvent) => void {
  return (event) => {
    if (event.type === 'device') {
      say(
        `${place} on ${event.name}${event.software ? ', which is software: a real GPU is far faster' : ''}\n`,
      );
    } else if (event.type === 'epoch') {
      say((terminal ? CLEAR_LINE : '') + epochLine(event.progress, event.seconds));
    } else if (terminal) {
      const columns = process.stdout.columns ?? look.columns;
      process.stdout.write(CLEAR_LINE + progressLine(event.progress, { ...look, columns }));
    }
  };
}

function accuracy(labels: Uint8Array, predictions: readonly number[]): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right / labels.length;
}

/** Under a temporary name first: there is never half a file. */
function writeWeights(file: string, content: unknown): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(content)}\n`);
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Tells what came out, and gives the exit code. */
function conclude(
  options: TrainOptions,
  seed: number,
  result: SessionResult,
  test: Digits,
  started: number,
): number {
  const testAccuracy = accuracy(test.labels, result.predictions);
  const cpuAccuracy = accuracy(test.labels, result.cpuPredictions);
  const confusion = confusionMatrix(test.labels, result.predictions);
  const perStep = (n: number) => n / result.steps;
  const { dispatches, submits } = result.counts;
  const problems = objections(
    options.backend,
    { ...result, dispatches, testAccuracy, cpuAccuracy },
    options.atLeast,
  );

  const wrong = test.labels.length - Math.round(testAccuracy * test.labels.length);
  say(
    `\n${paint(`${percent(testAccuracy)} of the 10,000 test digits read right`, 'bold', look)}, ${wrong} wrong`,
  );
  say(`the CPU, from the same weights: ${percent(cpuAccuracy)}\n`);
  say(confusionTable(confusion, look));
  if (wrong > 0) say(`\n${misreadDigits(test.images, options.size, test.labels, result.predictions, look)}`);
  say();
  say(
    `trained in ${duration(result.seconds)}, ${speed(result.steps / result.seconds)}, on ${result.adapter}`,
  );
  if (dispatches > 0)
    say(
      `a step takes ${perStep(dispatches).toFixed(1)} dispatches and ${perStep(submits).toFixed(2)} submits`,
    );
  say(`${duration((performance.now() - started) / 1000)} in all, seed ${seed}`);
  if (options.save !== undefined && problems.length === 0) {
    writeWeights(options.save, { ...result.saved, seed, accuracy: testAccuracy });
    say(`weights written to ${options.save}`);
  }
  for (const problem of problems) process.stderr.write(`${paint('failed', 'red', look)}: ${problem}\n`);
  if (options.json)
    say(
      JSON.stringify({
        backend: options.backend,
        adapter: result.adapter,
        model: options.net,
        size: options.size,
        epochs: settingsOf(options).epochs,
        seed,
        trainLoss: result.trainLoss,
        trainAccuracy: result.trainAccuracy,
        testAccuracy,
        cpuAccuracy,
        confusion,
        seconds: result.seconds,
        stepsPerSecond: result.steps / result.seconds,
        dispatchesPerStep: perStep(dispatches),
        submitsPerStep: perStep(submits),
        problems,
      }),
    );
  return problems.length === 0 ? 0 : 1;
}

async function train(options: TrainOptions): Promise<number> {
  const started = performance.now();
  const { backend, net, size, save } = options;
  const chosen = settingsOf(options);
  if (save !== undefined) checkWritable(save);
  if (backend === 'dawn') {
    const env = await dawnEnv(ensureBrowser);
    if (Object.keys(env).length > 0) return again(env);
  }
  const seed = options.seed ?? Math.floor(Math.random() * 1e6);
  const name =
    net === 'cnn'
      ? `A convolutional net of ${size} × ${size} pixels`
      : `A net ${[size * size, ...chosen.hidden, 10].join(' → ')}`;
  say(paint(`${name} learns handwritten digits`, 'bold', look));
  say(`Adam ${chosen.learningRate}, batches of ${chosen.batch}, epochs: ${chosen.epochs}`);
  say(`seed ${seed}${options.seed === undefined ? ` (random; the same again: --seed ${seed})` : ''}`);

  const place = { webgpu: 'WebGPU in Chrome', dawn: 'WebGPU in Node', cpu: 'the CPU device in Node' }[
    backend
  ];
  const work: Work = {
    settings: { ...chosen, seed },
    train: readDigits('train', { size }),
    test: readDigits('test', { size }),
    onEvent: onEvent(place),
  };
  const signal = stopSignal();
  if (backend !== 'webgpu') signal.addEventListener('abort', () => process.exit()); // no browser to close
  const result =
    backend === 'webgpu'
      ? await trainInChrome(work, options.headed, signal)
      : await trainInNode(work, backend);
  return conclude(options, seed, result, work.test, started);
}

await runCommand(trainCommand, train, (text) =>
  text.includes('WebGPUUnavailableError') ? 'Without WebGPU: npm run train -- --backend cpu' : undefined,
);
