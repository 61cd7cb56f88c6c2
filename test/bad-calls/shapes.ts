// Bad calls of elementwise operations, and of those that rearrange: shapes that do not broadcast or fit, axes, ranges.
import {
  ArgumentError,
  AxisError,
  add,
  astype,
  concat,
  DTypeError,
  IndexError,
  meshgrid,
  ShapeError,
  stack,
  type Tensor,
  where,
} from '../../src/index.ts';
import { type Bad, DTYPES, loose, NO_AXES, OUT_OF_2 } from './table.ts';

const bad = (value: unknown) => value as never;
const ONE_OF_THEM = 'they must be equal, or one of them 1';

const elementwise: Bad[] = [
  [
    ({ x, w }) => x.add(w),
    ShapeError,
    `add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 meet at axis -1; ${ONE_OF_THEM}`,
  ],
  [
    ({ x, square }) => x.mul(square),
    ShapeError,
    `mul: shapes [2, 3] and [3, 3] do not broadcast: sizes 2 and 3 meet at axis -2; ${ONE_OF_THEM}`,
  ],
  [
    ({ none, x }) => none.equal(x),
    ShapeError,
    `equal: shapes [2, 0] and [2, 3] do not broadcast: sizes 0 and 3 meet at axis -1; ${ONE_OF_THEM}`,
  ],
  [
    ({ x, w }) => where(x, w, 0),
    ShapeError,
    `where: shapes [2, 3] and [2] and [] do not broadcast: sizes 3 and 2 meet at axis -1; ${ONE_OF_THEM}`,
  ],
  [
    ({ x, w }) => x.clip(w, 1),
    ShapeError,
    `clip: shapes [2, 3] and [2] and [] do not broadcast: sizes 3 and 2 meet at axis -1; ${ONE_OF_THEM}`,
  ],
  [() => add(bad('1'), 2), ArgumentError, "add: the first argument must be a tensor or a number, got '1'"],
  [
    ({ x }) => x.add(bad([1, 2, 3])),
    ArgumentError,
    'add: the second argument must be a tensor or a number, got [1, 2, 3]; wrap it: tensor(...)',
  ],
  [
    ({ x }) => x.sub(bad(Float32Array.of(1))),
    ArgumentError,
    'sub: the second argument must be a tensor or a number, got a Float32Array; wrap it: tensor(...)',
  ],
  [
    ({ x }) => x.mul(bad(true)),
    ArgumentError,
    'mul: the second argument must be a tensor or a number, got true; wrap it: tensor(...)',
  ],
  [
    ({ x }) => x.div(bad(null)),
    ArgumentError,
    'div: the second argument must be a tensor or a number, got null',
  ],
  [({ x }) => x.pow(bad(2n)), ArgumentError, 'pow: the second argument must be a tensor or a number, got 2n'],
  [
    ({ x }) => x.add(bad(x.data())),
    ArgumentError,
    'add: the second argument must be a tensor or a number, got a Promise',
  ],
  [
    ({ x }) => x.maximum(bad({ storage: 1, strides: [] })),
    ArgumentError,
    'maximum: the second argument must be a tensor or a number, got an object',
  ],
  [({ x }) => loose(x).add?.(), ArgumentError, 'add: takes 2 operands, got 1'],
  [({ x }) => loose(x).sqrt?.(2), ArgumentError, 'sqrt: takes 1 operand, got 2'],
  [
    ({ x }) => where(x, 1, bad('0')),
    ArgumentError,
    "where: the third argument must be a tensor or a number, got '0'",
  ],
  [({ x }) => x.clip(bad('0')), ArgumentError, "clip: the lower bound must be a tensor or a number, got '0'"],
  [
    ({ x }) => x.clip(0, bad([6])),
    ArgumentError,
    'clip: the upper bound must be a tensor or a number, got [6]; wrap it: tensor(...)',
  ],
  [({ x }) => x.elu(bad('1')), ArgumentError, "elu: takes a tensor and one number, got '1'"],
  [
    ({ x, s }) => x.leakyRelu(bad(s)),
    ArgumentError,
    'leakyRelu: takes a tensor and one number, got a float32 tensor []',
  ],
  [
    ({ x }) => x.gelu(bad({ approximate: 'tanh' })),
    ArgumentError,
    "gelu: approximate must be true or false, got 'tanh'",
  ],
  [({ x }) => x.gelu(bad(true)), ArgumentError, 'gelu: options are an object { approximate }, got true'],
  [
    ({ x }) => x.gelu(bad({ aproximate: true })),
    ArgumentError,
    "gelu: unknown option 'aproximate', did you mean 'approximate'? The options are approximate",
  ],
  [({ x }) => x.astype(bad('int64')), DTypeError, `astype: unknown dtype 'int64'. ${DTYPES}`],
  [
    () => astype(bad('x'), 'int32'),
    ArgumentError,
    "astype: the first argument must be a tensor or a number, got 'x'",
  ],
  [({ x }) => loose(x).astype?.(), DTypeError, `astype: unknown dtype undefined. ${DTYPES}`],
];

const views: Bad[] = [
  [({ x }) => x.reshape([7]), ShapeError, 'reshape: [2, 3] has 6 elements, which do not fit into [7]'],
  [
    ({ x }) => x.reshape([4, -1]),
    ShapeError,
    'reshape: [2, 3] has 6 elements, which do not fit into [4, -1]',
  ],
  [
    ({ x }) => x.reshape([0, -1]),
    ShapeError,
    'reshape: [2, 3] has 6 elements, which do not fit into [0, -1]',
  ],
  [({ x }) => x.reshape([-1, -1]), ShapeError, 'reshape: only one size may be -1, got [-1, -1]'],
  [
    ({ x }) => x.reshape([-2, -3]),
    ShapeError,
    'reshape: sizes are whole numbers of at least 0, got [-2, -3]',
  ],
  [
    ({ x }) => x.reshape([1.5, 4]),
    ShapeError,
    'reshape: sizes are whole numbers of at least 0, got [1.5, 4]',
  ],
  [({ x }) => loose(x).reshape?.(3, 2), ArgumentError, 'reshape: takes one shape: reshape([3, 2])'],
  [({ x }) => x.reshape(bad('6')), ShapeError, "reshape: sizes are whole numbers of at least 0, got ['6']"],
  [({ x }) => loose(x).reshape?.(), ShapeError, 'reshape: a shape is an array of sizes, got undefined'],
  [({ x }) => x.permuteDims([0, 0]), AxisError, 'permuteDims: axes [0, 0] name the same axis twice'],
  [
    ({ x }) => x.permuteDims([0]),
    AxisError,
    'permuteDims: axes must list all 2 axes of shape [2, 3], got [0]',
  ],
  [({ x }) => x.permuteDims([0, 2]), AxisError, `permuteDims: axis 2 ${OUT_OF_2}`],
  [
    ({ x }) => loose(x).permuteDims?.(1, 0),
    AxisError,
    'permuteDims: axes must list all 2 axes of shape [2, 3], got 1',
  ],
  [({ x }) => x.transpose([0]), AxisError, 'transpose: axes must list all 2 axes of shape [2, 3], got [0]'],
  [({ x }) => x.transpose([0, 0]), AxisError, 'transpose: axes [0, 0] name the same axis twice'],
  [({ v }) => v.T, ShapeError, 'T: only matrices, got shape [3]; use .mT or .permuteDims(axes)'],
  [({ v }) => v.mT, ShapeError, 'mT: at least two axes are needed, got shape [3]'],
  [
    ({ x }) => x.broadcastTo([2, 2]),
    ShapeError,
    `broadcastTo: shapes [2, 3] and [2, 2] do not broadcast: sizes 3 and 2 meet at axis -1; ${ONE_OF_THEM}`,
  ],
  [({ x }) => x.broadcastTo([3]), ShapeError, 'broadcastTo: [2, 3] does not broadcast to [3]'],
  [({ x }) => loose(x).broadcastTo?.(2, 3), ShapeError, 'broadcastTo: a shape is an array of sizes, got 2'],
  [({ x }) => x.slice(0, 0, 0), AxisError, 'slice: 3 ranges for 2 axes (shape [2, 3])'],
  [({ x }) => x.slice(2), IndexError, 'slice: index 2 is out of range for 2 entries; it must lie in [-2, 1]'],
  [
    ({ x }) => x.slice(null, -4),
    IndexError,
    'slice: index -4 is out of range for 3 entries; it must lie in [-3, 2]',
  ],
  [
    ({ none }) => none.slice(0, 0),
    IndexError,
    'slice: index 0 is out of range: there are no entries to choose from',
  ],
  [({ x }) => x.slice(0.5), ArgumentError, 'slice: the index of axis 0 must be a whole number, got 0.5'],
  [({ x }) => x.slice([0, 1, 0]), ArgumentError, 'slice: the step of axis 0 must not be 0'],
  [({ x }) => x.slice([0, 1.5]), ArgumentError, 'slice: the bound of axis 0 must be a whole number, got 1.5'],
  [
    ({ x }) => x.slice(bad('0:2')),
    ArgumentError,
    "slice: a range is a number, [start, stop, step] or null, got '0:2'",
  ],
  [
    ({ x }) => x.slice(bad([0, 1, 1, 1])),
    ArgumentError,
    'slice: a range is a number, [start, stop, step] or null, got [0, 1, 1, 1]',
  ],
  [({ x }) => x.squeeze(0), ShapeError, 'squeeze: axis 0 of shape [2, 3] has size 2, not 1'],
  [({ x }) => x.squeeze(2), AxisError, `squeeze: axis 2 ${OUT_OF_2}`],
  [({ ones }) => ones.squeeze([0, -5]), AxisError, 'squeeze: axes [0, -5] name the same axis twice'],
  [
    ({ x }) => x.expandDims(5),
    AxisError,
    'expandDims: axis 5 is out of range for 3 axes; it must lie in [-3, 2]',
  ],
  [({ x }) => loose(x).expandDims?.(), AxisError, 'expandDims: an axis is a whole number, got undefined'],
  [
    ({ zeros }) => zeros(1, 1, 1, 1, 1, 1).expandDims(0),
    ShapeError,
    'expandDims: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [({ v }) => v.diagonal(), ShapeError, 'diagonal: at least two axes are needed, got shape [3]'],
  [({ x }) => x.diagonal(0.5), ArgumentError, 'diagonal: k must be a whole number, got 0.5'],
];

const rearrangements: Bad[] = [
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
  [({ x }) => x.flip([0, -2]), AxisError, 'flip: axes [0, -2] name the same axis twice'],
  [
    ({ x }) => loose(x).flip?.(0, 1),
    ArgumentError,
    'flip: takes one axis, or one list of axes: flip([0, 1])',
  ],
  [({ x }) => x.roll(0.5), ArgumentError, 'roll: shift must be a whole number, got 0.5'],
  [({ x }) => x.roll(1, 2), AxisError, `roll: axis 2 ${OUT_OF_2}`],
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
  [({ x }) => loose(x).tile?.(2, 2), ArgumentError, 'tile: takes one list: tile([2, 2])'],
  [
    ({ x }) => x.pad([[1, 1]]),
    ShapeError,
    'pad: widths are a list of [before, after] for each of the 2 axes of shape [2, 3], got [[1, 1]]',
  ],
  [
    ({ x }) => x.pad(bad(1)),
    ShapeError,
    'pad: widths are a list of [before, after] for each of the 2 axes of shape [2, 3], got 1',
  ],
  [
    ({ x }) => loose(x).pad?.([[1], [1, 1]]),
    ArgumentError,
    'pad: the width of axis 0 must be [before, after], got [1]',
  ],
  [({ v }) => v.pad([[-1, 0]]), ArgumentError, 'pad: a width must be a whole number of at least 0, got -1'],
  [
    ({ v }) => loose(v).pad?.([[0, 0]], { value: '0' }),
    ArgumentError,
    "pad: value must be a number, got '0'",
  ],
  [
    ({ v }) => loose(v).pad?.([[0, 0]], { mode: 'reflect' }),
    ArgumentError,
    "pad: unknown option 'mode'. The options are value",
  ],
  [({ v }) => v.tril(), ShapeError, 'tril: at least two axes are needed, got shape [3]'],
  [({ x }) => x.triu(0.5), ArgumentError, 'triu: k must be a whole number, got 0.5'],
];

const lists: Bad[] = [
  [() => concat([]), ArgumentError, 'concat: takes a list of at least one tensor, got []'],
  [
    ({ x }) => concat(bad(x)),
    ArgumentError,
    'concat: takes a list of at least one tensor, got a float32 tensor [2, 3]',
  ],
  [
    ({ x, w }) => concat([x, w]),
    ShapeError,
    'concat: shapes [2, 3], [2] must agree on every axis but axis 0',
  ],
  [({ x }) => concat([x, bad(null)]), ArgumentError, 'concat: entry 1 must be a tensor, got null'],
  [({ x }) => concat([x, x], 2), AxisError, `concat: axis 2 ${OUT_OF_2}`],
  [({ s }) => concat([s, s]), AxisError, 'concat: axis 0 of a tensor without axes (shape [])'],
  [() => stack([]), ArgumentError, 'stack: takes a list of at least one tensor, got []'],
  [() => stack(bad(new Set())), ArgumentError, 'stack: takes a list of at least one tensor, got a Set'],
  [({ x, v }) => stack([x, v]), ShapeError, 'stack: shapes [2, 3], [3] must be the same'],
  [
    ({ x }) => stack([x, x], 3),
    AxisError,
    'stack: axis 3 is out of range for 3 axes; it must lie in [-3, 2]',
  ],
  [
    ({ x }) => stack([x, 1 as unknown as Tensor]),
    ArgumentError,
    'stack: entry 1 must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    ({ zeros }) => stack([zeros(1, 1, 1, 1, 1, 1), zeros(1, 1, 1, 1, 1, 1)]),
    ShapeError,
    'stack: shape [2, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [({ x, v }) => meshgrid(x, v), ShapeError, 'meshgrid: vectors have one axis, got shape [2, 3]'],
  [
    ({ v }) => meshgrid(v, bad([1, 2])),
    ArgumentError,
    'meshgrid: options are an object { indexing }, got [1, 2]',
  ],
  [
    ({ v }) => meshgrid(bad(3), v),
    ArgumentError,
    'meshgrid: vector 0 must be a tensor, got 3; wrap it: tensor(...)',
  ],
  [
    ({ v }) => meshgrid(v, { indexing: bad('xyz') }),
    ArgumentError,
    "meshgrid: unknown indexing 'xyz', did you mean 'xy'? It is one of xy, ij",
  ],
  [
    ({ v, w }) => meshgrid(v, w, w, w, w, w, w),
    ShapeError,
    'meshgrid: shape [2, 3, 2, 2, 2, 2, 2] has 7 axes; at most 6 are possible',
  ],
  [({ s }) => s.cumulativeSum(), AxisError, `cumulativeSum: ${NO_AXES}`],
  [({ x }) => x.cumulativeProd(2), AxisError, `cumulativeProd: axis 2 ${OUT_OF_2}`],
];

export const shapes = [...elementwise, ...views, ...rearrangements, ...lists];
