/**
 * @file The command line of `npm run bench` as a pure function: arguments in, settings or a clear error out.
 */
import { type Product, standardProducts } from '../../bench/products.ts';
import { OptionError } from '../train/options.ts';

export interface BenchOptions {
  readonly products: readonly Product[];
  readonly rounds: number;
  /** Undefined: draw one, and say which. */
  readonly seed: number | undefined;
  readonly headed: boolean;
  readonly json: boolean;
  readonly save: boolean;
}

const LARGEST = 4096;

export const defaults: BenchOptions = {
  products: standardProducts,
  rounds: 9,
  seed: undefined,
  headed: false,
  json: false,
  save: false,
};

export const help = `Times matrix products in headless Chrome: WebGPU against the CPU device of the same engine.
Each product is checked against float64 on fresh random data before it is timed.

Usage: npm run bench -- [options]

  --sizes LIST   the products, between commas: 256 means 256×256 · 256×256, and
                 17x33x65 means 17×33 · 33×65 (default: 64 to 1024 square and three others)
  --rounds N     samples of each product on each device, in turns (default ${defaults.rounds}); products
                 whose samples take seconds get fewer, 3 at least, and the table says how many
  --seed N       seed of the data (default: a random one, which is printed)
  --save         keep the results and the plot in bench/results, under the adapter's name;
                 of all products only, not with --sizes
  --headed       show the browser
  --json         the last line of stdout is the result as one JSON object
  --help         this text

A sample repeats the product until it lasts 50 ms on WebGPU and 20 ms on the CPU, recording and
waiting for the GPU counted in. GFLOP/s are medians with quartiles.

Exit code 0: all products were right and are timed. 1: they are not. 2: an option is wrong.`;

const flags = ['--save', '--headed', '--json', '--help'];
const valued = ['--sizes', '--rounds', '--seed'];

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new OptionError(`${option} takes a whole number from ${low} to ${high}, got ${JSON.stringify(text)}`);
}

function product(text: string): Product {
  const numbers = text.split(/[x×]/i).map((part) => (/^\d+$/.test(part) ? Number(part) : 0));
  const [m = 0, k = m, n = m] = numbers;
  if ((numbers.length !== 1 && numbers.length !== 3) || numbers.some((size) => size < 1 || size > LARGEST))
    throw new OptionError(
      `--sizes takes sizes as 256 or 17x33x65, between commas, each number from 1 to ${LARGEST}; got ${JSON.stringify(text)}`,
    );
  return { m, k, n };
}

function readValue(option: string, text: string): Partial<BenchOptions> {
  if (option === '--sizes') return { products: text.split(',').map((part) => product(part.trim())) };
  if (option === '--rounds') return { rounds: wholeNumber(option, text, 3, 1000) };
  return { seed: wholeNumber(option, text, 0, 2 ** 32 - 1) };
}

/** The settings of a command line; throws OptionError. `--name value` and `--name=value` mean the same. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  let options = defaults;
  let wantsHelp = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const equals = arg.indexOf('=');
    const name = arg === '-h' ? '--help' : equals < 0 ? arg : arg.slice(0, equals);
    if (flags.includes(name)) {
      if (equals >= 0) throw new OptionError(`${name} takes no value, got ${JSON.stringify(arg)}`);
      if (name === '--help') wantsHelp = true;
      else options = { ...options, [name.slice(2)]: true };
    } else if (valued.includes(name)) {
      const value = equals >= 0 ? arg.slice(equals + 1) : args[++i];
      if (value === undefined || value === '' || (equals < 0 && value.startsWith('--')))
        throw new OptionError(`${name} needs a value; see --help`);
      options = { ...options, ...readValue(name, value) };
    } else {
      const what = arg.startsWith('-')
        ? `unknown option ${name}`
        : `unexpected argument ${JSON.stringify(arg)}`;
      throw new OptionError(`${what}; the options are ${[...valued, ...flags].join(', ')}`);
    }
  }
  if (wantsHelp) return 'help';
  if (options.save && options.products !== defaults.products)
    throw new OptionError('--save keeps results of all products, to be compared; leave out --sizes');
  return options;
}
