/** @file The public names of the `linalg` namespace. */
import { cholesky } from './cholesky.ts';
import { det, type SLogDet, slogdet } from './determinant.ts';
import { type Eigh, eigh } from './eigh.ts';
import { type GramSchmidtOptions, gramSchmidt } from './gram_schmidt.ts';
import {
  type MatrixNormOptions,
  type MatrixOrder,
  matrixNorm,
  norm,
  type VectorNormOptions,
  vectorNorm,
} from './norms.ts';
import { type QR, qr } from './qr.ts';
import { matrixRank, pinv } from './rank.ts';
import { inv, solve } from './solve.ts';
import { type SVD, svd, svdvals } from './svd.ts';

export type { Eigh, GramSchmidtOptions, MatrixNormOptions, MatrixOrder, QR, SLogDet, SVD, VectorNormOptions };

/** Linear algebra of matrices in the last two axes; leading axes are stacks of them. Whole numbers become float32. */
export const linalg = {
  norm,
  vectorNorm,
  matrixNorm,
  gramSchmidt,
  qr,
  svd,
  svdvals,
  cholesky,
  solve,
  inv,
  det,
  slogdet,
  eigh,
  matrixRank,
  pinv,
};
