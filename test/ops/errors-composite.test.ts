// Bad calls of the operations that are made of others, and of the rows behind them: a typed error that names the
// operation which was called, what it got and the rule; and not a byte is lost by it.
import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  AxisError,
  DTypeError,
  einsum,
  IndexError,
  memory,
  meshgrid,
  outer,
  random,
  ShapeError,
  scope,
  sort,
  stack,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const whole = (values: number[], shape = [values.length]) => tensor(Int32Array.from(values), { shape });
const of = (shape: number[]) => tensor(new Float32Array(shape.reduce((n, d) => n * d, 1)), { shape });

/** Operands: a matrix, vectors of 3 and 2, a scalar, whole numbers, axes without entries, and many of size 1. */
const operands = () => ({
  x: of([2, 3]),
  v: of([3]),
  w: of([2]),
  s: of([]),
  k: whole([0, 1]),
  none: of([2, 0]),
  square: of([3, 3]),
  ones: of([1, 1, 1, 1, 1]),
  image: of([1, 3, 4, 1]),
});
type Operands = ReturnType<typeof operands>;
/** Arguments that the types forbid. */
type Loose = Readonly<Record<string, (...args: unknown[]) => unknown>>;
const loose = (x: Tensor) => x as unknown as Loose;

type Bad = [call: (o: Operands) => unknown, kind: new (message: string) => Error, message: string];

const OUT = 'is out of range for 2 axes; it must lie in [-2, 1]';
const NO_AXES = 'axis -1 of a tensor without axes (shape [])';

const reductions: Bad[] = [
  [({ x }) => x.min(2), AxisError, `min: axis 2 ${OUT}`],
  [({ x }) => x.min([0, -2]), AxisError, 'min: axes [0,-2] name the same axis twice'],
  [({ none }) => none.min(1), ShapeError, 'min: no elements to choose from in shape [2, 0] over axes [1]'],
  [
    ({ none }) => none.argmin(),
    ShapeError,
    'argmin: no elements to choose from in shape [2, 0] over axes [0, 1]',
  ],
  [({ x }) => loose(x).argmin?.([0, 1]), AxisError, 'argmin: an axis is a whole number, got 0,1'],
  [({ x }) => loose(x).all?.('0'), AxisError, 'all: an axis is a whole number, got 0'],
  [({ x }) => loose(x).any?.(0, true), ArgumentError, 'any: options are an object { keepdims }, got true'],
  [
    ({ x }) => loose(x).sum?.(0, { keepdims: 1 }),
    ArgumentError,
    'sum: keepdims must be true or false, got 1',
  ],
  [
    ({ x }) => loose(x).prod?.(0, { keepdims: 'yes' }),
    ArgumentError,
    "prod: keepdims must be true or false, got 'yes'",
  ],
  [({ x }) => x.prod(2), AxisError, `prod: axis 2 ${OUT}`],
  [
    ({ x }) => loose(x).prod?.(0, { dtype: 'int32' }),
    ArgumentError,
    "prod: unknown option 'dtype'. The options are keepdims",
  ],
  [({ x }) => x.var(-3), AxisError, `var: axis -3 ${OUT}`],
  [
    ({ x }) => loose(x).var?.(0, { correction: '1' }),
    ArgumentError,
    'var: correction must be a finite number, got 1',
  ],
  [
    ({ x }) => x.std(0, { correction: Number.NaN }),
    ArgumentError,
    'std: correction must be a finite number, got NaN',
  ],
  [
    ({ x }) => loose(x).std?.(0, { ddof: 1 }),
    ArgumentError,
    "std: unknown option 'ddof'. The options are keepdims, correction",
  ],
  [({ x }) => x.logSumExp(0.5), AxisError, 'logSumExp: an axis is a whole number, got 0.5'],
  [({ x }) => x.countNonzero(5), AxisError, `countNonzero: axis 5 ${OUT}`],
  [({ s }) => s.cumulativeSum(), AxisError, `cumulativeSum: ${NO_AXES}`],
  [({ x }) => x.cumulativeProd(2), AxisError, `cumulativeProd: axis 2 ${OUT}`],
];

const rearrangements: Bad[] = [
  [({ x }) => x.transpose([0]), AxisError, 'transpose: axes must list all 2 axes of shape [2, 3], got 0'],
  [({ x }) => x.transpose([0, 0]), AxisError, 'transpose: axes [0,0] name the same axis twice'],
  [({ x }) => x.split(2, 1), ShapeError, 'split: the 3 entries of axis 1 do not divide into 2 equal parts'],
  [
    ({ x }) => x.split([1, 1], 1),
    ShapeError,
    'split: the sizes [1, 1] do not add up to the 3 entries of axis 1',
  ],
  [
    ({ x }) => x.split(0),
    ArgumentError,
    'split: the number of parts must be a whole number of at least 1, got 0',
  ],
  [({ x }) => x.split([-1, 3]), ArgumentError, 'split: a size must be a whole number of at least 0, got -1'],
  [({ s }) => s.split(1), AxisError, 'split: axis 0 of a tensor without axes (shape [])'],
  [({ x }) => x.flip([0, -2]), AxisError, 'flip: axes [0,-2] name the same axis twice'],
  [({ x }) => x.roll(0.5), ArgumentError, 'roll: shift must be a whole number, got 0.5'],
  [({ x }) => x.roll(1, 2), AxisError, `roll: axis 2 ${OUT}`],
  [({ x }) => x.repeat(-1, 0), ArgumentError, 'repeat: n must be a whole number of at least 0, got -1'],
  [({ x }) => loose(x).repeat?.(2), AxisError, 'repeat: an axis is a whole number, got undefined'],
  [
    ({ x }) => x.tile([1.5]),
    ArgumentError,
    'tile: a repetition must be a whole number of at least 0, got 1.5',
  ],
  [
    ({ x }) => x.tile([1, 1, 1, 1, 1, 1, 2]),
    ShapeError,
    'tile: shape [1, 1, 1, 1, 1, 2, 6] has 7 axes; at most 6 are possible',
  ],
  [
    ({ x }) => x.pad([[1, 1]]),
    ShapeError,
    'pad: widths are a list of [before, after] for each of the 2 axes of shape [2, 3]',
  ],
  [
    ({ x }) => loose(x).pad?.([[1], [1, 1]]),
    ArgumentError,
    'pad: the width of axis 0 must be [before, after], got 1',
  ],
  [({ v }) => v.pad([[-1, 0]]), ArgumentError, 'pad: a width must be a whole number of at least 0, got -1'],
  [({ v }) => loose(v).pad?.([[0, 0]], { value: '0' }), ArgumentError, 'pad: value must be a number, got 0'],
  [
    ({ v }) => loose(v).pad?.([[0, 0]], { mode: 'reflect' }),
    ArgumentError,
    "pad: unknown option 'mode'. The options are value",
  ],
  [({ v }) => v.tril(), ShapeError, 'tril: at least two axes are needed, got shape [3]'],
  [({ x }) => x.triu(0.5), ArgumentError, 'triu: k must be a whole number, got 0.5'],
  [({ v }) => v.diagonal(), ShapeError, 'diagonal: at least two axes are needed, got shape [3]'],
  [({ x }) => x.trace(0.5), ArgumentError, 'trace: k must be a whole number, got 0.5'],
  [({ v }) => v.trace(), ShapeError, 'trace: at least two axes are needed, got shape [3]'],
  [() => stack([]), ArgumentError, 'stack: takes a list of at least one tensor, got an empty list'],
  [({ x, v }) => stack([x, v]), ShapeError, 'stack: shapes [2, 3], [3] must be the same'],
  [
    ({ x }) => stack([x, x], 3),
    AxisError,
    'stack: axis 3 is out of range for 3 axes; it must lie in [-3, 2]',
  ],
  [
    ({ x }) => stack([x, 1 as unknown as Tensor]),
    ArgumentError,
    'stack: the entry 1 must be a tensor, got the number 1; wrap it: tensor(...)',
  ],
  [
    ({ ones }) => scope(() => stack([ones.expandDims(0), ones.expandDims(0)])),
    ShapeError,
    'stack: shape [2, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [({ x, v }) => meshgrid(x, v), ShapeError, 'meshgrid: vectors have one axis, got shape [2, 3]'],
  [
    ({ v }) => meshgrid(v, { indexing: 'xyz' as 'xy' }),
    ArgumentError,
    "meshgrid: indexing must be 'xy' or 'ij', got xyz",
  ],
  [
    ({ v, w }) => meshgrid(v, w, w, w, w, w, w),
    ShapeError,
    'meshgrid: shape [2, 3, 2, 2, 2, 2, 2] has 7 axes; at most 6 are possible',
  ],
];

const choices: Bad[] = [
  [
    ({ x, k }) => x.takeAlongAxis(k, 0),
    ShapeError,
    'takeAlongAxis: indices [2] must have as many axes as [2, 3]',
  ],
  [
    ({ x }) => x.takeAlongAxis(x, 0),
    DTypeError,
    "takeAlongAxis: indices must be int32, got float32; convert with .astype('int32')",
  ],
  [
    ({ x, k }) => scope(() => x.takeAlongAxis(k.reshape([1, 2]), 0)),
    ShapeError,
    'takeAlongAxis: shapes [1, 3] and [1, 2] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [({ s }) => s.sort(), AxisError, `sort: ${NO_AXES}`],
  [({ x }) => x.sort(2), AxisError, `sort: axis 2 ${OUT}`],
  [
    ({ x }) => loose(x).sort?.(0, { descending: 1 }),
    ArgumentError,
    'sort: descending must be true or false, got 1',
  ],
  [
    ({ x }) => loose(x).argsort?.(0, { descending: 'no' }),
    ArgumentError,
    "argsort: descending must be true or false, got 'no'",
  ],
  [
    ({ x }) => loose(x).sort?.(0, { stable: true }),
    ArgumentError,
    "sort: unknown option 'stable'. The options are descending",
  ],
  [
    () => sort(2),
    ArgumentError,
    'sort: the first argument must be a tensor, got the number 2; wrap it: tensor(...)',
  ],
  [({ x }) => x.topk(4), ArgumentError, 'topk: k must be a whole number from 0 to 3, got 4'],
  [({ x }) => x.topk(-1), ArgumentError, 'topk: k must be a whole number from 0 to 3, got -1'],
  [({ s }) => s.topk(1), AxisError, `topk: ${NO_AXES}`],
];

const products: Bad[] = [
  [
    ({ v }) => outer(2, v),
    ArgumentError,
    'outer: the first argument must be a tensor, got the number 2; wrap it: tensor(...)',
  ],
  [
    ({ v }) => loose(v).outer?.([1, 2]),
    ArgumentError,
    'outer: the second argument must be a tensor or a number, got an array; wrap it: tensor(...)',
  ],
  [({ v, w }) => v.vecdot(w), ShapeError, 'vecdot: the vectors differ in length: [3] and [2] along axis -1'],
  [
    ({ x, square }) => x.vecdot(square),
    ShapeError,
    'vecdot: shapes [2, 3] and [3, 3] do not broadcast: sizes 2 and 3 meet at axis -2; they must be equal, or one of them 1',
  ],
  [
    ({ x, v }) => x.vecdot(v, -2),
    AxisError,
    'vecdot: axis -2 is out of range for 1 axes; it must lie in [-1, 0]',
  ],
  [({ x, v }) => x.tensordot(v), ArgumentError, 'tensordot: axes must be a whole number from 0 to 1, got 2'],
  [
    ({ x }) => x.tensordot(x, 1),
    ShapeError,
    'tensordot: the summed axes differ: [3] of [2, 3] and [2] of [2, 3]',
  ],
  [
    ({ x }) => x.tensordot(x, [[0], [0, 1]]),
    AxisError,
    'tensordot: axes must be a number or two lists of the same length, got [[0],[0,1]]',
  ],
  [
    ({ x }) =>
      x.tensordot(x, [
        [0, 0],
        [0, 1],
      ]),
    AxisError,
    'tensordot: axes [0,0] name the same axis twice',
  ],
  [({ x }) => x.tensordot(x, [[2], [0]]), AxisError, `tensordot: axis 2 ${OUT}`],
  [
    ({ image }) => image.tensordot(image, 0),
    ShapeError,
    'tensordot: shape [1, 3, 4, 1, 1, 3, 4, 1] has 8 axes; at most 6 are possible',
  ],
];

const einsums: Bad[] = [
  [({ x }) => einsum('ij,jk->ik', x), ArgumentError, "einsum: 'ij,jk->ik' names 2 operands, got 1"],
  [({ x }) => einsum('ij,jk->ik', x, x), ShapeError, "einsum: index 'j' has sizes 3 and 2"],
  [({ x }) => einsum('ijk', x), ShapeError, "einsum: 'ijk' does not fit operand 0 of shape [2, 3]"],
  [({ x, v }) => einsum('j,i', v, x), ShapeError, "einsum: 'i' does not fit operand 1 of shape [2, 3]"],
  [
    ({ x }) => einsum('ij->ik', x),
    ArgumentError,
    "einsum: the output's index 'k' stands in no operand in 'ij->ik'",
  ],
  [({ x }) => einsum('ij->ii', x), ArgumentError, "einsum: an index stands twice in the output in 'ij->ii'"],
  [
    ({ x }) => einsum('ii', x),
    ShapeError,
    "einsum: index 'i' has sizes 2 and 3 in one operand of shape [2, 3]",
  ],
  [({ x }) => einsum('i$', x), ArgumentError, "einsum: 'i$' has more than letters and '...' in 'i$'"],
  [({ x }) => einsum('ij->i->j', x), ArgumentError, "einsum: more than one '->' in 'ij->i->j'"],
  [
    ({ x, v }) => einsum('...i...,i', x, v),
    ArgumentError,
    "einsum: more than one '...' in '...i...' in '...i...,i'",
  ],
  [
    ({ x }) => einsum('...i->i', x),
    ArgumentError,
    "einsum: the axes of '...' are not in the output in '...i->i'",
  ],
  [
    ({ x, square }) => einsum('...i,...i', x, square),
    ShapeError,
    'einsum: shapes [3] and [2] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [
    ({ x }) => einsum(1 as unknown as string, x),
    ArgumentError,
    'einsum: the equation must be a string, got number',
  ],
  [() => einsum('ij'), ArgumentError, 'einsum: takes at least one operand'],
  [
    () => einsum('ij', 1 as unknown as Tensor),
    ArgumentError,
    'einsum: the operand 0 must be a tensor, got the number 1; wrap it: tensor(...)',
  ],
  [
    ({ image, ones }) => einsum('abcd,efghi->abcdefghi', image, ones),
    ShapeError,
    'einsum: shape [1, 3, 4, 1, 1, 1, 1, 1, 1] has 9 axes; at most 6 are possible',
  ],
];

const normalisations: Bad[] = [
  [({ x, w }) => x.layerNorm(w), ShapeError, 'layerNorm: gamma must be [3], got [2]'],
  [({ x, v, w }) => x.layerNorm(v, w), ShapeError, 'layerNorm: beta must be [3], got [2]'],
  [
    ({ x }) => loose(x).layerNorm?.(1),
    ArgumentError,
    'layerNorm: the gamma must be a tensor, got the number 1; wrap it: tensor(...)',
  ],
  [
    ({ x, v }) => loose(x).layerNorm?.(v, v, { eps: 1 }),
    ArgumentError,
    "layerNorm: unknown option 'eps'. The options are axis, epsilon",
  ],
  [
    ({ x }) => x.layerNorm(null, null, { epsilon: -1 }),
    ArgumentError,
    'layerNorm: epsilon must be a number of at least 0, got -1',
  ],
  [({ x }) => x.layerNorm(null, null, { axis: 2 }), AxisError, `layerNorm: axis 2 ${OUT}`],
  [({ s }) => s.layerNorm(), AxisError, `layerNorm: ${NO_AXES}`],
  [({ x, w }) => x.batchNorm(w), ShapeError, 'batchNorm: gamma must be [3], got [2]'],
  [({ x, v, w }) => x.batchNorm(v, v, { mean: w }), ShapeError, 'batchNorm: mean must be [3], got [2]'],
  [
    ({ x, v }) => loose(x).batchNorm?.(v, v, { variance: 1 }),
    ArgumentError,
    'batchNorm: the variance must be a tensor, got the number 1; wrap it: tensor(...)',
  ],
  [
    ({ x, v }) => loose(x).batchNorm?.(v, v, { momentum: 0.9 }),
    ArgumentError,
    "batchNorm: unknown option 'momentum'. The options are mean, variance, epsilon",
  ],
  [
    ({ x }) => x.batchNorm(null, null, { epsilon: Number.NaN }),
    ArgumentError,
    'batchNorm: epsilon must be a number of at least 0, got NaN',
  ],
  [({ s }) => s.batchNorm(), ShapeError, 'batchNorm: x needs at least one axis, [..., channels], got []'],
  [({ x }) => x.dropout(1, random(1)), ArgumentError, 'dropout: the rate must lie in [0, 1), got 1'],
  [({ x }) => x.dropout(-0.1, random(1)), ArgumentError, 'dropout: the rate must lie in [0, 1), got -0.1'],
  [
    ({ x }) => x.dropout(Number.NaN, random(1)),
    ArgumentError,
    'dropout: the rate must lie in [0, 1), got NaN',
  ],
  [
    ({ x }) => loose(x).dropout?.(0.5),
    ArgumentError,
    'dropout: the third argument must be a generator, random(seed)',
  ],
];

describe('bad calls', () => {
  it.each([...reductions, ...rearrangements, ...choices, ...products, ...einsums, ...normalisations])(
    '%s',
    (call, kind, message) => {
      const given = operands();
      const { tensors, bytes } = memory();
      let caught: unknown;
      try {
        call(given);
      } catch (error) {
        caught = error;
      }
      expect(memory()).toMatchObject({ tensors, bytes });
      expect(caught).toBeInstanceOf(kind);
      expect((caught as Error).message).toBe(message);
      expect((caught as Error).name).toBe(kind.name);
    },
  );
});

describe('read-outs', () => {
  it('indices of takeAlongAxis are found out at the latest when somebody reads', async () => {
    const late = async (index: number) =>
      of([2, 3])
        .takeAlongAxis(whole([0, index], [2, 1]), 1)
        .data();
    await expect(late(3)).rejects.toThrow(
      new IndexError('takeAlongAxis: index 3 is out of range for 3 entries; it must lie in [-3, 2]'),
    );
    await expect(late(-4)).rejects.toThrow('takeAlongAxis: index -4 is out of range for 3 entries');
    expect(await late(-3)).toEqual(Float32Array.of(0, 0));
  });
});
