// How far the float32 results of one kernel may be off where its operands are what they are, row by row of the table: the
// model behind the bounds of random programs. What errors of the operands do is not part of it: noise.ts finds that out.
import { broadcastLayout, forEachPlace, sizeOf } from '../../src/core/shape.ts';
import type { CpuOperand, KernelCall } from '../../src/device/device.ts';
import type { OpName } from '../../src/ops/table.ts';
import { LIMIT } from '../accuracy/ops.ts';
import { EPSILON } from '../accuracy/sums.ts';

export type RowCall = KernelCall<unknown, CpuOperand>;
/** The kernel's results with other values in place of its operands'. */
export type Again = (values: readonly (Float64Array | undefined)[]) => Float64Array;
/** The largest error of each element of the results; undefined where there are none. */
export type Errors = (call: RowCall, results: Float64Array, again: Again) => Float64Array | undefined;

/** The values of an operand in row-major order, broadcast to a shape. */
export function valuesOf(x: CpuOperand, shape = x.shape): Float64Array {
  const values = new Float64Array(sizeOf(shape));
  forEachPlace(shape, [broadcastLayout(x, shape)], ([at], i) => {
    values[i] = x.data[at as number] as number;
  });
  return values;
}

const operand = ({ inputs }: RowCall, k: number): CpuOperand => inputs[k] as CpuOperand;

// --- element by element ---

const map =
  (error: (y: number) => number): Errors =>
  (_, results) =>
    results.map(error);

/** Data moves, or is chosen, compared or counted. */
const exact: Errors = () => undefined;
/** One IEEE operation: what float32 can hold, it holds. */
const rounded = map((y) => (Math.fround(y) === y ? 0 : EPSILON * Math.abs(y)));
/** What WGSL grants a division. */
const quotient = map((y) => 2.5 * EPSILON * Math.abs(y));
/** What this project grants a function. */
const evaluated = map((y) => LIMIT.webgpu * EPSILON * Math.abs(y));

/** A formula of the operands, for terms that cancel. */
const terms =
  (error: (a: number, b: number) => number): Errors =>
  (call, results) => {
    const [a, b] = [0, 1].map((k) => valuesOf(operand(call, k), call.outputs[0].shape));
    return results.map((_, k) => EPSILON * error(a?.[k] as number, b?.[k] as number));
  };

// --- sums ---

/** A sum of n terms: ε·√n·Σ|terms|, as test/accuracy/sums.ts has it, and the rounding of terms and result. */
const factor = (n: number): number => EPSILON * (2 + Math.sqrt(n));

/** Multiples of 1/64, products of two of which are multiples of 2^-12: their sums below 2^11 are exact in float32. */
const onGrid = (values: Float64Array): boolean => values.every((v) => Number.isInteger(v * 64));

/** Sums of products of these operands: the same sums of magnitudes say how large the terms are. */
const sums =
  (operands: readonly number[], count: (call: RowCall) => number, divides = false): Errors =>
  (call, results, again) => {
    const values = operands.map((k) => valuesOf(operand(call, k)));
    const magnitudes = again(call.inputs.map((_, k) => values[operands.indexOf(k)]?.map(Math.abs)));
    const grid = !divides && values.every(onGrid);
    const by = factor(count(call));
    return magnitudes.map((m, k) => {
      const y = results[k] as number;
      return grid && m < 2 ** 11 && Math.fround(y) === y ? 0 : by * m;
    });
  };

const perResult = (call: RowCall): number =>
  sizeOf(operand(call, 0).shape) / Math.max(1, sizeOf(call.outputs[0].shape));
const perRow = (call: RowCall): number => operand(call, 0).shape.at(-1) as number;
const perIndex = (call: RowCall): number => sizeOf(operand(call, 1).shape);

interface Windows {
  readonly window: { readonly size: readonly [number, number] };
  readonly w: readonly [number, number, number, number];
  readonly y: readonly number[];
}
const windows = ({ attrs }: RowCall) => attrs as Windows;
const perWindow = (call: RowCall): number => sizeOf(windows(call).window.size);
const perPlace = (call: RowCall): number => sizeOf(windows(call).y.slice(0, 3));
const perKernel = (call: RowCall): number => {
  const [h, w, from, to] = windows(call).w;
  return h * w * Math.max(from, to);
};

/** The error of the sum before the activation, as it comes out behind it. */
const dense: Errors = (call, results) => {
  const [x, w] = [valuesOf(operand(call, 0)), valuesOf(operand(call, 1))];
  const b = call.inputs[2] as CpuOperand | undefined;
  const bias = b ? valuesOf(b) : new Float64Array();
  const [length, columns] = operand(call, 1).shape as [number, number];
  const grid = [x, w, bias].every(onGrid);
  return results.map((y, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let z = bias[column] ?? 0;
    let m = Math.abs(z);
    for (let q = 0; q < length; q++) {
      const term = (x[row * length + q] as number) * (w[q * columns + column] as number);
      z += term;
      m += Math.abs(term);
    }
    const error = grid && m < 2 ** 11 ? 0 : factor(length) * m;
    const own = LIMIT.webgpu * EPSILON * Math.abs(y);
    if (call.attrs === 'tanh') return error * (1 - y * y) + own;
    if (call.attrs === 'sigmoid') return error * y * (1 - y) + own;
    return call.attrs === 'relu' && z < -error ? 0 : error;
  });
};

/** Where the slope of each activation is largest, as a function of the result. */
const STEEPEST: Readonly<Record<string, number>> = { linear: 1, relu: 1, sigmoid: 0.5, tanh: 0 };

/** Sums of products with the slope, whose own error is relative to its largest value; `y` is the place of the result. */
const slopes =
  (y: number, count: (call: RowCall) => number): Errors =>
  (call, _, again) => {
    const attrs = call.attrs as string | { readonly activation: string };
    const steepest = STEEPEST[typeof attrs === 'string' ? attrs : attrs.activation] as number;
    const largest = call.inputs.map((x, k) =>
      k === y ? valuesOf(x).fill(steepest) : valuesOf(x).map(Math.abs),
    );
    return again(largest).map((m) => (EPSILON * 2 + factor(count(call))) * m);
  };

// --- rows of softmax ---

const ofLine =
  (lengthOf: (call: RowCall) => number, error: (y: number, length: number) => number): Errors =>
  (call, results) => {
    const length = lengthOf(call);
    return results.map((y) => EPSILON * error(y, length));
  };
const alongAxis = (call: RowCall): number => operand(call, 0).shape[call.attrs as number] as number;
/** x − m and log Σ are rounded, and so is their difference. */
const logarithm = (y: number, n: number): number => 2 * Math.abs(y) + 2 * Math.log(n) + 8 + Math.sqrt(n);

/** Mean and variance are sums; the error of the mean moves every element, that of the variance stretches them. */
const standardize: Errors = (call, results) => {
  const x = valuesOf(operand(call, 0));
  const length = perRow(call);
  const [gamma, beta] = [1, 2].map((k) => valuesOf(operand(call, k), call.outputs[0].shape));
  const mean = (list: Float64Array, of: (v: number) => number) =>
    list.reduce((s, v) => s + of(v), 0) / length;
  return results.map((_, at) => {
    const row = x.subarray(at - (at % length), at - (at % length) + length);
    const centre = mean(row, (v) => v);
    const variance = mean(row, (v) => (v - centre) ** 2);
    const scale = 1 / Math.sqrt(variance + (call.attrs as number));
    if (length * Math.max(variance, mean(row, Math.abs)) > 2 ** 126) return Infinity; // a sum on the way may overflow
    const ofMean = factor(length) * mean(row, Math.abs);
    const ofVariance =
      factor(length) * variance + 2 * ofMean * mean(row, (v) => Math.abs(v - centre)) + ofMean ** 2;
    const away = Math.abs((x[at] as number) - centre) * scale;
    const relative = EPSILON * LIMIT.webgpu + ofVariance * scale ** 2;
    const [stretch, shift] = [Math.abs(gamma?.[at] as number), Math.abs(beta?.[at] as number)];
    return stretch * (ofMean * scale + away * relative) + 2 * EPSILON * (stretch * away + shift);
  });
};

// biome-ignore format: a table
export const errors: Readonly<Record<OpName, Errors>> = {
  neg: exact, abs: exact, sign: exact, relu: exact, relu6: exact, floor: exact, ceil: exact, round: exact, trunc: exact,
  isNaN: exact, isInf: exact, isFinite: exact, logicalNot: exact, logicalAnd: exact, logicalOr: exact, logicalXor: exact,
  equal: exact, notEqual: exact, less: exact, lessEqual: exact, greater: exact, greaterEqual: exact,
  maximum: exact, minimum: exact, clip: exact, select: exact, reluGrad: exact,
  max: exact, min: exact, all: exact, any: exact, argmax: exact, argmin: exact, argsort: exact,
  alias: exact, stopGradient: exact, contiguous: exact, reshape: exact, permuteDims: exact, broadcastTo: exact,
  expandDims: exact, squeeze: exact, slice: exact, embed: exact, diagonal: exact, diagonalGrad: exact, concat: exact,
  take: exact, gather: exact, oneHot: exact, maxPool2d: exact, maxPool2dPick: exact,
  randomBits: exact, randomUniform: exact, randomNormal: exact, randomTruncatedNormal: exact, randomIntegers: exact,
  randomBernoulli: exact,

  add: rounded, sub: rounded, mul: rounded, square: rounded, astype: rounded, remainder: rounded, floorDivide: rounded,
  div: quotient, reciprocal: quotient,

  exp: evaluated, log: evaluated, sqrt: evaluated, expm1: evaluated, log1p: evaluated, log2: evaluated, log10: evaluated,
  rsqrt: evaluated, sin: evaluated, cos: evaluated, tan: evaluated, asin: evaluated, acos: evaluated, atan: evaluated,
  sinh: evaluated, cosh: evaluated, asinh: evaluated, acosh: evaluated, atanh: evaluated, erf: evaluated,
  tanh: evaluated, sigmoid: evaluated, leakyRelu: evaluated, elu: evaluated, selu: evaluated, gelu: evaluated,
  silu: evaluated, mish: evaluated, softplus: evaluated, logSigmoid: evaluated, softsign: evaluated,
  hardSigmoid: evaluated, hardSilu: evaluated, pow: evaluated, atan2: evaluated, hypot: evaluated,

  logAddExp: terms((a, b) => 2 * (Math.max(Math.abs(a), Math.abs(b)) + 1)),
  tanhGrad: terms((_, g) => 2 * Math.abs(g)),
  sigmoidGrad: terms((y, g) => 4 * Math.abs(g * y * (1 - y)) + Math.abs(g * y)),

  sum: sums([0], perResult),
  mean: sums([0], perResult, true),
  matmul: sums([0, 1], perRow),
  dense,
  denseInputGrad: slopes(1, perRow),
  denseKernelGrad: slopes(2, (call) => sizeOf(operand(call, 1).shape.slice(0, -1))),
  takeGrad: sums([0], perIndex),
  gatherGrad: sums([0], perIndex),
  conv2d: sums([0, 1], perKernel),
  conv2dInputGrad: sums([0, 1], perKernel),
  conv2dKernelGrad: sums([0, 1], perPlace),
  maxPool2dGrad: sums([1], perWindow),
  avgPool2d: sums([0], perWindow, true),
  avgPool2dGrad: sums([0], perWindow, true),

  // the rounding of x − m, which is log y and the sum's, is a relative error of e^(x − m)
  softmax: ofLine(alongAxis, (y, n) => y * (8 + 2 * Math.log(n) + Math.sqrt(n) - Math.log(Math.max(y, 1e-38)))),
  logSoftmax: ofLine(alongAxis, logarithm),
  softmaxCrossEntropy: ofLine(perRow, logarithm),
  softmaxCrossEntropyGrad: (call, results) => {
    const length = perRow(call);
    const g = valuesOf(operand(call, 2));
    return results.map((_, k) => factor(length) * 8 * Math.abs(g[Math.floor(k / length)] as number));
  },
  standardize,
};
