/**
 * @file Principal component analysis by the singular value decomposition: the directions in which data vary most. On
 * handwritten digits, docs/linear-algebra.md shows it.
 */
import { linalg, scope, type Tensor } from 'tapegrad';

export interface PrincipalComponents {
  /** [features]. */
  readonly mean: Tensor;
  /** Orthonormal rows, those of most variance first: [count, features]. */
  readonly components: Tensor;
  /** Where each sample lies along them: [samples, count]. */
  readonly scores: Tensor;
  /** The share of the variance along each: [count]. */
  readonly explained: Tensor;
}

/** Of samples [samples, features]. */
export function principalComponents(x: Tensor, count: number): PrincipalComponents {
  return scope(() => {
    const mean = x.mean(0);
    const { U, S, Vh } = linalg.svd(x.sub(mean));
    const variance = S.square();
    return {
      mean,
      components: Vh.slice([0, count]),
      scores: U.slice(null, [0, count]).mul(S.slice([0, count])),
      explained: variance.slice([0, count]).div(variance.sum()),
    };
  });
}
