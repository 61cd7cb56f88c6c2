/** @file The command line of `npm run train`. Pure. */
import { type Command, flag, listOf, OptionError, oneOf, positiveNumber, wholeNumber } from '../options.ts';
import { type Net, type Settings, type Side, trainedBy } from './settings.ts';

export type Backend = 'webgpu' | 'cpu' | 'dawn';

export interface TrainOptions {
  readonly backend: Backend;
  readonly net: Net;
  readonly size: Side;
  /** Undefined, here and below: as the net is trained by default. */
  readonly epochs: number | undefined;
  readonly hidden: readonly number[];
  readonly batch: number | undefined;
  readonly learningRate: number | undefined;
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

const NETS: readonly Net[] = ['dense', 'cnn'];
const HIDDEN = [128, 64] as const;

const defaults: TrainOptions = {
  backend: 'webgpu',
  net: 'dense',
  size: 16,
  epochs: undefined,
  hidden: HIDDEN,
  batch: undefined,
  learningRate: undefined,
  seed: undefined,
  atLeast: undefined,
  headed: false,
  json: false,
  save: undefined,
};

/** (default 5, of the cnn 4) */
const byNet = (of: (trained: { epochs: number; batch: number; learningRate: number }) => number): string =>
  `(default ${of(trainedBy.dense)}, of the cnn ${of(trainedBy.cnn)})`;

/** The options as a session takes them, but for the seed. */
export function settingsOf({ net, size, epochs, hidden, batch, learningRate }: TrainOptions) {
  const usual = trainedBy[net];
  return {
    net,
    size,
    epochs: epochs ?? usual.epochs,
    hidden,
    batch: batch ?? usual.batch,
    learningRate: learningRate ?? usual.learningRate,
  } satisfies Omit<Settings, 'seed'>;
}

export const trainCommand: Command<TrainOptions> = {
  name: 'training',
  about: `Trains a small neural net on 60,000 handwritten digits (16 x 16 pixels in, 10 classes out)
and tests it on 10,000 others: a dense one, or a convolutional one, which errs half as often.`,
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
    net: {
      name: '--model',
      value: 'NAME',
      read: oneOf(NETS),
      help: `what it trains (default ${defaults.net}):
  dense   hidden layers that see every pixel
  cnn     three convolutions, of 16, 32 and 32 filters, the last one residual`,
    },
    size: {
      name: '--size',
      value: 'N',
      read: (text, option) => Number(oneOf(['16', '28'])(text, option)) as Side,
      help: `pixels a side: 16, or 28 as MNIST has them (default ${defaults.size})`,
    },
    epochs: {
      name: '--epochs',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `passes over the training digits ${byNet((t) => t.epochs)}`,
    },
    hidden: {
      name: '--hidden',
      value: 'LIST',
      read: listOf(wholeNumber(1, 4096)),
      help: `sizes of the dense net's hidden layers (default ${defaults.hidden.join(',')})`,
    },
    batch: {
      name: '--batch',
      value: 'N',
      read: wholeNumber(1, TRAINING_DIGITS),
      help: `digits per step ${byNet((t) => t.batch)}`,
    },
    learningRate: {
      name: '--lr',
      value: 'X',
      read: positiveNumber(),
      help: `learning rate of Adam ${byNet((t) => t.learningRate)}.
The dense net's falls evenly to a tenth over the last half of the training;
the cnn's rises over the first tenth, then falls to 0 as half a cosine`,
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
  check(options) {
    const { headed, backend, net, hidden } = options;
    const { epochs, batch } = settingsOf(options);
    if (net === 'cnn' && hidden !== HIDDEN)
      throw new OptionError('--hidden is for --model dense; the cnn has no hidden layers to choose');
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
