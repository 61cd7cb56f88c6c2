/** @file What the singular values tell: the rank, and an inverse of any matrix. */
import { free } from '../composite.ts';
import { asOne, call } from '../ops/dispatch.ts';
import { epsilonOf } from '../ops/linalg/stacks.ts';
import { choose, type Vjp } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { matrices, sides } from './matrices.ts';
import { thinSVD } from './svd.ts';

/** Whether singular values [..., k] are more than rounding errors: above max(m, n) · ε times the largest. */
function significant(x: Tensor, S: Tensor): Tensor {
  const largest = S.slice(...S.shape.slice(0, -1).map(() => null), [0, 1]);
  return S.greater(largest.mul(Math.max(...sides(x)) * epsilonOf(x.dtype)));
}

const none: Vjp<undefined> = { vjp: () => [null], saves: 'nothing' };

/** The number of singular values of x [..., m, n] above max(m, n) · ε times the largest, as int32: [...]. */
export const matrixRank = free('matrixRank', (name, [x]) => {
  const a = matrices(name, x);
  return asOne(name, none, [a], () => {
    const { S } = thinSVD(name, a);
    return S.size === 0 ? call('sum', [S.astype('int32'), -1]) : significant(a, S).astype('int32').sum(-1);
  });
}) as (x: Tensor) => Tensor;

/** Golub and Pereyra 1973, where the rank stays the same. */
const rule: Vjp<undefined> = {
  vjp: (g, [x], P) => [
    () => {
      const rows = (y: Tensor) => y.sub(x.matmul(P.matmul(y))); // (I − xP)y
      const columns = (y: Tensor) => y.sub(y.matmul(P).matmul(x)); // y(I − Px)
      const inside = P.mT.matmul(g).matmul(P.mT);
      return rows(g.mT.matmul(P).matmul(P.mT))
        .add(columns(P.mT.matmul(P).matmul(g.mT)))
        .sub(inside);
    },
  ],
  saves: 'both',
};

/**
 * The Moore-Penrose inverse of x [..., m, n]: [..., n, m], the inverse where there is one. Singular values up to max(m, n) · ε times
 * the largest count as 0. Differentiable where the rank stays the same.
 */
export const pinv = free('pinv', (name, [x]) => {
  const a = matrices(name, x);
  return asOne(name, rule, [a], () => {
    const { U, S, V } = thinSVD(name, a);
    const used = significant(a, S).logicalOr(S.isNaN());
    const inverses = choose(used, choose(used, S, 1).reciprocal(), 0);
    return V.mul(inverses.expandDims(-2)).matmul(U.mT);
  });
}) as (x: Tensor) => Tensor;
