/** @file What a metric is, and those that are a mean of values, one a sample. */
import { noGrad } from '../../autograd/tape.ts';
import { options } from '../../core/arguments.ts';
import { full, where } from '../../create.ts';
import { scope } from '../../scope.ts';
import type { Tensor } from '../../tensor.ts';
import { requirePair, type WeightOptions, weightsFor } from '../targets.ts';

/**
 * A metric, as `metrics.precision()` gives it. It keeps nothing itself: `measure` gives sums of one batch, which added entry
 * by entry over all batches give those of an epoch, and `result` makes the metric of them. Nothing is read from the device.
 *
 * @example
 * const metric = metrics.precision();
 * const batches = [metric.measure(tensor([1, 0]), tensor([0.9, 0.8])), metric.measure(tensor([1, 1]), tensor([0.7, 0.2]))];
 * const sums = batches.reduce((a, b) => a.map((sum, k) => sum.add(b[k])));
 * await metric.result(sums).item(); // 2 of 3 that were called positive are: 0.6667
 */
export interface Metric {
  readonly name: string;
  /** The options that it was made with, JSON-able. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Sums of one batch: tensors whose shapes do not depend on the batch's size. */
  measure(yTrue: Tensor, yPred: Tensor, options?: WeightOptions): readonly Tensor[];
  /** The metric out of added sums; 0 where there is nothing to divide by. */
  result(sums: readonly Tensor[]): Tensor;
}

type Sums = (yTrue: Tensor, yPred: Tensor, weights: Tensor | undefined) => readonly Tensor[];

/** A metric of that name, made with these options; what it makes on the way is freed, and no gradient goes through it. */
export function metricOf(
  name: string,
  config: Metric['config'],
  sums: Sums,
  result: (sums: readonly Tensor[]) => Tensor,
): Metric {
  return {
    name,
    config: Object.freeze(config),
    measure: (yTrue, yPred, given) =>
      noGrad(() =>
        scope(() => {
          const { sampleWeight } = options(name, given, 'sampleWeight');
          requirePair(name, yTrue, yPred);
          return sums(yTrue, yPred, sampleWeight as Tensor | undefined);
        }),
      ),
    result: (sums) => noGrad(() => scope(() => result(sums))),
  };
}

/** The mean of the values that a formula gives, one a sample or more, weighted; `finish` makes the metric of it. */
export function meanOf(
  name: string,
  config: Metric['config'],
  values: (yTrue: Tensor, yPred: Tensor) => Tensor,
  finish: (mean: Tensor) => Tensor = (mean) => mean,
): Metric {
  const sums: Sums = (yTrue, yPred, weights) => {
    const made = values(yTrue, yPred);
    const each =
      made.dtype === 'bool' ? made.astype(yPred.dtype === 'float64' ? 'float64' : 'float32') : made;
    const { dtype, device, shape, size } = each;
    if (weights === undefined) return [each.sum(), full([], size, { dtype, device })];
    const w = weightsFor(name, weights, each).broadcastTo(shape);
    return [each.mul(w).sum(), w.sum()];
  };
  return metricOf(name, config, sums, ([total, count]) => finish(ratio(total as Tensor, count as Tensor)));
}

/** a / b, and 0 where b is 0. */
export function ratio(a: Tensor, b: Tensor): Tensor {
  const nothing = b.equal(0);
  return where(nothing, 0, a.div(where(nothing, 1, b)));
}
