// Bad calls of products: matmul, dense, and those that are made of them, to einsum's notation.
import { ArgumentError, AxisError, einsum, outer, ShapeError, type Tensor } from '../../src/index.ts';
import { type Bad, loose, OUT_OF_2 } from './table.ts';

const bad = (value: unknown) => value as never;

const matrices: Bad[] = [
  [({ x, w }) => x.matmul(w), ShapeError, 'matmul: inner dimensions differ: [2, 3] @ [2] (3 vs 2)'],
  [
    ({ zeros }) => zeros(64, 256).matmul(zeros(128, 10)),
    ShapeError,
    'matmul: inner dimensions differ: [64, 256] @ [128, 10] (256 vs 128)',
  ],
  [
    ({ x, s }) => x.matmul(s),
    ShapeError,
    'matmul: operands need at least one axis: [2, 3] @ []; use mul for scalars',
  ],
  [
    ({ zeros }) => zeros(2, 3, 4).matmul(zeros(5, 4, 3)),
    ShapeError,
    'matmul: shapes [2] and [5] do not broadcast: sizes 2 and 5 meet at axis -1; they must be equal, or one of them 1',
  ],
  [
    ({ x }) => x.matmul(bad(2)),
    ArgumentError,
    'matmul: the second argument must be a tensor, got 2; wrap it: tensor(...)',
  ],
  [({ x }) => x.dense(x), ShapeError, 'dense: inner dimensions differ: [2, 3] @ [2, 3] (3 vs 2)'],
  [({ x, v }) => x.dense(v), ShapeError, 'dense: the kernel must be [in, out], got [3]'],
  [({ s, square }) => s.dense(square), ShapeError, 'dense: x needs at least one axis, [..., in], got []'],
  [
    ({ x, square, w }) => x.dense(square, w),
    ShapeError,
    'dense: the bias must be [3] for the kernel [3, 3], got [2]',
  ],
  [
    ({ x, square }) => x.dense(square, bad(1)),
    ArgumentError,
    'dense: the bias must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    ({ x, square }) => x.dense(square, null, bad('rleu')),
    ArgumentError,
    "dense: unknown activation 'rleu', did you mean 'relu'? Fused are linear, relu, sigmoid, tanh",
  ],
  [
    ({ x, square }) => x.dense(square, null, bad('toString')),
    ArgumentError,
    "dense: unknown activation 'toString'. Fused are linear, relu, sigmoid, tanh",
  ],
  [
    ({ x, square }) =>
      x.dense(
        square,
        null,
        bad(() => x),
      ),
    ArgumentError,
    'dense: unknown activation a function. Fused are linear, relu, sigmoid, tanh',
  ],
  [({ v }) => v.trace(), ShapeError, 'trace: at least two axes are needed, got shape [3]'],
  [({ x }) => x.trace(0.5), ArgumentError, 'trace: k must be a whole number, got 0.5'],
  [
    ({ v }) => outer(2, v),
    ArgumentError,
    'outer: the first argument must be a tensor, got 2; wrap it: tensor(...)',
  ],
  [
    ({ v }) => loose(v).outer?.([1, 2]),
    ArgumentError,
    'outer: the second argument must be a tensor, got [1, 2]; wrap it: tensor(...)',
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
    'tensordot: axes must be a number or two lists of the same length, got [[0], [0, 1]]',
  ],
  [
    ({ x }) =>
      x.tensordot(x, [
        [0, 0],
        [0, 1],
      ]),
    AxisError,
    'tensordot: axes [0, 0] name the same axis twice',
  ],
  [({ x }) => x.tensordot(x, [[2], [0]]), AxisError, `tensordot: axis 2 ${OUT_OF_2}`],
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
    'einsum: the equation must be a string, got 1',
  ],
  [() => einsum('ij'), ArgumentError, 'einsum: takes at least one operand'],
  [
    () => einsum('ij', 1 as unknown as Tensor),
    ArgumentError,
    'einsum: operand 0 must be a tensor, got 1; wrap it: tensor(...)',
  ],
  [
    ({ image, ones }) => einsum('abcd,efghi->abcdefghi', image, ones),
    ShapeError,
    'einsum: shape [1, 3, 4, 1, 1, 1, 1, 1, 1] has 9 axes; at most 6 are possible',
  ],
];

export const products = [...matrices, ...einsums];
