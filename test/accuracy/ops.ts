/** @file Every unary op on float32: how it is called, where its inputs lie thick, and how far off it may be. */
import type { activationRows } from '../../src/ops/activation.ts';
import type { unaryRows } from '../../src/ops/unary.ts';
import type { Tensor } from '../../src/tensor.ts';
import type { UnaryName } from './reference.ts';
import { quarters, type Strata } from './strata.ts';

export interface UnaryOp extends Strata {
  readonly run: (x: Tensor) => Tensor;
  /** The largest error allowed in ULP on the CPU, where 0.5 is a result rounded once; 0 is exact. */
  readonly cpu: number;
  /** The same on WebGPU with arithmetic that rounds to nearest (SwiftShader). */
  readonly webgpu: number;
}

type Unary = Exclude<
  keyof typeof unaryRows | keyof typeof activationRows,
  'tanhGrad' | 'sigmoidGrad' | 'reluGrad'
>;
/** Without a row here an op does not compile, nor a reference that no op needs. */
type Table = Readonly<Record<Unary | UnaryName, UnaryOp>>;

const { LN2, SQRT1_2, SQRT2 } = Math;
const MAX = 3.4028234663852886e38;
const EXP_MAX = 88.72283935546875;
const EXP_MIN = -87.33654022216797;
/** Half integers, where roundings turn, to the last that float32 has. */
const halves = Array.from({ length: 48 }, (_, i) => (i % 2 ? -1 : 1) * (2 ** (i >> 1) - 0.5));
const log: Strata = {
  ranges: [
    [0.5, 2],
    [0, 2],
  ],
  spots: [0.5, 2, SQRT1_2, SQRT2, MAX],
};
const trig: Strata = {
  ranges: [
    [-7, 7],
    [-1e5, 1e5],
  ],
  spots: quarters,
};

/**
 * Bounds are the errors reached, also by `npm run verify` where the functions are hardest, rounded up. Whoever goes past
 * one has made an op worse.
 */
// biome-ignore format: a table
export const unaryOps: Table = {
  neg: { run: (x) => x.neg(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  abs: { run: (x) => x.abs(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  sign: { run: (x) => x.sign(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  exp: { run: (x) => x.exp(), ranges: [[-3, 3], [-90, 90]], spots: [EXP_MAX, EXP_MIN, LN2 / 2, -LN2 / 2], cpu: 0.51, webgpu: 1 },
  log: { run: (x) => x.log(), ...log, cpu: 0.51, webgpu: 1 },
  sqrt: { run: (x) => x.sqrt(), ranges: [[0, 100]], spots: [MAX], cpu: 0.51, webgpu: 0.51 },
  square: { run: (x) => x.square(), ranges: [[-9, 9]], spots: [2 ** 64, 2 ** -63], cpu: 0.51, webgpu: 0.51 },
  reciprocal: { run: (x) => x.reciprocal(), ranges: [[-9, 9]], spots: [2 ** 126, 2 ** -126], cpu: 0.51, webgpu: 0.51 },
  expm1: { run: (x) => x.expm1(), ranges: [[-2, 2], [-20, 90]], spots: [EXP_MAX, LN2 / 2, -LN2 / 2], cpu: 0.51, webgpu: 2 },
  log1p: { run: (x) => x.log1p(), ranges: [[-1, 3]], spots: [SQRT2 - 1, SQRT1_2 - 1, 2 ** 25, MAX], cpu: 0.51, webgpu: 2 },
  log2: { run: (x) => x.log2(), ...log, cpu: 0.51, webgpu: 2 },
  log10: { run: (x) => x.log10(), ...log, cpu: 0.51, webgpu: 2.5 },
  rsqrt: { run: (x) => x.rsqrt(), ranges: [[0, 100]], spots: [MAX], cpu: 0.51, webgpu: 2 },
  sin: { run: (x) => x.sin(), ...trig, cpu: 0.51, webgpu: 2 },
  cos: { run: (x) => x.cos(), ...trig, cpu: 0.51, webgpu: 2 },
  tan: { run: (x) => x.tan(), ...trig, cpu: 0.51, webgpu: 4 },
  asin: { run: (x) => x.asin(), ranges: [[-1, 1]], spots: [0.5, -0.5], cpu: 0.51, webgpu: 2.5 },
  acos: { run: (x) => x.acos(), ranges: [[-1, 1]], spots: [0.5, -0.5], cpu: 0.51, webgpu: 2 },
  atan: { run: (x) => x.atan(), ranges: [[-4, 4]], spots: [SQRT2 - 1, SQRT2 + 1], cpu: 0.51, webgpu: 3 },
  sinh: { run: (x) => x.sinh(), ranges: [[-4, 4], [-90, 90]], spots: [89.41598], cpu: 0.51, webgpu: 2 },
  cosh: { run: (x) => x.cosh(), ranges: [[-8, 8], [-90, 90]], spots: [89.41598], cpu: 0.51, webgpu: 2 },
  asinh: { run: (x) => x.asinh(), ranges: [[-2, 2], [-10, 10]], spots: [1e10, MAX], cpu: 0.51, webgpu: 2 },
  acosh: { run: (x) => x.acosh(), ranges: [[1, 2], [1, 10]], spots: [1e10, MAX], cpu: 0.51, webgpu: 2.5 },
  atanh: { run: (x) => x.atanh(), ranges: [[-1, 1]], spots: [0.5, -0.5], cpu: 0.51, webgpu: 2.5 },
  erf: { run: (x) => x.erf(), ranges: [[-1, 1], [-5, 5]], spots: [0.47, 0.93, -0.93, 3.9], cpu: 0.51, webgpu: 2 },
  floor: { run: (x) => x.floor(), ranges: [[-99, 99]], spots: halves, cpu: 0, webgpu: 0 },
  ceil: { run: (x) => x.ceil(), ranges: [[-99, 99]], spots: halves, cpu: 0, webgpu: 0 },
  round: { run: (x) => x.round(), ranges: [[-99, 99]], spots: halves, cpu: 0, webgpu: 0 },
  trunc: { run: (x) => x.trunc(), ranges: [[-99, 99]], spots: halves, cpu: 0, webgpu: 0 },
  isNaN: { run: (x) => x.isNaN(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  isInf: { run: (x) => x.isInf(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  isFinite: { run: (x) => x.isFinite(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  tanh: { run: (x) => x.tanh(), ranges: [[-2, 2], [-10, 10]], spots: [0.625, -0.625, 9.01], cpu: 0.51, webgpu: 2 },
  sigmoid: { run: (x) => x.sigmoid(), ranges: [[-12, 12], [-90, 90]], spots: [EXP_MIN], cpu: 0.51, webgpu: 2.5 },
  relu: { run: (x) => x.relu(), ranges: [[-9, 9]], cpu: 0, webgpu: 0 },
  relu6: { run: (x) => x.relu6(), ranges: [[-9, 9]], spots: [6], cpu: 0, webgpu: 0 },
  leakyRelu: { run: (x) => x.leakyRelu(), ranges: [[-9, 9]], cpu: 0.51, webgpu: 0.51 },
  elu: { run: (x) => x.elu(), ranges: [[-2, 1], [-20, 5]], spots: [-LN2 / 2], cpu: 0.51, webgpu: 1 },
  selu: { run: (x) => x.selu(), ranges: [[-2, 1], [-20, 5]], spots: [-LN2 / 2], cpu: 0.51, webgpu: 2 },
  gelu: { run: (x) => x.gelu(), ranges: [[-6, 3], [-14, 6]], spots: [0.92, -0.92, -13], cpu: 0.51, webgpu: 4.5 },
  geluTanh: { run: (x) => x.gelu({ approximate: true }), ranges: [[-5, 3], [-11, 6]], spots: [-10], cpu: 0.51, webgpu: 4 },
  silu: { run: (x) => x.silu(), ranges: [[-9, 3], [-95, 20]], spots: [EXP_MIN, -92], cpu: 0.51, webgpu: 3.5 },
  mish: { run: (x) => x.mish(), ranges: [[-9, 3], [-95, 20]], spots: [EXP_MIN, -92], cpu: 0.51, webgpu: 5 },
  softplus: { run: (x) => x.softplus(), ranges: [[-4, 4], [-90, 30]], spots: [EXP_MIN], cpu: 0.51, webgpu: 2 },
  logSigmoid: { run: (x) => x.logSigmoid(), ranges: [[-4, 4], [-30, 90]], spots: [-EXP_MIN], cpu: 0.51, webgpu: 2 },
  softsign: { run: (x) => x.softsign(), ranges: [[-9, 9]], spots: [2 ** 24], cpu: 0.51, webgpu: 2 },
  hardSigmoid: { run: (x) => x.hardSigmoid(), ranges: [[-4, 4]], spots: [3, -3], cpu: 0.51, webgpu: 2 },
  hardSilu: { run: (x) => x.hardSilu(), ranges: [[-4, 4]], spots: [3, -3], cpu: 0.51, webgpu: 3 },
};

/** Inputs of each op in the tests and in docs/accuracy.md. */
export const POINTS = 1_000_000;

/** Sums of K terms in float32 may be off by C_SUMS·√K·ε·Σ|terms|. */
export const C_SUMS = 1;

/** What no op may go beyond: the aim. */
export const LIMIT = { cpu: 4, webgpu: 8 } as const;

export const unaryNames = Object.keys(unaryOps) as UnaryName[];

/** The bound on a device. A GPU may round otherwise than SwiftShader, but exact is exact everywhere. */
export function boundOf(
  name: UnaryName,
  device: { kind: 'cpu' | 'webgpu'; info: { software?: boolean } },
): number {
  const bound = unaryOps[name][device.kind];
  return device.kind === 'cpu' || device.info.software || bound === 0 ? bound : LIMIT.webgpu;
}
