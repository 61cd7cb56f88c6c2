// Bad calls of linear algebra: shapes, orders, options, matrices without what was asked of them.
import {
  ArgumentError,
  AxisError,
  DeviceError,
  DisposedError,
  grad,
  LinAlgError,
  linalg,
  NotDifferentiableError,
  ShapeError,
  type Tensor,
} from '../../src/index.ts';
import { apart, type Bad, GONE, onCpu } from './table.ts';

const bad = (value: unknown) => value as never;
const MATRIX_ORDERS = "'fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity";
const AS_FAR = 'as far as its digits go';

const shapes: Bad[] = [
  [({ v }) => linalg.qr(v), ShapeError, 'qr: takes matrices, [..., m, n], got shape [3]'],
  [({ s }) => linalg.svd(s), ShapeError, 'svd: takes matrices, [..., m, n], got shape []'],
  [({ v }) => linalg.svdvals(v), ShapeError, 'svdvals: takes matrices, [..., m, n], got shape [3]'],
  [({ v }) => linalg.pinv(v), ShapeError, 'pinv: takes matrices, [..., m, n], got shape [3]'],
  [({ v }) => linalg.matrixRank(v), ShapeError, 'matrixRank: takes matrices, [..., m, n], got shape [3]'],
  [({ v }) => linalg.matrixNorm(v), ShapeError, 'matrixNorm: takes matrices, [..., m, n], got shape [3]'],
  [({ v }) => linalg.gramSchmidt(v), ShapeError, 'gramSchmidt: takes matrices, [..., m, n], got shape [3]'],
  [({ x }) => linalg.inv(x), ShapeError, 'inv: takes square matrices, [..., n, n], got shape [2, 3]'],
  [({ x }) => linalg.det(x), ShapeError, 'det: takes square matrices, [..., n, n], got shape [2, 3]'],
  [({ x }) => linalg.slogdet(x), ShapeError, 'slogdet: takes square matrices, [..., n, n], got shape [2, 3]'],
  [({ x }) => linalg.eigh(x), ShapeError, 'eigh: takes square matrices, [..., n, n], got shape [2, 3]'],
  [
    ({ x }) => linalg.cholesky(x),
    ShapeError,
    'cholesky: takes square matrices, [..., n, n], got shape [2, 3]',
  ],
  [
    ({ x, v }) => linalg.solve(x, v),
    ShapeError,
    'solve: takes square matrices, [..., n, n], got shape [2, 3]',
  ],
  [
    ({ square, w }) => linalg.solve(square, w),
    ShapeError,
    'solve: [3, 3] and [2] do not fit: b must be [n] or [..., n, r], with n rows as the matrices',
  ],
  [
    ({ square, x }) => linalg.solve(square, x),
    ShapeError,
    'solve: [3, 3] and [2, 3] do not fit: b must be [n] or [..., n, r], with n rows as the matrices',
  ],
  [
    ({ square, s }) => linalg.solve(square, s),
    ShapeError,
    'solve: [3, 3] and [] do not fit: b must be [n] or [..., n, r], with n rows as the matrices',
  ],
  [
    ({ zeros }) => linalg.solve(zeros(2, 1, 1), zeros(3, 1, 1)),
    ShapeError,
    'solve: leading axes: shapes [2] and [3] do not broadcast: sizes 2 and 3 meet at axis -1; they must be equal, or one of them 1',
  ],
];

const optionsOf: Bad[] = [
  [
    ({ x }) => linalg.vectorNorm(x, { ord: Number.NaN }),
    ArgumentError,
    'vectorNorm: ord must be a number, Infinity or -Infinity, got NaN',
  ],
  [
    ({ x }) => linalg.vectorNorm(x, { ord: bad('fro') }),
    ArgumentError,
    "vectorNorm: ord must be a number, Infinity or -Infinity, got 'fro'",
  ],
  [
    ({ x }) => linalg.vectorNorm(x, { axis: 2 }),
    AxisError,
    'vectorNorm: axis 2 is out of range for 2 axes; it must lie in [-2, 1]',
  ],
  [
    ({ x }) => linalg.vectorNorm(x, bad({ axes: 1 })),
    ArgumentError,
    "vectorNorm: unknown option 'axes', did you mean 'axis'? The options are ord, axis, keepdims",
  ],
  [
    ({ x }) => linalg.matrixNorm(x, { ord: bad(3) }),
    ArgumentError,
    `matrixNorm: ord of a matrix is one of ${MATRIX_ORDERS}, got 3`,
  ],
  [
    ({ x }) => linalg.matrixNorm(x, { keepdims: bad(1) }),
    ArgumentError,
    'matrixNorm: keepdims must be true or false, got 1',
  ],
  [({ x }) => linalg.norm(x, 3), ArgumentError, `norm: ord of a matrix is one of ${MATRIX_ORDERS}, got 3`],
  [
    ({ v }) => linalg.norm(v, 'fro'),
    ArgumentError,
    "norm: ord must be a number, Infinity or -Infinity, got 'fro'",
  ],
  [
    ({ image }) => linalg.norm(image, 2),
    AxisError,
    'norm: with ord, the norm is over one axis or two, got 4 of shape [1, 3, 4, 1]; name them with axis',
  ],
  [({ x }) => linalg.norm(x, 2, { axis: [0, 0] }), AxisError, 'norm: axes [0, 0] name the same axis twice'],
  [
    ({ x }) => linalg.qr(x, { mode: bad('full') }),
    ArgumentError,
    "qr: unknown mode 'full'. It is one of reduced, complete",
  ],
  [
    ({ x }) => linalg.svd(x, { fullMatrices: bad('no') }),
    ArgumentError,
    "svd: fullMatrices must be true or false, got 'no'",
  ],
  [
    ({ x }) => linalg.gramSchmidt(x, { method: bad('modifed') }),
    ArgumentError,
    "gramSchmidt: unknown method 'modifed', did you mean 'modified'? It is one of modified, classical",
  ],
  [({ gone }) => linalg.svd(gone), DisposedError, `svd: ${GONE}`],
  [({ gone }) => linalg.norm(gone), DisposedError, `norm: ${GONE}`],
  [
    () => linalg.inv(bad([[1]])),
    ArgumentError,
    'inv: the first argument must be a tensor, got [[1]]; wrap it: tensor(...)',
  ],
  [
    () => linalg.det(bad(3)),
    ArgumentError,
    'det: the first argument must be a tensor, got 3; wrap it: tensor(...)',
  ],
  [({ square, away }) => linalg.solve(square, away), DeviceError, `solve: ${apart()}`],
];

/** What the CPU device sees in the call; a GPU tells it at the next read-out, as test/ops/linalg-errors.test.ts holds. */
const impossible: Bad[] = onCpu(
  [
    ({ square }) => linalg.inv(square),
    LinAlgError,
    `inv: the matrix is singular: pivot 2 is 0, ${AS_FAR}; linalg.pinv takes any matrix`,
  ],
  [
    ({ square, v }) => linalg.solve(square, v),
    LinAlgError,
    `solve: the matrix is singular: pivot 2 is 0, ${AS_FAR}; linalg.pinv takes any matrix`,
  ],
  [
    ({ zeros }) => linalg.inv(zeros(2, 1, 1)),
    LinAlgError,
    `inv: matrix 0 of the stack is singular: pivot 0 is 0, ${AS_FAR}; linalg.pinv takes any matrix`,
  ],
  [
    ({ square }) => linalg.cholesky(square),
    LinAlgError,
    `cholesky: the matrix is not positive definite: pivot 1 is not above 0, ${AS_FAR}`,
  ],
  [
    ({ square }) => grad((x: Tensor) => linalg.slogdet(x).logabsdet)(square),
    LinAlgError,
    `slogdet: the matrix is singular: pivot 2 is 0, ${AS_FAR}; linalg.pinv takes any matrix`,
  ],
);

const gradients: Bad[] = [
  [
    ({ x }) => grad((t: Tensor) => linalg.qr(t.mT, { mode: 'complete' }).Q.sum())(x),
    NotDifferentiableError,
    "qr: with mode 'complete' and more rows than columns there is no gradient, as the added columns are not unique",
  ],
  [
    ({ x }) => grad((t: Tensor) => linalg.svd(t, { fullMatrices: true }).Vh.sum())(x),
    NotDifferentiableError,
    'svd: with fullMatrices and more rows than columns there is no gradient, as the added columns are not unique',
  ],
];

export const linearAlgebra: Bad[] = [...shapes, ...optionsOf, ...impossible, ...gradients];
