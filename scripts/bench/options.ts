/** @file The command line of `npm run bench`. Pure. */
import { type Product, standardProducts } from '../../bench/products.ts';
import { type Command, flag, listOf, OptionError, wholeNumber } from '../options.ts';

export interface BenchOptions {
  readonly products: readonly Product[];
  readonly rounds: number;
  /** Undefined: draw one, and say which. */
  readonly seed: number | undefined;
  readonly save: boolean;
  readonly headed: boolean;
  readonly json: boolean;
}

const LARGEST = 4096;

const defaults: BenchOptions = {
  products: standardProducts,
  rounds: 9,
  seed: undefined,
  save: false,
  headed: false,
  json: false,
};

function product(text: string, option: string): Product {
  const numbers = text.split(/[x×]/i).map((part) => (/^\d+$/.test(part) ? Number(part) : 0));
  const [m = 0, k = m, n = m] = numbers;
  if ((numbers.length !== 1 && numbers.length !== 3) || numbers.some((size) => size < 1 || size > LARGEST))
    throw new OptionError(
      `${option} takes sizes as 256 or 17x33x65, each number from 1 to ${LARGEST}, got '${text}'`,
    );
  return { m, k, n };
}

export const benchCommand: Command<BenchOptions> = {
  name: 'benchmark',
  about: `Times matrix products in headless Chrome: WebGPU against the CPU device of the same engine.
Each product is checked against float64 on fresh random data before it is timed.`,
  usage: 'npm run bench -- [options]',
  defaults,
  options: {
    products: {
      name: '--sizes',
      value: 'LIST',
      read: listOf(product),
      help: `the products, between commas: 256 means 256×256 · 256×256, and
17x33x65 means 17×33 · 33×65 (default: 64 to 1024 square and three others)`,
    },
    rounds: {
      name: '--rounds',
      value: 'N',
      read: wholeNumber(3, 1000),
      help: `samples of each product on each device, in turns (default ${defaults.rounds}); products
whose samples take seconds get fewer, 3 at least, and the table says how many`,
    },
    seed: {
      name: '--seed',
      value: 'N',
      read: wholeNumber(0, 2 ** 32 - 1),
      help: 'seed of the data (default: a random one, which is printed)',
    },
    save: flag(
      '--save',
      `keep the results and the plot in bench/results, under the adapter's name;
of all products only, not with --sizes`,
    ),
    headed: flag('--headed', 'show the browser'),
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
  },
  check({ save, products }) {
    if (save && products !== defaults.products)
      throw new OptionError('--save keeps results of all products, to be compared; leave out --sizes');
  },
  notes: `A sample repeats the product until it lasts 50 ms on WebGPU and 20 ms on the CPU, recording and
waiting for the GPU counted in. GFLOP/s are medians with quartiles.

Exit code 0: all products were right and are timed. 1: they are not. 2: an option is wrong.`,
};
