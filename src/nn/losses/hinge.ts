/** @file Losses of the margin by which a prediction is on the right side. */
import type { Tensor } from '../../tensor.ts';
import { type Loss, meanLoss, type NoOptions } from './loss.ts';

/** The mean of max(1 − yTrue·yPred, 0), for targets −1 and 1; a batch of targets 0 and 1 alone is taken for −1 and 1. */
export const hinge = (options?: NoOptions): Loss => meanLoss('hinge', options, (t, p) => margin(t, p));

/** The mean of max(1 − yTrue·yPred, 0)²; targets as for `hinge`. */
export const squaredHinge = (options?: NoOptions): Loss =>
  meanLoss('squaredHinge', options, (t, p) => margin(t, p).square());

function margin(yTrue: Tensor, yPred: Tensor): Tensor {
  const binary = yTrue.equal(0).logicalOr(yTrue.equal(1)).all().astype(yTrue.dtype);
  const signs = yTrue.add(binary.mul(yTrue.sub(1))); // 2y − 1 where all are 0 or 1
  return signs.mul(yPred).neg().add(1).relu();
}
