/** @file The command line of `npm run landscape`. Pure. */
import { type Command, flag, listOf, OptionError, oneOf, positiveNumber, wholeNumber } from '../options.ts';
import { PICTURES, type Settings } from './settings.ts';

export interface LandscapeOptions extends Settings {
  readonly backend: 'webgpu' | 'cpu';
  /** Undefined: a temporary folder. */
  readonly out: string | undefined;
  readonly headed: boolean;
  readonly json: boolean;
}

const MOST_DIGITS = 60_000;

const defaults: LandscapeOptions = {
  backend: 'webgpu',
  pictures: PICTURES,
  size: 51,
  digits: 1000,
  train: 10_000,
  epochs: 10,
  hidden: [32, 16],
  depth: 20,
  width: 16,
  range: 1,
  deepRange: 0.5,
  seed: 1,
  speed: false,
  out: undefined,
  headed: false,
  json: false,
};

export const landscapeCommand: Command<LandscapeOptions> = {
  name: 'landscape',
  about: `Trains nets on handwritten digits and draws the loss on planes through what they have learnt:
along random directions, along a training, and for a deep net without and with residual layers.`,
  usage: 'npm run landscape -- [options]',
  defaults,
  options: {
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(['webgpu', 'cpu'] as const),
      help: `where it runs: webgpu, on the GPU in headless Chrome, or cpu, in Node
(default ${defaults.backend})`,
    },
    pictures: {
      name: '--only',
      value: 'LIST',
      read: listOf(oneOf(PICTURES)),
      help: `some of ${PICTURES.join(', ')} (default: all)`,
    },
    size: {
      name: '--size',
      value: 'N',
      read: wholeNumber(3, 501),
      help: `points along each direction, an odd number (default ${defaults.size})`,
    },
    digits: {
      name: '--digits',
      value: 'N',
      read: wholeNumber(1, MOST_DIGITS),
      help: `training digits that the loss is of (default ${defaults.digits})`,
    },
    train: {
      name: '--train',
      value: 'N',
      read: wholeNumber(1, MOST_DIGITS),
      help: `training digits that the nets learn (default ${defaults.train})`,
    },
    epochs: {
      name: '--epochs',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `passes over them (default ${defaults.epochs})`,
    },
    hidden: {
      name: '--hidden',
      value: 'LIST',
      read: listOf(wholeNumber(1, 4096)),
      help: `sizes of the hidden layers (default ${defaults.hidden.join(',')})`,
    },
    depth: {
      name: '--depth',
      value: 'N',
      read: wholeNumber(2, 200),
      help: `hidden layers of the deep nets behind their first, an even number (default ${defaults.depth})`,
    },
    width: {
      name: '--width',
      value: 'N',
      read: wholeNumber(1, 4096),
      help: `units in each of these (default ${defaults.width})`,
    },
    range: {
      name: '--range',
      value: 'X',
      read: positiveNumber(),
      help: `how far random directions go, in lengths of the filters (default ${defaults.range})`,
    },
    deepRange: {
      name: '--deep-range',
      value: 'X',
      read: positiveNumber(),
      help: `the same for the deep nets (default ${defaults.deepRange})`,
    },
    seed: {
      name: '--seed',
      value: 'N',
      read: wholeNumber(0, 2 ** 32 - 1),
      help: `seed of weights, order and directions (default ${defaults.seed})`,
    },
    speed: flag(
      '--speed',
      'also time many points at once against one after another, for the shallow net, in turns',
    ),
    out: {
      name: '--out',
      value: 'FOLDER',
      read: (text) => text,
      help: 'where the pictures go (default: a temporary folder, which is printed)',
    },
    headed: flag('--headed', 'show the browser'),
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
  },
  check({ headed, backend, size, depth, epochs, train }) {
    if (headed && backend !== 'webgpu')
      throw new OptionError(`--headed shows the browser, and --backend ${backend} uses none`);
    if (size % 2 === 0)
      throw new OptionError(`--size takes an odd number, so that the net lies on a point, got ${size}`);
    if (depth % 2 !== 0) throw new OptionError(`--depth takes an even number, got ${depth}`);
    if (epochs * Math.ceil(train / 64) < 3)
      throw new OptionError('a path of a training needs three steps at least: more --epochs, or --train');
  },
  notes: `Exit code 0: the loss in the middle of each random plane is what evaluate() gives for the net.
1: it is not, or something failed. 2: an option is wrong.`,
};
