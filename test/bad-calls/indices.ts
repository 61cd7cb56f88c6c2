// Bad calls of what selects: indices and labels out of range on the host, of the wrong dtype or shape; sorting.
import { ArgumentError, AxisError, DTypeError, IndexError, ShapeError, sort } from '../../src/index.ts';
import { type Bad, loose, NO_AXES, OUT_OF_2, onCpu } from './table.ts';

const bad = (value: unknown) => value as never;
const INT32 = "must be int32, got float32; convert with .astype('int32')";

const indices: Bad[] = [
  [
    ({ x }) => x.take([0, 2]),
    IndexError,
    'take: index 2 is out of range for 2 entries; it must lie in [-2, 1]',
  ],
  [({ x }) => x.take(-3), IndexError, 'take: index -3 is out of range for 2 entries; it must lie in [-2, 1]'],
  [
    ({ x }) => x.take([3], 1),
    IndexError,
    'take: index 3 is out of range for 3 entries; it must lie in [-3, 2]',
  ],
  [
    ({ x }) => x.take(bad(Int32Array.of(1, 9))),
    IndexError,
    'take: index 9 is out of range for 2 entries; it must lie in [-2, 1]',
  ],
  [
    ({ none }) => none.take(0, 1),
    IndexError,
    'take: index 0 is out of range: there are no entries to choose from',
  ],
  [({ x }) => x.take([0.5]), ArgumentError, 'take: each of the indices must be a whole number, got 0.5'],
  [
    ({ x }) => x.take([Number.NaN]),
    ArgumentError,
    'take: each of the indices must be a whole number, got NaN',
  ],
  [
    ({ x }) => x.take(bad([[0, 1]])),
    ArgumentError,
    'take: each of the indices must be a whole number, got [0, 1]',
  ],
  [({ x }) => x.take(bad([1n])), ArgumentError, 'take: each of the indices must be a whole number, got 1n'],
  [
    ({ x }) => x.take(bad(null)),
    ArgumentError,
    'take: indices must be an int32 tensor or whole numbers, got null',
  ],
  [
    ({ x }) => x.take(bad('0')),
    ArgumentError,
    "take: indices must be an int32 tensor or whole numbers, got '0'",
  ],
  [({ x, v }) => x.take(v), DTypeError, `take: indices ${INT32}`],
  [
    ({ x, mask }) => x.take(mask),
    DTypeError,
    "take: indices must be int32, got bool; convert with .astype('int32')",
  ],
  [({ x }) => x.take(0, 2), AxisError, `take: axis 2 ${OUT_OF_2}`],
  [({ s }) => s.take(0), AxisError, 'take: axis 0 of a tensor without axes (shape [])'],
  [({ ones, zeros }) => ones.take(zeros(2, 2)), DTypeError, `take: indices ${INT32}`],
  [
    ({ ones, whole }) => ones.take(whole([0], [1, 1, 1])),
    ShapeError,
    'take: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [
    ({ x, k }) => x.takeAlongAxis(k, 0),
    ShapeError,
    'takeAlongAxis: indices [2] must have as many axes as [2, 3]',
  ],
  [({ x }) => x.takeAlongAxis(x, 0), DTypeError, `takeAlongAxis: indices ${INT32}`],
  [
    ({ x }) => x.takeAlongAxis(bad([[0, 1, 1]]), 0),
    ArgumentError,
    'takeAlongAxis: indices must be a tensor, got [[0, 1, 1]]; wrap it: tensor(...)',
  ],
  [
    ({ x, whole }) => x.takeAlongAxis(whole([0, 1], [1, 2]), 0),
    ShapeError,
    'takeAlongAxis: shapes [1, 3] and [1, 2] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [({ x, whole }) => x.takeAlongAxis(whole([0], [1, 1]), 2), AxisError, `takeAlongAxis: axis 2 ${OUT_OF_2}`],
  [({ k }) => k.oneHot(0), ArgumentError, 'oneHot: depth must be a whole number of at least 1, got 0'],
  [({ k }) => k.oneHot(2.5), ArgumentError, 'oneHot: depth must be a whole number of at least 1, got 2.5'],
  [({ v }) => v.oneHot(4), DTypeError, `oneHot: indices ${INT32}`],
  [
    ({ k }) => k.oneHot(2, { dtype: bad('int8') }),
    DTypeError,
    "oneHot: unknown dtype 'int8'. The dtypes are bool, int32, float16, float32, float64",
  ],
  [
    ({ whole }) => whole([0], [1, 1, 1, 1, 1, 1]).oneHot(2),
    ShapeError,
    'oneHot: shape [1, 1, 1, 1, 1, 1, 2] has 7 axes; at most 6 are possible',
  ],
  // On a GPU these are found out when somebody reads: test/ops/errors-late.test.ts.
  ...onCpu(
    [
      ({ x, whole }) => x.take(whole([0, -3])),
      IndexError,
      'take: index -3 is out of range for 2 entries; it must lie in [-2, 1]',
    ],
    [
      ({ x, whole }) => x.takeAlongAxis(whole([0, 3], [2, 1]), 1),
      IndexError,
      'takeAlongAxis: index 3 is out of range for 3 entries; it must lie in [-3, 2]',
    ],
    [
      ({ whole }) => whole([0, 4]).oneHot(4),
      IndexError,
      'oneHot: label 4 is out of range for 4 classes; it must lie in [0, 3]',
    ],
    [
      ({ x, whole }) => x.softmaxCrossEntropy(whole([0, -1])),
      IndexError,
      'softmaxCrossEntropy: label -1 is out of range for 3 classes; it must lie in [0, 2]',
    ],
  ),
];

const labels: Bad[] = [
  [
    ({ x, whole }) => x.softmaxCrossEntropy(whole([0])),
    ShapeError,
    'softmaxCrossEntropy: logits [2, 3] want labels of shape [2], got [1]; labels are class numbers, not one-hot rows',
  ],
  [({ x, y }) => x.softmaxCrossEntropy(y), DTypeError, `softmaxCrossEntropy: labels ${INT32}`],
  [
    ({ x, mask }) => x.softmaxCrossEntropy(mask),
    DTypeError,
    "softmaxCrossEntropy: labels must be int32, got bool; convert with .astype('int32')",
  ],
  [
    ({ x }) => x.softmaxCrossEntropy(bad([0, 1])),
    ArgumentError,
    'softmaxCrossEntropy: labels must be a tensor, got [0, 1]; wrap it: tensor(...)',
  ],
  [
    ({ none, k }) => none.softmaxCrossEntropy(k),
    ShapeError,
    'softmaxCrossEntropy: logits [2, 0] have no classes',
  ],
  [
    ({ s, k }) => s.softmaxCrossEntropy(k),
    ShapeError,
    'softmaxCrossEntropy: logits [] want labels of shape [], got [2]; labels are class numbers, not one-hot rows',
  ],
  [({ s }) => s.softmax(), AxisError, `softmax: ${NO_AXES}`],
  [({ x }) => x.softmax(0.5), AxisError, 'softmax: an axis is a whole number, got 0.5'],
  [({ x }) => x.logSoftmax(2), AxisError, `logSoftmax: axis 2 ${OUT_OF_2}`],
];

const sorting: Bad[] = [
  [({ s }) => s.sort(), AxisError, `sort: ${NO_AXES}`],
  [({ x }) => x.sort(2), AxisError, `sort: axis 2 ${OUT_OF_2}`],
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
  [({ s }) => s.argsort(), AxisError, `argsort: ${NO_AXES}`],
  [
    ({ x }) => loose(x).sort?.(0, { stable: true }),
    ArgumentError,
    "sort: unknown option 'stable'. The options are descending",
  ],
  [() => sort(2), ArgumentError, 'sort: the first argument must be a tensor, got 2; wrap it: tensor(...)'],
  [({ x }) => x.topk(4), ArgumentError, 'topk: k must be a whole number from 0 to 3, got 4'],
  [({ x }) => x.topk(-1), ArgumentError, 'topk: k must be a whole number from 0 to 3, got -1'],
  [({ s }) => s.topk(1), AxisError, `topk: ${NO_AXES}`],
];

export const selections = [...indices, ...labels, ...sorting];
