/**
 * @file How much orthogonality Gram-Schmidt loses as matrices become ill-conditioned, and that Householder's reflections
 * lose none: measured in float32. docs/linear-algebra.md shows the plot.
 */
import { eye, linalg, linspace, random, scope, type Tensor } from 'tapegrad';

export const METHODS = {
  'classical Gram-Schmidt': (x: Tensor) => linalg.gramSchmidt(x, { method: 'classical' }),
  'modified Gram-Schmidt': (x: Tensor) => linalg.gramSchmidt(x),
  'classical, twice': (x: Tensor) => linalg.gramSchmidt(x, { method: 'classical', reorthogonalize: true }),
  Householder: (x: Tensor) => linalg.qr(x).Q,
};
export type Method = keyof typeof METHODS;

export interface Loss {
  readonly condition: number;
  /** ‖QᵀQ − I‖₂ by method. */
  readonly lost: Readonly<Record<Method, number>>;
}

/** Random 60 × 20 matrices of each condition number, their singular values evenly spread on a logarithmic scale. */
export async function lostOrthogonality(conditions: readonly number[]): Promise<Loss[]> {
  const [m, n] = [60, 20];
  const rng = random(7);
  const losses: Loss[] = [];
  for (const condition of conditions) {
    const x = scope(() => {
      const left = linalg.qr(rng.normal([m, n])).Q;
      const right = linalg.qr(rng.normal([n, n])).Q;
      const values = linspace(0, -Math.log(condition), n).exp();
      return left.mul(values).matmul(right.mT);
    });
    const lost: Partial<Record<Method, number>> = {};
    for (const [name, method] of Object.entries(METHODS)) {
      const Q = method(x);
      lost[name as Method] = await linalg.norm(Q.mT.matmul(Q).sub(eye(n)), 2).item();
    }
    losses.push({ condition, lost: lost as Record<Method, number> });
  }
  return losses;
}
