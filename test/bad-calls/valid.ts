// One good call of every public function, so that garbage can stand in for each of its arguments. The type holds the
// list complete: a function without one does not compile.
import * as api from '../../src/index.ts';
import type { Given } from './table.ts';

type Api = typeof api;
/** Every public function that is no class; `optimizers` are called under names of their own. */
export type FunctionName = {
  [K in keyof Api]: Api[K] extends abstract new (
    ...args: never[]
  ) => unknown
    ? never
    : Api[K] extends (...args: never[]) => unknown
      ? K
      : never;
}[keyof Api];

/** Functions without an argument that could be wrong. */
export const WITHOUT_ARGUMENTS = ['device', 'memory'] as const satisfies FunctionName[];

type Arguments = (given: Given) => unknown[];

const unary: Arguments = ({ x }) => [x];
const binary: Arguments = ({ x, y }) => [x, y];
const reduction: Arguments = ({ x }) => [x, 0, { keepdims: true }];
const spread: Arguments = ({ x }) => [x, 0, { keepdims: true, correction: 1 }];
const along: Arguments = ({ x }) => [x, 0];
const sorted: Arguments = ({ x }) => [x, 0, { descending: true }];
const pooled: Arguments = ({ image }) => [image, { size: 2, strides: 1, padding: 'same' }];
const filled: Arguments = () => [[2], { dtype: 'float32' }];
const like: Arguments = ({ x }) => [x, { dtype: 'float32' }];
const total = (x: unknown) => (x instanceof api.Tensor ? x : api.tensor(1)).sum();
const same = (x: api.Tensor) => ({ value: x, vjp: (g: api.Tensor) => g });

export const valid: Record<Exclude<FunctionName, (typeof WITHOUT_ARGUMENTS)[number]>, Arguments> = {
  batches: ({ x, v }) => [x.T, v, { batchSize: 2, shuffle: true }],
  load: () => [new Uint8Array(10), { custom: {} }],
  fromKerasJson: () => [
    { class_name: 'Sequential', config: [] },
    { seed: 1, custom: {} },
  ],
  toKerasJson: () => [api.sequential([api.layers.dense(2)])],
  saveSafetensors: ({ x, k }) => [{ x, k }],
  loadSafetensors: () => [new Uint8Array(10), {}],
  saveNpy: ({ x }) => [x],
  loadNpy: () => [new Uint8Array(10), {}],
  digits: () => [{ size: 16, split: 'test', source: 'nowhere' }],
  sequential: () => [[api.layers.dense(2)], { seed: 1, name: 'net' }],
  abs: unary,
  acos: unary,
  acosh: unary,
  asin: unary,
  asinh: unary,
  atan: unary,
  atanh: unary,
  ceil: unary,
  cos: unary,
  cosh: unary,
  erf: unary,
  exp: unary,
  expm1: unary,
  floor: unary,
  hardSigmoid: unary,
  hardSilu: unary,
  isFinite: unary,
  isInf: unary,
  isNaN: unary,
  log: unary,
  log10: unary,
  log1p: unary,
  log2: unary,
  logSigmoid: unary,
  logicalNot: unary,
  mish: unary,
  neg: unary,
  reciprocal: unary,
  relu: unary,
  relu6: unary,
  round: unary,
  rsqrt: unary,
  selu: unary,
  sigmoid: unary,
  sign: unary,
  silu: unary,
  sin: unary,
  sinh: unary,
  softplus: unary,
  softsign: unary,
  sqrt: unary,
  square: unary,
  tan: unary,
  tanh: unary,
  trunc: unary,
  gelu: ({ x }) => [x, { approximate: true }],
  elu: ({ x }) => [x, 0.5],
  leakyRelu: ({ x }) => [x, 0.5],
  add: binary,
  atan2: binary,
  div: binary,
  equal: binary,
  floorDivide: binary,
  greater: binary,
  greaterEqual: binary,
  hypot: binary,
  less: binary,
  lessEqual: binary,
  logAddExp: binary,
  logicalAnd: binary,
  logicalOr: binary,
  logicalXor: binary,
  maximum: binary,
  minimum: binary,
  mul: binary,
  notEqual: binary,
  pow: binary,
  remainder: binary,
  sub: binary,
  where: ({ x, y }) => [x, x, y],
  clip: ({ x }) => [x, 1, 2],
  astype: ({ x }) => [x, 'int32'],
  all: reduction,
  any: reduction,
  argmax: reduction,
  argmin: reduction,
  countNonzero: reduction,
  logSumExp: reduction,
  max: reduction,
  mean: reduction,
  min: reduction,
  prod: reduction,
  sum: reduction,
  std: spread,
  var: spread,
  cumulativeProd: along,
  cumulativeSum: along,
  expandDims: along,
  flip: along,
  logSoftmax: along,
  softmax: along,
  squeeze: ({ ones }) => [ones, [0, 1]],
  argsort: sorted,
  sort: sorted,
  topk: ({ x }) => [x, 2],
  broadcastTo: ({ x }) => [x, [2, 2, 3]],
  reshape: ({ x }) => [x, [3, 2]],
  flatten: unary,
  permuteDims: ({ x }) => [x, [1, 0]],
  transpose: ({ x }) => [x, [1, 0]],
  slice: ({ x }) => [x, 0, [0, 2, 1]],
  split: ({ x }) => [x, [1, 1], 0],
  concat: ({ x, y }) => [[x, y], 0],
  stack: ({ x, y }) => [[x, y], 0],
  meshgrid: ({ v, w }) => [v, w, { indexing: 'ij' }],
  repeat: ({ x }) => [x, 2, 0],
  tile: ({ x }) => [x, [1, 2]],
  roll: ({ x }) => [x, 1, 0],
  pad: ({ x }) => [
    x,
    [
      [1, 1],
      [0, 0],
    ],
    { value: 1 },
  ],
  tril: ({ x }) => [x, 0],
  triu: ({ x }) => [x, 0],
  diagonal: ({ x }) => [x, 0],
  trace: ({ x }) => [x, 0],
  take: ({ x, k }) => [x, k, 0],
  takeAlongAxis: ({ x, whole }) => [x, whole([0, 1], [2, 1]), 1],
  oneHot: ({ k }) => [k, 3, { dtype: 'int32' }],
  softmaxCrossEntropy: ({ x, k }) => [x, k],
  matmul: ({ x, square }) => [x, square],
  dense: ({ x, square, v }) => [x, square, v, 'relu'],
  outer: ({ v, w }) => [v, w],
  vecdot: ({ x, y }) => [x, y, -1],
  tensordot: ({ x, y }) => [x, y, [[0], [0]]],
  einsum: ({ x, y }) => ['ij,ij->i', x, y],
  conv2d: ({ image, zeros }) => [
    image,
    zeros(2, 2, 1, 3),
    { strides: 1, padding: 'same', dilation: 1, groups: 1, bias: zeros(3), activation: 'relu' },
  ],
  maxPool2d: pooled,
  avgPool2d: pooled,
  layerNorm: ({ x, v }) => [x, v, v, { axis: -1, epsilon: 1e-3 }],
  batchNorm: ({ x, v }) => [x, v, v, { mean: v, variance: v, epsilon: 1e-3 }],
  dropout: ({ x, rng }) => [x, 0.5, rng],
  tensor: () => [[1, 2], { shape: [2], dtype: 'float32' }],
  arange: () => [0, 4, 2, { dtype: 'float32' }],
  linspace: () => [0, 1, 3, { dtype: 'float32' }],
  eye: () => [2, 3, { k: 1, dtype: 'float32' }],
  full: () => [[2], 1, { dtype: 'float32' }],
  zeros: filled,
  ones: filled,
  empty: filled,
  zerosLike: like,
  onesLike: like,
  fullLike: ({ x }) => [x, 2, { dtype: 'float32' }],
  variable: ({ w }) => [w],
  random: () => [1],
  stopGradient: unary,
  keep: unary,
  scope: () => [() => 1],
  noGrad: () => [() => 1],
  withDevice: ({ here }) => [here, () => 1],
  init: () => [{ backend: 'cpu' }],
  debug: () => [{ level: 0, nan: false, fuse: true }],
  grad: () => [total],
  valueAndGrad: () => [total, { aux: false }],
  customGradient: () => [same],
  checkpoint: () => [total],
  defineOp: () => [{ name: 'own', wgsl: 'a', cpu: (a: number) => a }],
  profile: () => [() => 1],
  warmup: () => [() => 1],
  capture: () => [() => 1],
  showTape: () => [total],
  fromGPUBuffer: () => [foreignBuffer(), { shape: [2], dtype: 'int32', offset: 4 }],
};

const ofMatrix: Arguments = ({ x }) => [x];
const ofSquare: Arguments = ({ regular }) => [regular];

/** The same of `linalg`. */
const validLinalg: Record<keyof typeof api.linalg, Arguments> = {
  norm: ({ x }) => [x, 'fro', { axis: [0, 1], keepdims: true }],
  vectorNorm: ({ x }) => [x, { ord: 2, axis: 1, keepdims: true }],
  matrixNorm: ({ x }) => [x, { ord: 1, keepdims: true }],
  gramSchmidt: ({ x }) => [x, { method: 'classical', reorthogonalize: true }],
  qr: ({ x }) => [x, { mode: 'complete' }],
  svd: ({ x }) => [x, { fullMatrices: true }],
  svdvals: ofMatrix,
  matrixRank: ofMatrix,
  pinv: ofMatrix,
  cholesky: ofSquare,
  inv: ofSquare,
  det: ofSquare,
  slogdet: ofSquare,
  eigh: ofSquare,
  solve: ({ regular, v }) => [regular, v],
};
const linalgFunctions = api.linalg as unknown as Readonly<Record<string, Callable>>;

const buffers = new WeakMap<GPUDevice, GPUBuffer>();

/** A buffer as other code makes them; on the CPU, which takes none, something like one. */
function foreignBuffer(): unknown {
  const { gpu } = api.device();
  if (!gpu) return { size: 16, usage: 4, mapState: 'unmapped' };
  const buffer = buffers.get(gpu) ?? gpu.createBuffer({ size: 16, usage: 4 });
  buffers.set(gpu, buffer);
  return buffer;
}

type Callable = (...args: unknown[]) => unknown;

const functions = api as unknown as Readonly<Record<string, Callable>>;

export interface Target {
  readonly name: string;
  /** How its messages begin. */
  readonly says: string;
  readonly call: (given: Given, args: unknown[]) => unknown;
  readonly args: Arguments;
}

export const target = (name: string, args: Arguments, call: Target['call'], says = name): Target => ({
  name,
  says,
  call,
  args,
});

const decaying = { initialLearningRate: 1, decaySteps: 2, decayRate: 0.5, staircase: true };
const schedulesWith: Record<keyof typeof api.schedules, object> = {
  exponentialDecay: decaying,
  inverseTimeDecay: decaying,
  piecewiseConstantDecay: { boundaries: [1], values: [1, 2] },
  polynomialDecay: { initialLearningRate: 1, decaySteps: 2, endLearningRate: 0, power: 2, cycle: true },
  cosineDecay: { initialLearningRate: 1, decaySteps: 2, alpha: 0, warmupTarget: 2, warmupSteps: 1 },
  cosineDecayRestarts: { initialLearningRate: 1, firstDecaySteps: 2, tMul: 2, mMul: 1, alpha: 0 },
  warmup: { steps: 2, learningRate: 1, from: 0 },
};

/** Every public function, and methods and returned functions that are called under another's name. */
export const targets: Target[] = [
  ...Object.entries(valid).map(([name, args]) =>
    target(name, args, (_, given) => (functions[name] as Callable)(...given)),
  ),
  ...Object.entries(validLinalg).map(([name, args]) =>
    target(`linalg.${name}`, args, (_, given) => (linalgFunctions[name] as Callable)(...given), name),
  ),
  target('showTape(f)', unary, (_, args) => (api.showTape(total as never) as Callable)(...args), 'showTape'),
  target('grad(f)', unary, (_, args) => (api.grad(total as never) as Callable)(...args), 'grad'),
  target(
    'valueAndGrad(f)',
    unary,
    (_, args) => (api.valueAndGrad(total as never) as Callable)(...args),
    'valueAndGrad',
  ),
  target(
    'customGradient(f)',
    unary,
    (_, args) => (api.customGradient(same) as Callable)(...args),
    'customGradient',
  ),
  target('checkpoint(f)', unary, (_, args) => (api.checkpoint(total) as Callable)(...args), 'checkpoint'),
  target('defineOp()', binary, (_, args) => (twice as Callable)(...args), 'twice'),
  target(
    'assign',
    ({ w }) => [w],
    ({ p }, [value]) => void p.assign(value as never),
  ),
  target(
    'to',
    ({ elsewhere }) => [elsewhere],
    ({ x }, [device]) => x.to(device as never),
  ),
  ...Object.entries(api.optimizers).map(([name, make]) =>
    target(
      name,
      () => [{ ...make().config, learningRate: 1 }],
      (_, [o]) => (make as Callable)(o),
    ),
  ),
  ...Object.entries(schedulesWith).map(([name, options]) =>
    target(
      name,
      () => [options],
      (_, [o]) => (api.schedules as unknown as Record<string, Callable>)[name]?.(o),
    ),
  ),
  ...Object.entries(api.losses).flatMap(([name, make]) => [
    target(
      name,
      () => [make().config],
      (_, [o]) => (make as Callable)(o),
    ),
    target(
      `${name}()`,
      ({ x, y, k, w }) => [name.startsWith('sparse') ? k : x, y, { sampleWeight: w }],
      (_, args) => (make() as Callable)(...args),
      name,
    ),
  ]),
  ...Object.entries(api.metrics).flatMap(([name, make]) => [
    target(
      `metrics.${name}`,
      () => [make().config],
      (_, [o]) => (make as Callable)(o),
      name,
    ),
    target(
      `${name}.measure`,
      ({ x, y, k, w }) => [name.startsWith('sparse') ? k : x, y, { sampleWeight: w }],
      (_, args) => (make().measure as Callable)(...args),
      name,
    ),
  ]),
  target(
    'adam.setState',
    ({ p }) => [
      [p],
      { name: 'adam', iterations: 1, slots: [[Float32Array.of(1, 2), Float32Array.of(3, 4)]] },
    ],
    (_, [ps, state]) => {
      const adam = api.optimizers.adam();
      try {
        adam.setState(ps as never, state as never);
      } finally {
        adam.dispose();
      }
    },
  ),
  target(
    'sgd.step',
    ({ p, w }) => [[p], [w]],
    (_, [ps, gs]) => steppedBy(0, ps, gs),
    'sgd',
  ),
  target(
    'uniform',
    () => [[2], { low: 0, high: 1 }],
    ({ rng }, args) => (rng.uniform as Callable)(...args),
  ),
  target(
    'normal',
    () => [[2], { mean: 0, std: 1 }],
    ({ rng }, args) => (rng.normal as Callable)(...args),
  ),
  target(
    'truncatedNormal',
    () => [[2], { mean: 0, std: 1 }],
    ({ rng }, args) => (rng.truncatedNormal as Callable)(...args),
  ),
  target(
    'integers',
    () => [0, 2, [2]],
    ({ rng }, args) => (rng.integers as Callable)(...args),
  ),
  target(
    'bernoulli',
    () => [0.5, [2]],
    ({ rng }, args) => (rng.bernoulli as Callable)(...args),
  ),
  target(
    'permutation',
    () => [4],
    ({ rng }, args) => (rng.permutation as Callable)(...args),
  ),
  target(
    'rng.split',
    () => [2],
    ({ rng }, args) => (rng.split as Callable)(...args),
    'split',
  ),
];

/** A step that changes nothing, and leaves nothing. */
function steppedBy(rate: number, params: unknown, grads: unknown): void {
  const sgd = api.optimizers.sgd(rate);
  try {
    sgd.step(params as never, grads as never);
  } finally {
    sgd.dispose();
  }
}

const twice = api.defineOp({ name: 'twice', wgsl: 'a + b', cpu: (a, b) => a + b });
