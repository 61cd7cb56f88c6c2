/** @file Losses of numbers: how far predictions are from their targets. */
import { finite, integer, options } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { normalizeAxis } from '../../core/shape.ts';
import { defineOp } from '../../define.ts';
import type { Tensor } from '../../tensor.ts';
import { alike, columns } from '../targets.ts';
import { EPSILON, type Loss, lossOf, meanLoss, type NoOptions } from './loss.ts';

/** The mean of (yTrue − yPred)². */
export const meanSquaredError = (options?: NoOptions): Loss =>
  meanLoss('meanSquaredError', options, (t, p) => p.sub(t).square());

/** The mean of |yTrue − yPred|. */
export const meanAbsoluteError = (options?: NoOptions): Loss =>
  meanLoss('meanAbsoluteError', options, (t, p) => p.sub(t).abs());

/** 100 times the mean of |yTrue − yPred| / max(|yTrue|, 1e-7). */
export const meanAbsolutePercentageError = (options?: NoOptions): Loss =>
  meanLoss('meanAbsolutePercentageError', options, (t, p) =>
    t.sub(p).div(t.abs().clip(EPSILON)).abs().mul(100),
  );

/** The mean of e² / 2 where |e| ≤ delta, and of delta·(|e| − delta / 2) beyond, for errors e = yPred − yTrue; delta is 1 by default (Huber 1964). */
export function huber(given: { readonly delta?: number } = {}): Loss {
  const { delta = 1 } = options('huber', given, 'delta');
  if (finite('huber', 'delta', delta) <= 0)
    throw new ArgumentError(`huber: delta must be positive, got ${describe(delta)}`);
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = columns('huber', yTrue, yPred);
    const error = p.sub(t).abs();
    const near = error.clip(undefined, delta as number);
    return near.mul(error.sub(near.div(2)));
  };
  return lossOf('huber', { delta }, { terms, together: 'mean' });
}

/** log cosh x without overflow, and without cancellation near 0. */
const logCoshOf = defineOp({
  name: 'logCosh',
  wgsl: 'abs(a) + log1p_(0.5 * expm1_(-2.0 * abs(a)))',
  cpu: (a) => Math.abs(a) + Math.log1p(0.5 * Math.expm1(-2 * Math.abs(a))),
  vjp: (g, [x]) => [g.mul(x.tanh())],
});

/** The mean of log cosh(yPred − yTrue): half the square of small errors, the size of large ones less log 2. */
export const logCosh = (options?: NoOptions): Loss =>
  meanLoss('logCosh', options, (t, p) => logCoshOf(p.sub(t)));

/** The mean of yPred − yTrue · log(yPred + 1e-7), for counts yTrue and their expected values yPred. */
export const poisson = (options?: NoOptions): Loss =>
  meanLoss('poisson', options, (t, p) => p.sub(t.mul(p.add(EPSILON).log())));

/** −1 times the cosine of the angle between yTrue and yPred along `axis` (the last by default): −1 is the same direction. 0 where one of them is zero. */
export function cosineSimilarity(given: { readonly axis?: number } = {}): Loss {
  const { axis: along = -1 } = options('cosineSimilarity', given, 'axis');
  const axis = integer('cosineSimilarity', 'axis', along);
  const unit = (x: Tensor) =>
    x.mul(
      x
        .square()
        .sum(axis, { keepdims: true })
        .clip(EPSILON ** 2)
        .rsqrt(),
    );
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = alike('cosineSimilarity', yTrue, yPred);
    normalizeAxis('cosineSimilarity', axis, p.ndim);
    return unit(t).mul(unit(p)).neg();
  };
  return lossOf('cosineSimilarity', { axis }, { terms, together: 'sum', axis });
}
