/** @file The metrics by name. Formulas and defaults are Keras 3's. */
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor.ts';
import type { Loss } from '../losses/loss.ts';
import { type Described, type Makers, madeFrom, OWN } from '../named.ts';
import {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  meanAbsoluteError,
  meanSquaredError,
  rootMeanSquaredError,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
} from './accuracy.ts';
import { confusionMatrix, f1Score, precision, recall } from './confusion.ts';
import { type Metric, meanOf } from './metric.ts';

/**
 * Metrics by name, each a function of options; for `compile`, or to be used alone.
 *
 * @example
 * const metric = metrics.topKCategoricalAccuracy({ k: 2 });
 * const sums = metric.measure(tensor([[0, 0, 1]]), tensor([[0.5, 0.2, 0.3]]));
 * await metric.result(sums).item(); // 1: the third class is among the two likeliest
 */
export const metrics = {
  accuracy,
  binaryAccuracy,
  sparseCategoricalAccuracy,
  categoricalAccuracy,
  topKCategoricalAccuracy,
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsoluteError,
  precision,
  recall,
  f1Score,
  confusionMatrix,
};

/** What `compile` takes for a metric: one of `metrics`, its name, a loss, or a function that gives a value for each sample, or one for all. */
export type MetricLike =
  | keyof typeof metrics
  | Metric
  | Described
  | ((yTrue: Tensor, yPred: Tensor) => Tensor);

const isMetric = (value: unknown): value is Metric => typeof (value as Metric | null)?.measure === 'function';

/**
 * The metric that `compile` was given. The name 'accuracy' knows the loss: where that is a binary cross-entropy from logits,
 * a logit above 0, which is a probability above 0.5, is the answer 1.
 */
export function getMetric(given: MetricLike, loss?: Loss): Metric {
  if (isMetric(given)) return given;
  if (typeof given === 'function') return ownMetric(given);
  if (given === 'accuracy' && loss?.name === 'binaryCrossentropy' && loss.config.fromLogits === true)
    return accuracy({ threshold: 0 });
  const made = madeFrom<Metric>('compile', 'metric', metrics as Makers<Metric>, given);
  if (made) return made;
  throw new ArgumentError(
    `compile: a metric is a name, one of metrics.x(), or a function (yTrue, yPred) => tensor, got ${describe(given)}`,
  );
}

/** The mean of what a loss, or a function of the user's own, gives. */
function ownMetric(f: Loss | ((yTrue: Tensor, yPred: Tensor) => Tensor)): Metric {
  const each: (yTrue: Tensor, yPred: Tensor) => unknown = 'perSample' in f ? f.perSample : f;
  const name = f.name || 'metric';
  return meanOf(name, 'perSample' in f ? { loss: f.config } : OWN, (yTrue, yPred) => {
    const values = each(yTrue, yPred);
    if (values instanceof Tensor) return values;
    throw new ArgumentError(`${name}: a metric must return a tensor, got ${describe(values)}`);
  });
}
