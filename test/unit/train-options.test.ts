// The command line of `npm run train`: what it means, and what a mistake in it says.
import { describe, expect, test } from 'vitest';
import { helpText, OptionError, parseOptions } from '../../scripts/options.ts';
import { settingsOf, type TrainOptions, trainCommand } from '../../scripts/train/options.ts';

const parse = (args: readonly string[]) => parseOptions(trainCommand, args);

describe('parseOptions', () => {
  test('nothing gives the defaults of the task', () => {
    expect(parse([])).toEqual({
      backend: 'webgpu',
      net: 'dense',
      size: 16,
      epochs: undefined,
      hidden: [128, 64],
      batch: undefined,
      learningRate: undefined,
      seed: undefined,
      atLeast: undefined,
      headed: false,
      json: false,
      save: undefined,
    });
  });

  test('each net is trained in its own way, unless the options say otherwise', () => {
    const settings = (line: string) => settingsOf(parse(line.split(' ')) as TrainOptions);
    const dense = { net: 'dense', size: 16, hidden: [128, 64], epochs: 5, batch: 64, learningRate: 0.001 };
    expect(settings('--json')).toEqual(dense);
    expect(settings('--size 28 --epochs 1')).toEqual({ ...dense, size: 28, epochs: 1 });
    const cnn = { ...dense, net: 'cnn', epochs: 4, batch: 128, learningRate: 0.004 };
    expect(settings('--model cnn')).toEqual(cnn);
    expect(settings('--batch 64 --model cnn --lr 0.01')).toEqual({ ...cnn, batch: 64, learningRate: 0.01 });
  });

  test('every option, with a space or an equals sign', () => {
    const expected = {
      backend: 'cpu',
      net: 'dense',
      size: 28,
      epochs: 2,
      hidden: [30, 20, 10],
      batch: 100,
      learningRate: 0.01,
      seed: 7,
      atLeast: 97.5,
      headed: false,
      json: true,
      save: 'out.json',
    };
    const spaced =
      '--backend cpu --model dense --size 28 --epochs 2 --hidden 30,20,10 --batch 100 --lr 1e-2 --seed 7 --at-least 97.5 --json --save out.json';
    const equal =
      '--backend=cpu --model=dense --size=28 --epochs=2 --hidden=30,20,10 --batch=100 --lr=.01 --seed=7 --at-least=97.5 --json --save=out.json';
    expect(parse(spaced.split(' '))).toEqual(expected);
    expect(parse(equal.split(' '))).toEqual(expected);
    expect(parse(['--headed'])).toEqual({ ...trainCommand.defaults, headed: true });
  });

  test('the last of two wins; seed 0 is a seed', () => {
    expect(parse(['--seed', '5', '--seed=0'])).toMatchObject({ seed: 0 });
  });

  test.each([[['--help']], [['-h']], [['--epochs', '3', '--help']]])('%j asks for help', (args) => {
    expect(parse(args)).toBe('help');
  });

  test.each([
    ['--epoch', "unknown option '--epoch', did you mean '--epochs'?"],
    ['--epohcs 3', "did you mean '--epochs'?"],
    ['--jsn', "did you mean '--json'?"],
    ['--hid 3', "did you mean '--hidden'?"],
    ['--learning-rate 1', "unknown option '--learning-rate'. See --help"],
    ['-e', "unknown option '-e'."],
    ['5', "unexpected argument '5'"],
    ['--backend cuda', "--backend takes webgpu, cpu, dawn, got 'cuda'"],
    ['--backend webgl', "did you mean 'webgpu'?"],
    ['--backend', '--backend needs a value'],
    ['--seed --json', '--seed needs a value'],
    ['--save=', '--save needs a value'],
    ['--json=yes', "--json takes no value, got '--json=yes'"],
    ['--epochs 0', "--epochs takes a whole number from 1 to 1000, got '0'"],
    ['--epochs 2.5', "got '2.5'"],
    ['--epochs=-1', "got '-1'"],
    ['--epochs 1e2', "got '1e2'"],
    ['--epochs five', "got 'five'"],
    ['--batch 60001', "--batch takes a whole number from 1 to 60000, got '60001'"],
    ['--hidden 128,,64', "--hidden, between commas, takes a whole number from 1 to 4096, got ''"],
    ['--hidden 128x64', "got '128x64'"],
    ['--hidden 0', "got '0'"],
    ['--lr 0', "--lr takes a number above 0, got '0'"],
    ['--lr -1', "got '-1'"],
    ['--lr Infinity', "got 'Infinity'"],
    ['--lr fast', "got 'fast'"],
    ['--at-least 101', "--at-least takes a number above 0 and at most 100, got '101'"],
    ['--at-least 0', "got '0'"],
    ['--seed 4294967296', "--seed takes a whole number from 0 to 4294967295, got '4294967296'"],
    ['--model cn', "--model takes dense, cnn, got 'cn', did you mean 'cnn'?"],
    ['--size 32', "--size takes 16, 28, got '32'"],
    ['--model cnn --hidden 3', '--hidden is for --model dense'],
    ['--headed --backend dawn', '--headed shows the browser, and --backend dawn uses none'],
    ['--epochs 1 --batch 60000', 'make a single step'],
  ])('%s is refused', (line, message) => {
    expect(() => parse(line.split(' '))).toThrow(OptionError);
    expect(() => parse(line.split(' '))).toThrow(message);
  });
});

test('the help names every option and fits a terminal', () => {
  const help = helpText(trainCommand);
  for (const { name } of Object.values(trainCommand.options)) expect(help).toContain(`\n  ${name} `);
  expect(help).toContain('\n  --help           this text\n');
  expect(help).toContain('(default 128,64)');
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});
