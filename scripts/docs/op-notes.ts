/**
 * @file What docs/ops.md says of each operation that the code cannot: its group, its names in other libraries, the shape
 * where its group does not settle it, its source, and how to call it where its own arguments do not do. The types hold
 * the list complete: an operation without a note does not compile.
 *
 * Names were looked up in NumPy 2 (SciPy where it says so), PyTorch 2, @tensorflow/tfjs-core 4.22.0 and @jax-js/jax
 * 0.1.25.
 */

import type * as api from '../../src/index.ts';
import type { Tensor, TensorOps } from '../../src/index.ts';

/** Every method, and the functions that take a list or a condition first. */
export type PublicOp = keyof TensorOps | 'where' | 'concat' | 'stack' | 'einsum' | 'meshgrid';

/** What a trial call may use besides the tensor x, float32 [2, 3] or the same in another dtype. */
export interface Trial {
  readonly api: typeof api;
  /** Like x, with other values. */
  readonly y: Tensor;
  /** int32 of the shape, all 0. */
  indices(...shape: number[]): Tensor;
}

interface More {
  /** The shape rule, where it is not that of the group. */
  readonly shape?: string;
  /** Paper or specification. */
  readonly source?: string;
  /** A call, where neither x.op() nor x.op(y) is one. */
  readonly trial?: (x: Tensor, more: Trial) => Tensor;
  /** Where the trial's dtypes do not tell the rule. */
  readonly dtypes?: string;
  /** Its call, where the type does not show it well. */
  readonly signature?: string;
}

export interface Note extends More {
  /** In NumPy, PyTorch, TensorFlow.js, jax-js; null where there is none. */
  readonly elsewhere: readonly (string | null)[];
}

export interface Group {
  readonly title: string;
  readonly about: string;
  /** The shape rule of its operations that have none of their own. */
  readonly shape?: string;
  readonly notes: Readonly<Partial<Record<PublicOp, Note>>>;
}

type Notes = Partial<Record<PublicOp, Note>>;

/** Names without a prefix get np., torch., tf. and np. in that order. */
function note(
  numpy: string | null,
  torch: string | null,
  tfjs: string | null,
  jax: string | null,
  more: More = {},
): Note {
  const full = (prefix: string, name: string | null) =>
    name === null || name.includes('.') || name.includes('[') ? name : `${prefix}.${name}`;
  return {
    elsewhere: [full('np', numpy), full('torch', torch), full('tf', tfjs), full('np', jax)],
    ...more,
  };
}

const unary = {
  neg: note('negative', 'neg', 'neg', 'negative'),
  abs: note('abs', 'abs', 'abs', 'abs'),
  sign: note('sign', 'sign', 'sign', 'sign'),
  exp: note('exp', 'exp', 'exp', 'exp'),
  expm1: note('expm1', 'expm1', 'expm1', 'expm1'),
  log: note('log', 'log', 'log', 'log'),
  log1p: note('log1p', 'log1p', 'log1p', 'log1p'),
  log2: note('log2', 'log2', null, 'log2'),
  log10: note('log10', 'log10', null, 'log10'),
  sqrt: note('sqrt', 'sqrt', 'sqrt', 'sqrt'),
  rsqrt: note(null, 'rsqrt', 'rsqrt', null),
  square: note('square', 'square', 'square', 'square'),
  reciprocal: note('reciprocal', 'reciprocal', 'reciprocal', 'reciprocal'),
  sin: note('sin', 'sin', 'sin', 'sin'),
  cos: note('cos', 'cos', 'cos', 'cos'),
  tan: note('tan', 'tan', 'tan', 'tan'),
  asin: note('arcsin', 'asin', 'asin', 'asin'),
  acos: note('arccos', 'acos', 'acos', 'acos'),
  atan: note('arctan', 'atan', 'atan', 'atan'),
  sinh: note('sinh', 'sinh', 'sinh', 'sinh'),
  cosh: note('cosh', 'cosh', 'cosh', 'cosh'),
  tanh: note('tanh', 'tanh', 'tanh', 'tanh'),
  asinh: note('arcsinh', 'asinh', 'asinh', 'asinh'),
  acosh: note('arccosh', 'acosh', 'acosh', 'acosh'),
  atanh: note('arctanh', 'atanh', 'atanh', 'atanh'),
  erf: note('scipy.special.erf', 'erf', 'erf', 'lax.erf'),
  floor: note('floor', 'floor', 'floor', 'floor'),
  ceil: note('ceil', 'ceil', 'ceil', 'ceil'),
  round: note('round', 'round', 'round', 'round'),
  trunc: note('trunc', 'trunc', null, 'trunc'),
  isNaN: note('isnan', 'isnan', 'isNaN', 'isnan'),
  isInf: note('isinf', 'isinf', 'isInf', 'isinf'),
  isFinite: note('isfinite', 'isfinite', 'isFinite', 'isfinite'),
} satisfies Notes;

const activations = {
  relu: note(null, 'F.relu', 'relu', 'nn.relu', { source: 'Nair and Hinton 2010' }),
  relu6: note(null, 'F.relu6', 'relu6', 'nn.relu6', { source: 'Krizhevsky 2010' }),
  leakyRelu: note(null, 'F.leaky_relu', 'leakyRelu', 'nn.leakyRelu', {
    source: 'Maas, Hannun and Ng 2013',
  }),
  elu: note(null, 'F.elu', 'elu', 'nn.elu', { source: 'Clevert et al. 2015, arXiv:1511.07289' }),
  selu: note(null, 'F.selu', 'selu', 'nn.selu', { source: 'Klambauer et al. 2017, arXiv:1706.02515' }),
  gelu: note(null, 'F.gelu', null, 'nn.gelu', { source: 'Hendrycks and Gimpel 2016, arXiv:1606.08415' }),
  silu: note(null, 'F.silu', null, 'nn.silu', { source: 'Elfwing et al. 2017, arXiv:1702.03118' }),
  sigmoid: note('scipy.special.expit', 'sigmoid', 'sigmoid', 'nn.sigmoid'),
  hardSigmoid: note(null, 'F.hardsigmoid', null, 'nn.hardSigmoid', {
    source: 'Howard et al. 2019, arXiv:1905.02244',
  }),
  logSigmoid: note('scipy.special.log_expit', 'F.logsigmoid', 'logSigmoid', 'nn.logSigmoid'),
  softplus: note(null, 'F.softplus', 'softplus', 'nn.softplus', { source: 'Dugas et al. 2000' }),
  softsign: note(null, 'F.softsign', null, 'nn.softSign', { source: 'Glorot and Bengio 2010' }),
  mish: note(null, 'F.mish', null, 'nn.mish', { source: 'Misra 2019, arXiv:1908.08681' }),
  hardSilu: note(null, 'F.hardswish', null, 'nn.hardSilu', {
    source: 'Howard et al. 2019, arXiv:1905.02244',
  }),
  softmax: note('scipy.special.softmax', 'softmax', 'softmax', 'nn.softmax', { source: 'Bridle 1990' }),
  logSoftmax: note('scipy.special.log_softmax', 'log_softmax', 'logSoftmax', 'nn.logSoftmax'),
} satisfies Notes;

const binary = {
  add: note('add', 'add', 'add', 'add'),
  sub: note('subtract', 'sub', 'sub', 'subtract'),
  mul: note('multiply', 'mul', 'mul', 'multiply'),
  div: note('divide', 'div', 'div', 'divide'),
  pow: note('power', 'pow', 'pow', 'pow'),
  remainder: note('remainder', 'remainder', 'mod', 'remainder'),
  floorDivide: note('floor_divide', 'floor_divide', 'floorDiv', 'floorDivide'),
  maximum: note('maximum', 'maximum', 'maximum', 'maximum'),
  minimum: note('minimum', 'minimum', 'minimum', 'minimum'),
  atan2: note('arctan2', 'atan2', 'atan2', 'atan2'),
  hypot: note('hypot', 'hypot', null, 'hypot'),
  logAddExp: note('logaddexp', 'logaddexp', null, 'logaddexp'),
  clip: note('clip', 'clip', 'clipByValue', 'clip', { trial: (x) => x.clip(-1, 1) }),
} satisfies Notes;

const logic = {
  equal: note('equal', 'eq', 'equal', 'equal'),
  notEqual: note('not_equal', 'ne', 'notEqual', 'notEqual'),
  less: note('less', 'lt', 'less', 'less'),
  lessEqual: note('less_equal', 'le', 'lessEqual', 'lessEqual'),
  greater: note('greater', 'gt', 'greater', 'greater'),
  greaterEqual: note('greater_equal', 'ge', 'greaterEqual', 'greaterEqual'),
  logicalAnd: note('logical_and', 'logical_and', 'logicalAnd', 'logicalAnd'),
  logicalOr: note('logical_or', 'logical_or', 'logicalOr', 'logicalOr'),
  logicalXor: note('logical_xor', 'logical_xor', 'logicalXor', 'logicalXor'),
  logicalNot: note('logical_not', 'logical_not', 'logicalNot', 'logicalNot'),
  where: note('where', 'where', 'where', 'where', {
    trial: (x, { api, y }) => api.where(api.greater(y, 0), x, y),
  }),
  astype: note('astype', 'torch.Tensor.to', 'cast', 'astype', {
    dtypes: 'any → the one asked for',
    trial: (x) => x.astype('float32'),
  }),
} satisfies Notes;

const reductions = {
  sum: note('sum', 'sum', 'sum', 'sum'),
  mean: note('mean', 'mean', 'mean', 'mean'),
  prod: note('prod', 'prod', 'prod', 'prod'),
  max: note('max', 'amax', 'max', 'max'),
  min: note('min', 'amin', 'min', 'min'),
  var: note('var', 'var', 'moments', 'var_'),
  std: note('std', 'std', null, 'std'),
  all: note('all', 'all', 'all', 'all'),
  any: note('any', 'any', 'any', 'any'),
  logSumExp: note('scipy.special.logsumexp', 'logsumexp', 'logSumExp', 'nn.logsumexp', {
    source: 'Blanchard, Higham and Higham 2021',
  }),
  countNonzero: note('count_nonzero', 'count_nonzero', null, 'countNonzero'),
  argmax: note('argmax', 'argmax', 'argMax', 'argmax'),
  argmin: note('argmin', 'argmin', 'argMin', 'argmin'),
  cumulativeSum: note('cumsum', 'cumsum', 'cumsum', 'cumulativeSum', {
    shape: 'as x',
    source: 'Hillis and Steele 1986',
  }),
  cumulativeProd: note('cumprod', 'cumprod', 'cumprod', 'cumulativeProd', {
    shape: 'as x',
    source: 'Hillis and Steele 1986',
  }),
} satisfies Notes;

const shape = {
  reshape: note('reshape', 'reshape', 'reshape', 'reshape', {
    shape: 'the one asked for, of as many elements',
    trial: (x) => x.reshape([3, -1]),
  }),
  flatten: note('ravel', 'flatten', 'tf.Tensor.flatten', 'ravel', { shape: '[size]' }),
  permuteDims: note('transpose', 'permute', 'transpose', 'permuteDims', {
    shape: 'size d of the result is size axes[d] of x',
    trial: (x) => x.permuteDims([1, 0]),
  }),
  transpose: note('transpose', 'permute', 'transpose', 'transpose', {
    shape: 'as x, reversed; or as permuteDims',
  }),
  squeeze: note('squeeze', 'squeeze', 'squeeze', 'squeeze', { shape: 'without axes of size 1' }),
  expandDims: note('expand_dims', 'unsqueeze', 'expandDims', 'expandDims', {
    shape: 'one more axis',
    trial: (x) => x.expandDims(0),
  }),
  broadcastTo: note('broadcast_to', 'broadcast_to', 'broadcastTo', 'broadcastTo', {
    shape: 'the one asked for',
    trial: (x) => x.broadcastTo([4, 2, 3]),
  }),
  concat: note('concatenate', 'cat', 'concat', 'concatenate', {
    shape: 'sizes along the axis add up; the others agree',
    trial: (x, { api, y }) => api.concat([x, y]),
  }),
  stack: note('stack', 'stack', 'stack', 'stack', {
    shape: 'one more axis, as long as the list',
    trial: (x, { api, y }) => api.stack([x, y]),
  }),
  split: note('split', 'tensor_split', 'split', 'split', {
    shape: 'a list; sizes along the axis add up to its',
    trial: (x) => x.split([1, 1])[0] as Tensor,
  }),
  slice: note('x[a:b:c]', 'x[a:b:c]', 'stridedSlice', 'x.slice', {
    shape: 'range: ⌈(stop − start) / step⌉; index: none',
    trial: (x) => x.slice(0, [1, 3]),
  }),
  flip: note('flip', 'flip', 'reverse', 'flip', { shape: 'as x' }),
  roll: note('roll', 'roll', null, 'roll', { shape: 'as x', trial: (x) => x.roll(1) }),
  repeat: note('repeat', 'repeat_interleave', null, 'repeat', {
    shape: 'the axis n times as long',
    trial: (x) => x.repeat(2, 0),
  }),
  tile: note('tile', 'tile', 'tile', 'tile', {
    shape: 'size d times reps[d], aligned at the last axis',
    trial: (x) => x.tile([1, 2]),
  }),
  pad: note('pad', 'F.pad', 'pad', 'pad', {
    shape: 'before + size + after',
    trial: (x) =>
      x.pad([
        [1, 0],
        [0, 1],
      ]),
  }),
  tril: note('tril', 'tril', 'tf.linalg.bandPart', 'tril', { shape: 'as x, [..., m, n]' }),
  triu: note('triu', 'triu', 'tf.linalg.bandPart', 'triu', { shape: 'as x, [..., m, n]' }),
  meshgrid: note('meshgrid', 'meshgrid', 'meshgrid', 'meshgrid', {
    signature: 'meshgrid(...vectors, { indexing? })',
    shape: "a list; [n, m, ...] with 'xy', [m, n, ...] with 'ij', for vectors of m, n, ...",
    trial: (x, { api }) => api.meshgrid(x.slice(0), x.slice(1))[0] as Tensor,
  }),
} satisfies Notes;

const indexing = {
  take: note('take', 'index_select', 'gather', 'take', {
    shape: "x's, with the axis replaced by the indices' shape",
    trial: (x) => x.take([1, 0]),
  }),
  takeAlongAxis: note('take_along_axis', 'take_along_dim', null, 'takeAlongAxis', {
    shape: "the indices', broadcast with x's other axes",
    trial: (x, { indices }) => x.takeAlongAxis(indices(1, 1), 1),
  }),
  oneHot: note(null, 'F.one_hot', 'oneHot', 'nn.oneHot', {
    shape: '[..., depth]',
    trial: (x) => x.oneHot(4),
  }),
  sort: note('sort', 'sort', null, 'sort', { shape: 'as x' }),
  argsort: note('argsort', 'argsort', null, 'argsort', { shape: 'as x' }),
  topk: note(null, 'topk', 'topk', 'lax.topK', {
    shape: '[..., k], both',
    trial: (x) => x.topk(2).values,
  }),
} satisfies Notes;

const linear = {
  matmul: note('matmul', 'matmul', 'matMul', 'matmul', {
    shape: '[..., m, k] @ [..., k, n] → [..., m, n]',
    trial: (x, { y }) => x.matmul(y.mT),
  }),
  outer: note('outer', 'outer', 'outerProduct', 'outer', { shape: '[x.size, y.size]' }),
  vecdot: note('vecdot', 'torch.linalg.vecdot', null, 'vecdot', { shape: 'broadcast, without the axis' }),
  tensordot: note('tensordot', 'tensordot', null, 'tensordot', {
    shape: "x's other axes, then y's",
  }),
  einsum: note('einsum', 'einsum', 'einsum', 'einsum', {
    shape: 'as the equation says',
    trial: (x, { api, y }) => api.einsum('ij,kj->ik', x, y),
  }),
  trace: note('trace', 'trace', null, 'trace', { shape: '[..., m, n] → [...]' }),
  diagonal: note('diagonal', 'diagonal', null, 'diagonal', { shape: '[..., m, n] → [..., d]' }),
} satisfies Notes;

const nn = {
  conv2d: note(null, 'F.conv2d', 'conv2d', 'lax.conv', {
    shape: '[n, h, w, c], [kh, kw, c / groups, out] → [n, h′, w′, out]',
    source: 'Dumoulin and Visin 2016, arXiv:1603.07285',
    trial: (x, { y }) => x.reshape([1, 2, 3, 1]).conv2d(y.reshape([2, 3, 1, 1])),
  }),
  maxPool2d: note(null, 'F.max_pool2d', 'maxPool', 'lax.reduceWindow', {
    shape: '[n, h, w, c] → [n, h′, w′, c]',
    source: 'Dumoulin and Visin 2016, arXiv:1603.07285',
    trial: (x) => x.reshape([1, 2, 3, 1]).maxPool2d({ size: 2 }),
  }),
  avgPool2d: note(null, 'F.avg_pool2d', 'avgPool', null, {
    shape: '[n, h, w, c] → [n, h′, w′, c]',
    source: 'Dumoulin and Visin 2016, arXiv:1603.07285',
    trial: (x) => x.reshape([1, 2, 3, 1]).avgPool2d({ size: 2 }),
  }),
  layerNorm: note(null, 'F.layer_norm', null, 'nn.standardize', {
    shape: 'as x; gamma and beta: the axes normalised',
    source: 'Ba, Kiros and Hinton 2016, arXiv:1607.06450',
  }),
  batchNorm: note(null, 'F.batch_norm', 'batchNorm', null, {
    shape: 'as x, [..., channels]; the parameters [channels]',
    source: 'Ioffe and Szegedy 2015, arXiv:1502.03167',
  }),
  dropout: note(null, 'F.dropout', 'dropout', null, {
    shape: 'as x',
    source: 'Srivastava et al. 2014, JMLR 15',
    trial: (x, { api }) => x.dropout(0.3, api.random(1)),
  }),
  dense: note(null, 'F.linear', 'tf.fused.matMul', null, {
    shape: '[..., in], [in, out], [out] → [..., out]',
    trial: (x, { y }) => x.dense(y.mT),
  }),
  softmaxCrossEntropy: note(null, 'F.cross_entropy', 'tf.losses.softmaxCrossEntropy', null, {
    shape: '[..., classes], labels [...] → [...]',
    source: 'Bridle 1990',
    trial: (x, { indices }) => x.softmaxCrossEntropy(indices(2)),
  }),
} satisfies Notes;

/** Fails to compile where an operation has no note. */
const all = {
  ...unary,
  ...activations,
  ...binary,
  ...logic,
  ...reductions,
  ...shape,
  ...indexing,
  ...linear,
  ...nn,
} satisfies Record<PublicOp, Note>;

export const opCount = Object.keys(all).length;

export const groups: readonly Group[] = [
  {
    title: 'Unary',
    about: `One operand; the result has its shape. Edges are those of IEEE 754-2019, section 9.2, and of NumPy: what is
outside of a function's domain gives NaN, and NaN stays NaN.`,
    notes: unary,
  },
  {
    title: 'Activations',
    about: 'One operand; the result has its shape. All stay finite, and right, far from 0.',
    notes: activations,
  },
  { title: 'Binary', about: 'Operands broadcast; either may be a plain number.', notes: binary },
  {
    title: 'Comparisons, logic and choice',
    about: `Operands broadcast; either may be a plain number. Comparisons with NaN are false, but for \`notEqual\`. Through
a condition no gradient flows.`,
    notes: logic,
  },
  {
    title: 'Reductions',
    about: `\`axis\` is a number, a list, or left out for all axes. Those axes go, or with \`keepdims: true\` stay with size 1:
\`[2, 3].sum(1)\` is \`[2]\`, with keepdims \`[2, 1]\`. \`argmax\` and \`argmin\` take one axis, or the flattened tensor.
Running sums and products take one axis, the last by default.`,
    shape: "x's, without the axes",
    notes: reductions,
  },
  {
    title: 'Shape',
    about: `Elements are moved, not changed. Views share their tensor's memory and cost nothing. A matrix has its transpose as \`x.T\`, a stack of them as \`x.mT\`.`,
    notes: shape,
  },
  {
    title: 'Indexing and sorting',
    about: `Indices are int32 tensors or host numbers; no gradient flows to them. One out of range is an IndexError: at the
call for host data and on the CPU, at the next read-out for a tensor on a GPU.`,
    notes: indexing,
  },
  {
    title: 'Linear algebra',
    about: 'Sums of products are taken in float32 on a GPU and in float64 on the CPU.',
    notes: linear,
  },
  {
    title: 'Neural networks',
    about: `Images are [n, h, w, channels], kernels [kh, kw, in, out], as in Keras. \`strides\`, \`dilation\` and \`size\` are a
number or a pair (rows, columns); padding is \`'valid'\`, \`'same'\` or \`[[top, bottom], [left, right]]\`, and along each
direction h′ = ⌊(h + padding − dilation · (kh − 1) − 1) / stride⌋ + 1, with 'same' ⌈h / stride⌉.`,
    notes: nn,
  },
];
