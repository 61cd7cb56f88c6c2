/** @file What a loss is, and how one is made of a formula for its terms. */

import { options } from '../../core/arguments.ts';
import { normalizeAxis } from '../../core/shape.ts';
import { scope } from '../../scope.ts';
import type { Tensor } from '../../tensor.ts';
import { columns, requirePair, type WeightOptions, weightsFor } from '../targets.ts';

/**
 * A loss, as `losses.meanSquaredError()` gives it: what `compile` takes, and a function of its own. Its value is the mean
 * over the batch, with weights Σ w·l / (number of l), as Keras' `sum_over_batch_size`.
 *
 * @example
 * const loss = losses.huber({ delta: 2 });
 * const [yTrue, yPred] = [tensor([[1], [2]]), tensor([[1.5], [7]])];
 * await loss(yTrue, yPred).item();             // 4.0625
 * await loss.perSample(yTrue, yPred).print(); // [0.125, 8]
 * @throws ShapeError where targets and predictions do not fit; [n] and [n, 1] are taken for the same.
 */
export interface Loss {
  (yTrue: Tensor, yPred: Tensor, options?: WeightOptions): Tensor;
  readonly name: string;
  /** The options that it was made with, JSON-able. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A loss for each sample, and for each entry of further axes: the predictions' shape without the axis that the formula takes together, which is the last. */
  perSample(yTrue: Tensor, yPred: Tensor): Tensor;
}

interface Formula {
  /** One term a place, or a loss a sample where nothing is left to be taken together. */
  terms(yTrue: Tensor, yPred: Tensor): Tensor;
  /** How the terms along the axis make the loss of a sample. */
  readonly together: 'mean' | 'sum' | 'done';
  /** The last by default. */
  readonly axis?: number;
}

/** A loss of that name, made with these options. */
export function lossOf(name: string, config: Loss['config'], formula: Formula): Loss {
  const { together, axis = -1 } = formula;
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    requirePair(name, yTrue, yPred);
    return formula.terms(yTrue, yPred);
  };
  const perSample = (values: Tensor) => (together === 'done' ? values : values[together](axis));
  /** The mean over all samples, in one reduction. */
  const mean = (values: Tensor) => {
    if (values.size === 0) return values.sum();
    if (together !== 'sum') return values.mean();
    const width = values.shape[normalizeAxis(name, axis, values.ndim)] as number;
    return values.sum().mul(width / values.size);
  };
  const loss = (yTrue: Tensor, yPred: Tensor, given?: WeightOptions): Tensor =>
    scope(() => {
      const { sampleWeight } = options(name, given, 'sampleWeight');
      const values = terms(yTrue, yPred);
      if (sampleWeight === undefined) return mean(values);
      const each = perSample(values);
      const weighted = each.mul(weightsFor(name, sampleWeight, each));
      return weighted.sum().div(Math.max(each.size, 1));
    });
  return Object.defineProperties(loss, {
    name: { value: name },
    config: { value: Object.freeze(config) },
    perSample: {
      value: (yTrue: Tensor, yPred: Tensor) => scope(() => perSample(terms(yTrue, yPred))),
    },
  }) as Loss;
}

/** A loss without options that is a mean of terms, one a place. */
export function meanLoss(
  name: string,
  given: NoOptions | undefined,
  term: (yTrue: Tensor, yPred: Tensor) => Tensor,
): Loss {
  options(name, given);
  return lossOf(name, {}, { terms: (t, p) => term(...columns(name, t, p)), together: 'mean' });
}

/** What a maker takes that has no options. */
export type NoOptions = Readonly<Record<never, never>>;

/** What Keras adds or clips by where a formula has a pole. */
export const EPSILON = 1e-7;
