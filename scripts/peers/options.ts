/** @file The command line of `npm run bench:peers`. Pure. */
import { type Command, flag, listOf, OptionError, oneOf, wholeNumber } from '../options.ts';

export const GROUPS = ['train', 'matmul', 'ops', 'conv', 'cpu', 'cold', 'bundle', 'memory'] as const;
export type Chosen = (typeof GROUPS)[number];

export const PEERS = ['jax-js', 'tfjs', 'ort'] as const;

export interface PeersOptions {
  readonly only: readonly Chosen[];
  readonly peers: readonly (typeof PEERS)[number][];
  readonly rounds: number;
  /** Undefined: draw one, and say which. */
  readonly seed: number | undefined;
  readonly save: boolean;
  readonly headed: boolean;
  readonly json: boolean;
}

const defaults: PeersOptions = {
  only: GROUPS,
  peers: PEERS,
  rounds: 9,
  seed: undefined,
  save: false,
  headed: false,
  json: false,
};

export const peersCommand: Command<PeersOptions> = {
  name: 'race',
  about: `Races tapegrad against jax-js, TensorFlow.js and ONNX Runtime Web in headless Chrome, on the same adapter.
Every result is checked against float64 before it is timed, and what was timed last is checked again.`,
  usage: 'npm run bench:peers -- [options]',
  defaults,
  options: {
    only: {
      name: '--only',
      value: 'LIST',
      read: listOf(oneOf(GROUPS)),
      help: `some works only, between commas: ${GROUPS.join(', ')}`,
    },
    peers: {
      name: '--peers',
      value: 'LIST',
      read: listOf(oneOf(PEERS)),
      help: `some peers only: ${PEERS.join(', ')}`,
    },
    rounds: {
      name: '--rounds',
      value: 'N',
      read: wholeNumber(1, 1000),
      help: `samples of each work with each library, in turns (default ${defaults.rounds}); works
whose samples take seconds get fewer, but 3 or what is asked at least`,
    },
    seed: {
      name: '--seed',
      value: 'N',
      read: wholeNumber(0, 2 ** 32 - 1),
      help: 'seed of the data (default: a random one, which is printed)',
    },
    save: flag(
      '--save',
      `keep the results in bench/results, under the adapter's name; with --only
they take the places of those works there. npm run bench:report then
writes docs/performance.md`,
    ),
    headed: flag('--headed', 'show the browser'),
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
  },
  check({ save, peers }) {
    if (save && peers !== defaults.peers)
      throw new OptionError('--save keeps results of all peers; leave out --peers');
  },
  notes: `A sample repeats a work until it lasts 60 ms, and ends when a few bytes of the last result have been
read; training takes 100 steps and reads one loss. Figures are medians.

Exit code 0: all results were right and are timed. 1: some were not. 2: an option is wrong.`,
};
