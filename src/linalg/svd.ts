/** @file The singular value decomposition. */
import { free } from '../composite.ts';
import { concat, zeros } from '../create.ts';
import { asOne, carryOut } from '../ops/dispatch.ts';
import { jacobi } from '../ops/linalg/jacobi.ts';
import { choose, flag, type Operable, op, options, type Vjp } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { lengthOf } from './lengths.ts';
import { batch, difference, identity, matrices, part, sides, skew } from './matrices.ts';
import { completeQR, tallQR } from './qr.ts';
import { inRange, oriented, rowsInOrder } from './spectrum.ts';

export interface SVD {
  readonly U: Tensor;
  readonly S: Tensor;
  readonly Vh: Tensor;
}

/** U [..., m, n], V [..., n, n] and the singular values as a row, in one tensor [..., m + n + 1, n]. */
const parts = (packed: Tensor, m: number, n: number) => ({
  U: part(packed, [0, m], null),
  V: part(packed, [m, m + n], null),
  S: part(packed, [m + n, null], null),
});

const rotations = op<undefined>(jacobi);

/**
 * Of a tall or square matrix x = QR: rotates the rows of [R | I] until those of G @ R are orthogonal, lengths times directions
 * ΣVᵀ, so that x = (QGᵀ)ΣVᵀ (Drmač and Veselić 2008; in place of pivots, the columns come longest first, and V's rows go back).
 * The errors of thousands of rotations are mended:
 * reflections make G orthonormal, ΣVᵀ is its product with R, and reflections make V orthonormal, where values are 0 too.
 */
function decompose(name: string, x: Tensor): Tensor {
  const { values, scale, finite } = inRange(x);
  const columns = lengthOf(values).squeeze(-2).argsort(-1, { descending: true });
  const { Q, R } = tallQR(name, values.takeAlongAxis(columns.expandDims(-2), -1));
  const n = sides(x)[1];
  const rotated = carryOut(name, rotations, [concat([R, identity(R)], -1)]);
  const G = tallQR(name, part(rotated, null, [n, null]).mT).Q.mT;
  const found = G.matmul(R);
  const lengths = lengthOf(found.mT).mT;
  const order = lengths.squeeze(-1).argsort(-1, { descending: true });
  const [S, rows, turns] = [lengths, found, G].map((t) => rowsInOrder(t, order)) as [Tensor, Tensor, Tensor];
  const nothing = S.equal(0);
  const directions = choose(nothing, 0, rows.div(choose(nothing, 1, S)));
  const V = rowsInOrder(tallQR(name, directions.mT).Q, columns.argsort(-1));
  const U = Q.matmul(turns.mT);
  return choose(finite, concat([U, V, S.mT.mul(scale)], -2), Number.NaN);
}

/**
 * Townsend 2016. Where two values are equal, what U and V have to say there counts as 0: right where the loss does not
 * depend on the choice among them.
 */
const rule: Vjp<undefined> = {
  vjp: (g, [x], packed) => [
    () => {
      const [m, n] = sides(x);
      const { U, V, S } = parts(packed, m, n);
      const by = parts(g, m, n);
      const largest = (S.max(-1, { keepdims: true }) as Operable).stopGradient();
      const unit = choose(largest.equal(0), 1, largest);
      const s = S.div(unit);
      const gaps = difference(s).mul(s.add(s.mT)); // s_j² − s_i²
      const same = gaps.equal(0);
      const F = choose(same, 0, choose(same, 1, gaps).reciprocal());
      const turned = F.mul(skew(U.mT.matmul(by.U)))
        .mul(s)
        .add(F.mul(skew(V.mT.matmul(by.V))).mul(s.mT))
        .div(unit);
      const none = S.equal(0); // as |x| has it
      const inner = U.matmul(turned.add(choose(none, 0, by.S).mul(identity(turned))));
      if (m === n) return inner.matmul(V.mT);
      const outside = by.U.sub(U.matmul(U.mT.matmul(by.U)));
      return inner.add(choose(none, 0, outside.div(choose(none, 1, S)))).matmul(V.mT);
    },
  ],
  saves: 'output',
};

/** U, S as a row and V of a tall or square matrix. */
function tallSVD(name: string, x: Tensor): ReturnType<typeof parts> {
  const [m, n] = sides(x);
  const { dtype, device } = x;
  const packed =
    n === 0
      ? zeros([...batch(x), m + 1, 0], { dtype, device })
      : asOne(name, rule, [x], () => decompose(name, x));
  return parts(packed, m, n);
}

/** U, S and V of any matrix. */
export function thinSVD(name: string, x: Tensor): { U: Tensor; S: Tensor; V: Tensor } {
  const [m, n] = sides(x);
  const { U: left, S, V: right } = tallSVD(name, m < n ? x.mT : x);
  const [U, V] = m < n ? [right, left] : [left, right];
  const sign = oriented(U);
  return { U: U.mul(sign), S: S.squeeze(-2), V: V.mul(sign) };
}

export const singularValues = (name: string, x: Tensor): Tensor => thinSVD(name, x).S;

function whole(name: string, x: Tensor): Tensor {
  const [m, n] = sides(x);
  if (m === n) return x;
  const { Q } = completeQR(name, x, 'fullMatrices');
  return concat([x, part(Q, null, [n, null])], -1);
}

/**
 * x [..., m, n] = U · diag(S) @ Vh: orthonormal columns U [..., m, k], singular values S [..., k] from the largest to the
 * smallest, orthonormal rows Vh [..., k, n], k = min(m, n); with `fullMatrices` U is [..., m, m] and Vh [..., n, n]. U and Vh
 * are orthonormal for matrices without full rank too. The first of the largest entries in each column of U is positive. NaN or
 * Infinity in a matrix makes all of its results NaN.
 *
 * By one-sided Jacobi rotations after a QR factorisation; LinAlgError if they do not converge. Differentiable where the
 * singular values are distinct (S everywhere), and where m ≠ n not 0; with `fullMatrices` by S, and where m = n.
 *
 * @example
 * const { U, S, Vh } = linalg.svd(x);
 * const rank8 = U.slice(null, [0, 8]).mul(S.slice([0, 8])).matmul(Vh.slice([0, 8])); // the nearest of rank 8
 */
export const svd = free('svd', (name, [x, opts]): SVD => {
  const a = matrices(name, x);
  const { fullMatrices = false } = options(name, opts, 'fullMatrices');
  const { U, S, V } = thinSVD(name, a);
  if (!flag(name, 'fullMatrices', fullMatrices)) return { U, S, Vh: V.mT };
  return { U: whole(name, U), S, Vh: whole(name, V).mT };
}) as (x: Tensor, options?: { readonly fullMatrices?: boolean }) => SVD;

/** The singular values of x [..., m, n], from the largest to the smallest: [..., min(m, n)]. Differentiable. */
export const svdvals = free('svdvals', (name, [x]) => singularValues(name, matrices(name, x))) as (
  x: Tensor,
) => Tensor;
