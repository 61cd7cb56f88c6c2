// Samples of linear algebra: tall, wide, square, single and empty matrices, alone and in stacks. Those of functions that
// want definite matrices are products, exact in float32.
import { f, generator, given, half, hash, type InputSpec, i, type Sample, sample } from './inputs.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const keep = { keepdims: true };

/** B Bᵀ + I for B of multiples of 1/8 in [−1, 1]: definite, whatever comes out. */
function definite(shape: number[]): InputSpec {
  const n = shape.at(-1) as number;
  const random = generator(hash(`definite ${shape}`));
  const count = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, () => {
    const b = Array.from({ length: n * n }, () => Math.floor(random() * 17 - 8) / 8);
    return b.map((_, at) => {
      const [r, c] = [Math.floor(at / n), at % n];
      const dot = Array.from({ length: n }, (_, k) => (b[r * n + k] ?? 0) * (b[c * n + k] ?? 0));
      return dot.reduce((x, y) => x + y, r === c ? 1 : 0);
    });
  });
  return given('float', shape, values.flat());
}

/** Far from singular: a random matrix with more on its diagonal. */
function regular(shape: number[]): InputSpec {
  const n = shape.at(-1) as number;
  const random = generator(hash(`regular ${shape}`));
  const size = shape.reduce((a, b) => a * b, 1);
  return given(
    'float',
    shape,
    Array.from({ length: size }, (_, at) => {
      const place = at % (n * n);
      return Math.floor(random() * 33 - 16) / 16 + (Math.floor(place / n) === place % n ? 2 : 0);
    }),
  );
}

const vectors = (): Sample[] =>
  [0, 1, 2, 3, 0.5, -1, inf, -inf]
    .filter((ord) => ord !== 0)
    .map((ord) => sample([f([2, 3])], { ord, axis: 1 }))
    .concat(
      sample([f([2, 3, 4])]),
      sample([f([2, 3, 4])], { axis: [0, -1], keepdims: true }),
      sample([f([])], { ord: 3 }),
      sample([f([0, 3])], { axis: 0 }),
      sample([f([0])], { ord: inf }),
      sample([i([2, 3])], { axis: 0 }),
      sample([i([2, 3])], { ord: 0, axis: 1 }),
      sample([half([5])]),
    );

const MATRIX_ORDERS = ['fro', 'nuc', 1, -1, 2, -2, inf, -inf];

const squares = (...more: Sample[]): Sample[] => [
  sample([regular([3, 3])]),
  sample([regular([2, 2, 2])]),
  sample([regular([1, 1])]),
  sample([f([0, 0])]),
  sample([f([0, 2, 2])]),
  ...more,
];

const anyMatrices = (...args: unknown[]): Sample[] => [
  sample([f([3, 3])], ...args),
  sample([f([4, 2])], ...args),
  sample([f([2, 4])], ...args),
  sample([f([2, 3, 2])], ...args),
  sample([f([1, 1])], ...args),
  sample([f([1, 3])], ...args),
  sample([f([0, 3])], ...args),
  sample([f([3, 0])], ...args),
  sample([i([2, 2])], ...args),
];

export const linalgSamples = {
  'linalg.norm': [
    sample([f([2, 3, 2])]),
    sample([f([5])], 3),
    sample([f([3, 2])], 'nuc'),
    sample([f([3, 2])], 1, keep),
    sample([f([2, 3, 2])], null, { axis: [0, 2] }),
    sample([f([2, 3, 2])], -inf, { axis: [2, 0], keepdims: true }),
    sample([f([2, 3])], inf, { axis: -1 }),
    sample([i([2, 2])], 2),
  ],
  'linalg.vectorNorm': vectors(),
  'linalg.matrixNorm': [
    ...MATRIX_ORDERS.map((ord) => sample([f([3, 2])], { ord })),
    ...MATRIX_ORDERS.map((ord) => sample([f([0, 2])], { ord })),
    sample([f([2, 2, 3])]),
    sample([f([2, 2, 3])], { ord: 'nuc', keepdims: true }),
    sample([f([2, 2, 3])], { ord: -1, keepdims: true }),
    sample([i([2, 3])], { ord: inf }),
  ],
  'linalg.gramSchmidt': [
    sample([f([3, 3])]),
    sample([f([4, 2])], { method: 'classical' }),
    sample([f([2, 3, 2])], { reorthogonalize: true }),
    sample([f([4, 3])], { method: 'classical', reorthogonalize: true }),
    sample([f([1, 1])]),
    sample([f([3, 0])]),
    sample([f([0, 3])]),
    sample([i([2, 2])]),
  ],
  'linalg.qr': [
    ...anyMatrices(),
    sample([f([3, 3])], { mode: 'complete' }),
    sample([f([2, 3])], { mode: 'complete' }),
  ],
  'linalg.svd': [...anyMatrices(), sample([f([2, 2])], { fullMatrices: true })],
  'linalg.svdvals': [
    [3, 3],
    [2, 4],
    [2, 3, 2],
    [0, 3],
  ].map((shape) => sample([f(shape)])),
  'linalg.cholesky': [
    sample([definite([3, 3])]),
    sample([definite([2, 2, 2])]),
    sample([definite([1, 1])]),
    sample([f([0, 0])]),
    sample([f([0, 2, 2])]),
    sample([given('int32', [2, 2], [4, 7, 2, 5])]),
  ],
  'linalg.solve': [
    sample([regular([3, 3]), f([3, 2])]),
    sample([regular([3, 3]), f([3])]),
    sample([regular([2, 2, 2]), f([2, 1])]),
    sample([regular([2, 2]), f([3, 2, 2])]),
    sample([regular([2, 2, 2]), f([2])]),
    sample([regular([1, 1]), f([1])]),
    sample([f([0, 0]), f([0, 2])]),
    sample([regular([2, 2]), f([2, 0])]),
    sample([given('int32', [2, 2], [3, 1, 1, 2]), i([2])]),
  ],
  'linalg.inv': squares(sample([given('int32', [2, 2], [0, 2, 1, 3])])),
  'linalg.det': squares(sample([given('int32', [2, 2], [0, 2, 1, 3])])),
  'linalg.slogdet': squares(sample([given('int32', [2, 2], [0, 2, 1, 3])])),
  'linalg.eigh': [
    sample([f([3, 3])]),
    sample([f([2, 2, 2])]),
    sample([f([4, 4])]),
    sample([f([1, 1])]),
    sample([f([0, 0])]),
    sample([i([2, 2])]),
  ],
  'linalg.matrixRank': [
    sample([f([3, 3])]),
    sample([given('float', [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])]),
    sample([given('float', [2, 2, 2], [1, 2, 2, 4, 0, 0, 0, 0])]),
    sample([f([2, 4])]),
    sample([f([0, 3])]),
    sample([i([2, 2])]),
  ],
  'linalg.pinv': [regular([3, 3]), f([4, 2]), f([2, 2, 3]), f([3, 0])].map((x) => sample([x])),
};

/** Matrices with NaN or an infinity somewhere, beside one without. */
const odd = (): InputSpec => given('float', [3, 2, 2], [1, nan, 2, 3, 4, 1, inf, 2, 2, 1, 1, 3]);
const large = (by: number): InputSpec => given('float', [2, 2], [3 * by, by, by, 2 * by]);
const scaled = (): Sample[] => [sample([large(1e30)]), sample([large(1e-30)])];
const wild = (): InputSpec =>
  given('float', [8, 2], [nan, 1, inf, 1, -inf, 2, 0, 0, 3e38, 1e38, 3e-30, 4e-30, -0, 1e-20, 3e30, -4e30]);

export const specialLinalgSamples = {
  'linalg.norm': [sample([wild()], null, { axis: 1 }), ...scaled()],
  'linalg.vectorNorm': [2, 1, 3, inf, -inf].map((ord) => sample([wild()], { ord, axis: 1 })),
  'linalg.matrixNorm': [
    ...['fro', 'nuc', 2, -2].map((ord) => sample([large(1e30)], { ord })),
    ...['fro', 'nuc', 2, -2].map((ord) => sample([large(1e-30)], { ord })),
    ...['fro', 'nuc', 2].map((ord) => sample([odd()], { ord })),
  ],
  'linalg.gramSchmidt': [...scaled(), sample([given('float', [2, 2], [1, nan, 2, 3])])],
  'linalg.qr': scaled(),
  'linalg.svd': [...scaled(), sample([odd()])],
  'linalg.svdvals': [...scaled(), sample([odd()])],
  'linalg.cholesky': scaled(),
  'linalg.solve': [sample([large(1e30), given('float', [2], [1e30, 3e30])])],
  'linalg.inv': scaled(),
  'linalg.det': [sample([large(1e15)]), sample([given('float', [2, 2], [1, nan, 2, 3])])],
  'linalg.slogdet': scaled(),
  'linalg.eigh': [...scaled(), sample([odd()])],
  'linalg.matrixRank': scaled(),
  'linalg.pinv': scaled(),
};
