/** @file Systems of linear equations and inverses, by LU factorisation. */
import { free } from '../composite.ts';
import { ShapeError } from '../core/errors.ts';
import { show } from '../core/shape.ts';
import { asOne, carryOut } from '../ops/dispatch.ts';
import { lu } from '../ops/linalg/factor.ts';
import { common, op, type Vjp } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { floats, identity, part, sides, squareMatrices, together } from './matrices.ts';
import { solveTriangular } from './triangular.ts';

/** L, U, and which rows were exchanged. */
export const factors = (name: string, x: Tensor, required: boolean): Tensor =>
  carryOut(name, op<boolean>(lu), [x, required]);

/** a @ x = b for stacks of the same leading axes. */
function solved(name: string, a: Tensor, b: Tensor): Tensor {
  const rule: Vjp<undefined> = {
    vjp: (g, [a], x) => {
      const back = solved(name, a.mT, g);
      return [() => back.matmul(x.mT).neg(), back];
    },
    saves: 'both',
  };
  return asOne(name, rule, [a, b], () => {
    const [n] = sides(a);
    const packed = factors(name, a, true);
    const from = part(packed, null, [n, n + 1])
      .astype('int32')
      .broadcastTo(b.shape);
    const matrix = part(packed, null, [0, n]);
    const down = solveTriangular(name, matrix, b.takeAlongAxis(from, -2), { lower: true, unit: true });
    return solveTriangular(name, matrix, down, { lower: false });
  });
}

/**
 * x with a @ x = b: a [..., n, n], b [..., n, r] → [..., n, r], leading axes broadcast; b with one axis is one right-hand side,
 * [n] → [..., n]. LinAlgError where a is singular as far as its digits go: at the call, on a GPU at the next read-out.
 * Differentiable.
 *
 * @example
 * linalg.solve(tensor([[3, 1], [1, 2]]), tensor([9, 8])); // [2, 3]
 */
export const solve = free('solve', (name, [a, b]) => {
  const matrix = squareMatrices(name, a);
  const values = floats(name, b, 'the second argument');
  const dtype = common([matrix.dtype, values.dtype]);
  const [left, given] = [matrix, values].map((x) => (x.dtype === dtype ? x : x.astype(dtype))) as [
    Tensor,
    Tensor,
  ];
  const vector = given.ndim === 1;
  const right = vector ? given.expandDims(-1) : given;
  if (right.ndim < 2 || right.shape.at(-2) !== matrix.shape.at(-1))
    throw new ShapeError(
      `${name}: ${show(matrix.shape)} and ${show(given.shape)} do not fit: b must be [n] or [..., n, r], with n rows as the matrices`,
    );
  const x = solved(name, ...together(name, left, right));
  return vector ? x.squeeze(-1) : x;
}) as (a: Tensor, b: Tensor) => Tensor;

export const inverse = (name: string, x: Tensor): Tensor => solved(name, x, identity(x));

/**
 * The inverse of matrices x [..., n, n]. LinAlgError where one is singular as far as its digits go: at the call, on a GPU at the
 * next read-out; `pinv` takes any. To solve equations, `solve` is quicker and loses less. Differentiable.
 */
export const inv = free('inv', (name, [x]) => inverse(name, squareMatrices(name, x))) as (
  x: Tensor,
) => Tensor;
