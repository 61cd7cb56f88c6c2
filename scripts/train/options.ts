/**
 * @file The command line of `npm run train` as a pure function: arguments in, settings or a clear error out.
 * Everything is checked here, so that a typing mistake costs no time and no half-done work.
 */

export type Backend = 'webgpu' | 'cpu' | 'dawn';

export interface TrainOptions {
  readonly backend: Backend;
  readonly epochs: number;
  readonly hidden: readonly number[];
  readonly batch: number;
  readonly learningRate: number;
  /** Undefined: draw one, and say which. */
  readonly seed: number | undefined;
  readonly headed: boolean;
  readonly json: boolean;
  readonly save: string | undefined;
}

/** A command line that says something impossible: exit code 2. */
export class OptionError extends Error {}

export const TRAINING_DIGITS = 60_000;
export const BACKENDS: readonly Backend[] = ['webgpu', 'cpu', 'dawn'];

export const defaults: TrainOptions = {
  backend: 'webgpu',
  epochs: 5,
  hidden: [128, 64],
  batch: 64,
  learningRate: 1e-3,
  seed: undefined,
  headed: false,
  json: false,
  save: undefined,
};

export const help = `Trains a small neural net on 60,000 handwritten digits (16 x 16 pixels in, 10 classes out)
and tests it on 10,000 others.

Usage: npm run train -- [options]

  --backend NAME   where it runs (default ${defaults.backend}):
                     webgpu  on the GPU, in headless Chrome
                     dawn    on the GPU, in Node (package webgpu)
                     cpu     on the CPU, in Node
  --epochs N       passes over the training digits (default ${defaults.epochs})
  --hidden LIST    sizes of the hidden layers (default ${defaults.hidden.join(',')})
  --batch N        digits per step (default ${defaults.batch})
  --lr X           learning rate of Adam at the start; over the last half of the training
                   it falls evenly to a tenth (default ${defaults.learningRate})
  --seed N         seed of weights and order; the same seed on the same adapter gives
                   the same bits (default: a random one, which is printed)
  --headed         show the browser
  --json           the last line of stdout is the result as one JSON object
  --save FILE      write the trained weights to FILE as JSON
  --help           this text

Exit code 0: it trained where it was asked to, the loss fell, and the CPU, computing anew from
the trained weights, finds the same accuracy. 1: it did not. 2: an option is wrong.`;

const flags = ['--headed', '--json', '--help'];
const valued = ['--backend', '--epochs', '--hidden', '--batch', '--lr', '--seed', '--save'];

/** How many letters must be typed, dropped or changed to get from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** `; did you mean X?` with the nearest candidate, or nothing where none is near. */
function suggestion(typed: string, candidates: readonly string[]): string {
  const near = candidates.filter((c) => c.startsWith(typed) && typed.length > 2);
  const ranked = [...(near.length > 0 ? near : candidates)].sort(
    (a, b) => editDistance(typed, a) - editDistance(typed, b),
  );
  const best = ranked[0] as string;
  return near.length > 0 || editDistance(typed, best) <= Math.max(2, Math.floor(best.length / 3))
    ? `; did you mean ${best}?`
    : '';
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new OptionError(`${option} takes a whole number from ${low} to ${high}, got ${JSON.stringify(text)}`);
}

function readValue(option: string, text: string): Partial<TrainOptions> {
  switch (option) {
    case '--backend': {
      const backend = BACKENDS.find((b) => b === text);
      if (backend) return { backend };
      throw new OptionError(
        `--backend takes ${BACKENDS.join(', ')}, got ${JSON.stringify(text)}${suggestion(text, BACKENDS)}`,
      );
    }
    case '--epochs':
      return { epochs: wholeNumber(option, text, 1, 1000) };
    case '--hidden':
      return {
        hidden: text
          .split(',')
          .map((part) => wholeNumber(`${option}, between commas,`, part.trim(), 1, 4096)),
      };
    case '--batch':
      return { batch: wholeNumber(option, text, 1, TRAINING_DIGITS) };
    case '--seed':
      return { seed: wholeNumber(option, text, 0, 2 ** 32 - 1) };
    case '--lr': {
      const learningRate = text.trim() === '' ? Number.NaN : Number(text);
      if (learningRate > 0 && Number.isFinite(learningRate)) return { learningRate };
      throw new OptionError(`--lr takes a number above 0, got ${JSON.stringify(text)}`);
    }
    default:
      return { save: text };
  }
}

/** The settings of a command line; throws OptionError. `--name value` and `--name=value` mean the same. */
export function parseTrainOptions(args: readonly string[]): TrainOptions | 'help' {
  let options = defaults;
  let wantsHelp = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const equals = arg.indexOf('=');
    const name = arg === '-h' ? '--help' : equals < 0 ? arg : arg.slice(0, equals);
    if (flags.includes(name)) {
      if (equals >= 0) throw new OptionError(`${name} takes no value, got ${JSON.stringify(arg)}`);
      if (name === '--help') wantsHelp = true;
      if (name === '--headed') options = { ...options, headed: true };
      if (name === '--json') options = { ...options, json: true };
    } else if (valued.includes(name)) {
      const next = equals >= 0 ? arg.slice(equals + 1) : args[++i];
      if (next === undefined || next === '' || (equals < 0 && next.startsWith('--')))
        throw new OptionError(`${name} needs a value; see --help`);
      options = { ...options, ...readValue(name, next) };
    } else if (name.startsWith('-')) {
      throw new OptionError(
        `unknown option ${name}${suggestion(name, [...flags, ...valued]) || '; see --help'}`,
      );
    } else {
      throw new OptionError(`unexpected argument ${JSON.stringify(arg)}; see --help`);
    }
  }
  if (wantsHelp) return 'help';
  if (options.headed && options.backend !== 'webgpu')
    throw new OptionError(`--headed shows the browser, and --backend ${options.backend} uses none`);
  if (options.epochs * Math.ceil(TRAINING_DIGITS / options.batch) < 2)
    throw new OptionError(
      `--epochs ${options.epochs} --batch ${options.batch} make a single step; at least two are needed to see the loss fall`,
    );
  return options;
}
