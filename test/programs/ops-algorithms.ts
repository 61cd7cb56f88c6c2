// How reductions, products, norms, convolutions and pools are drawn.
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Draw, Value } from './draw.ts';
import type { StepRule } from './ops.ts';
import { broadcasts, ref } from './ops-elementwise.ts';
import type { Arg } from './program.ts';

const keepdims = (d: Draw): Arg => d.pick<Arg>([undefined, { keepdims: true }]);

const reduction =
  (fits: (x: Value) => boolean = () => true): StepRule =>
  (d) => {
    const x = d.find(fits);
    return x && { args: [ref(x), d.axes(x.shape.length), keepdims(d)] };
  };

/** With elements to choose from. */
const filled = (x: Value): boolean => x.tensor.size > 0;

const position: StepRule = (d) => {
  const x = d.find(filled);
  if (!x) return undefined;
  const axis = x.shape.length > 0 && d.next(3) > 0 ? d.axis(x.shape.length) : undefined;
  return { args: [ref(x), axis, keepdims(d)] };
};

const spread: StepRule = (d) => {
  const x = d.find();
  const options = d.pick<Arg>([undefined, { correction: 1 }, { correction: 0.5 }, { keepdims: true }]);
  return x && { args: [ref(x), d.axes(x.shape.length), options] };
};

/** Over one axis, the last by default. */
const overAxis =
  (fits: (x: Value) => boolean = () => true): StepRule =>
  (d) => {
    const x = d.find((v) => v.shape.length > 0 && fits(v));
    return x && { args: [ref(x), d.pick([undefined, d.axis(x.shape.length)])] };
  };

const matmul: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && v.shape.length <= 4);
  if (!x) return undefined;
  const k = x.shape.at(-1) as number;
  const batch = x.shape.slice(0, -2);
  const fits = (v: Value): boolean =>
    v.shape.length === 1
      ? v.shape[0] === k
      : v.shape.at(-2) === k && broadcasts(v.shape.slice(0, -2), batch) && v.shape.length > 1;
  const shape = (): Shape =>
    d.pick([[k, 1 + d.next(5)], [k], [...d.compatible(batch), k, 1 + d.next(4)], [k, d.pick([9, 4, 8])]]);
  return {
    args: [ref(x), ref(d.findOr(fits, () => d.leaf(shape(), d.pick(['float', 'float', 'float', 'int32']))))],
  };
};

const dense: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && v.shape.length <= 4);
  if (!x) return undefined;
  const from = x.shape.at(-1) as number;
  const w = d.findOr(
    (v) => v.shape.length === 2 && v.shape[0] === from,
    () => d.leaf([from, d.pick([2, 1, 3, 4, 8, 5])]),
  );
  const to = w.shape[1] as number;
  const bias = d.findOr(
    (v) => v.shape.length === 1 && v.shape[0] === to,
    () => d.leaf([to]),
  );
  return {
    args: [
      ref(x),
      ref(w),
      d.pick<Arg>([ref(bias), null]),
      d.pick([undefined, 'relu', 'tanh', 'sigmoid', 'linear']),
    ],
  };
};

const outer: StepRule = (d) => {
  const x = d.find((v) => v.tensor.size <= 40);
  if (!x) return undefined;
  return {
    args: [
      ref(x),
      ref(
        d.findOr(
          (v) => v.tensor.size <= 20,
          () => d.leaf([1 + d.next(4)]),
        ),
      ),
    ],
  };
};

const vecdot: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1);
  if (!x) return undefined;
  const n = x.shape.at(-1);
  const y = d.findOr(
    (v) => v.shape.at(-1) === n && v.shape.length > 0 && broadcasts(v.shape, x.shape),
    () => d.leaf([...d.compatible(x.shape.slice(0, -1)), n as number]),
  );
  return { args: [ref(x), ref(y), d.pick([undefined, -1])] };
};

const tensordot: StepRule = (d) => {
  const x = d.find((v) => v.shape.length <= 3);
  if (!x) return undefined;
  const rank = x.shape.length;
  if (d.next(2) === 0) {
    const n = d.next(Math.min(rank, 2) + 1);
    return { args: [ref(x), ref(d.leaf([...x.shape.slice(rank - n), ...d.pick([[2], [], [3]])])), n] };
  }
  const left = d.order(rank).slice(0, d.next(rank + 1));
  const y = d.leaf([1 + d.next(3), ...left.map((k) => x.shape[k] as number)]);
  const right = left.map((_, k) => k + 1);
  return { args: [ref(x), ref(y), [left.map((k) => (d.once(3) ? k - rank : k)), right]] };
};

const LETTERS = 'abcdefgh';

/** Letters for the axes of the first operand, of which those of equal size may be one; the second shares some. */
const einsum: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && v.shape.length <= 4 && v.tensor.size <= 200);
  if (!x) return undefined;
  const sizes = new Map<string, number>();
  const letters = x.shape.map((n, k) => {
    const same = [...sizes].find(([, m]) => m === n);
    const letter = same && d.once(4) ? same[0] : (LETTERS[k] as string);
    sizes.set(letter, n);
    return letter;
  });
  if (d.once(5)) {
    const dots = `...${letters.at(-1)}`;
    const apart = x.shape.length > 1;
    return {
      args: [
        apart ? d.pick([`${dots}->...`, `${dots}->${letters.at(-1)}...`, dots]) : `${letters[0]}->`,
        ref(x),
      ],
    };
  }
  const result = (all: readonly string[]): string =>
    d.once(4)
      ? ''
      : `->${d
          .order(all.length)
          .map((k) => all[k])
          .filter(() => d.next(3) < 2)
          .join('')}`;
  if (d.once(3)) return { args: [`${letters.join('')}${result([...sizes.keys()])}`, ref(x)] };
  const shared = [...sizes.keys()].filter(() => d.next(2) === 0);
  const own = d.next(2) === 0 ? ['z'] : [];
  if (own.length > 0) sizes.set('z', 1 + d.next(3));
  const second = [...own, ...shared];
  const y = d.leaf(second.map((s) => sizes.get(s) as number));
  return { args: [`${letters.join('')},${second.join('')}${result([...sizes.keys()])}`, ref(x), ref(y)] };
};

const layerNorm: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && v.tensor.size > 0);
  if (!x) return undefined;
  const rank = x.shape.length;
  const axis = d.pick<number | number[] | undefined>([undefined, d.axis(rank), rank > 1 ? [-2, -1] : [0]]);
  const axes = [axis ?? -1].flat().map((k) => (k < 0 ? k + rank : k));
  const parameter = (): Arg => (d.next(3) === 0 ? null : ref(d.leaf(axes.map((k) => x.shape[k] as number))));
  return {
    args: [
      ref(x),
      parameter(),
      parameter(),
      { ...(axis === undefined ? {} : { axis }), epsilon: d.pick([0.1, 1, 0.001]) },
    ],
  };
};

const batchNorm: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && v.tensor.size > 0);
  if (!x) return undefined;
  const channels = [x.shape.at(-1) as number];
  const parameter = (): Arg => (d.next(3) === 0 ? null : ref(d.leaf(channels)));
  const statistics: Record<string, Arg> =
    d.next(2) === 0 ? {} : { mean: ref(d.leaf(channels)), variance: ref(d.leaf(channels, 'float', 1, 3)) };
  return { args: [ref(x), parameter(), parameter(), { ...statistics, epsilon: d.pick([0.1, 1, 0.001]) }] };
};

/** Images that there are, or new ones. */
const images = (d: Draw): Value =>
  d.findOr(
    (v) => v.shape.length === 4 && sizeOf(v.shape) > 0,
    () => d.leaf([1 + d.next(2), 2 + d.next(5), 2 + d.next(5), d.pick([1, 2, 4, 3, 8])]),
  );

const PADDINGS: readonly Arg[] = [
  'valid',
  'same',
  [
    [1, 0],
    [0, 1],
  ],
  [
    [1, 1],
    [1, 1],
  ],
];

const pair = (d: Draw): Arg => d.pick<Arg>([1, 2, [1, 2], [2, 1]]);

/** Whether a window of the size lies on the image at least once; with padding it reaches further. */
const lies = (shape: Shape, [h, w]: readonly [number, number], dilation: number): boolean =>
  dilation * (h - 1) < (shape[1] as number) && dilation * (w - 1) < (shape[2] as number);

const conv2d: StepRule = (d) => {
  const x = images(d);
  const channels = x.shape[3] as number;
  const groups = channels % 2 === 0 ? d.pick([1, 2]) : 1;
  const size = [1 + d.next(3), 1 + d.next(3)] as const;
  const dilation = d.pick([1, 1, 2]);
  if (!lies(x.shape, size, dilation)) return undefined;
  const w = d.leaf([...size, channels / groups, groups * d.pick([1, 2, 4, 3])]);
  return { args: [ref(x), ref(w), { strides: pair(d), padding: d.pick(PADDINGS), dilation, groups }] };
};

const pool: StepRule = (d) => {
  const x = images(d);
  const size = [1 + d.next(3), 1 + d.next(3)] as const;
  if (!lies(x.shape, size, 1)) return undefined;
  // More padding than a window covers would leave places without an element to take the mean of.
  const padding = size.every((n) => n > 1) ? d.pick(PADDINGS) : d.pick(PADDINGS.slice(0, 2));
  const strides: Arg = padding === 'same' || padding === 'valid' ? d.pick<Arg>([undefined, pair(d)]) : 1;
  return { args: [ref(x), { size, ...(strides === undefined ? {} : { strides }), padding }] };
};

const softmaxCrossEntropy: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1 && (v.shape.at(-1) as number) > 0);
  if (!x) return undefined;
  const classes = x.shape.at(-1) as number;
  return { args: [ref(x), ref(d.leaf(x.shape.slice(0, -1), 'int32', 0, classes - 1))] };
};

const modest = (x: Value): boolean => x.size <= 20;

export const algorithmRules = {
  sum: reduction(),
  mean: reduction(),
  max: reduction(filled),
  min: reduction(filled),
  all: reduction(),
  any: reduction(),
  prod: reduction(modest),
  var: spread,
  std: spread,
  logSumExp: reduction(),
  countNonzero: reduction(),
  argmax: position,
  argmin: position,
  cumulativeSum: overAxis(),
  cumulativeProd: overAxis(modest),
  matmul,
  dense,
  outer,
  vecdot,
  tensordot,
  einsum,
  trace: (d) => {
    const x = d.find((v) => v.shape.length >= 2);
    return x && { args: [ref(x), d.pick([undefined, 1, -1])] };
  },
  softmax: overAxis(),
  logSoftmax: overAxis(),
  layerNorm,
  batchNorm,
  conv2d,
  maxPool2d: pool,
  avgPool2d: pool,
  softmaxCrossEntropy,
} satisfies Record<string, StepRule>;
