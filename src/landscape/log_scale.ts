/** @file Losses on a logarithmic scale, for colours and contour lines. Pure. */

/** A scale from the smallest loss above 0 to the largest finite one. */
export interface LogScale {
  readonly low: number;
  readonly high: number;
  /** Where a loss lies, from 0 to 1: what is below is at 0, Infinity at 1, and NaN nowhere, NaN. */
  position(loss: number): number;
  /** So many losses between the ends, at even steps of the logarithm: where contour lines may go. */
  levels(count: number): number[];
}

/**
 * A logarithmic scale for losses: near a minimum they differ by little, far from it by orders of magnitude.
 *
 * @example
 * const { losses } = await landscape(model, x, y, { size: 5 });
 * const scale = logScale(losses);
 * const colors = Array.from(losses, (loss) => viridis(scale.position(loss)));
 * const lines = scale.levels(10); // for contours
 */
export function logScale(losses: ArrayLike<number>): LogScale {
  const seen = Array.from(losses).filter((loss) => loss > 0 && loss < Infinity);
  const low = seen.reduce((a, b) => Math.min(a, b), Infinity);
  const high = seen.reduce((a, b) => Math.max(a, b), -Infinity);
  const [start, length] = [Math.log(low), Math.log(high) - Math.log(low)];
  return {
    low,
    high,
    position(loss) {
      if (Number.isNaN(loss)) return loss;
      if (!(loss > low)) return 0;
      return loss >= high ? 1 : (Math.log(loss) - start) / length;
    },
    levels: (count) =>
      length > 0
        ? Array.from({ length: count }, (_, k) => Math.exp(start + (length * (k + 1)) / (count + 1)))
        : [],
  };
}
