/** @file The QR factorisation. */

import { free } from '../composite.ts';
import { oneOf } from '../core/arguments.ts';
import { NotDifferentiableError } from '../core/errors.ts';
import { concat, zeros } from '../create.ts';
import { carryOut } from '../ops/dispatch.ts';
import { householder } from '../ops/linalg/householder.ts';
import { op, options, type Row } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { batch, matrices, part, sides } from './matrices.ts';
import { solveTriangular } from './triangular.ts';

export interface QR {
  readonly Q: Tensor;
  readonly R: Tensor;
}

const parts = (packed: Tensor, m: number): QR => ({
  Q: part(packed, [0, m], null),
  R: part(packed, [m, null], null),
});

/** The lower triangle of a matrix, mirrored to the upper one. */
const mirrored = (x: Tensor): Tensor => x.tril().add(x.tril(-1).mT);

/** Q over R of a tall or square matrix. The gradient: Walter and Lehmann 2010; Liao et al. 2019. */
const row: Row = op<undefined>(householder, {
  vjp: (g, [x], packed) => [
    () => {
      const [m] = sides(x);
      const { Q, R } = parts(packed, m);
      const by = parts(g, m);
      const inner = mirrored(R.matmul(by.R.mT).sub(by.Q.mT.matmul(Q)));
      return solveTriangular('qr', R, by.Q.add(Q.matmul(inner)).mT, { lower: false }).mT;
    },
  ],
  saves: 'output',
});

/** The factors of matrices with at least as many rows as columns. */
export const tallQR = (name: string, x: Tensor): QR => parts(carryOut(name, row, [x]), sides(x)[0]);

/** With Q square: reflections of columns of zeros are none. `mode` is what the gradient fails for. */
export function completeQR(name: string, x: Tensor, mode: string): QR {
  const [m, n] = sides(x);
  const { dtype, device } = x;
  const vjp = () => {
    throw new NotDifferentiableError(
      `${name}: with ${mode} and more rows than columns there is no gradient, as the added columns are not unique`,
    );
  };
  const square = concat([x, zeros([...batch(x), m, m - n], { dtype, device })], -1);
  const completed = op<undefined>(householder, { vjp, saves: 'nothing' });
  const { Q, R } = parts(carryOut(name, completed, [square]), m);
  return { Q, R: part(R, null, [0, n]) };
}

/**
 * The factors of x [..., m, n] = Q @ R: Q [..., m, k] with orthonormal columns, R [..., k, n] upper triangular, k =
 * min(m, n); with mode 'complete' Q is [..., m, m] and R [..., m, n]. By Householder's reflections, which keep Q orthonormal
 * to the last digits however ill-conditioned x is. R's diagonal is not negative, which makes both unique where the columns of
 * x are independent. Differentiable there; not in mode 'complete' with m > n.
 *
 * @example
 * const { Q, R } = linalg.qr(tensor([[3, 1], [4, 2]])); // Q = [[0.6, -0.8], [0.8, 0.6]], R = [[5, 2.2], [0, 0.4]]
 */
export const qr = free('qr', (name, [x, opts]): QR => {
  const a = matrices(name, x);
  const { mode = 'reduced' } = options(name, opts, 'mode');
  const complete = oneOf(name, 'mode', mode, ['reduced', 'complete']) === 'complete';
  const [m, n] = sides(a);
  if (m > n) return complete ? completeQR(name, a, "mode 'complete'") : tallQR(name, a);
  const { Q, R } = tallQR(name, part(a, null, [0, m]));
  return m === n ? { Q, R } : { Q, R: concat([R, Q.mT.matmul(part(a, null, [m, null]))], -1) };
}) as (x: Tensor, options?: { readonly mode?: 'reduced' | 'complete' }) => QR;
