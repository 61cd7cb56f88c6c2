// Bad calls of reductions: axes that are not there or stand twice, options, and the largest of nothing.
import { ArgumentError, AxisError, ShapeError, sum } from '../../src/index.ts';
import { type Bad, loose, OUT_OF_2 } from './table.ts';

export const reductions: Bad[] = [
  [({ x }) => x.min(2), AxisError, `min: axis 2 ${OUT_OF_2}`],
  [({ x }) => x.min([0, -2]), AxisError, 'min: axes [0, -2] name the same axis twice'],
  [({ none }) => none.min(1), ShapeError, 'min: no elements to choose from in shape [2, 0] over axes [1]'],
  [
    ({ none }) => none.argmin(),
    ShapeError,
    'argmin: no elements to choose from in shape [2, 0] over axes [0, 1]',
  ],
  [({ x }) => loose(x).argmin?.([0, 1]), AxisError, 'argmin: an axis is a whole number, got [0, 1]'],
  [({ x }) => loose(x).all?.('0'), AxisError, "all: an axis is a whole number, got '0'"],
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
  [({ x }) => x.prod(2), AxisError, `prod: axis 2 ${OUT_OF_2}`],
  [
    ({ x }) => loose(x).prod?.(0, { dtype: 'int32' }),
    ArgumentError,
    "prod: unknown option 'dtype'. The options are keepdims",
  ],
  [({ x }) => x.var(-3), AxisError, `var: axis -3 ${OUT_OF_2}`],
  [
    ({ x }) => loose(x).var?.(0, { correction: '1' }),
    ArgumentError,
    "var: correction must be a finite number, got '1'",
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
  [({ x }) => x.countNonzero(5), AxisError, `countNonzero: axis 5 ${OUT_OF_2}`],
  [({ x }) => x.sum(2), AxisError, `sum: axis 2 ${OUT_OF_2}`],
  [({ x }) => x.sum([0, -2]), AxisError, 'sum: axes [0, -2] name the same axis twice'],
  [({ x }) => x.sum(0.5), AxisError, 'sum: an axis is a whole number, got 0.5'],
  [({ x }) => loose(x).sum?.({ axis: 0 }), AxisError, 'sum: an axis is a whole number, got an object'],
  [({ x }) => loose(x).sum?.(new Array(2)), AxisError, 'sum: an axis is a whole number, got undefined'],
  [({ x }) => x.sum([0, 1, 2]), AxisError, `sum: axis 2 ${OUT_OF_2}`],
  [() => sum(3), ArgumentError, 'sum: the first argument must be a tensor, got 3; wrap it: tensor(...)'],
  [
    ({ x }) => loose(x).sum?.(0, { keepDims: true }),
    ArgumentError,
    "sum: unknown option 'keepDims', did you mean 'keepdims'? The options are keepdims",
  ],
  [({ x }) => loose(x).mean?.(0, 1), ArgumentError, 'mean: options are an object { keepdims }, got 1'],
  [({ x }) => loose(x).mean?.('rows'), AxisError, "mean: an axis is a whole number, got 'rows'"],
  [({ none }) => none.max(1), ShapeError, 'max: no elements to choose from in shape [2, 0] over axes [1]'],
  [({ none }) => none.max(), ShapeError, 'max: no elements to choose from in shape [2, 0] over axes [0, 1]'],
  [
    ({ none }) => none.argmax(1),
    ShapeError,
    'argmax: no elements to choose from in shape [2, 0] over axes [1]',
  ],
  [({ x }) => x.argmax(-3), AxisError, `argmax: axis -3 ${OUT_OF_2}`],
  [
    ({ x }) => loose(x).argmax?.(0, true),
    ArgumentError,
    'argmax: options are an object { keepdims }, got true',
  ],
  [({ x }) => x.countNonzero([1, 1]), AxisError, 'countNonzero: axes [1, 1] name the same axis twice'],
  [({ s }) => s.sum(0), AxisError, 'sum: axis 0 of a tensor without axes (shape [])'],
];
