/** @file Eigenvalues and eigenvectors of symmetric matrices. */
import { free } from '../composite.ts';
import { concat, zeros } from '../create.ts';
import { asOne, carryOut } from '../ops/dispatch.ts';
import { jacobi } from '../ops/linalg/jacobi.ts';
import { choose, op, type Vjp } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { lengthOf } from './lengths.ts';
import { batch, difference, identity, part, sides, squareMatrices } from './matrices.ts';
import { tallQR } from './qr.ts';
import { inRange, oriented, rowsInOrder } from './spectrum.ts';

export interface Eigh {
  readonly eigenvalues: Tensor;
  readonly eigenvectors: Tensor;
}

const rotations = op<undefined>(jacobi);

/** V over the eigenvalues as a row: [..., n + 1, n]. */
const parts = (packed: Tensor, n: number) => ({
  V: part(packed, [0, n], null),
  w: part(packed, [n, null], null),
});

/**
 * Rotates the rows of x + cI with c ≥ ‖x‖₂, which has the same eigenvectors and no eigenvalue below 0, so that its singular
 * vectors are its eigenvectors; c = ‖x⁴‖^¼ is near that. Reflections mend the errors of thousands of rotations, and Rayleigh's
 * quotients give the eigenvalues the digits that c took.
 */
function decompose(name: string, x: Tensor): Tensor {
  const { values, scale, finite } = inRange(x);
  const square = values.matmul(values);
  const bound = lengthOf(lengthOf(square.matmul(square)).mT)
    .sqrt()
    .sqrt();
  const unit = identity(x);
  const shifted = values.add(unit.mul(bound.mul(1.001)));
  const rotated = carryOut(name, rotations, [concat([shifted, unit], -1)]);
  const found = tallQR(name, part(rotated, null, [sides(x)[0], null]).mT).Q;
  const quotients = values.matmul(found).mul(found).sum(-2, { keepdims: true }).mT;
  const order = quotients.squeeze(-1).argsort(-1);
  const [w, rows] = [quotients, found.mT].map((t) => rowsInOrder(t, order)) as [Tensor, Tensor];
  const V = rows.mT;
  return choose(finite, concat([V.mul(oriented(V)), w.mT.mul(scale)], -2), Number.NaN);
}

/** Giles 2008. Where two eigenvalues are equal, what V has to say there counts as 0. */
const rule: Vjp<undefined> = {
  vjp: (g, [x], packed) => [
    () => {
      const [n] = sides(x);
      const { V, w } = parts(packed, n);
      const by = parts(g, n);
      const gaps = difference(w);
      const same = gaps.equal(0);
      const F = choose(same, 0, choose(same, 1, gaps).reciprocal());
      const inner = F.mul(V.mT.matmul(by.V)).add(by.w.mul(identity(x)));
      return V.matmul(inner).matmul(V.mT);
    },
  ],
  saves: 'output',
};

/**
 * The eigenvalues [..., n], ascending, and the eigenvectors [..., n, n], orthonormal columns in the same order, of symmetric
 * matrices x [..., n, n]; as by NumPy only their lower triangle is read. The first of the largest entries in each column is positive.
 * NaN or Infinity in a matrix makes all of its results NaN.
 *
 * By one-sided Jacobi rotations; LinAlgError if they do not converge. Eigenvectors are differentiable where the eigenvalues are
 * distinct; eigenvalues everywhere, where equal ones are treated alike.
 *
 * @example
 * linalg.eigh(tensor([[2, 1], [1, 2]])); // eigenvalues [1, 3]
 */
export const eigh = free('eigh', (name, [x]): Eigh => {
  const a = squareMatrices(name, x);
  const [n] = sides(a);
  const symmetric = a.tril().add(a.tril(-1).mT);
  const packed =
    n === 0
      ? zeros([...batch(a), 1, 0], { dtype: a.dtype, device: a.device })
      : asOne(name, rule, [symmetric], () => decompose(name, symmetric));
  const { V, w } = parts(packed, n);
  return { eigenvalues: w.squeeze(-2), eigenvectors: V };
}) as (x: Tensor) => Eigh;
