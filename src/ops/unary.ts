/** @file Unary rows: arithmetic, powers, exponentials, trigonometry, rounding, tests. */
import { erf } from '../core/special.ts';
import type { Tensor } from '../tensor.ts';
import { truth, unary } from './elementwise.ts';
import type { Row } from './op.ts';

/** 1 − x², without cancellation near ±1. */
const oneMinusSquare = (x: Tensor): Tensor => x.neg().add(1).mul(x.add(1));

/** To the nearest whole number, halves to the even one, as IEEE and NumPy; the sign of zero stays. */
function roundHalfEven(a: number): number {
  const up = Math.round(a); // halves upwards
  return up - a === 0.5 && up % 2 !== 0 ? (up === 1 ? 0 : up - 1) : up;
}

/** Constant between jumps: the gradient is 0 everywhere. Whole numbers stay as they are. */
function stepwise(cpu: (a: number) => number, wgsl: string): Row {
  return unary({
    dtypes: 'numeric',
    cpu,
    wgsl,
    int: { cpu: (a) => a, wgsl: 'a' },
    vjp: () => [null],
    saves: 'nothing',
  });
}

export const unaryRows = {
  neg: unary({
    dtypes: 'numeric',
    cpu: (a) => -a,
    wgsl: '-a',
    vjp: (g) => [g.neg()],
    saves: 'nothing',
  }),
  abs: unary({
    dtypes: 'numeric',
    cpu: (a) => Math.abs(a),
    wgsl: 'abs(a)',
    vjp: (g, [x]) => [g.mul(x.sign())],
    saves: 'inputs',
  }),
  sign: unary({
    dtypes: 'numeric',
    cpu: (a) => Math.sign(a),
    wgsl: 'sign_(a)',
    int: { cpu: (a) => Math.sign(a), wgsl: 'sign(a)' },
    vjp: () => [null],
    saves: 'nothing',
  }),
  exp: unary({
    dtypes: 'float',
    cpu: (a) => Math.exp(a),
    wgsl: 'exp_(a)',
    vjp: (g, _, y) => [g.mul(y)],
    saves: 'output',
  }),
  log: unary({
    dtypes: 'float',
    cpu: (a) => Math.log(a),
    wgsl: 'log_(a)',
    vjp: (g, [x]) => [g.div(x)],
    saves: 'inputs',
  }),
  sqrt: unary({
    dtypes: 'float',
    cpu: (a) => Math.sqrt(a),
    wgsl: 'sqrt_(a)',
    vjp: (g, _, y) => [g.div(y.mul(2))],
    saves: 'output',
  }),
  square: unary({
    dtypes: 'numeric',
    cpu: (a) => a * a,
    wgsl: 'a * a',
    int: { cpu: (a) => Math.imul(a, a), wgsl: 'a * a' },
    vjp: (g, [x]) => [g.mul(2).mul(x)], // not g·(2x), which may be 0·∞
    saves: 'inputs',
  }),
  reciprocal: unary({
    dtypes: 'float',
    cpu: (a) => 1 / a,
    wgsl: '1.0 / a',
    vjp: (g, _, y) => [g.mul(y.square().neg())],
    saves: 'output',
  }),

  expm1: unary({
    dtypes: 'float',
    cpu: (a) => Math.expm1(a),
    wgsl: 'expm1_(a)',
    vjp: (g, [x]) => [g.mul(x.exp())],
    saves: 'inputs',
  }),
  log1p: unary({
    dtypes: 'float',
    cpu: (a) => Math.log1p(a),
    wgsl: 'log1p_(a)',
    vjp: (g, [x]) => [g.div(x.add(1))],
    saves: 'inputs',
  }),
  log2: unary({
    dtypes: 'float',
    cpu: (a) => Math.log2(a),
    wgsl: 'log2_(a)',
    vjp: (g, [x]) => [g.div(x.mul(Math.LN2))],
    saves: 'inputs',
  }),
  log10: unary({
    dtypes: 'float',
    cpu: (a) => Math.log10(a),
    wgsl: 'log10_(a)',
    vjp: (g, [x]) => [g.div(x.mul(Math.LN10))],
    saves: 'inputs',
  }),
  rsqrt: unary({
    dtypes: 'float',
    cpu: (a) => 1 / Math.sqrt(a),
    wgsl: 'rsqrt_(a)',
    vjp: (g, _, y) => [g.mul(y.mul(y.square()).mul(-0.5))],
    saves: 'output',
  }),

  sin: unary({
    dtypes: 'float',
    cpu: (a) => Math.sin(a),
    wgsl: 'sin_(a)',
    vjp: (g, [x]) => [g.mul(x.cos())],
    saves: 'inputs',
  }),
  cos: unary({
    dtypes: 'float',
    cpu: (a) => Math.cos(a),
    wgsl: 'cos_(a)',
    vjp: (g, [x]) => [g.mul(x.sin().neg())],
    saves: 'inputs',
  }),
  tan: unary({
    dtypes: 'float',
    cpu: (a) => Math.tan(a),
    wgsl: 'tan_(a)',
    vjp: (g, _, y) => [g.mul(y.square().add(1))],
    saves: 'output',
  }),
  asin: unary({
    dtypes: 'float',
    cpu: (a) => Math.asin(a),
    wgsl: 'asin_(a)',
    vjp: (g, [x]) => [g.mul(oneMinusSquare(x).rsqrt())],
    saves: 'inputs',
  }),
  acos: unary({
    dtypes: 'float',
    cpu: (a) => Math.acos(a),
    wgsl: 'acos_(a)',
    vjp: (g, [x]) => [g.mul(oneMinusSquare(x).rsqrt().neg())],
    saves: 'inputs',
  }),
  atan: unary({
    dtypes: 'float',
    cpu: (a) => Math.atan(a),
    wgsl: 'atan_(a)',
    vjp: (g, [x]) => [g.div(x.square().add(1))],
    saves: 'inputs',
  }),
  sinh: unary({
    dtypes: 'float',
    cpu: (a) => Math.sinh(a),
    wgsl: 'sinh_(a)',
    vjp: (g, [x]) => [g.mul(x.cosh())],
    saves: 'inputs',
  }),
  cosh: unary({
    dtypes: 'float',
    cpu: (a) => Math.cosh(a),
    wgsl: 'cosh_(a)',
    vjp: (g, [x]) => [g.mul(x.sinh())],
    saves: 'inputs',
  }),
  asinh: unary({
    dtypes: 'float',
    cpu: (a) => Math.asinh(a),
    wgsl: 'asinh_(a)',
    vjp: (g, [x]) => [g.div(x.hypot(1))],
    saves: 'inputs',
  }),
  acosh: unary({
    dtypes: 'float',
    cpu: (a) => Math.acosh(a),
    wgsl: 'acosh_(a)',
    vjp: (g, [x]) => [g.mul(x.sub(1).rsqrt().mul(x.add(1).rsqrt()))],
    saves: 'inputs',
  }),
  atanh: unary({
    dtypes: 'float',
    cpu: (a) => Math.atanh(a),
    wgsl: 'atanh_(a)',
    vjp: (g, [x]) => [g.div(oneMinusSquare(x))],
    saves: 'inputs',
  }),
  erf: unary({
    dtypes: 'float',
    cpu: (a) => erf(a),
    wgsl: 'erf_(a)',
    vjp: (g, [x]) => [
      g.mul(
        x
          .square()
          .neg()
          .exp()
          .mul(2 / Math.sqrt(Math.PI)),
      ),
    ],
    saves: 'inputs',
  }),

  floor: stepwise(Math.floor, 'floor(a)'),
  ceil: stepwise(Math.ceil, 'ceil(a)'),
  round: stepwise(roundHalfEven, 'round(a)'),
  trunc: stepwise(Math.trunc, 'trunc(a)'),

  isNaN: unary({ dtypes: 'predicate', cpu: (a) => +Number.isNaN(a), wgsl: truth('is_nan(a)') }),
  isInf: unary({ dtypes: 'predicate', cpu: (a) => +(Math.abs(a) === Infinity), wgsl: truth('is_inf(a)') }),
  isFinite: unary({ dtypes: 'predicate', cpu: (a) => +Number.isFinite(a), wgsl: truth('is_finite(a)') }),
};
