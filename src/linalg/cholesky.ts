/** @file Cholesky's factorisation. */
import { free } from '../composite.ts';
import { carryOut } from '../ops/dispatch.ts';
import { cholesky as factor } from '../ops/linalg/factor.ts';
import { op, type Row } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { identity, squareMatrices } from './matrices.ts';
import { solveTriangular } from './triangular.ts';

/** The lower triangle with its diagonal halved. */
const halved = (x: Tensor): Tensor => x.tril().sub(x.mul(identity(x)).mul(0.5));

/** The gradient by the lower triangle, which alone is read: Murray 2016, formula (8). */
const row: Row = op<undefined>(factor, {
  vjp: (g, _, L) => [
    () => {
      const inner = halved(L.mT.matmul(g));
      const left = solveTriangular('cholesky', L.mT, inner, { lower: false });
      const both = solveTriangular('cholesky', L.mT, left.mT, { lower: false });
      return halved(both.add(both.mT));
    },
  ],
  saves: 'output',
});

/**
 * The lower triangular L [..., n, n] with L @ Lᵀ = x, of symmetric positive definite matrices x [..., n, n]; as by NumPy only
 * their lower triangle is read. LinAlgError where one is not positive definite: at the call, on a GPU at the next read-out.
 * Differentiable.
 *
 * @example
 * linalg.cholesky(tensor([[4, 2], [2, 5]])); // [[2, 0], [1, 2]]
 */
export const cholesky = free('cholesky', (name, [x]) => carryOut(name, row, [squareMatrices(name, x)])) as (
  x: Tensor,
) => Tensor;
