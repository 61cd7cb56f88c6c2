// Calls with an index or label out of range that lies in a tensor, where only the device sees it. test/ops/errors-late.test.ts
// makes them everywhere, test/gpu/errors-late.test.ts where it is found out late.
import { grad, type Tensor, tensor, zeros } from '../../src/index.ts';
import type { InternalOps } from '../../src/tensor.ts';

export const whole = (values: number[], shape = [values.length]) =>
  tensor(Int32Array.from(values), { shape });
const gather = (x: Tensor, indices: Tensor, axis: number) =>
  (x as Tensor & InternalOps).gather(indices, axis);

export interface Late {
  readonly of: string;
  /** The bad call, on x = [10, 20, 30] and m = [[1, 2, 3], [4, 5, 6]]. */
  readonly call: (x: Tensor, m: Tensor) => Tensor;
  readonly message: string;
  /** What a GPU has computed, by the nearest entries, if there are any. */
  readonly nearest: readonly number[] | null;
}

export const OUT_OF_3 = 'is out of range for 3 entries; it must lie in [-3, 2]';
const OUT_OF_2 = 'is out of range for 2 entries; it must lie in [-2, 1]';
export const CLASSES = 'is out of range for 3 classes; it must lie in [0, 2]';

export const late: Late[] = [
  { of: 'take', call: (x) => x.take(whole([0, 7])), message: `take: index 7 ${OUT_OF_3}`, nearest: [10, 30] },
  {
    of: 'take',
    call: (x) => x.take(whole([-4, 1])),
    message: `take: index -4 ${OUT_OF_3}`,
    nearest: [10, 20],
  },
  {
    of: 'take along the last axis',
    call: (_, m) => m.take(whole([3], [1, 1]), 1),
    message: `take: index 3 ${OUT_OF_3}`,
    nearest: [3, 6],
  },
  {
    of: 'take by the largest int32',
    call: (_, m) => m.take(whole([2147483647])),
    message: `take: index 2147483647 ${OUT_OF_2}`,
    nearest: [4, 5, 6],
  },
  {
    of: 'take by the smallest int32',
    call: (_, m) => m.take(whole([-2147483648])),
    message: `take: index -2147483648 ${OUT_OF_2}`,
    nearest: [1, 2, 3],
  },
  {
    of: 'take out of nothing',
    call: () => tensor([[], []]).take(whole([0]), 1),
    message: 'take: index 0 is out of range: there are no entries to choose from',
    nearest: null,
  },
  {
    of: 'takeAlongAxis',
    call: (_, m) => m.takeAlongAxis(whole([0, 3], [2, 1]), 1),
    message: `takeAlongAxis: index 3 ${OUT_OF_3}`,
    nearest: [1, 6],
  },
  {
    of: 'takeAlongAxis, broadcast',
    call: (_, m) => m.takeAlongAxis(whole([-3], [1, 1]), 0),
    message: `takeAlongAxis: index -3 ${OUT_OF_2}`,
    nearest: [1, 2, 3],
  },
  {
    of: 'gather',
    call: (_, m) => gather(m, whole([0, 0, 0, 0, 0, -4], [2, 3]), 1),
    message: `gather: index -4 ${OUT_OF_3}`,
    nearest: [1, 1, 1, 4, 4, 4],
  },
  {
    of: 'oneHot',
    call: () => whole([1, 3]).oneHot(3),
    message: `oneHot: label 3 ${CLASSES}`,
    nearest: [0, 1, 0, 0, 0, 0],
  },
  {
    of: 'oneHot of whole numbers',
    call: () => whole([-1]).oneHot(3, { dtype: 'int32' }),
    message: `oneHot: label -1 ${CLASSES}`,
    nearest: [0, 0, 0],
  },
  {
    of: 'softmaxCrossEntropy',
    call: () => zeros([2, 3]).softmaxCrossEntropy(whole([0, 3])),
    message: `softmaxCrossEntropy: label 3 ${CLASSES}`,
    nearest: [Math.fround(Math.log(3)), Math.fround(Math.log(3))],
  },
  {
    of: 'softmaxCrossEntropy',
    call: (_, m) => m.softmaxCrossEntropy(whole([-1, 2])),
    message: `softmaxCrossEntropy: label -1 ${CLASSES}`,
    nearest: [2.407606, 0.407606],
  },
  {
    of: 'the gradient of take',
    call: (x) => grad((t: Tensor) => t.take(whole([1, 3])).sum())(x),
    message: `take: index 3 ${OUT_OF_3}`,
    nearest: [0, 1, 0],
  },
  {
    of: 'the second gradient of take',
    call: (x) =>
      grad((t: Tensor) =>
        grad((u: Tensor) =>
          u
            .take(whole([1, 3]))
            .square()
            .sum(),
        )(t).sum(),
      )(x),
    message: `take: index 3 ${OUT_OF_3}`,
    nearest: [0, 2, 0],
  },
  {
    of: 'the gradient of takeAlongAxis',
    call: (_, m) => grad((t: Tensor) => t.takeAlongAxis(whole([0, 5], [2, 1]), 1).sum())(m),
    message: `takeAlongAxis: index 5 ${OUT_OF_3}`,
    nearest: [1, 0, 0, 0, 0, 0],
  },
  {
    of: 'the gradient of softmaxCrossEntropy',
    call: () => grad((t: Tensor) => t.softmaxCrossEntropy(whole([3])).sum())(zeros([1, 3])),
    message: `softmaxCrossEntropy: label 3 ${CLASSES}`,
    nearest: [1 / 3, 1 / 3, 1 / 3], // of no label
  },
];
