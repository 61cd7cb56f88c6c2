/** @file The command line of `npm run train`. Pure. */
import { type Command, flag, listOf, OptionError, oneOf, positiveNumber, wholeNumber } from '../options.ts';

export type Backend = 'webgpu' | 'cpu' | 'dawn';

export interface TrainOptions {
  readonly backend: Backend;
  readonly epochs: number;
  readonly hidden: readonly number[];
  readonly batch: number;
  readonly learningRate: number;
  /** Undefined: draw one, and say which. */
  readonly seed: number | undefined;
  /** In percent of the test digits. */
  readonly atLeast: number | undefined;
  readonly headed: boolean;
  readonly json: boolean;
  readonly save: string | undefined;
}

const TRAINING_DIGITS = 60_000;
const BACKENDS: readonly Backend[] = ['webgpu', 'cpu', 'dawn'];

const defaults: TrainOptions = {
  backend: 'webgpu',
  epochs: 5,
  hidden: [128, 64],
  batch: 64,
  learningRate: 1e-3,
  seed: undefined,
  atLeast: undefined,
  headed: false,
  json: false,
  save: undefined,
};

export const trainCommand: Command<TrainOptions> = {
  name: 'training',
  about: `Trains a small neural net on 60,000 handwritten digits (16 x 16 pixels in, 10 classes out)
and tests it on 10,000 others.`,
  usage: 'npm run train -- [options]',
  defaults,
  options: {
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(BACKENDS),
      help: `where it runs (default ${defaults.backend}):
  webgpu  on the GPU, in headless Chrome
  dawn    on the GPU, in Node (package webgpu)
  cpu     on the CPU, in Node`,
    },
    epochs: {
      name: '--epochs',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `passes over the training digits (default ${defaults.epochs})`,
    },
    hidden: {
      name: '--hidden',
      value: 'LIST',
      read: listOf(wholeNumber(1, 4096)),
      help: `sizes of the hidden layers (default ${defaults.hidden.join(',')})`,
    },
    batch: {
      name: '--batch',
      value: 'N',
      read: wholeNumber(1, TRAINING_DIGITS),
      help: `digits per step (default ${defaults.batch})`,
    },
    learningRate: {
      name: '--lr',
      value: 'X',
      read: positiveNumber(),
      help: `learning rate of Adam at the start; over the last half of the training
it falls evenly to a tenth (default ${defaults.learningRate})`,
    },
    seed: {
      name: '--seed',
      value: 'N',
      read: wholeNumber(0, 2 ** 32 - 1),
      help: `seed of weights and order; the same seed on the same adapter gives
the same bits (default: a random one, which is printed)`,
    },
    atLeast: {
      name: '--at-least',
      value: 'X',
      read: positiveNumber(100),
      help: 'fail where less than X percent of the test digits are read right',
    },
    headed: flag('--headed', 'show the browser'),
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
    save: {
      name: '--save',
      value: 'FILE',
      read: (text) => text,
      help: 'write the trained weights to FILE as JSON',
    },
  },
  check({ headed, backend, epochs, batch }) {
    if (headed && backend !== 'webgpu')
      throw new OptionError(`--headed shows the browser, and --backend ${backend} uses none`);
    if (epochs * Math.ceil(TRAINING_DIGITS / batch) < 2)
      throw new OptionError(
        `--epochs ${epochs} --batch ${batch} make a single step; at least two are needed to see the loss fall`,
      );
  },
  notes: `Exit code 0: it trained where it was asked to, the loss fell, the CPU, computing anew from the
trained weights, finds the same accuracy, and that is what --at-least asks for. 1: it is not so.
2: an option is wrong.`,
};
