/** @file The command lines of `npm run verify` and `npm run docs:accuracy`. Pure. */
import { boundOf, unaryNames } from '../../test/accuracy/ops.ts';
import type { UnaryName } from '../../test/accuracy/reference.ts';
import { type Command, flag, OptionError, oneOf, type Reader, wholeNumber } from '../options.ts';
import { EXPONENTS, type Part } from './part.ts';

export type Backend = 'webgpu' | 'dawn' | 'cpu';

const BACKENDS: readonly Backend[] = ['webgpu', 'dawn', 'cpu'];

export interface VerifyOptions {
  readonly op: UnaryName | undefined;
  readonly backend: Backend;
  readonly from: number;
  readonly to: number;
  readonly share: Part['share'];
  readonly fresh: boolean;
  readonly list: boolean;
  /** How many random programs, in place of an op. */
  readonly programs: number | undefined;
  /** How many wrong files, in place of an op. */
  readonly files: number | undefined;
  /** Of random programs and files; a new one each time by default. */
  readonly seed: number | undefined;
  /** The one program that a failure's message names. */
  readonly path: string | undefined;
}

const { lowest, highest } = EXPONENTS;

const exponent: Reader<number> = (text, option) => {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new OptionError(`${option} takes an exponent from ${lowest} to ${highest}, got '${text}'`);
};

const MOST_SHARES = 2 ** 20;

const share: Reader<Part['share']> = (text, option) => {
  const [, i = 0, n = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (i >= 1 && i <= n && n <= MOST_SHARES) return [i, n];
  throw new OptionError(
    `${option} takes one of equal shares, such as 1/64, of at most ${MOST_SHARES}, got '${text}'`,
  );
};

const backendHelp = `  webgpu  on the GPU, in headless Chrome
  dawn    on the GPU, in Node (package webgpu)
  cpu     on the CPU, in Node`;

export const verifyCommand: Command<VerifyOptions> = {
  name: 'verification',
  about: `Computes a unary op for every one of the 2^32 float32 numbers and finds its largest error, in
units in the last place (ULP) of the float64 result. Or runs random programs, with their gradients,
on the CPU in float64 and float32 and on the backend, and finds results that differ by more than
rounding explains. Or reads files that are wrong at random, which must end in a result or a typed error.`,
  usage: `npm run verify -- --op tanh [options]
       npm run verify -- --programs 20000 [options]
       npm run verify -- --files 100000 [--seed S]`,
  defaults: {
    op: undefined,
    backend: 'webgpu',
    from: lowest,
    to: highest,
    share: [1, 1],
    fresh: false,
    list: false,
    programs: undefined,
    files: undefined,
    seed: undefined,
    path: undefined,
  },
  options: {
    op: { name: '--op', value: 'NAME', read: oneOf(unaryNames), help: 'which op; --list tells their names' },
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(BACKENDS),
      help: `where it runs (default webgpu):\n${backendHelp}`,
    },
    from: {
      name: '--from',
      value: 'E',
      read: exponent,
      help: `only inputs of 2^E or more in magnitude; ${lowest} holds 0 and the subnormals`,
    },
    to: {
      name: '--to',
      value: 'E',
      read: exponent,
      help: `only inputs below 2^(E+1); ${highest} holds Infinity and NaN`,
    },
    share: {
      name: '--share',
      value: 'I/N',
      read: share,
      help: `only the I-th of N equal shares, each of which meets every exponent;
1/64 is a good first try, and shares can be run on several machines`,
    },
    fresh: flag('--fresh', 'forget what is done, and start over'),
    list: flag('--list', 'tell the ops and their bounds, and end'),
    programs: {
      name: '--programs',
      value: 'N',
      read: wholeNumber(1, 1e9),
      help: 'how many random programs to run, in place of an op',
    },
    files: {
      name: '--files',
      value: 'N',
      read: wholeNumber(1, 1e9),
      help: 'how many wrong files to read, on the CPU, in place of an op',
    },
    seed: {
      name: '--seed',
      value: 'S',
      read: wholeNumber(0, 2 ** 31 - 1),
      help: `the seed of the first 500 programs, the next 500 having the next one; of the first file, the next
having the next one (default: a new one)`,
    },
    path: {
      name: '--path',
      value: 'P',
      read: (text, option) => {
        if (/^\d+(:\d+)*$/.test(text)) return text;
        throw new OptionError(`${option} takes what a failure's message says, such as 17:0:3, got '${text}'`);
      },
      help: 'with --seed: only the program that a failure told of, as small as it was made',
    },
  },
  check({ op, list, from, to, programs, files, seed, path }) {
    const wanted = Object.entries({ op, programs, files }).filter(([, value]) => value !== undefined);
    const [first, second] = wanted.map(([name]) => `--${name}`);
    if (first === undefined && !list)
      throw new OptionError(
        '--op is missing: which op? --list tells their names. Or --programs N, or --files N.',
      );
    if (second !== undefined)
      throw new OptionError(`${first} and ${second} are two verifications: one at a time`);
    if (seed !== undefined && programs === undefined && files === undefined)
      throw new OptionError('--seed belongs to --programs and --files');
    if (path !== undefined && programs === undefined) throw new OptionError('--path belongs to --programs');
    if (path !== undefined && seed === undefined)
      throw new OptionError('--path needs the --seed that it came with');
    if (from > to) throw new OptionError(`--from ${from} --to ${to} leaves no input`);
  },
  notes: `What is done is kept in build/verify after every million inputs, and the same command goes on from
there, as long as the sources are the same. Where a GPU may flush numbers below 2^-126 to 0, as WGSL
allows, that is no error.

Exit code 0: no error is beyond the op's bound, no program is wrong, no file at fault. 1: one is. 2: an option is wrong.`,
};

/** The ops with their bounds, for --list. */
export function opList(): string {
  const cell = (bound: number): string => (bound === 0 ? 'exact' : String(bound)).padStart(10);
  const gpu = (software: boolean) => ({ kind: 'webgpu', info: { software } }) as const;
  const rows = unaryNames.map((name) =>
    [
      name.padEnd(12),
      cell(boundOf(name, { kind: 'cpu', info: {} })),
      cell(boundOf(name, gpu(true))),
      cell(boundOf(name, gpu(false))),
    ].join(''),
  );
  const head = `${'op'.padEnd(12)}${['CPU', 'SwiftShader', 'other GPUs'].map((c) => c.padStart(12)).join('')}`;
  return ['Bounds in ULP', head, ...rows].join('\n');
}

export interface DocsOptions {
  readonly backend: Backend | 'both' | 'none';
}

export const docsCommand: Command<DocsOptions> = {
  name: 'measurement',
  about: `Measures the largest error of every unary op over a million inputs, keeps it under the adapter's name in
bench/results, and writes docs/accuracy.md out of all that is kept there.`,
  usage: 'npm run docs:accuracy -- [options]',
  defaults: { backend: 'both' },
  options: {
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(['both', ...BACKENDS, 'none'] as const),
      help: `what is measured (default both):
  both    the CPU, and the GPU in headless Chrome
${backendHelp}
  none    nothing: only docs/accuracy.md is written again`,
    },
  },
  notes:
    'Exit code 0: every error is within its bound. 1: one is not, and nothing is kept. 2: an option is wrong.',
};
