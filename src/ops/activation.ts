/** @file Activations, and the gradients of those that training runs most, as kernels of their own. */
import { erfc } from '../core/special.ts';
import type { Tensor } from '../tensor.ts';
import { binary, unary, withNumber } from './elementwise.ts';
import { mapKernel } from './map.ts';
import { choose, dtypeRules, flag, input, type Operable, op, options, type Row } from './op.ts';

// Klambauer et al. 2017, "Self-normalizing neural networks"
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const logistic = (a: number): number => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a)));
/** In the derivatives of activations, beyond whose bounds they are constant: no x² that overflows, no 0·∞. */
const within = (x: Tensor, bound: number): Tensor => x.clip(-bound, bound);
const softplus = (a: number): number => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

/** Hendrycks and Gimpel 2016: x·Φ(x), or with `approximate` their formula with tanh. */
function geluRow(): Row {
  const kernels = {
    exact: mapKernel({
      cpu: (x) => (x === -Infinity ? -0 : (x / 2) * erfc(-x * Math.SQRT1_2)),
      wgsl: 'gelu_(a)',
    }),
    // tanh written as a sigmoid: 0.5·(1 + tanh u) = sigmoid(2u)
    approximate: mapKernel({
      cpu: (x) => (x === -Infinity ? -0 : x * logistic(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
      wgsl: 'gelu_tanh_(a)',
    }),
  };
  return op<boolean>({
    parse: (name, [x, opts]) => {
      const { approximate = false } = options(name, opts, 'approximate');
      return { inputs: [input(name, x)], attrs: flag(name, 'approximate', approximate) };
    },
    dtypes: dtypeRules.float,
    shape: (_, [shape]) => shape,
    kernel: {
      cpu: (call, simd) => kernels[call.attrs ? 'approximate' : 'exact'].cpu(call, simd),
      gpu: (call, context) => kernels[call.attrs ? 'approximate' : 'exact'].gpu(call, context),
    },
    accepts: () => true,
    vjp: (g, [input], _, approximate) => {
      const x = within(input, 40) as Operable;
      if (approximate) {
        const c = 2 * Math.sqrt(2 / Math.PI);
        const square = x.square();
        const s = square
          .mul(0.044715 * c)
          .add(c)
          .mul(x)
          .sigmoid() as Operable;
        const slope = square.mul(3 * 0.044715 * c).add(c);
        return [g.mul(s.add(s.sigmoidGrad(x).mul(slope)))];
      }
      const phi = x
        .square()
        .mul(-0.5)
        .exp()
        .mul(1 / Math.sqrt(2 * Math.PI));
      return [g.mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5).add(x.mul(phi)))];
    },
    saves: 'inputs',
  });
}

export const activationRows = {
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
    cpu: logistic,
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
    simd: 'relu',
    int: { cpu: (a) => Math.max(a, 0), wgsl: 'max(a, 0)' },
    vjp: (g, _, y) => [y.reluGrad(g)],
    saves: 'output',
  }),
  /** By the output y (or the input): g where y > 0, else 0; NaN passes on. */
  reluGrad: binary({
    dtypes: 'float',
    cpu: (y, g) => (y <= 0 ? 0 : g),
    wgsl: 'select(b, 0.0, a <= 0.0 && !is_nan(a))',
    simd: 'reluGrad',
    vjp: (h, [y]) => [null, () => y.reluGrad(h)],
    saves: 'inputs',
  }),

  relu6: unary({
    dtypes: 'numeric',
    cpu: (a) => (a < 0 ? 0 : a > 6 ? 6 : a),
    wgsl: 'relu6_(a)',
    int: { cpu: (a) => Math.min(Math.max(a, 0), 6), wgsl: 'clamp(a, 0, 6)' },
    vjp: (g, [x]) => [choose(x.lessEqual(0).logicalOr(x.greaterEqual(6)), 0, g)],
    saves: 'inputs',
  }),
  leakyRelu: withNumber(0.2, {
    dtypes: 'float',
    cpu: (x, alpha) => (x >= 0 ? x : alpha === 0 && x === -Infinity ? -0 : alpha * x),
    wgsl: 'leaky_relu_(a, b)',
    vjp: (g, [x, alpha]) => [choose(x.greater(0), g, g.mul(alpha)), null],
    saves: 'inputs',
  }),
  elu: withNumber(1, {
    dtypes: 'float',
    cpu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
    wgsl: 'elu_(a, b)',
    vjp: (g, [x, alpha]) => [choose(x.greater(0), g, g.mul(alpha.mul(x.minimum(0).exp()))), null],
    saves: 'inputs',
  }),
  selu: unary({
    dtypes: 'float',
    cpu: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    wgsl: 'selu_(a)',
    vjp: (g, [x]) => [
      choose(
        x.greater(0),
        g.mul(SELU_SCALE),
        g.mul(
          x
            .minimum(0)
            .exp()
            .mul(SELU_SCALE * SELU_ALPHA),
        ),
      ),
    ],
    saves: 'inputs',
  }),
  gelu: geluRow(),
  silu: unary({
    dtypes: 'float',
    cpu: (x) => (x === -Infinity ? -0 : x * logistic(x)),
    wgsl: 'silu_(a)',
    // s + x·s·(1 − s), with s = sigmoid(x)
    vjp: (g, [input]) => {
      const x = within(input, 1000);
      const s = x.sigmoid() as Operable;
      return [g.mul(s.add(s.sigmoidGrad(x)))];
    },
    saves: 'inputs',
  }),
  mish: unary({
    dtypes: 'float',
    cpu: (x) => (x === -Infinity ? -0 : x * Math.tanh(softplus(x))),
    wgsl: 'mish_(a)',
    // t + x·(1 − t²)·sigmoid(x), with t = tanh(softplus(x))
    vjp: (g, [input]) => {
      const x = within(input, 1000);
      const t = x.softplus().tanh() as Operable;
      return [g.mul(t.add(t.tanhGrad(x).mul(x.sigmoid())))];
    },
    saves: 'inputs',
  }),
  softplus: unary({
    dtypes: 'float',
    cpu: (x) => softplus(x),
    wgsl: 'softplus_(a)',
    vjp: (g, [x]) => [g.mul(x.sigmoid())],
    saves: 'inputs',
  }),
  logSigmoid: unary({
    dtypes: 'float',
    cpu: (x) => -softplus(-x),
    wgsl: 'log_sigmoid_(a)',
    vjp: (g, [x]) => [g.mul(x.neg().sigmoid())],
    saves: 'inputs',
  }),
  softsign: unary({
    dtypes: 'float',
    cpu: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
    wgsl: 'softsign_(a)',
    vjp: (g, [x]) => [g.mul(x.abs().add(1).reciprocal().square())],
    saves: 'inputs',
  }),
  hardSigmoid: unary({
    dtypes: 'float',
    cpu: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6),
    wgsl: 'hard_sigmoid_(a)',
    vjp: (g, [x]) => [choose(x.abs().greaterEqual(3), 0, g.div(6))],
    saves: 'inputs',
  }),
  hardSilu: unary({
    dtypes: 'float',
    cpu: (x) => (x <= -3 ? -0 : x >= 3 ? x : (x * (x + 3)) / 6),
    wgsl: 'hard_silu_(a)',
    vjp: (g, [x]) => [choose(x.lessEqual(-3), 0, choose(x.greaterEqual(3), g, g.mul(x.div(3).add(0.5))))],
    saves: 'inputs',
  }),
};
