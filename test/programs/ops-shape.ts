// How operations that move, choose and order elements are drawn.
import { type Shape, sameShape, sizeOf } from '../../src/core/shape.ts';
import { type Draw, MOST_AXES, type Value } from './draw.ts';
import type { StepRule } from './ops.ts';
import { broadcasts, ref } from './ops-elementwise.ts';
import type { Arg } from './program.ts';

/** A rule for any operand that has at least so many axes. */
const ranked =
  (rank: number, more: (d: Draw, x: Value) => readonly Arg[] | undefined): StepRule =>
  (d) => {
    const x = d.find((v) => v.shape.length >= rank);
    const rest = x && more(d, x);
    return x && rest && { args: [ref(x), ...rest] };
  };

/** As `ranked`, over one axis, from the front or the back; its size comes along. */
const along = (more: (d: Draw, axis: number, n: number, x: Value) => readonly Arg[] | undefined): StepRule =>
  ranked(1, (d, x) => {
    const axis = d.axis(x.shape.length);
    return more(d, axis, x.shape.at(axis) as number, x);
  });

/** Another shape of as many elements. */
function reshaped(d: Draw, shape: Shape): number[] {
  const size = sizeOf(shape);
  const divisors = (n: number) => [1, 2, 3, 4, 5, 6, 7].filter((k) => n % k === 0);
  let rest = size;
  const sizes = Array.from({ length: d.next(4) }, () => {
    const n = size === 0 ? d.next(3) : d.pick(divisors(rest));
    rest = n === 0 ? 0 : rest / n;
    return n;
  });
  if (size === 0) return [...sizes, 0];
  return d.next(2) === 0 ? [...sizes, -1] : [rest, ...sizes];
}

const slice: StepRule = ranked(1, (d, { shape }) =>
  shape.slice(0, 1 + d.next(shape.length)).map((n): Arg => {
    const how = d.next(5);
    if (how === 0) return null;
    if (how === 1 && n > 0) return d.axis(n);
    const step = d.pick([1, -1, 2, -2, 3]);
    const bound = (): number | null => d.pick([null, d.next(2 * n + 3) - n - 1]);
    return [bound(), bound(), step];
  }),
);

const list: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1);
  if (!x) return undefined;
  const axis = d.axis(x.shape.length);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const fits = (v: Value) =>
    v.shape.length === x.shape.length && v.shape.every((n, k) => k === at || n === x.shape[k]);
  const others = Array.from({ length: 1 + d.next(2) }, () =>
    d.findOr(fits, () => d.leaf(x.shape.with(at, d.next(4)), d.pick(['float', 'float', 'int32']))),
  );
  return { args: [[x, ...others].map(ref), axis] };
};

const stack: StepRule = (d) => {
  const x = d.find((v) => v.shape.length < MOST_AXES);
  if (!x) return undefined;
  const others = Array.from({ length: 1 + d.next(2) }, () =>
    d.findOr(
      (v) => sameShape(v.shape, x.shape),
      () => d.leaf(x.shape),
    ),
  );
  return { args: [[x, ...others].map(ref), d.axis(x.shape.length + 1)] };
};

const split: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1);
  if (!x) return undefined;
  const axis = d.axis(x.shape.length);
  const n = x.shape.at(axis) as number;
  const even = [1, 2, 3, 4, 5].filter((k) => n % k === 0);
  const cut = d.next(n + 1);
  const parts: readonly [Arg, number] = d.next(2) === 0 ? [d.pick(even), 1] : [[cut, n - cut], 2];
  return { args: [ref(x), parts[0], axis], part: d.next(typeof parts[0] === 'number' ? parts[0] : parts[1]) };
};

const meshgrid: StepRule = (d) => {
  const vector = (v: Value) => v.shape.length <= 1 && v.tensor.size <= 20;
  const count = 1 + d.next(3);
  const vectors = Array.from({ length: count }, () => d.findOr(vector, () => d.leaf([1 + d.next(4)])));
  const options = d.pick<Arg>([undefined, { indexing: 'ij' }]);
  return { args: [...vectors.map(ref), ...(options === undefined ? [] : [options])], part: d.next(count) };
};

/** Whole numbers that name entries of an axis, from the front or the back. */
const indexes = (n: number) => (v: Value) =>
  v.dtype === 'int32' && v.shape.length <= 2 && v.values.every((i) => i >= -n && i < n);

const take: StepRule = along((d, axis, n) => {
  if (n === 0) return undefined;
  if (d.once(4)) return [d.axis(n), axis];
  if (d.once(4)) return [Array.from({ length: d.next(4) }, () => d.axis(n)), axis];
  const shape = Array.from({ length: d.next(3) }, () => 1 + d.next(4));
  return [ref(d.findOr(indexes(n), () => d.leaf(shape, 'int32', -n, n - 1))), axis];
});

const takeAlongAxis: StepRule = along((d, axis, n, { shape }) => {
  if (n === 0) return undefined;
  const at = axis < 0 ? axis + shape.length : axis;
  const wanted = shape.map((m, k) => (k === at ? 1 + d.next(4) : d.once(5) ? 1 : m));
  const fits = (v: Value) =>
    indexes(n)(v) && v.shape.length === shape.length && broadcasts(v.shape.with(at, 1), shape.with(at, 1));
  return [ref(d.findOr(fits, () => d.leaf(wanted, 'int32', -n, n - 1))), axis];
});

const oneHot: StepRule = (d) => {
  const small = (v: Value) => v.dtype === 'int32' && v.size < 9 && v.values.every((i) => i >= 0);
  const x = d.findOr(small, () => d.leaf([1 + d.next(4)], 'int32', 0, 3));
  return { args: [ref(x), x.size + 1 + d.next(2), d.pick<Arg>([undefined, { dtype: 'int32' }])] };
};

const ordered: StepRule = along((d, axis) => [
  d.pick([axis, undefined]),
  d.pick<Arg>([undefined, { descending: true }]),
]);

const topk: StepRule = (d) => {
  const x = d.find((v) => v.shape.length >= 1);
  if (!x) return undefined;
  return { args: [ref(x), d.next((x.shape.at(-1) as number) + 1)], part: d.pick(['values', 'indices']) };
};

const diagonals: StepRule = ranked(2, (d) => [d.pick([undefined, 1, -1, 2])]);

const permuteDims: StepRule = ranked(1, (d, { shape }) => [
  d.order(shape.length).map((k) => (d.once(3) ? k - shape.length : k)),
]);

export const shapeRules = {
  reshape: ranked(0, (d, { shape }) => [reshaped(d, shape)]),
  flatten: ranked(0, () => []),
  permuteDims,
  transpose: ranked(1, (d, { shape }) => (d.next(2) === 0 ? [] : [d.order(shape.length)])),
  squeeze: ranked(0, (d, { shape }) => {
    const ones = shape.flatMap((n, k) => (n === 1 ? [k] : []));
    if (ones.length === 0) return undefined;
    return d.pick<readonly Arg[]>([[], [d.pick(ones)], [ones.filter(() => d.next(2) === 0)]]);
  }),
  expandDims: ranked(0, (d, { shape }) => [d.axis(shape.length + 1)]),
  broadcastTo: ranked(0, (d, { shape }) => [
    [
      ...Array.from({ length: d.next(Math.min(3, MOST_AXES - shape.length + 1)) }, () => 1 + d.next(3)),
      ...shape.map((n) => (n === 1 ? 1 + d.next(4) : n)),
    ],
  ]),
  flip: ranked(0, (d, { shape }) => [d.axes(shape.length)]),
  roll: ranked(1, (d, { shape }) => [d.next(9) - 4, d.pick([undefined, d.axis(shape.length)])]),
  repeat: along((d, axis) => [d.pick([2, 1, 3, 0]), axis]),
  tile: ranked(0, (d, { shape }) => [
    Array.from({ length: d.next(shape.length + 2) }, () => d.pick([2, 1, 3, 1, 0])),
  ]),
  pad: ranked(0, (d, { shape }) => [
    shape.map(() => [d.next(3), d.next(3)]),
    d.pick<Arg>([undefined, { value: 1 }, { value: 0.5 }, { value: -2 }]),
  ]),
  tril: diagonals,
  triu: diagonals,
  diagonal: diagonals,
  slice,
  concat: list,
  stack,
  split,
  meshgrid,
  take,
  takeAlongAxis,
  oneHot,
  sort: ordered,
  argsort: ordered,
  topk,
} satisfies Record<string, StepRule>;
