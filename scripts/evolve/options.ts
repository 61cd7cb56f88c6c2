/** @file The command line of `npm run evolve`. Pure. */
import { type Command, flag, OptionError, oneOf, positiveNumber, wholeNumber } from '../options.ts';
import type { Backend } from '../train/options.ts';
import type { Settings } from './session.ts';

export interface EvolveCommandOptions extends Settings {
  readonly backend: Backend;
  readonly headed: boolean;
  readonly json: boolean;
  readonly save: string | undefined;
}

const TRAINING_DIGITS = 60_000;

const defaults: EvolveCommandOptions = {
  backend: 'webgpu',
  generations: 16,
  parents: 8,
  children: 24,
  digits: 20_000,
  cost: 1e-7,
  most: 20_900,
  epochs: 5,
  seed: 1,
  headed: false,
  json: false,
  save: undefined,
};

export const evolveCommand: Command<EvolveCommandOptions> = {
  name: 'search',
  about: `Looks for dense nets that read handwritten digits well with few parameters: by evolution, and
by random search with the same budget. The three fittest of each and 256-128-64-10 are then trained
anew, alike, on 50,000 digits; 10,000 more choose among the three and the learning rate, and
10,000 others test what was chosen.`,
  usage: 'npm run evolve -- [options]',
  defaults,
  options: {
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(['webgpu', 'cpu', 'dawn']),
      help: `where it runs (default ${defaults.backend}):
  webgpu  on the GPU, in headless Chrome
  dawn    on the GPU, in Node (package webgpu)
  cpu     on the CPU, in Node`,
    },
    generations: {
      name: '--generations',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `of the search (default ${defaults.generations})`,
    },
    parents: {
      name: '--parents',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `nets kept from one generation to the next (default ${defaults.parents})`,
    },
    children: {
      name: '--children',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `nets trained in each generation (default ${defaults.children})`,
    },
    digits: {
      name: '--digits',
      value: 'N',
      read: wholeNumber(10, TRAINING_DIGITS),
      help: `training digits that the search uses: three quarters to train with,
the rest to judge by (default ${defaults.digits})`,
    },
    cost: {
      name: '--cost',
      value: 'X',
      read: positiveNumber(1),
      help: `accuracy that a parameter must bring (default ${defaults.cost}: 0.1 points for 10,000)`,
    },
    most: {
      name: '--most',
      value: 'N',
      read: wholeNumber(3000, 10_000_000),
      help: `parameters that a net may have (default ${defaults.most}: half of 256-128-64-10)`,
    },
    epochs: {
      name: '--epochs',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `passes over the digits in the comparison (default ${defaults.epochs})`,
    },
    seed: {
      name: '--seed',
      value: 'N',
      read: wholeNumber(0, 2 ** 31 - 1),
      help: `the same seed on the same adapter gives the same search (default ${defaults.seed})`,
    },
    headed: flag('--headed', 'show the browser'),
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
    save: {
      name: '--save',
      value: 'NAME',
      read: (text) => text,
      help: 'write NAME.json, the result, and NAME.svg, its picture',
    },
  },
  check({ headed, backend }) {
    if (headed && backend !== 'webgpu')
      throw new OptionError(`--headed shows the browser, and --backend ${backend} uses none`);
  },
  notes: 'Exit code 0: the search came to its end. 1: something failed. 2: an option is wrong.',
};
