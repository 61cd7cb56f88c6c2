// shaders/math.wgsl against float64: worst error in ULP over stratified points, and the special values of IEEE 754
// and C. Subnormal arguments and results may be flushed. `--reporter=verbose` shows the errors found.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import source from '../../shaders/math.wgsl?raw';
import { erfc } from '../../src/core/special.ts';
import { gpuDevice } from './device.ts';

const N = 20_000;
const { PI, SQRT1_2, SQRT2, LN2, sign, abs, sqrt, exp, log1p } = Math;
const { max, min } = Math; // they pass NaN on, and put 0 above -0
const INF = Infinity;
const MAX = 3.4028234663852886e38;
const TINY = 2 ** -126;

let device: GPUDevice;
/** WGSL grants division 2.5 ULP and sqrt about as much; SwiftShader, where the bounds were taken, rounds both. */
let slack = 0;
beforeAll(async () => {
  device = await gpuDevice();
  slack = device.adapterInfo.architecture === 'swiftshader' ? 0 : 3;
});
afterAll(() => device?.destroy());

// ---- running an expression of x, y, z on the GPU

async function evaluate(expression: string, inputs: Float32Array<ArrayBuffer>[]): Promise<Float32Array> {
  const n = inputs[0]?.length ?? 0;
  const size = n * 4;
  const code = `${source}
${inputs.map((_, i) => `@group(0) @binding(${i}) var<storage, read> in${i}: array<f32>;`).join('\n')}
@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= arrayLength(&result)) { return; }
  ${inputs.map((_, i) => `let ${'xyz'[i]} = in${i}[i];`).join(' ')}
  result[i] = ${expression};
}`;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const buffers = inputs.map((data) => {
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE, mappedAtCreation: true });
    new Float32Array(buffer.getMappedRange()).set(data);
    buffer.unmap();
    return buffer;
  });
  const out = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const entries = [...buffers, out].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(n / 64));
  pass.end();
  encoder.copyBufferToBuffer(out, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  await read.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(read.getMappedRange().slice(0));
  for (const buffer of [...buffers, out, read]) buffer.destroy();
  return values;
}

// ---- points

function generator(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
let random = generator(1);
const between = (lo: number, hi: number) => lo + (hi - lo) * random();
const either = (x: number) => (random() < 0.5 ? x : -x);
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const fromBits = (bits: number) => {
  word[0] = bits;
  return float[0] ?? 0;
};
/** Any finite float, all exponents alike. */
const any = () => either(fromBits(Math.floor(random() * 0x7f800000)));
/** log-uniform in [2^a, 2^b], either sign. */
const octaves = (a: number, b: number) => either(2 ** between(a, b));
/** A float within 40 steps of x. */
const near = (x: number) => {
  float[0] = x;
  return fromBits((word[0] ?? 0) + (x === 0 ? 0 : Math.floor(between(-40, 41))));
};

type Point = readonly number[];

/** Points for a function of one argument: everywhere, around 1, in [lo, hi], and beside the given values. */
function unary(lo: number, hi: number, ...spots: number[]): () => Point {
  const all = [0, 1, -1, ...spots];
  return () => {
    const u = random();
    if (u < 0.35) return [any()];
    if (u < 0.6) return [octaves(-24, 12)];
    if (u < 0.9) return [between(lo, hi)];
    return [near(all[Math.floor(random() * all.length)] ?? 0)];
  };
}

function binary(): Point {
  const u = random();
  const x = octaves(-20, 20);
  if (u < 0.3) return [any(), any()];
  if (u < 0.6) return [x, octaves(-20, 20)];
  if (u < 0.8) return [x, either(x * between(0.2, 5))];
  if (u < 0.9) return [x, near(either(x))];
  return [Math.round(between(-9, 9)), Math.round(between(-9, 9))];
}

/** Without divisors so small that the remainder may flush before it takes the sign of the divisor. */
function divisions(): Point {
  const [a = 0, b = 0] = binary();
  return [a, abs(b) < 2 ** -90 ? b * 2 ** 60 : b];
}

/** A slope after the argument. */
const withAlpha = (points: () => Point) => (): Point => [...points(), near(1.6732632) * between(0, 1.2)];

function powers(): Point {
  const u = random();
  if (u < 0.25) return [any(), any()];
  if (u < 0.4) return [Math.round(between(-40, 40)) / 4, Math.round(between(-40, 40)) / 2];
  let x = Math.fround(abs(u < 0.6 ? any() : u < 0.8 ? octaves(-3, 3) : 1 + octaves(-24, -2)));
  if (x === 1 || x < TINY) x = 1.5;
  const y = between(-127, 129) / Math.log2(x);
  return abs(y) > 1 && random() < 0.2 ? [-x, Math.round(y)] : [x, y];
}

// ---- errors

/** The distance of got from the float64 want in units of the last place of max(|want|, scale). */
function ulps(got: number, want: number, scale = 0): number {
  if (Number.isNaN(want) || Number.isNaN(got)) return Number.isNaN(want) && Number.isNaN(got) ? 0 : INF;
  if (got === want) return 0;
  // A result that rounds to Inf counts as 2^128; one that may flush must be between 0 and the least normal.
  const g = abs(got) === INF ? sign(got) * 2 ** 128 : got;
  const w = abs(want) > 2 ** 128 ? sign(want) * 2 ** 128 : want;
  if (abs(w) < TINY && (g === 0 || (sign(g) === sign(w) && abs(g) <= TINY))) return 0;
  const e = min(Math.floor(Math.log2(max(abs(w), scale, TINY))), 127);
  return abs(g - w) / 2 ** (e - 23);
}
/** -0 and 0 differ, NaN is NaN. */
const exact = (got: number, want: number) => (Object.is(got, want) ? 0 : INF);
const flush = (x: number) => (abs(x) < TINY ? x * 0 : x);

// ---- references

const softplus = (x: number) => (x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));
const logAddExp = (a: number, b: number) => (a === b ? a + LN2 : max(a, b) + log1p(exp(-abs(a - b))));
/** e^-x^2 times a series of positive terms: no cancellation. */
function erf(x: number): number {
  if (!(abs(x) < 6)) return sign(x);
  let sum = 0;
  for (let term = x, n = 1; sum !== sum + term; n++, term *= (2 * x * x) / (2 * n - 1)) sum += term;
  return sum * exp(-x * x) * (2 / sqrt(PI));
}
const gelu = (x: number) => (x / 2) * erfc(-x * SQRT1_2);
const geluTanh = (x: number) => x / (1 + exp(-2 * sqrt(2 / PI) * (x + 0.044715 * x ** 3)));
const expLinear = (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x));
const hardSigmoid = (x: number) => min(max(x + 3, 0), 6) / 6;
function pow(x: number, y: number): number {
  return x === 1 || y === 0 || (x === -1 && abs(y) === INF) ? 1 : x ** y;
}
function remainder(a: number, b: number): number {
  const r = a % b;
  if (Number.isNaN(r)) return NaN;
  if (r === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
  return Math.fround(r < 0 === b < 0 ? r : r + b);
}
function floorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const r = a % b;
  if (Number.isNaN(r)) return NaN;
  if (abs(b) === INF) return a === 0 || a < 0 === b < 0 ? sign(a / b) * 0 : -1;
  return (a - r) / b - (r !== 0 && r < 0 !== b < 0 ? 1 : 0) || (a / b) * 0;
}

// ---- the table

interface Case {
  /** WGSL of x, y, z. */
  call: string;
  want: (...args: number[]) => number;
  points: () => Point;
  /** Worst error allowed on SwiftShader; 'exact' compares bits, -0 and all. */
  bound: number | 'exact';
  /** The least magnitude whose last place counts as the unit. */
  scale?: (...args: number[]) => number;
  /** Rows of arguments and result. */
  special: number[][];
}
const odd0 = [
  [0, 0],
  [-0, -0],
  [NaN, NaN],
];
/** A gated unit: x to the right, 0 to the left. */
const tails = [
  [INF, INF],
  [-INF, -0],
  [MAX, MAX],
  [-MAX, -0],
  [1e4, 1e4],
  [-1e4, -0],
];
/** Multiples of pi/2, and the floats of every size that lie nearest to one. */
const quarters = [...Array(24)].map((_, i) => ((i % 2 ? -1 : 1) * (i < 12 ? i + 1 : 2 ** i + i) * PI) / 2);
const hard = [16367173 * 2 ** 72, PI / 2, PI, 11, 355, 710, 2, 51471.85, 1e5, 1e22, MAX];
const trig = unary(-1e5, 1e5, ...quarters, ...quarters.map((x) => x * 1000), ...hard);
const trigEdges = [
  [NaN, NaN],
  [INF, NaN],
  [-INF, NaN],
];
const bool = (f: string) => `select(0.0, 1.0, ${f}(x))`;
const sorts = unary(-10, 10);
const signs = [0, -0, 1, -1, INF, -INF, NaN];

// biome-ignore format: a table
const cases: Record<string, Case> = {
  is_nan: {
    call: bool('is_nan'), want: () => 0, points: sorts, bound: 'exact',
    special: [[NaN, 1], [INF, 0], [-INF, 0], [0, 0], [MAX, 0]],
  },
  is_inf: {
    call: bool('is_inf'), want: () => 0, points: sorts, bound: 'exact',
    special: [[NaN, 0], [INF, 1], [-INF, 1], [0, 0], [MAX, 0]],
  },
  is_finite: {
    call: bool('is_finite'), want: () => 1, points: sorts, bound: 'exact',
    special: [[NaN, 0], [INF, 0], [-INF, 0], [0, 1], [MAX, 1]],
  },
  nan_: {
    call: 'nan_()', want: () => NaN, points: sorts, bound: 'exact',
    special: [],
  },
  inf_: {
    call: 'inf_()', want: () => INF, points: sorts, bound: 'exact',
    special: [],
  },
  exp_: {
    call: 'exp_(x)', want: exp, points: unary(-90, 90, 88.72283, -87.33654, LN2 / 2), bound: 1,
    special: [
      [0, 1], [-0, 1], [NaN, NaN], [INF, INF], [-INF, 0], [89, INF], [-120, 0], [MAX, INF], [-MAX, 0],
    ],
  },
  exp2_: {
    call: 'exp2_(x)', want: (x) => 2 ** x, points: unary(-130, 130, 128, -126, 0.5), bound: 1,
    special: [
      [0, 1], [-0, 1], [NaN, NaN], [INF, INF], [-INF, 0], [10, 1024], [-126, TINY], [127, 2 ** 127],
      [128, INF], [-200, 0], [MAX, INF], [-MAX, 0],
    ],
  },
  expm1_: {
    call: 'expm1_(x)', want: Math.expm1, points: unary(-20, 90, 88.72283, LN2 / 2, -LN2 / 2), bound: 2,
    special: [
      ...odd0, [INF, INF], [-INF, -1], [89, INF], [-100, -1], [1e-30, Math.fround(1e-30)], [MAX, INF],
      [-MAX, -1],
    ],
  },
  log_: {
    call: 'log_(x)', want: Math.log, points: unary(0.5, 2, 2, SQRT1_2, SQRT2, MAX), bound: 1,
    special: [[0, -INF], [-0, -INF], [1, 0], [-1, NaN], [-1e-42, NaN], [NaN, NaN], [INF, INF], [-INF, NaN]],
  },
  log2_: {
    call: 'log2_(x)', want: Math.log2, points: unary(0.5, 2, 2, SQRT1_2, SQRT2, MAX), bound: 2,
    special: [
      [0, -INF], [-0, -INF], [1, 0], [4, 2], [0.0625, -4], [2 ** 64, 64], [2 ** -128, -128], [-1, NaN],
      [NaN, NaN], [INF, INF], [-INF, NaN],
    ],
  },
  log10_: {
    call: 'log10_(x)', want: Math.log10, points: unary(0.5, 2, 2, SQRT1_2, SQRT2, MAX), bound: 2,
    special: [
      [0, -INF], [-0, -INF], [1, 0], [10, 1], [100, 2], [1000, 3], [1e6, 6], [-1, NaN], [NaN, NaN],
      [INF, INF], [-INF, NaN],
    ],
  },
  log1p_: {
    call: 'log1p_(x)', want: log1p, points: unary(-1, 3, SQRT2 - 1, SQRT1_2 - 1, 2 ** 25, MAX), bound: 2,
    special: [
      ...odd0, [-1, -INF], [-1.0000001, NaN], [-2, NaN], [INF, INF], [-INF, NaN], [1e-30, Math.fround(1e-30)],
    ],
  },
  pow_: {
    call: 'pow_(x, y)', want: pow, points: powers, bound: 2,
    special: [
      ...[NaN, INF, -INF, 0, -0, 1, -1, 2, -2.5].flatMap((x) => [[x, 0, 1], [x, -0, 1], [1, x, 1]]),
      [NaN, 1, NaN], [1.5, NaN, NaN], [NaN, NaN, NaN], [-1, INF, 1], [-1, -INF, 1], [-1, 0.5, NaN],
      [-8, 1 / 3, NaN], [-1, 16777217, 1], [-1, 16777215, -1], [-1, 8388609, -1], [-1, MAX, 1], [-2, 3, -8],
      [-2, 2, 4], [-2, -3, -0.125], [-0.5, 1, -0.5], [0, 3, 0], [-0, 3, -0], [0, 2.5, 0], [-0, 2, 0],
      [-0, 0.5, 0], [0, -3, INF], [-0, -3, -INF], [-0, -2, INF], [-0, -0.5, INF], [0, INF, 0], [0, -INF, INF],
      [-0, -INF, INF], [INF, 2, INF], [INF, -2, 0], [INF, 0.5, INF], [-INF, 3, -INF], [-INF, 2, INF],
      [-INF, 0.5, INF], [-INF, -3, -0], [-INF, -2, 0], [-INF, -0.5, 0], [INF, INF, INF], [-INF, -INF, 0],
      [2, INF, INF], [0.5, INF, 0], [2, -INF, 0], [0.5, -INF, INF], [-2, INF, INF], [-0.5, INF, 0],
      [2, 10, 1024], [2, 127, 2 ** 127], [2, -126, TINY], [2, 128, INF], [3, 4, 81], [10, 10, 1e10],
      [4, 0.5, 2], [MAX, 1, MAX], [TINY, -1, 2 ** 126], [10, 60, INF], [10, -60, 0], [-10, 61, -INF],
      [MAX, MAX, INF], [MAX, -MAX, 0], [TINY, MAX, 0],
    ],
  },
  sqrt_: {
    call: 'sqrt_(x)', want: sqrt, points: unary(0, 100, MAX), bound: 1,
    special: [...odd0, [4, 2], [-1, NaN], [-1e-42, NaN], [INF, INF], [-INF, NaN]],
  },
  rsqrt_: {
    call: 'rsqrt_(x)', want: (x) => 1 / sqrt(x), points: unary(0, 100, MAX), bound: 2,
    special: [[0, INF], [-0, -INF], [4, 0.5], [-1, NaN], [-1e-42, NaN], [INF, 0], [-INF, NaN], [NaN, NaN]],
  },
  sin_: {
    call: 'sin_(x)', want: Math.sin, points: trig, bound: 2,
    special: [...odd0, ...trigEdges],
  },
  cos_: {
    call: 'cos_(x)', want: Math.cos, points: trig, bound: 2,
    special: [[0, 1], [-0, 1], ...trigEdges],
  },
  tan_: {
    call: 'tan_(x)', want: Math.tan, points: trig, bound: 4,
    special: [...odd0, ...trigEdges],
  },
  asin_: {
    call: 'asin_(x)', want: Math.asin, points: unary(-1, 1, 0.5, -0.5), bound: 3,
    special: [
      ...odd0, [1, Math.fround(PI / 2)], [-1, -Math.fround(PI / 2)], [1.0000001, NaN], [INF, NaN], [-INF, NaN],
    ],
  },
  acos_: {
    call: 'acos_(x)', want: Math.acos, points: unary(-1, 1, 0.5, -0.5), bound: 2,
    special: [
      [0, Math.fround(PI / 2)], [1, 0], [-1, Math.fround(PI)], [NaN, NaN], [1.0000001, NaN], [INF, NaN],
      [-INF, NaN],
    ],
  },
  atan_: {
    call: 'atan_(x)', want: Math.atan, points: unary(-4, 4, SQRT2 - 1, SQRT2 + 1), bound: 3,
    special: [...odd0, [INF, Math.fround(PI / 2)], [-INF, -Math.fround(PI / 2)], [MAX, Math.fround(PI / 2)]],
  },
  atan2_: {
    call: 'atan2_(x, y)', want: Math.atan2, points: binary, bound: 3,
    special: signs.flatMap((y) => signs.map((x) => [y, x, Math.fround(Math.atan2(y, x))])),
  },
  sinh_: {
    call: 'sinh_(x)', want: Math.sinh, points: unary(-90, 90, 89.41598, 1), bound: 2,
    special: [...odd0, [INF, INF], [-INF, -INF], [90, INF], [-90, -INF], [MAX, INF]],
  },
  cosh_: {
    call: 'cosh_(x)', want: Math.cosh, points: unary(-90, 90, 89.41598), bound: 2,
    special: [[0, 1], [-0, 1], [NaN, NaN], [INF, INF], [-INF, INF], [90, INF], [-MAX, INF]],
  },
  tanh_: {
    call: 'tanh_(x)', want: Math.tanh, points: unary(-10, 10, 0.625, -0.625), bound: 2,
    special: [...odd0, [INF, 1], [-INF, -1], [20, 1], [-MAX, -1], [1e-30, Math.fround(1e-30)]],
  },
  asinh_: {
    call: 'asinh_(x)', want: Math.asinh, points: unary(-10, 10, 1e10, MAX), bound: 3,
    special: [...odd0, [INF, INF], [-INF, -INF]],
  },
  acosh_: {
    call: 'acosh_(x)', want: Math.acosh, points: unary(1, 10, 1e10, MAX), bound: 3,
    special: [[1, 0], [0.99999994, NaN], [0, NaN], [-2, NaN], [-INF, NaN], [INF, INF], [NaN, NaN]],
  },
  atanh_: {
    call: 'atanh_(x)', want: Math.atanh, points: unary(-1, 1), bound: 3,
    special: [...odd0, [1, INF], [-1, -INF], [1.0000001, NaN], [INF, NaN], [-INF, NaN]],
  },
  erf_: {
    call: 'erf_(x)', want: erf, points: unary(-4, 4, 0.93, -0.93), bound: 2,
    special: [...odd0, [INF, 1], [-INF, -1], [5, 1], [-MAX, -1]],
  },
  erfc_: {
    call: 'erfc_(x)', want: erfc, points: unary(-5, 10.1, 0.65, -0.65, 9.194), bound: 4,
    special: [[0, 1], [-0, 1], [NaN, NaN], [INF, 0], [-INF, 2], [11, 0], [-5, 2], [MAX, 0], [-MAX, 2]],
  },
  max_: {
    call: 'max_(x, y)', want: max, points: binary, bound: 'exact',
    special: [
      [-0, 0, 0], [0, -0, 0], [-0, -0, -0], [NaN, 0, NaN], [0, NaN, NaN], [NaN, INF, NaN], [INF, -INF, INF],
      [-INF, -5, -5],
    ],
  },
  min_: {
    call: 'min_(x, y)', want: min, points: binary, bound: 'exact',
    special: [
      [-0, 0, -0], [0, -0, -0], [0, 0, 0], [NaN, 0, NaN], [0, NaN, NaN], [NaN, -INF, NaN], [INF, -INF, -INF],
      [INF, 5, 5],
    ],
  },
  clip_: {
    call: 'clip_(x, y, z)', want: (x, lo = 0, hi = 0) => min(max(x, lo), hi),
    points: () => [...binary(), any()], bound: 'exact',
    special: [
      [NaN, 0, 1, NaN], [5, 0, 1, 1], [-5, 0, 1, 0], [0.5, 0, 1, 0.5], [INF, 0, 1, 1], [-INF, 0, 1, 0],
      [0, 3, 1, 1], [2, -INF, INF, 2], [0, NaN, 1, NaN],
    ],
  },
  relu_: {
    call: 'relu_(x)', want: (x) => max(x, 0), points: sorts, bound: 'exact',
    special: [[0, 0], [-0, 0], [NaN, NaN], [INF, INF], [-INF, 0], [-1e-42, 0]],
  },
  sigmoid_: {
    call: 'sigmoid_(x)', want: (x) => 1 / (1 + exp(-x)), points: unary(-90, 90), bound: 3,
    special: [[0, 0.5], [NaN, NaN], [INF, 1], [-INF, 0], [100, 1], [-120, 0], [MAX, 1], [-MAX, 0]],
  },
  softplus_: {
    call: 'softplus_(x)', want: softplus, points: unary(-90, 30), bound: 2,
    special: [[NaN, NaN], [INF, INF], [-INF, 0], [MAX, MAX], [-MAX, 0], [0, Math.fround(LN2)]],
  },
  log_sigmoid_: {
    call: 'log_sigmoid_(x)', want: (x) => -softplus(-x), points: unary(-30, 90), bound: 2,
    special: [[NaN, NaN], [-INF, -INF], [-MAX, -MAX], [0, -Math.fround(LN2)]],
  },
  gelu_: {
    call: 'gelu_(x)', want: gelu, points: unary(-14, 6, 0.92, -0.92, -13.1), bound: 4,
    special: [...odd0, ...tails, [1e-30, Math.fround(0.5e-30)]],
  },
  gelu_tanh_: {
    call: 'gelu_tanh_(x)', want: geluTanh, points: unary(-10.6, 6, -10.1), bound: 3,
    special: [...odd0, ...tails, [1e-30, Math.fround(0.5e-30)]],
  },
  silu_: {
    call: 'silu_(x)', want: (x) => x / (1 + exp(-x)), points: unary(-95, 20, -91.8), bound: 3,
    special: [...odd0, ...tails, [-1e-30, -Math.fround(0.5e-30)]],
  },
  mish_: {
    call: 'mish_(x)', want: (x) => x * Math.tanh(softplus(x)), points: unary(-95, 20, -91.8), bound: 4,
    special: [...odd0, ...tails, [-1e-30, -Math.fround(0.6e-30)]],
  },
  softsign_: {
    call: 'softsign_(x)', want: (x) => x / (1 + abs(x)), points: unary(-10, 10, 2 ** 25), bound: 2,
    special: [...odd0, [INF, 1], [-INF, -1], [MAX, 1], [-1, -0.5]],
  },
  elu_: {
    call: 'elu_(x, y)', want: (x, alpha = 1) => expLinear(x, alpha), points: withAlpha(unary(-20, 5)), bound: 2,
    special: [
      [0, 1, 0], [-0, 1, -0], [NaN, 1, NaN], [INF, 1, INF], [-INF, 2, -2], [-MAX, 0.5, -0.5], [MAX, 1, MAX],
      [-INF, 0, -0],
    ],
  },
  selu_: {
    call: 'selu_(x)', want: (x) => 1.0507009873554805 * expLinear(x, 1.6732632423543772), points: unary(-20, 5),
    bound: 2,
    special: [...odd0, [INF, INF], [-INF, -Math.fround(1.7580993408473766)], [MAX, INF]],
  },
  leaky_relu_: {
    call: 'leaky_relu_(x, y)', want: (x, alpha = 0) => (x > 0 ? x : alpha * x), points: withAlpha(sorts), bound: 1,
    special: [
      [0, 1, 0], [-0, 1, -0], [NaN, 1, NaN], [INF, 0, INF], [-INF, 0.5, -INF], [-INF, 0, -0], [-INF, -1, INF],
      [-2, 0.25, -0.5], [-MAX, 2, -INF], [3, 0, 3],
    ],
  },
  relu6_: {
    call: 'relu6_(x)', want: (x) => min(max(x, 0), 6), points: sorts, bound: 'exact',
    special: [[0, 0], [-0, 0], [NaN, NaN], [INF, 6], [-INF, 0], [5, 5], [7, 6]],
  },
  hard_sigmoid_: {
    call: 'hard_sigmoid_(x)', want: hardSigmoid, points: unary(-4, 4, -3, 3), bound: 2,
    special: [[0, 0.5], [-0, 0.5], [NaN, NaN], [INF, 1], [-INF, 0], [3, 1], [-3, 0], [MAX, 1], [-MAX, 0]],
  },
  hard_silu_: {
    call: 'hard_silu_(x)', want: (x) => x * hardSigmoid(x), points: unary(-4, 4, -3, 3), bound: 3,
    special: [...odd0, ...tails, [3, 3], [-3, -0], [1e-30, Math.fround(0.5e-30)]],
  },
  sign_: {
    call: 'sign_(x)', want: sign, points: sorts, bound: 'exact',
    special: [...odd0, [INF, 1], [-INF, -1], [1e-42, 1], [-1e-42, -1], [-5, -1]],
  },
  hypot_: {
    call: 'hypot_(x, y)', want: Math.hypot, points: binary, bound: 2,
    special: [
      [3, 4, 5], [-0, 0, 0], [INF, NaN, INF], [NaN, -INF, INF], [NaN, 0, NaN], [3e38, 0, Math.fround(3e38)],
      [1e-30, 0, Math.fround(1e-30)], [3e38, 3e38, INF],
    ],
  },
  log_add_exp_: {
    call: 'log_add_exp_(x, y)', want: (a, b = 0) => logAddExp(a, b), points: binary, bound: 3,
    scale: (a, b = 0) => max(abs(max(a, b)), abs(a - b) * exp(-abs(a - b)), 2 ** -102),
    special: [
      [0, 0, Math.fround(LN2)], [-INF, -INF, -INF], [INF, INF, INF], [INF, -INF, INF], [-INF, 3, 3],
      [3, -INF, 3], [NaN, 1, NaN], [INF, NaN, NaN], [3e38, -3e38, Math.fround(3e38)],
    ],
  },
  remainder_: {
    call: 'remainder_(x, y)', want: (a, b = 0) => remainder(a, b), points: divisions, bound: 1,
    special: [
      [5, 3, 2], [-5, 3, 1], [5, -3, -1], [-5, -3, -2], [6, 3, 0], [-6, 3, 0], [6, -3, -0], [0, -3, -0],
      [-0, 3, 0], [1, 0, NaN], [INF, 2, NaN], [1, NaN, NaN], [NaN, 1, NaN], [1, INF, 1], [-1, INF, INF],
      [1, -INF, -INF], [MAX, 3, MAX % 3], [1e30, Math.fround(0.1), Math.fround(1e30) % Math.fround(0.1)],
    ],
  },
  floor_divide_: {
    call: 'floor_divide_(x, y)', want: (a, b = 0) => floorDivide(a, b), points: binary, bound: 1,
    special: [
      [7, 2, 3], [-7, 2, -4], [7, -2, -4], [-7, -2, 3], [6, 3, 2], [-6, 3, -2], [0, 5, 0], [-0, 5, -0],
      [1, 0, INF], [-1, 0, -INF], [1, -0, -INF], [0, 0, NaN], [INF, 2, NaN], [INF, 0, INF], [1, INF, 0],
      [-1, INF, -1], [1, NaN, NaN], [NaN, 1, NaN], [1, Math.fround(0.1), 9], [16777215, 1, 16777215],
    ],
  },
};

const builtins: Record<string, (x: number) => number> = {
  round: (x) => (abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : sign(x) * Math.round(abs(x))),
  trunc: Math.trunc,
  floor: Math.floor,
  ceil: Math.ceil,
};

describe('math.wgsl', () => {
  for (const [name, { call, want, points, bound, scale, special }] of Object.entries(cases)) {
    it(name, async ({ annotate }) => {
      random = generator(name.length * 7919 + name.charCodeAt(0));
      const rows = [...special.map((row) => row.slice(0, -1)), ...[...Array(N)].map(points)];
      const inputs = (rows[0] ?? []).map((_, j) => Float32Array.from(rows, (row) => row[j] ?? 0));
      const got = await evaluate(call, inputs);

      const wrong = special.flatMap((row, i) => {
        const expected = row.at(-1) ?? 0;
        const value = got[i] ?? 0;
        const sharp =
          bound === 'exact' || !(abs(expected) < INF) || Number.isInteger(Math.log2(abs(expected)));
        const right =
          sharp || expected === 0 ? Object.is(value, expected) : ulps(value, expected) <= bound + slack;
        return right ? [] : [`${name}(${row.slice(0, -1)}) = ${value}, not ${expected}`];
      });
      expect(wrong, 'special values').toEqual([]);

      let worst = 0;
      let at = '';
      for (let i = special.length; i < rows.length; i++) {
        const args = inputs.map((input) => input[i] ?? 0);
        const value = got[i] ?? 0;
        const error = (a: number[]) =>
          bound === 'exact' ? exact(value, want(...a)) : ulps(value, want(...a), scale?.(...a));
        let e = error(args);
        if (e > 0 && bound !== 'exact') e = min(e, error(args.map(flush)));
        if (e > worst) {
          worst = e;
          at = `${name}(${args}) = ${value}, not ${want(...args)}`;
        }
      }
      await annotate(`${name}: ${worst.toFixed(2)} ULP`);
      expect(worst, at).toBeLessThanOrEqual(bound === 'exact' ? 0 : bound + slack);
    });
  }
});

// Used as they are; this is what says that they may be.
describe('builtins', () => {
  for (const [name, want] of Object.entries(builtins)) {
    it(`${name} keeps NaN, Inf and -0`, async () => {
      const x = Float32Array.of(
        NaN,
        INF,
        -INF,
        0,
        -0,
        0.3,
        -0.3,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        8388607.5,
        1e30,
        -MAX,
        0.49999997,
      );
      const got = await evaluate(`${name}(x)`, [x]);
      expect([...got]).toEqual([...x].map((v) => (Number.isFinite(v) && v !== 0 ? want(v) : v)));
    });
  }
});
