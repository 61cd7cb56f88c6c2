/** @file Systems with triangular matrices, with their gradient; for the other functions. */
import { carryOut } from '../ops/dispatch.ts';
import { type Triangle, triangular } from '../ops/linalg/triangular.ts';
import { op, type Row } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

const row: Row = op<Triangle>(triangular, {
  vjp: (g, [a], x, { lower, unit }) => {
    const down = solveTriangular('solve', a.mT, g, { lower: !lower, unit });
    const toMatrix = () => {
      const full = down.matmul(x.mT).neg();
      return lower ? full.tril(unit ? -1 : 0) : full.triu(unit ? 1 : 0);
    };
    return [toMatrix, down];
  },
  saves: 'both',
});

/** x with a @ x = b for a triangle of a [..., n, n] and b [..., n, r] of the same leading axes. */
export function solveTriangular(
  name: string,
  a: Tensor,
  b: Tensor,
  { lower, unit = false }: { readonly lower: boolean; readonly unit?: boolean },
): Tensor {
  return carryOut(name, row, [a, b, { lower, unit }]);
}
