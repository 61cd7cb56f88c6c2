/** @file Metrics that are a share of right answers, and mean errors. */
import { finite, integer, options } from '../../core/arguments.ts';
import type { Tensor } from '../../tensor.ts';
import type { NoOptions } from '../losses/loss.ts';
import { alike, classes, columns, distributions } from '../targets.ts';
import { type Metric, meanOf } from './metric.ts';

const right = {
  binary: (name: string, threshold: number) => (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = alike(name, yTrue, yPred);
    return p.greater(threshold).astype(p.dtype).equal(t);
  },
  categorical: (name: string) => (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = distributions(name, yTrue, yPred);
    return t.argmax(-1).equal(p.argmax(-1));
  },
  sparse: (name: string) => (yTrue: Tensor, yPred: Tensor) => {
    const [labels, p] = classes(name, yTrue, yPred);
    return p.argmax(-1).equal(labels);
  },
};

/**
 * The share of right answers, told from the shapes as Keras does: binary where there is one prediction a sample, which
 * counts as 1 above `threshold` (0.5 by default, as for probabilities); sparse where targets are class numbers; else
 * categorical.
 */
export function accuracy(given: { readonly threshold?: number } = {}): Metric {
  const threshold = thresholdOf('accuracy', given);
  return meanOf('accuracy', { threshold }, (yTrue, yPred) => {
    const width = (x: Tensor) => (x.ndim < 2 ? 1 : x.shape.at(-1));
    if (width(yPred) === 1) return right.binary('accuracy', threshold)(yTrue, yPred);
    const sparse = yTrue.ndim < yPred.ndim || yTrue.shape.at(-1) === 1;
    return right[sparse ? 'sparse' : 'categorical']('accuracy')(yTrue, yPred);
  });
}

/** The share of predictions that are on the right side of the threshold (0.5 by default); targets are 0 and 1. */
export function binaryAccuracy(given: { readonly threshold?: number } = {}): Metric {
  const threshold = thresholdOf('binaryAccuracy', given);
  return meanOf('binaryAccuracy', { threshold }, right.binary('binaryAccuracy', threshold));
}

function thresholdOf(name: string, given: unknown): number {
  const { threshold = 0.5 } = options(name, given, 'threshold');
  return finite(name, 'threshold', threshold);
}

/** The share of samples whose largest prediction is that of the right class, the targets being one-hot rows. */
export function categoricalAccuracy(given?: NoOptions): Metric {
  options('categoricalAccuracy', given);
  return meanOf('categoricalAccuracy', {}, right.categorical('categoricalAccuracy'));
}

/** The share of samples whose largest prediction is that of the right class, the targets being class numbers. */
export function sparseCategoricalAccuracy(given?: NoOptions): Metric {
  options('sparseCategoricalAccuracy', given);
  return meanOf('sparseCategoricalAccuracy', {}, right.sparse('sparseCategoricalAccuracy'));
}

/**
 * The share of samples whose right class, the largest of a one-hot row, has one of the `k` (5) largest predictions. Ties at
 * the k-th place count; a prediction that is not finite does not.
 */
export function topKCategoricalAccuracy(given: { readonly k?: number } = {}): Metric {
  const name = 'topKCategoricalAccuracy';
  const { k: most = 5 } = options(name, given, 'k');
  const k = integer(name, 'k', most, 1);
  return meanOf(name, { k }, (yTrue, yPred) => {
    const [t, p] = distributions(name, yTrue, yPred);
    const own = p.takeAlongAxis(t.argmax(-1, { keepdims: true }), -1);
    return p.greater(own).countNonzero(-1).less(k).logicalAnd(own.squeeze(-1).isFinite());
  });
}

/** The mean of (yTrue − yPred)². */
export function meanSquaredError(given?: NoOptions): Metric {
  options('meanSquaredError', given);
  return meanOf('meanSquaredError', {}, squares('meanSquaredError'));
}

/** The root of the mean of (yTrue − yPred)², taken over the whole epoch. */
export function rootMeanSquaredError(given?: NoOptions): Metric {
  options('rootMeanSquaredError', given);
  return meanOf('rootMeanSquaredError', {}, squares('rootMeanSquaredError'), (mean) => mean.sqrt());
}

/** The mean of |yTrue − yPred|. */
export function meanAbsoluteError(given?: NoOptions): Metric {
  options('meanAbsoluteError', given);
  return meanOf('meanAbsoluteError', {}, (yTrue, yPred) => {
    const [t, p] = columns('meanAbsoluteError', yTrue, yPred);
    return p.sub(t).abs();
  });
}

const squares = (name: string) => (yTrue: Tensor, yPred: Tensor) => {
  const [t, p] = columns(name, yTrue, yPred);
  return p.sub(t).square();
};
