// Bad calls of what makes tensors: from host data, from nothing, from random numbers.
import {
  ArgumentError,
  arange,
  DisposedError,
  DTypeError,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  OutOfMemoryError,
  ones,
  onesLike,
  random,
  ShapeError,
  type TensorData,
  tensor,
  variable,
  zeros,
  zerosLike,
} from '../../src/index.ts';
import { type Bad, DTYPES, GONE, onGpu } from './table.ts';

const endless: unknown[] = [];
endless.push(endless);
const bad = (value: unknown) => value as never;

const fromData: Bad[] = [
  [
    () => tensor([[1, 2], [3]]),
    ShapeError,
    'tensor: ragged data: an array of 1 entries stands at depth 1, where others have 2',
  ],
  [
    () => tensor([1, [2]]),
    ShapeError,
    'tensor: ragged data: an array of 1 entries stands at depth 1, where others have a plain value',
  ],
  [
    () => tensor([[1], 2]),
    ShapeError,
    'tensor: ragged data: a plain value stands at depth 1, where others have arrays',
  ],
  [
    () => tensor([[[1], [2]], [[3]]]),
    ShapeError,
    'tensor: ragged data: an array of 1 entries stands at depth 1, where others have 2',
  ],
  [
    () => tensor([[[[[[[1]]]]]]]),
    ShapeError,
    'tensor: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [
    () => tensor(endless as TensorData),
    ShapeError,
    'tensor: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [() => tensor([1, 2], { shape: [3] }), ShapeError, 'tensor: 2 values do not fit into shape [3] (3)'],
  [
    () => tensor([1, 2], { shape: [-2] }),
    ShapeError,
    'tensor: sizes are whole numbers of at least 0, got [-2]',
  ],
  [() => tensor([1, 2], { shape: bad(2) }), ShapeError, 'tensor: a shape is an array of sizes, got 2'],
  [() => tensor([1, 2], { shape: bad(null) }), ShapeError, 'tensor: a shape is an array of sizes, got null'],
  [
    () => tensor([1, Number.NaN], { dtype: 'int32' }),
    DTypeError,
    "tensor: NaN at position 1 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => tensor([[1], [0.5]], { dtype: 'int32' }),
    DTypeError,
    "tensor: 0.5 at position 1 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => tensor(Float32Array.of(-Infinity), { dtype: 'int32' }),
    DTypeError,
    "tensor: -Infinity at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => tensor([2 ** 31], { dtype: 'int32' }),
    DTypeError,
    "tensor: 2147483648 at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => tensor(Uint32Array.of(1, 2 ** 32 - 1)),
    DTypeError,
    "tensor: 4294967295 at position 1 is not an int32; use dtype 'float32', or round it first",
  ],
  [() => tensor(bad(['a'])), ArgumentError, "tensor: values are numbers or booleans, got 'a'"],
  [() => tensor(bad([1, null])), ArgumentError, 'tensor: values are numbers or booleans, got null'],
  [() => tensor(bad(undefined)), ArgumentError, 'tensor: values are numbers or booleans, got undefined'],
  [() => tensor(bad(new Array(2))), ArgumentError, 'tensor: values are numbers or booleans, got undefined'],
  [
    ({ x }) => tensor(bad(x)),
    ArgumentError,
    'tensor: values are numbers or booleans, got a float32 tensor [2, 3]',
  ],
  [() => tensor(bad([1n])), ArgumentError, 'tensor: values are numbers or booleans, got 1n'],
  [
    () => tensor(bad(new ArrayBuffer(8))),
    ArgumentError,
    'tensor: values are numbers or booleans, got an ArrayBuffer',
  ],
  [
    () => tensor(bad(BigInt64Array.of(1n))),
    DTypeError,
    'tensor: BigInt64Array is not possible; use Float32Array or Int32Array',
  ],
  [
    () => tensor(bad(new DataView(new ArrayBuffer(4)))),
    DTypeError,
    'tensor: DataView is not possible; use Float32Array or Int32Array',
  ],
  [
    () => tensor([1], { dtype: bad('flaot32') }),
    DTypeError,
    `tensor: unknown dtype 'flaot32', did you mean 'float32'? ${DTYPES}`,
  ],
  [() => tensor([1], { dtype: bad('double') }), DTypeError, `tensor: unknown dtype 'double'. ${DTYPES}`],
  [() => tensor([1], { dtype: bad(null) }), DTypeError, `tensor: unknown dtype null. ${DTYPES}`],
  [
    () => tensor([1], bad({ dtpye: 'int32' })),
    ArgumentError,
    "tensor: unknown option 'dtpye', did you mean 'dtype'? The options are shape, dtype, device",
  ],
  [
    () => tensor([1], bad('int32')),
    ArgumentError,
    "tensor: options are an object { shape, dtype, device }, got 'int32'",
  ],
  [
    () => tensor([1], { device: bad('cpu') }),
    ArgumentError,
    "tensor: takes a device, as await init() gives it, got 'cpu'",
  ],
  [
    () => tensor([1], { device: bad(Promise.resolve()) }),
    ArgumentError,
    'tensor: takes a device, as await init() gives it, got a Promise',
  ],
  ...onGpu([
    () => tensor([1], { dtype: 'float64' }),
    DTypeError,
    'tensor: float64 is not possible on webgpu; use float32, or the CPU device: await t.to(cpu)',
  ]),
  [() => variable(bad(3)), ArgumentError, 'variable: takes a tensor, got 3; wrap it: tensor(...)'],
  [() => variable(bad([1])), ArgumentError, 'variable: takes a tensor, got [1]; wrap it: tensor(...)'],
];

const fromNothing: Bad[] = [
  [() => full([-1], 0), ShapeError, 'full: sizes are whole numbers of at least 0, got [-1]'],
  [() => full([2.5], 0), ShapeError, 'full: sizes are whole numbers of at least 0, got [2.5]'],
  [
    () => full([1, 1, 1, 1, 1, 1, 1], 0),
    ShapeError,
    'full: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [() => full(bad(3), 0), ShapeError, 'full: a shape is an array of sizes, got 3'],
  [() => full([2], bad('1')), ArgumentError, "full: the value must be a number, got '1'"],
  [({ s }) => full([2], bad(s)), ArgumentError, 'full: the value must be a number, got a float32 tensor []'],
  [
    () => full([2], 1.5, { dtype: 'int32' }),
    DTypeError,
    "full: 1.5 at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => full([2], Number.NaN, { dtype: 'int32' }),
    DTypeError,
    "full: NaN at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => full([2], 1, bad('int32')),
    ArgumentError,
    "full: options are an object { dtype, device }, got 'int32'",
  ],
  [() => zeros(bad(2), bad(3)), ArgumentError, 'zeros: options are an object { dtype, device }, got 3'],
  [() => zeros(bad([2, '3'])), ShapeError, "zeros: sizes are whole numbers of at least 0, got [2, '3']"],
  [
    () => zeros([2], { dtype: bad('int') }),
    DTypeError,
    `zeros: unknown dtype 'int', did you mean 'int32'? ${DTYPES}`,
  ],
  [() => ones([Number.NaN]), ShapeError, 'ones: sizes are whole numbers of at least 0, got [NaN]'],
  [() => empty(bad(undefined)), ShapeError, 'empty: a shape is an array of sizes, got undefined'],
  ...onGpu([
    () => zeros([2], { dtype: 'float64' }),
    DTypeError,
    'zeros: float64 is not possible on webgpu; use float32, or the CPU device: await t.to(cpu)',
  ]),
  [
    () => zerosLike(bad([2, 3])),
    ArgumentError,
    'zerosLike: takes a tensor, got [2, 3]; wrap it: tensor(...)',
  ],
  [({ gone }) => onesLike(gone), DisposedError, `onesLike: ${GONE}`],
  [
    ({ k }) => fullLike(k, 0.5),
    DTypeError,
    "fullLike: 0.5 at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    ({ x }) => zerosLike(x, bad({ shape: [2] })),
    ArgumentError,
    "zerosLike: unknown option 'shape'. The options are dtype, device",
  ],
  [() => arange(0, 1, 0), ArgumentError, 'arange: the step must not be 0'],
  [() => arange(Number.NaN), ArgumentError, 'arange: a bound must be a finite number, got NaN'],
  [() => arange(0, Infinity), ArgumentError, 'arange: a bound must be a finite number, got Infinity'],
  [() => arange(bad('3')), ArgumentError, "arange: a bound must be a finite number, got '3'"],
  [() => arange(0, 3, bad(null)), ArgumentError, 'arange: the step must be a finite number, got null'],
  [
    () => arange(0, 1, 0.25, { dtype: 'int32' }),
    DTypeError,
    "arange: 0.25 at position 1 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => arange(2 ** 31, 2 ** 31 + 2),
    DTypeError,
    "arange: 2147483648 at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => arange(2 ** 53),
    OutOfMemoryError,
    'arange: a host array of 9007199254740992 elements of float64: Invalid typed array length: 9007199254740992',
  ],
  [() => linspace(0, 1, -1), ArgumentError, 'linspace: num must be a whole number of at least 0, got -1'],
  [() => linspace(0, 1, 2.5), ArgumentError, 'linspace: num must be a whole number of at least 0, got 2.5'],
  [() => linspace(bad('0'), 1, 2), ArgumentError, "linspace: an end must be a finite number, got '0'"],
  [() => linspace(0, Infinity, 2), ArgumentError, 'linspace: an end must be a finite number, got Infinity'],
  [() => eye(-1), ShapeError, 'eye: sizes are whole numbers of at least 0, got [-1, -1]'],
  [() => eye(2, 1.5), ShapeError, 'eye: sizes are whole numbers of at least 0, got [2, 1.5]'],
  [() => eye(2, 2, { k: 0.5 }), ArgumentError, 'eye: k must be a whole number, got 0.5'],
  [
    () => eye(2, 2, bad({ diagonal: 1 })),
    ArgumentError,
    "eye: unknown option 'diagonal'. The options are k, dtype, device",
  ],
  [
    () => eye(2 ** 30),
    OutOfMemoryError,
    'eye: a host array of 1152921504606847000 elements of float64: Invalid typed array length: 1152921504606847000',
  ],
];

const INT32_RANGE = 'low and high must be whole numbers of int32 with low < high';

const fromChance: Bad[] = [
  [() => random(0.5), ArgumentError, 'random: the seed must be a whole number, got 0.5'],
  [() => random(bad('1')), ArgumentError, "random: the seed must be a whole number, got '1'"],
  [() => random(2 ** 53), ArgumentError, 'random: the seed must be a whole number, got 9007199254740992'],
  [({ rng }) => rng.uniform([-1]), ShapeError, 'uniform: sizes are whole numbers of at least 0, got [-1]'],
  [({ rng }) => rng.uniform(bad(2)), ShapeError, 'uniform: a shape is an array of sizes, got 2'],
  [
    ({ rng }) => rng.uniform([2], { low: 1, high: 0 }),
    ArgumentError,
    'uniform: low and high must be finite numbers with low ≤ high, got 1 and 0',
  ],
  [
    ({ rng }) => rng.uniform([2], { low: bad('0') }),
    ArgumentError,
    "uniform: low and high must be finite numbers with low ≤ high, got '0' and 1",
  ],
  [
    ({ rng }) => rng.uniform([2], { high: Infinity }),
    ArgumentError,
    'uniform: low and high must be finite numbers with low ≤ high, got 0 and Infinity',
  ],
  [
    ({ rng }) => rng.uniform([2], bad({ max: 2 })),
    ArgumentError,
    "uniform: unknown option 'max'. The options are low, high, dtype, device",
  ],
  [
    ({ rng }) => rng.uniform([2], { dtype: 'int32' }),
    DTypeError,
    'uniform: makes floats, not int32; use integers() or bernoulli(), or .astype',
  ],
  [
    ({ rng }) => rng.normal([3], { std: -1 }),
    ArgumentError,
    'normal: mean and std must be finite numbers and std not negative, got 0 and -1',
  ],
  [
    ({ rng }) => rng.normal([3], bad({ stddev: 1 })),
    ArgumentError,
    "normal: unknown option 'stddev'. The options are mean, std, dtype, device",
  ],
  [
    ({ rng }) => rng.normal([3], { dtype: bad('float23') }),
    DTypeError,
    `normal: unknown dtype 'float23', did you mean 'float32'? ${DTYPES}`,
  ],
  [
    ({ rng }) => rng.normal([3], { device: bad({}) }),
    ArgumentError,
    'normal: takes a device, as await init() gives it, got an object',
  ],
  [
    ({ rng }) => rng.truncatedNormal([3], { mean: Number.NaN }),
    ArgumentError,
    'truncatedNormal: mean and std must be finite numbers and std not negative, got NaN and 1',
  ],
  [({ rng }) => rng.integers(3, 3, [2]), ArgumentError, `integers: ${INT32_RANGE}, got 3 and 3`],
  [
    ({ rng }) => rng.integers(0, 2 ** 31 + 1, [2]),
    ArgumentError,
    `integers: ${INT32_RANGE}, got 0 and 2147483649`,
  ],
  [
    ({ rng }) => rng.integers(bad(undefined), 2, [2]),
    ArgumentError,
    `integers: ${INT32_RANGE}, got undefined and 2`,
  ],
  [({ rng }) => rng.bernoulli(1.5, [2]), ArgumentError, 'bernoulli: p must be a number from 0 to 1, got 1.5'],
  [
    ({ rng }) => rng.bernoulli(bad(null), [2]),
    ArgumentError,
    'bernoulli: p must be a number from 0 to 1, got null',
  ],
  [
    ({ rng }) => rng.permutation(-1),
    ArgumentError,
    'permutation: n must be a whole number from 0 to 2147483648, got -1',
  ],
  [
    ({ rng }) => rng.split(bad(undefined)),
    ArgumentError,
    'split: n must be a whole number of at least 0, got undefined',
  ],
];

export const creation = [...fromData, ...fromNothing, ...fromChance];
