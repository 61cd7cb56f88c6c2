/** @file Binary rows: arithmetic, extrema, comparisons, logic. */
import type { Tensor } from '../tensor.ts';
import { binary, truth, unary } from './elementwise.ts';
import { choose, type Gradient, type Row } from './op.ts';

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

/** With the divisor's sign, as Python and NumPy. */
const remainder = (a: number, b: number): number => {
  const r = a % b;
  if (Number.isNaN(r)) return r;
  if (r === 0) return b < 0 ? -0 : 0;
  return r < 0 !== b < 0 ? r + b : r;
};

/** ⌊a / b⌋ by way of the remainder, as Python and NumPy: a quotient that rounds up to a whole number stays below it. */
const floorDivide = (a: number, b: number): number => {
  if (b === 0) return a / b;
  const r = a % b;
  const quotient = (a - r) / b - (r !== 0 && r < 0 !== b < 0 ? 1 : 0);
  return quotient === 0 ? (a / b) * 0 : Math.round(quotient); // a zero has the sign of a / b
};

export const binaryRows = {
  add: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a + b,
    wgsl: 'a + b',
    simd: 'add',
    vjp: (g) => [g, g],
    saves: 'nothing',
  }),
  sub: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a - b,
    wgsl: 'a - b',
    simd: 'sub',
    vjp: (g) => [g, () => g.neg()],
    saves: 'nothing',
  }),
  mul: binary({
    dtypes: 'numeric',
    cpu: (a, b) => a * b,
    wgsl: 'a * b',
    simd: 'mul',
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
      // The inverse of what is not larger than this is infinite too.
      const smallest = base.dtype === 'float64' ? 2 ** -1024 : 2 ** -128;
      const pole = () => base.abs().lessEqual(smallest);
      const lower = () => choose(pole().logicalAnd(exponent.equal(0)), 1, exponent.sub(1));
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

  remainder: binary({
    dtypes: 'numeric',
    cpu: (a, b) => remainder(a, b),
    wgsl: 'remainder_(a, b)',
    int: { cpu: (a, b) => (b === 0 ? 0 : remainder(a, b)), wgsl: 'integer_remainder(a, b)' },
    vjp: (g, [x, y]) => [g, () => g.mul(x.floorDivide(y).neg())],
    saves: 'inputs',
  }),
  floorDivide: binary({
    dtypes: 'numeric',
    cpu: (a, b) => floorDivide(a, b),
    wgsl: 'floor_divide_(a, b)',
    int: { cpu: (a, b) => (b === 0 ? 0 : Math.floor(a / b)), wgsl: 'integer_floor_divide(a, b)' },
    vjp: () => [null, null],
    saves: 'nothing',
  }),
  atan2: binary({
    dtypes: 'float',
    cpu: (y, x) => Math.atan2(y, x),
    wgsl: 'atan2_(a, b)',
    vjp: (g, [y, x]) => {
      const over = (v: Tensor) => {
        const h = x.hypot(y); // v / h², whose square could overflow
        return g.mul(v.div(h).div(h));
      };
      return [() => over(x), () => over(y.neg())];
    },
    saves: 'inputs',
  }),
  hypot: binary({
    dtypes: 'float',
    cpu: (a, b) => Math.hypot(a, b),
    wgsl: 'hypot_(a, b)',
    // x / h, and 0 at the origin, as for the norm
    vjp: (g, [x, y], h) => {
      const over = (v: Tensor) => g.mul(v.div(choose(h.equal(0), Infinity, h)));
      return [() => over(x), () => over(y)];
    },
    saves: 'both',
  }),
  logAddExp: binary({
    dtypes: 'float',
    cpu: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
    wgsl: 'log_add_exp_(a, b)',
    // sigmoid(x − y); equal infinities tie as other equals do
    vjp: (g, [x, y]) => {
      const finite = (v: Tensor) => v.clip(-1e38, 1e38);
      const share = (v: Tensor, other: Tensor) => g.mul(finite(v).sub(finite(other)).sigmoid());
      return [() => share(x, y), () => share(y, x)];
    },
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

  logicalXor: binary({
    dtypes: 'logical',
    cpu: (a, b) => +((a !== 0) !== (b !== 0)),
    wgsl: truth('(a != 0) != (b != 0)'),
  }),
};

function extremum(g: Tensor, x: Tensor, y: Tensor, wins: 'greater' | 'less'): Gradient[] {
  return [() => shared(g, x[wins](y), x.equal(y)), () => shared(g, y[wins](x), x.equal(y))];
}
