// The command line of `npm run bench`: what it means, and what a mistake in it says.
import { expect, test } from 'vitest';
import { benchCommand } from '../../scripts/bench/options.ts';
import { helpText, OptionError, parseOptions } from '../../scripts/options.ts';

const parse = (args: readonly string[]) => parseOptions(benchCommand, args);

test('nothing gives all products, unsaved', () => {
  expect(parse([])).toEqual({
    products: [
      { m: 64, k: 64, n: 64 },
      { m: 128, k: 128, n: 128 },
      { m: 256, k: 256, n: 256 },
      { m: 512, k: 512, n: 512 },
      { m: 1024, k: 1024, n: 1024 },
      { m: 17, k: 33, n: 65 },
      { m: 64, k: 256, n: 128 },
      { m: 1000, k: 784, n: 30 },
    ],
    rounds: 9,
    seed: undefined,
    headed: false,
    json: false,
    save: false,
  });
});

test('every option, with a space or an equals sign', () => {
  const expected = {
    products: [
      { m: 256, k: 256, n: 256 },
      { m: 17, k: 33, n: 65 },
    ],
    rounds: 5,
    seed: 0,
    headed: true,
    json: true,
    save: false,
  };
  const spaced = ['--sizes', '256, 17x33x65', '--rounds', '5', '--seed', '0', '--headed', '--json'];
  expect(parse(spaced)).toEqual(expected);
  const equal = ['--sizes=256,17×33×65', '--rounds=5', '--seed=0', '--headed', '--json'];
  expect(parse(equal)).toEqual(expected);
});

test('--save is for all products', () => {
  expect(parse(['--save'])).toEqual({ ...benchCommand.defaults, save: true });
  expect(() => parse(['--sizes', '64', '--save'])).toThrow('leave out --sizes');
});

test.each([[['--help']], [['-h']], [['--json', '--help']]])('%j asks for help', (args) => {
  expect(parse(args)).toBe('help');
});

test('the help names every option and the defaults', () => {
  const help = helpText(benchCommand);
  for (const name of ['--sizes', '--rounds', '--seed', '--save', '--headed', '--json', '--help'])
    expect(help).toContain(`  ${name} `);
  expect(help).toContain('default 9');
});

test.each([
  ['--jsn', "unknown option '--jsn', did you mean '--json'?"],
  ['64', "unexpected argument '64'"],
  ['--sizes', '--sizes needs a value'],
  ['--sizes=', '--sizes needs a value'],
  ['--sizes --json', '--sizes needs a value'],
  ['--sizes 0', "each number from 1 to 4096, got '0'"],
  ['--sizes 64,', "got ''"],
  ['--sizes 64x64', "got '64x64'"],
  ['--sizes 1x2x3x4', "got '1x2x3x4'"],
  ['--sizes 5000', "got '5000'"],
  ['--sizes 6.4', "got '6.4'"],
  ['--rounds 2', "--rounds takes a whole number from 3 to 1000, got '2'"],
  ['--rounds many', "got 'many'"],
  ['--seed -1', "--seed takes a whole number from 0 to 4294967295, got '-1'"],
  ['--json=yes', '--json takes no value'],
])('%s: %s', (line, message) => {
  expect(() => parse(line.split(' '))).toThrow(OptionError);
  expect(() => parse(line.split(' '))).toThrow(message);
});
