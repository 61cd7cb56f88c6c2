// `npm run verify` and `npm run docs:accuracy`: the command line, the inputs that a part of all numbers has, and whether
// docs/accuracy.md is what the kept measurements say.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toFound, toWorst } from '../../scripts/accuracy/found.ts';
import { opList, verifyCommand } from '../../scripts/accuracy/options.ts';
import { countOf, inputsOf, type Part } from '../../scripts/accuracy/part.ts';
import { accuracyPage, isComplete, type Survey, ulpText } from '../../scripts/accuracy/report.ts';
import { OptionError, parseOptions } from '../../scripts/options.ts';
import { unaryNames } from '../accuracy/ops.ts';
import { worstOf } from '../accuracy/worst.ts';

const parse = (...args: string[]) => parseOptions(verifyCommand, args);

describe('the command line of verify', () => {
  it('means all numbers on WebGPU unless it says otherwise', () => {
    const all = {
      op: 'tanh',
      backend: 'webgpu',
      from: -127,
      to: 128,
      share: [1, 1],
      fresh: false,
      list: false,
    };
    expect(parse('--op', 'tanh')).toEqual(all);
    const some = parse(
      '--op=gelu',
      '--backend=dawn',
      '--from',
      '-3',
      '--to',
      '10',
      '--share',
      '5/64',
      '--fresh',
    );
    expect(some).toEqual({
      ...all,
      op: 'gelu',
      backend: 'dawn',
      from: -3,
      to: 10,
      share: [5, 64],
      fresh: true,
    });
    expect(parse('--list')).toEqual({ ...all, op: undefined, list: true });
  });

  it('means random programs and wrong files too', () => {
    const all = { programs: 500, backend: 'webgpu', op: undefined, seed: undefined, path: undefined };
    expect(parse('--programs', '500')).toMatchObject(all);
    expect(parse('--files', '9', '--seed', '3')).toMatchObject({ files: 9, seed: 3, programs: undefined });
    const one = parse('--programs=1', '--seed=7', '--path=17:0:3', '--backend=dawn');
    expect(one).toMatchObject({ programs: 1, seed: 7, path: '17:0:3', backend: 'dawn' });
  });

  it.each([
    [[], '--op is missing'],
    [['--op', 'tahn'], "did you mean 'tan'?"],
    [['--op', 'tanh', '--share', '0/4'], '--share takes one of equal shares, such as 1/64'],
    [['--op', 'tanh', '--share', '5/4'], "got '5/4'"],
    [['--op', 'tanh', '--share', '3'], "got '3'"],
    [['--op', 'tanh', '--from', '-128'], '--from takes an exponent from -127 to 128'],
    [['--op', 'tanh', '--to', '1.5'], '--to takes an exponent from -127 to 128'],
    [['--op', 'tanh', '--from', '3', '--to', '2'], 'leaves no input'],
    [['--op', 'tanh', '--programs', '9'], 'one at a time'],
    [['--op', 'tanh', '--seed', '9'], '--seed belongs to --programs and --files'],
    [['--files', '9', '--programs', '9'], '--programs and --files are two verifications'],
    [['--files', '9', '--seed', '1', '--path', '3'], '--path belongs to --programs'],
    [['--files', 'all'], '--files takes a whole number from 1'],
    [['--programs', '1', '--path', '3:1'], '--path needs the --seed'],
    [['--programs', '1', '--seed', '1', '--path', '3:'], 'such as 17:0:3'],
    [['--programs', '0'], '--programs takes a whole number from 1'],
  ])('%j is wrong', (args, message) => {
    expect(() => parse(...args)).toThrow(OptionError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('lists every op', () => {
    const lines = opList().split('\n');
    for (const name of unaryNames)
      expect(
        lines.some((line) => line.startsWith(`${name} `)),
        name,
      ).toBe(true);
  });
});

describe('a part of all numbers', () => {
  const all: Part = { from: -127, to: 128, share: [1, 1] };
  const bits = (x: Float32Array) => [...new Uint32Array(x.buffer)];

  it('is all 2^32 by default, positive ones first', () => {
    expect(countOf(all)).toBe(2 ** 32);
    expect(bits(inputsOf(all, 0, 3))).toEqual([0, 1, 2]);
    expect(bits(inputsOf(all, 2 ** 31 - 1, 2 ** 31 + 2))).toEqual([0x7fffffff, 0x80000000, 0x80000001]);
    expect(bits(inputsOf(all, 2 ** 32 - 1, 2 ** 32))).toEqual([0xffffffff]);
  });

  it('holds both signs of its exponents, and no others', () => {
    const part: Part = { from: -1, to: 0, share: [1, 1] };
    expect(countOf(part)).toBe(2 ** 25);
    const edges = [0, 2 ** 24 - 1, 2 ** 24, 2 ** 25 - 1].flatMap((k) => [...inputsOf(part, k, k + 1)]);
    expect(edges).toEqual([0.5, 2 - 2 ** -23, -0.5, -2 + 2 ** -23]);
  });

  it('is divided into shares without gaps and overlaps', () => {
    const whole: Part = { from: 128, to: 128, share: [1, 1] };
    const n = 999_983; // does not divide the count
    const seen = new Set<number>();
    let count = 0;
    for (let i = 1; i <= n; i += 1000) {
      const part: Part = { ...whole, share: [i, n] };
      count += countOf(part);
      for (const b of bits(inputsOf(part, 0, countOf(part)))) seen.add(b);
    }
    expect(seen.size).toBe(count);
    const total = Array.from({ length: 7 }, (_, i) => countOf({ ...all, share: [i + 1, 7] }));
    expect(total.reduce((a, b) => a + b)).toBe(2 ** 32);
  });
});

describe('what is found', () => {
  it('is the worst, and survives JSON', () => {
    const x = Float32Array.of(1, 4, 9, 16);
    const worst = worstOf('sqrt', x, [1, 2.0000005, Number.NaN, -4], false);
    expect(worst).toEqual({ ulp: Infinity, x: 9, got: Number.NaN, want: 3 });
    expect(toWorst(JSON.parse(JSON.stringify(toFound(worst))))).toEqual(worst);
    expect(Object.is(toWorst(toFound({ ...worst, x: -0 })).x, -0)).toBe(true);
    expect(worstOf('sqrt', x, [1, 2, 3, 4], false).ulp).toBe(0);
  });

  it('is rounded up', () => {
    const text = (ulp: string) => ulpText({ ulp, x: '0', got: '0', want: '0' });
    expect(['0', '0.4999999', '1.401', '3', 'Infinity'].map(text)).toEqual([
      'exact',
      '0.50',
      '1.41',
      '3.00',
      'wrong',
    ]);
  });
});

describe('docs/accuracy.md', () => {
  const kept = globSync('bench/results/accuracy-*.json').map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as Survey,
  );

  it('rests on complete measurements, of the CPU and of WebGPU', () => {
    expect(kept.filter((survey) => !isComplete(survey))).toEqual([]);
    expect(new Set(kept.map(({ adapter }) => adapter.kind))).toEqual(new Set(['cpu', 'webgpu']));
  });

  it('is what they say: else run npm run docs:accuracy', () => {
    expect(readFileSync('docs/accuracy.md', 'utf8')).toBe(accuracyPage(kept));
  });
});
