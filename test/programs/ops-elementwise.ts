// How elementwise operations are drawn.
import type { Shape } from '../../src/core/shape.ts';
import type { Draw, Value } from './draw.ts';
import type { StepRule } from './ops.ts';
import type { Arg, Ref } from './program.ts';

export const ref = ({ ref }: Value): Ref => ({ ref });

/** Whether the two broadcast to a shape that is not too large. */
export function broadcasts(a: Shape, b: Shape): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const tail = long.slice(long.length - short.length);
  return short.every((n, d) => n === tail[d] || n === 1 || tail[d] === 1);
}

const common = (a: Shape, b: Shape): Shape => {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const lead = long.length - short.length;
  return long.map((n, d) => (d < lead || n !== 1 ? n : (short[d - lead] as number)));
};

/** A line that broadcasts with the shape, a new leaf, or a number. */
export function other(d: Draw, shape: Shape, numbers = true): { arg: Arg; shape: Shape } {
  if (numbers && d.once(4)) return { arg: d.number(), shape };
  const y = d.findOr(
    (v) => broadcasts(v.shape, shape) && !(v.shape.length === 0 && d.once(2)),
    () => d.leaf(d.compatible(shape), d.pick(['float', 'float', 'float', 'int32', 'bool'])),
  );
  return { arg: ref(y), shape: common(y.shape, shape) };
}

const unary: StepRule = (d) => {
  const x = d.find();
  return x && { args: [ref(x)] };
};

/** Where the operand is not too large. */
const tame =
  (limit: number): StepRule =>
  (d) => {
    const x = d.find((v) => v.size <= limit);
    return x && { args: [ref(x)] };
  };

const withAlpha: StepRule = (d) => {
  const x = d.find();
  return x && { args: [ref(x), d.pick([undefined, 0.5, 0.1])] };
};

const binary: StepRule = (d) => {
  const x = d.find();
  if (!x) return undefined;
  const y = other(d, x.shape).arg;
  return { args: d.once(4) ? [y, ref(x)] : [ref(x), y] };
};

/** Powers of moderate numbers. */
const pow: StepRule = (d) => {
  const x = d.find((v) => v.size <= 100);
  if (!x) return undefined;
  if (d.next(2) === 0) return { args: [ref(x), d.pick([2, 3, 0.5, -1, 1, 0, 1.5])] };
  const y = d.find((v) => v.size <= 4 && broadcasts(v.shape, x.shape));
  return y && { args: [ref(x), ref(y)] };
};

const where: StepRule = (d) => {
  const a = d.find();
  if (!a) return undefined;
  const b = other(d, a.shape);
  const c = d.findOr(
    (v) => v.dtype === 'bool' && broadcasts(v.shape, b.shape),
    () => d.leaf(d.compatible(b.shape), d.pick(['bool', 'bool', 'float', 'int32'])),
  );
  return { args: d.once(2) ? [ref(c), b.arg, ref(a)] : [ref(c), ref(a), b.arg] };
};

const clip: StepRule = (d) => {
  const x = d.find();
  if (!x) return undefined;
  const bound = (numbers: readonly (number | undefined)[]): Arg =>
    d.once(4) ? other(d, x.shape, false).arg : d.pick(numbers);
  const low = bound([-1, 0, undefined, 0.5, -0.3]);
  const high = bound([1, 2, 0.5, undefined, 3]);
  // Two tensors must broadcast with each other too: each with x alone is not enough.
  const both = typeof low === 'object' && typeof high === 'object';
  return { args: both ? [ref(x), low] : [ref(x), low, high] };
};

const astype: StepRule = (d) => {
  const x = d.find((v) => v.size < 1e9);
  return x && { args: [ref(x), d.pick(['float32', 'int32', 'float32', 'bool'])] };
};

const gelu: StepRule = (d) => {
  const x = d.find();
  return x && { args: [ref(x), d.pick([undefined, { approximate: true }])] };
};

export const elementwiseRules = {
  neg: unary,
  abs: unary,
  sign: unary,
  exp: tame(10),
  log: unary,
  sqrt: unary,
  square: tame(1000),
  reciprocal: unary,
  tanh: unary,
  sigmoid: unary,
  relu: unary,
  expm1: tame(10),
  log1p: unary,
  log2: unary,
  log10: unary,
  rsqrt: unary,
  sin: tame(1000),
  cos: tame(1000),
  tan: tame(1000),
  asin: unary,
  acos: unary,
  atan: unary,
  sinh: tame(10),
  cosh: tame(10),
  asinh: unary,
  acosh: unary,
  atanh: unary,
  erf: unary,
  floor: unary,
  ceil: unary,
  round: unary,
  trunc: unary,
  isNaN: unary,
  isInf: unary,
  isFinite: unary,
  relu6: unary,
  leakyRelu: withAlpha,
  elu: withAlpha,
  selu: unary,
  gelu,
  silu: unary,
  hardSigmoid: unary,
  logSigmoid: unary,
  softplus: unary,
  softsign: unary,
  mish: unary,
  hardSilu: unary,
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  pow,
  maximum: binary,
  minimum: binary,
  remainder: binary,
  floorDivide: binary,
  atan2: binary,
  hypot: binary,
  logAddExp: binary,
  equal: binary,
  notEqual: binary,
  less: binary,
  lessEqual: binary,
  greater: binary,
  greaterEqual: binary,
  logicalAnd: binary,
  logicalOr: binary,
  logicalXor: binary,
  logicalNot: unary,
  where,
  clip,
  astype,
  stopGradient: unary,
} satisfies Record<string, StepRule>;
