/** @file Determinants, by LU factorisation. */
import { free } from '../composite.ts';
import { asOne } from '../ops/dispatch.ts';
import { choose, type Operable, type Vjp } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { identity, part, sides, squareMatrices } from './matrices.ts';
import { factors, inverse } from './solve.ts';
import { thinSVD } from './svd.ts';

/** A number for each matrix, to be multiplied with it. */
const each = (values: Tensor): Tensor => values.reshape([...values.shape, 1, 1]);

/** The diagonal of U, and the sign of the row exchanges. */
function pivots(name: string, x: Tensor): { diagonal: Tensor; sign: Tensor } {
  const packed = factors(name, x, false);
  return { diagonal: packed.diagonal(), sign: part(packed, null, sides(x)[0] + 1).prod(-1) };
}

function determinant(name: string, x: Tensor): Tensor {
  const { diagonal, sign } = pivots(name, x);
  return diagonal.prod(-1).mul(sign);
}

/** The derivative of det · x⁻ᵀ, where that is what the cofactors are. */
const cofactorRule = (name: string): Vjp<undefined> => ({
  vjp: (g, [x], cofactors) => [
    () => {
      const inverted = inverse(name, x).mT;
      const share = g.mul(inverted).sum([-2, -1]);
      return cofactors.mul(each(share)).sub(cofactors.matmul(g.mT).matmul(inverted));
    },
  ],
  saves: 'both',
});

/**
 * The gradient of the determinant, for singular matrices too. With x = USVᵀ it is det(U) · det(V) · U diag(p) Vᵀ, p holding the
 * products of all other singular values.
 */
function cofactors(name: string, x: Tensor): Tensor {
  return asOne(name, cofactorRule(name), [x], () => {
    const { U, S, V } = thinSVD(name, x);
    const others = choose(identity(x).equal(1), 1, S.expandDims(-2)).prod(-1);
    const product = U.mul(others.expandDims(-2)).matmul(V.mT);
    return product.mul(each(determinant(name, U.matmul(V.mT)).sign()));
  });
}

/**
 * The determinants of matrices x [..., n, n]: [...]. 0 where one is singular as far as its digits go, 1 of nothing. Overflows
 * early: see `slogdet`. Differentiable, where x is singular once.
 */
export const det = free('det', (name, [x]) => {
  const a = squareMatrices(name, x);
  const rule: Vjp<undefined> = {
    vjp: (g, [x]) => [() => cofactors(name, x).mul(each(g))],
    saves: 'inputs',
  };
  return asOne(name, rule, [a], () => determinant(name, a));
}) as (x: Tensor) => Tensor;

export interface SLogDet {
  readonly sign: Tensor;
  readonly logabsdet: Tensor;
}

/**
 * The determinants of matrices x [..., n, n] as sign · exp(logabsdet), which overflow late: [...] each. 0 and −Infinity where one
 * is singular as far as its digits go. Differentiable where x is not singular; LinAlgError where it is.
 */
export const slogdet = free('slogdet', (name, [x]): SLogDet => {
  const a = squareMatrices(name, x);
  const { diagonal, sign } = pivots(name, (a as Operable).stopGradient());
  const rule: Vjp<undefined> = { vjp: (g, [x]) => [() => inverse(name, x).mT.mul(each(g))], saves: 'inputs' };
  const logabsdet = asOne(name, rule, [a], () => diagonal.abs().log().sum(-1));
  return { sign: diagonal.sign().prod(-1).mul(sign), logabsdet };
}) as (x: Tensor) => SLogDet;
