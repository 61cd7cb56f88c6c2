/**
 * @file Unary functions in float64. Where JavaScript's Math has the function it is used as it is; the others go ways of their
 * own, not those of the CPU device's formulas nor the shaders'. Those that round are held against mpmath (points.json; a new
 * one gets its line in make-points.py), so that the engine is measured against numbers from outside. Right to a relative error of 5e-14, a millionth of a ULP of
 * float32, for arguments that are float32 numbers; infinities and NaN are meant too.
 */
const { abs, exp, expm1, log1p, max, min, sign, sqrt, PI } = Math;

// Klambauer et al. 2017, "Self-normalizing neural networks"
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** e^(−s·x²), for a float32 x, whose square is exact. */
const gauss = (x: number, s: number): number => exp(-s * (x * x));

/** ∫₀ˣ e^(−t²/2) dt · e^(x²/2) = x + x³/3 + x⁵/15 + ..., for |x| ≤ 4: terms of one sign, nothing cancels. */
function gaussSeries(x: number): number {
  let sum = 0;
  for (let term = x, n = 3; sum + term !== sum; term *= (x * x) / n, n += 2) sum += term;
  return sum;
}

/** ∫ₓ^∞ e^(−t²/2) dt · e^(x²/2) for x ≥ 2, by Laplace's continued fraction 1/(x + 1/(x + 2/(x + 3/(x + ...)))). */
function gaussTail(x: number): number {
  let value = x;
  for (let n = Math.ceil(20 + 500 / (x * x)); n > 0; n--) value = x + n / value;
  return 1 / value;
}

/** x·Φ(x). The left tail keeps its digits. */
function gelu(x: number): number {
  const c = x / sqrt(2 * PI);
  if (abs(x) < 3) return x / 2 + c * gauss(x, 0.5) * gaussSeries(x);
  if (abs(x) > 40) return x > 0 ? x : -0;
  const tail = abs(c) * gauss(x, 0.5) * gaussTail(abs(x)); // |x|·Φ(−|x|)
  return x > 0 ? x - tail : -tail;
}

function erf(x: number): number {
  const root = x * Math.SQRT2;
  if (abs(x) < 2) return (2 / sqrt(2 * PI)) * gauss(x, 1) * gaussSeries(root);
  return abs(x) > 20 ? sign(x) : sign(x) * (1 - (2 / sqrt(2 * PI)) * gauss(x, 1) * gaussTail(abs(root)));
}

/** log(1 + eˣ), by log(1 + u) = 2·artanh(u / (2 + u)). */
function softplus(x: number): number {
  if (abs(x) === Infinity) return max(x, 0);
  const u = exp(-abs(x));
  return max(x, 0) + 2 * Math.atanh(u / (2 + u));
}

/** tanh(log(1 + eˣ)) = n / (n + 2) with n = eˣ·(eˣ + 2). */
function mish(x: number): number {
  if (x > 40) return x;
  if (x < -200) return -0;
  const e = exp(x);
  return (x * e * (e + 2)) / (e * (e + 2) + 2);
}

/** x / (1 + e⁻ᵘ) for a u of the sign of x, for -Infinity its limit -0. */
const gate = (x: number, u: number): number => (x === -Infinity ? -0 : x / (1 + exp(-u)));

/** To nearest, halves to the even number. */
function round(x: number): number {
  if (abs(x % 1) === 0.5) return 2 * Math.round(x / 2);
  return sign(x) * Math.round(abs(x));
}

const elu = (x: number): number => (x > 0 ? x : expm1(x));
const relu6 = (x: number): number => min(max(x, 0), 6);

export const reference = {
  neg: (x) => 0 - x,
  abs,
  sign,
  exp,
  log: Math.log,
  sqrt,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  expm1,
  log1p,
  log2: Math.log2,
  log10: Math.log10,
  rsqrt: (x) => 1 / sqrt(x),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round,
  trunc: Math.trunc,
  isNaN: (x) => (x > 0 || x <= 0 ? 0 : 1),
  isInf: (x) => (x === Infinity || x === -Infinity ? 1 : 0),
  isFinite: (x) => (x - x === 0 ? 1 : 0),
  tanh: (x) => (abs(x) > 30 ? sign(x) : expm1(2 * x) / (expm1(2 * x) + 2)),
  sigmoid: (x) => 1 / (1 + exp(-x)),
  relu: (x) => max(x, 0),
  relu6,
  leakyRelu: (x) => max(x, x * Math.fround(0.2)),
  elu,
  selu: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * expm1(x)),
  gelu,
  geluTanh: (x) => gate(x, sqrt(8 / PI) * (x + 0.044715 * x * x * x)),
  silu: (x) => gate(x, x),
  mish,
  softplus,
  logSigmoid: (x) => -softplus(-x),
  softsign: (x) => (abs(x) === Infinity ? sign(x) : x / (1 + abs(x))),
  hardSigmoid: (x) => relu6(x + 3) / 6,
  hardSilu: (x) => (x === -Infinity ? -0 : x * (relu6(x + 3) / 6)),
} satisfies Readonly<Record<string, (x: number) => number>>;

export type UnaryName = keyof typeof reference;
