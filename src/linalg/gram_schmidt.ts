/** @file Gram-Schmidt orthonormalisation, to learn from: for use, linalg.qr is faster and keeps more digits. */

import { free } from '../composite.ts';
import { flag, oneOf } from '../core/arguments.ts';
import { concat } from '../create.ts';
import { epsilonOf } from '../ops/linalg/stacks.ts';
import { choose, options } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { lengthOf } from './lengths.ts';
import { matrices, part, sides } from './matrices.ts';

export interface GramSchmidtOptions {
  readonly method?: 'modified' | 'classical';
  /** Takes what is left of the earlier columns out of every column once more. */
  readonly reorthogonalize?: boolean;
}

/** What is left of the columns v without their parts along the orthonormal columns q. */
const without = (v: Tensor, q: Tensor): Tensor => v.sub(q.matmul(q.mT.matmul(v)));

/**
 * Orthonormal columns that span what the columns of x [..., m, n] span, each from those up to it; a column that depends on
 * earlier ones, to max(m, n) last places of its length, becomes 0. 'classical' takes the parts along all earlier columns out
 * of a column at once, 'modified' (the default) one after the other, from what is left. In floating point both lose
 * orthogonality for ill-conditioned x: the classical form with the square of the condition number, the modified one with the
 * condition number (Björck 1967); with `reorthogonalize` neither does ("twice is enough", Parlett 1980). docs/linear-algebra.md
 * shows it.
 *
 * @example
 * const Q = linalg.gramSchmidt(tensor([[3, 1], [4, 2]])); // [[0.6, -0.8], [0.8, 0.6]]
 */
export const gramSchmidt = free('gramSchmidt', (name, [x, opts]) => {
  const a = matrices(name, x);
  const settings = options(name, opts, 'method', 'reorthogonalize');
  const { method = 'modified', reorthogonalize = false } = settings;
  const modified = oneOf(name, 'method', method, ['modified', 'classical']) === 'modified';
  const passes = flag(name, 'reorthogonalize', reorthogonalize) ? 2 : 1;
  const [m, n] = sides(a);
  if (m === 0 || n === 0) return a.alias();
  const tolerance = Math.max(m, n) * epsilonOf(a.dtype);
  const basis: Tensor[] = [];
  for (let j = 0; j < n; j++) {
    const column = part(a, null, [j, j + 1]);
    let v: Tensor = column;
    for (let pass = 0; pass < passes && j > 0; pass++)
      for (const q of modified ? basis : [concat(basis, -1)]) v = without(v, q);
    const length = lengthOf(v);
    const depends = length.lessEqual(lengthOf(column).mul(tolerance));
    basis.push(choose(depends, 0, v.div(choose(depends, 1, length))));
  }
  return concat(basis, -1);
}) as (x: Tensor, options?: GramSchmidtOptions) => Tensor;
