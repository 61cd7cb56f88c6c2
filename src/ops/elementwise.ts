/**
 * @file The elementwise rows. Each formula stands twice on purpose, for the CPU and in WGSL: one text compiled to
 * both would agree on a mistake.
 */
import { castValue, checkDType, type DType, isFloat } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { broadcastShapes, type Shape } from '../core/shape.ts';
import type { Kernel, KernelCall } from '../device/device.ts';
import type { Tensor } from '../tensor.ts';
import { type Formula, mapCpu, mapDispatch, mapKernel } from './map.ts';
import {
  choose,
  common,
  dtypeRules,
  type Gradient,
  type Input,
  type Inputs,
  input,
  type Op,
  type Operable,
  op,
  type Row,
} from './op.ts';

type Rule = keyof typeof dtypeRules;

interface Elementwise extends Formula {
  readonly dtypes: Rule;
  /** Absent where there is no derivative (comparisons). */
  readonly vjp?: (g: Operable, inputs: Inputs, output: Operable) => readonly Gradient[];
  readonly saves?: 'nothing' | 'inputs' | 'output' | 'both';
}

const PLACES = ['tensor', 'second argument', 'third argument'];

function elementwise(arity: number, spec: Elementwise): Row {
  const base = {
    parse: (name: string, args: readonly unknown[]) => {
      if (args.length !== arity)
        throw new ArgumentError(`${name}: takes ${arity} operand${arity > 1 ? 's' : ''}, got ${args.length}`);
      return { inputs: args.map((x, k) => input(name, x, PLACES[k])), attrs: undefined };
    },
    dtypes: dtypeRules[spec.dtypes],
    shape: (name: string, shapes: readonly Shape[]) => broadcastShapes(name, ...shapes),
    kernel: mapKernel(spec),
    accepts: () => true,
  };
  const { vjp, saves = 'both' } = spec;
  return op<undefined>(vjp ? { ...base, vjp, saves } : { ...base, differentiable: false });
}

const unary = (spec: Elementwise): Row => elementwise(1, spec);
const binary = (spec: Elementwise): Row => elementwise(2, spec);
const ternary = (spec: Elementwise): Row => elementwise(3, spec);

/** Truth in WGSL is an i32 of 0 or 1. */
const truth = (condition: string): string => `select(0, 1, ${condition})`;

const comparison = (cpu: (a: number, b: number) => boolean, sign: string, floats = `a ${sign} b`): Row =>
  binary({
    dtypes: 'comparison',
    cpu: (a, b) => +cpu(a, b),
    wgsl: truth(`${floats} && !is_nan(a) && !is_nan(b)`),
    int: { cpu: (a, b) => +cpu(a, b), wgsl: truth(`a ${sign} b`) },
  });

/** g where the condition holds for the whole, half of it on ties. */
const shared = (g: Tensor, wins: Tensor, ties: Tensor): Tensor =>
  choose(wins, g, choose(ties, g.mul(0.5), 0));

const power = (a: number, b: number): number =>
  b === 0 || a === 1 ? 1 : a === -1 && !Number.isFinite(b) && !Number.isNaN(b) ? 1 : a ** b;

/** Whole powers by squaring, modulo 2^32; a negative exponent truncates 1/aⁿ. */
const integerPower = (a: number, b: number): number => {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let base = a, n = b; n > 0; n = Math.floor(n / 2), base = Math.imul(base, base))
    if (n % 2 === 1) result = Math.imul(result, base);
  return result;
};

export const elementwiseRows = {
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
    wgsl: 'select(sign(a), a, is_nan(a))',
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
    vjp: (g, [x]) => [g.mul(x.mul(2))],
    saves: 'inputs',
  }),
  reciprocal: unary({
    dtypes: 'float',
    cpu: (a) => 1 / a,
    wgsl: '1.0 / a',
    vjp: (g, _, y) => [g.mul(y.square().neg())],
    saves: 'output',
  }),
  tanh: unary({
    dtypes: 'float',
    cpu: (a) => Math.tanh(a),
    wgsl: 'tanh_(a)',
    vjp: (g, _, y) => [y.tanhGrad(g)],
    saves: 'output',
  }),
  /** By the output y: g·(1 − y²). */
  tanhGrad: binary({
    dtypes: 'float',
    cpu: (y, g) => g * (1 - y * y),
    wgsl: 'b * (1.0 - a * a)',
    vjp: (h, [y, g]) => [() => h.mul(g.mul(y.mul(-2))), () => y.tanhGrad(h)],
    saves: 'inputs',
  }),
  sigmoid: unary({
    dtypes: 'float',
    cpu: (a) => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))),
    wgsl: 'sigmoid_(a)',
    vjp: (g, _, y) => [y.sigmoidGrad(g)],
    saves: 'output',
  }),
  /** By the output y: g·y·(1 − y). */
  sigmoidGrad: binary({
    dtypes: 'float',
    cpu: (y, g) => g * y * (1 - y),
    wgsl: 'b * a * (1.0 - a)',
    vjp: (h, [y, g]) => [() => h.mul(g.mul(y.mul(-2).add(1))), () => y.sigmoidGrad(h)],
    saves: 'inputs',
  }),
  relu: unary({
    dtypes: 'numeric',
    cpu: (a) => (a < 0 ? 0 : a),
    wgsl: 'relu_(a)',
    int: { cpu: (a) => Math.max(a, 0), wgsl: 'max(a, 0)' },
    vjp: (g, _, y) => [y.reluGrad(g)],
    saves: 'output',
  }),
  /** By the output y (or the input): g where y > 0, else 0; NaN passes on. */
  reluGrad: binary({
    dtypes: 'float',
    cpu: (y, g) => (y <= 0 ? 0 : g),
    wgsl: 'select(b, 0.0, a <= 0.0 && !is_nan(a))',
    vjp: (h, [y]) => [null, () => y.reluGrad(h)],
    saves: 'inputs',
  }),

  add: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a + b,
    wgsl: 'a + b',
    vjp: (g) => [g, g],
    saves: 'nothing',
  }),
  sub: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a - b,
    wgsl: 'a - b',
    vjp: (g) => [g, () => g.neg()],
    saves: 'nothing',
  }),
  mul: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a * b,
    wgsl: 'a * b',
    int: { cpu: (a, b) => Math.imul(a, b), wgsl: 'a * b' },
    vjp: (g, [x, y]) => [() => g.mul(y), () => g.mul(x)],
    saves: 'inputs',
  }),
  div: binary({
    dtypes: 'float',
    cpu: (a, b) => a / b,
    wgsl: 'a / b',
    vjp: (g, [, y], quotient) => [() => g.div(y), () => g.mul(quotient).div(y).neg()],
    saves: 'both',
  }),
  pow: binary({
    dtypes: 'numeric',
    cpu: (a, b) => power(a, b),
    wgsl: 'pow_(a, b)',
    int: { cpu: (a, b) => integerPower(a, b), wgsl: 'integer_pow(a, b)' },
    vjp: (g, [base, exponent], z) => {
      const zero = () => base.equal(0);
      // 0 · 0⁻¹ and 0 · log 0 would be NaN, and so would their own derivatives: another number stands in before, not after.
      const lower = () => choose(zero().logicalAnd(exponent.equal(0)), 1, exponent.sub(1));
      return [
        () => g.mul(exponent).mul(base.pow(lower())),
        () => choose(zero(), 0, g.mul(z).mul(choose(zero(), 1, base).log())),
      ];
    },
    saves: 'both',
  }),
  maximum: binary({
    dtypes: 'numeric',
    cpu: (a, b) => Math.max(a, b),
    wgsl: 'max_(a, b)',
    int: { cpu: (a, b) => Math.max(a, b), wgsl: 'max(a, b)' },
    vjp: (g, [x, y]) => extremum(g, x, y, 'greater'),
    saves: 'inputs',
  }),
  minimum: binary({
    dtypes: 'numeric',
    cpu: (a, b) => Math.min(a, b),
    wgsl: 'min_(a, b)',
    int: { cpu: (a, b) => Math.min(a, b), wgsl: 'min(a, b)' },
    vjp: (g, [x, y]) => extremum(g, x, y, 'less'),
    saves: 'inputs',
  }),

  equal: comparison((a, b) => a === b, '=='),
  notEqual: binary({
    dtypes: 'comparison',
    cpu: (a, b) => +(a !== b),
    wgsl: truth('a != b || is_nan(a) || is_nan(b)'),
    int: { cpu: (a, b) => +(a !== b), wgsl: truth('a != b') },
  }),
  less: comparison((a, b) => a < b, '<'),
  lessEqual: comparison((a, b) => a <= b, '<='),
  greater: comparison((a, b) => a > b, '>'),
  greaterEqual: comparison((a, b) => a >= b, '>='),

  /** Both true, of anything. */
  logicalAnd: binary({
    dtypes: 'logical',
    cpu: (a, b) => +(a !== 0 && b !== 0),
    wgsl: truth('a != 0 && b != 0'),
  }),
  logicalOr: binary({
    dtypes: 'logical',
    cpu: (a, b) => +(a !== 0 || b !== 0),
    wgsl: truth('a != 0 || b != 0'),
  }),
  logicalNot: unary({ dtypes: 'logical', cpu: (a) => +(a === 0), wgsl: truth('a == 0') }),

  /** condition ? a : b; `where` is its public name, with the condition first. */
  select: ternary({
    dtypes: 'choice',
    cpu: (c, a, b) => (c !== 0 ? a : b),
    wgsl: 'select(c, b, a != 0)',
    vjp: (g, [condition]) => [null, () => condition.select(g, 0), () => condition.select(0, g)],
    saves: 'inputs',
  }),
  clip: clipRow(),
  astype: astypeRow(),
};

function extremum(g: Tensor, x: Tensor, y: Tensor, wins: 'greater' | 'less'): Gradient[] {
  return [() => shared(g, x[wins](y), x.equal(y)), () => shared(g, y[wins](x), x.equal(y))];
}

const INT_MAX = 2147483647;

/** Bounds that are left out hold nothing back; a bound between whole numbers makes integers float, as any number does. */
function clipRow(): Row {
  const kernel = mapKernel({
    cpu: (x, low, high) => Math.min(Math.max(x, low), high),
    wgsl: 'clip_(a, b, c)',
    int: {
      cpu: (x, low, high) => Math.min(Math.max(x, low), high),
      wgsl: 'min(max(a, b), c)',
    },
  });
  return op<undefined>({
    parse: (name, [x, low, high]) => {
      const bounds = [low ?? -Infinity, high ?? Infinity].map((b, k) =>
        input(name, b, k === 0 ? 'lower bound' : 'upper bound'),
      );
      return { inputs: [input(name, x), ...bounds] as Input[], attrs: undefined };
    },
    dtypes: (name, kinds) =>
      dtypeRules.numeric(
        name,
        kinds.map((k) =>
          typeof k === 'number' && !Number.isFinite(k) && !Number.isNaN(k) ? Math.sign(k) * INT_MAX : k,
        ),
      ),
    shape: (name, shapes) => broadcastShapes(name, ...shapes),
    kernel,
    accepts: () => true,
    vjp: (g, [x, low, high]) => {
      const inside = () => x.greaterEqual(low).logicalAnd(x.lessEqual(high));
      return [
        () => choose(inside(), g, 0),
        () => choose(x.less(low), g, 0),
        () => choose(x.greater(high), g, 0),
      ];
    },
    saves: 'inputs',
  });
}

/** The gradient passes between float dtypes only. */
function astypeRow(): Row {
  const cpu = (dtype: DType) => (a: number) => castValue(a, dtype);
  const wgsl = (from: DType, to: DType): string => {
    if (to === 'bool') return isFloat(from) ? truth('a != 0.0 || is_nan(a)') : truth('a != 0');
    if (to === 'int32') return isFloat(from) ? `to_int(a)` : 'a';
    return isFloat(from) ? 'a' : 'f32(a)';
  };
  const kernel: Kernel<DType> = {
    cpu: ({ inputs, outputs: [y], attrs }) => {
      mapCpu(cpu(attrs), inputs, y);
    },
    gpu: ({ inputs, outputs: [y], attrs }: KernelCall<DType>) => [
      mapDispatch(wgsl(inputs[0].dtype, attrs), inputs, y),
    ],
  };
  const row: Op<DType> = {
    parse: (name, [x, dtype]) => ({ inputs: [input(name, x)], attrs: checkDType(name, dtype) }),
    dtypes: (_, kinds, dtype) => ({ inputs: [common(kinds)], output: dtype }),
    shape: (_, [shape]) => shape,
    kernel,
    accepts: () => true,
    vjp: (g, [x]) => [isFloat(x.dtype) ? () => g.astype(x.dtype) : null],
    saves: 'nothing',
  };
  return op(row);
}
