// Values in messages: one line each, whatever they are.
import { expect, describe as group, it } from 'vitest';
import { describe, describeOperand } from '../../src/core/describe.ts';

const endless: unknown[] = [1];
endless.push(endless);
class Custom {}

group('describe', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [-1.5, '-1.5'],
    [12n, '12n'],
    [true, 'true'],
    ['x', "'x'"],
    ['y'.repeat(100), `'${'y'.repeat(60)}…'`],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [Custom, 'a function'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Custom(), 'a Custom'],
    [new Map(), 'a Map'],
    [Promise.resolve(), 'a Promise'],
    [Int32Array.of(1), 'an Int32Array'],
    [[], '[]'],
    [[1, [2, 'a']], "[1, [2, 'a']]"],
    [new Array(2), '[undefined, undefined]'],
    [Array.from({ length: 20 }, (_, i) => i), '[0, 1, 2, 3, 4, 5, 6, 7, …]'],
    [endless, '[1, [1, [1, […]]]]'],
    [{ dtype: 'int32', shape: [2, 3] }, 'an int32 tensor [2, 3]'],
    [{ constructor: 1 }, 'an object'],
  ])('%o', (value, words) => {
    expect(describe(value)).toBe(words);
  });

  it('tells how to make a tensor of what can be one', () => {
    expect(describeOperand([[1, 2]])).toBe('[[1, 2]]; wrap it: tensor(...)');
    expect(describeOperand(false)).toBe('false; wrap it: tensor(...)');
    expect(describeOperand(Float32Array.of(1))).toBe('a Float32Array; wrap it: tensor(...)');
    for (const other of ['x', ['x'], {}, [{}], null]) expect(describeOperand(other)).toBe(describe(other));
  });
});
