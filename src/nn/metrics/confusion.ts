/** @file Metrics out of counts of right and wrong answers for each class. */
import { finite, integer, oneOf, options } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { sameShape, show } from '../../core/shape.ts';
import type { Tensor } from '../../tensor.ts';
import type { NoOptions } from '../losses/loss.ts';
import { alike, classes, columns, weightsFor } from '../targets.ts';
import { type Metric, metricOf, ratio } from './metric.ts';

export interface PrecisionOptions {
  /** Predictions above it are positive: 0.5 by default; with `topK` there is none unless one is given. */
  readonly threshold?: number;
  /** Only that many largest predictions of each sample may be positive. */
  readonly topK?: number;
  /** Looks at one class alone, an entry of the last axis. */
  readonly classId?: number;
}

/** What was called positive, and what is; with their weights. */
interface Calls {
  readonly positive: Tensor;
  readonly truth: Tensor;
  readonly weigh: (which: Tensor) => Tensor;
}

function callsOf(name: string, { threshold, topK, classId }: PrecisionOptions) {
  return (yTrue: Tensor, yPred: Tensor, weights: Tensor | undefined): Calls => {
    const [t, p] = columns(name, yTrue, yPred);
    const above = threshold === undefined ? p.equal(p) : p.greater(threshold);
    const called = topK === undefined ? above : above.logicalAnd(largest(p, topK));
    const truth = t.notEqual(0);
    const weigh = weigher(name, weights, classId === undefined ? p : p.slice(...every(p), classId));
    if (classId === undefined) return { positive: called, truth, weigh };
    return { positive: called.slice(...every(p), classId), truth: truth.slice(...every(p), classId), weigh };
  };
}

/** Ranges of `slice` for all axes but the last. */
const every = (x: Tensor): null[] => x.shape.slice(1).map(() => null);

/** Whether each entry of the last axis is one of the k largest; the first ones on ties. */
function largest(p: Tensor, k: number): Tensor {
  const width = p.shape.at(-1) as number;
  const chosen = p.topk(Math.min(k, width)).indices;
  return chosen.oneHot(width).sum(-2).greater(0);
}

/** Truth values as numbers, each times its weight. */
function weigher(name: string, weights: Tensor | undefined, values: Tensor): Calls['weigh'] {
  const { dtype } = values;
  if (weights === undefined) return (which) => which.astype(dtype);
  const w = weightsFor(name, weights, values);
  return (which) => which.astype(dtype).mul(w);
}

function shareOf(name: 'precision' | 'recall', given: unknown): Metric {
  const { threshold, topK, classId } = options(
    name,
    given,
    'threshold',
    'topK',
    'classId',
  ) as PrecisionOptions;
  const config: { threshold?: number; topK?: number; classId?: number } = {};
  if (topK !== undefined) config.topK = integer(name, 'topK', topK, 1);
  if (classId !== undefined) config.classId = integer(name, 'classId', classId, 0);
  if (threshold !== undefined || topK === undefined)
    config.threshold = finite(name, 'threshold', threshold ?? 0.5);
  const calls = callsOf(name, config);
  return metricOf(
    name,
    config,
    (yTrue, yPred, weights) => {
      const { positive, truth, weigh } = calls(yTrue, yPred, weights);
      const hits = weigh(positive.logicalAnd(truth)).sum();
      return [hits, weigh(name === 'precision' ? positive : truth).sum()];
    },
    ([hits, all]) => ratio(hits as Tensor, all as Tensor),
  );
}

/** The share of true positives among what was called positive: tp / (tp + fp), 0 where nothing was. Targets are 0 and 1. */
export const precision = (given: PrecisionOptions = {}): Metric => shareOf('precision', given);

/** The share of positives that were found: tp / (tp + fn), 0 where there are none. Targets are 0 and 1. */
export const recall = (given: PrecisionOptions = {}): Metric => shareOf('recall', given);

const AVERAGES = ['micro', 'macro', 'weighted'] as const;

export interface F1ScoreOptions {
  /** One number for all classes: of the added counts (micro), the mean (macro), or that weighted by how frequent classes are. null, the default, gives one for each class. */
  readonly average?: (typeof AVERAGES)[number] | null;
  /** Predictions above it are positive; null, the default, takes the largest of each sample. */
  readonly threshold?: number | null;
}

/** The harmonic mean of precision and recall, 2pr / (p + r), for each class: targets 0 and 1, predictions [samples, classes]. */
export function f1Score(given: F1ScoreOptions = {}): Metric {
  const name = 'f1Score';
  const { average = null, threshold = null } = options(name, given, 'average', 'threshold') as F1ScoreOptions;
  if (average !== null) oneOf(name, 'average', average, AVERAGES);
  if (threshold !== null) finite(name, 'threshold', threshold);
  const axis = average === 'micro' ? undefined : 0;
  return metricOf(
    name,
    { average, threshold },
    (yTrue, yPred, weights) => {
      const [t, p] = alike(name, yTrue, yPred);
      if (p.ndim !== 2)
        throw new ShapeError(`${name}: takes predictions [samples, classes], got ${show(yPred.shape)}`);
      const positive =
        threshold === null
          ? p.greaterEqual(p.max(-1, { keepdims: true })).logicalAnd(p.abs().greater(1e-9))
          : p.greater(threshold);
      const weigh = weigher(name, weights, p);
      const truth = t.notEqual(0);
      return [positive.logicalAnd(truth), positive, truth].map((which) => weigh(which).sum(axis));
    },
    ([hits, positive, truth]) => {
      const [tp, all] = [hits as Tensor, truth as Tensor];
      const [p, r] = [ratio(tp, positive as Tensor), ratio(tp, all)];
      const scores = ratio(p.mul(r).mul(2), p.add(r));
      if (average === 'weighted') return scores.mul(ratio(all, all.sum())).sum();
      return average === 'macro' ? scores.mean() : scores;
    },
  );
}

/**
 * How often each class (row) was taken for each (column): [classes, classes], weighted. Targets are class numbers or one-hot
 * rows, predictions [..., classes], whose largest is the answer; of one prediction a sample, [samples, 1], those above
 * 0.5 are class 1 of 2. A class outside [0, classes) is an IndexError.
 */
export function confusionMatrix(given?: NoOptions): Metric {
  const name = 'confusionMatrix';
  options(name, given);
  return metricOf(
    name,
    {},
    (yTrue, yPred, weights) => {
      const binary = yPred.ndim < 2 || yPred.shape.at(-1) === 1;
      const [labels, answers, width] = binary ? ofTwo(name, yTrue, yPred) : ofMany(name, yTrue, yPred);
      const [rows, columns] = [labels, answers].map((x) => x.flatten().oneHot(width)) as [Tensor, Tensor];
      if (weights === undefined) return [rows.T.matmul(columns)];
      const w = weightsFor(name, weights, labels.astype('float32')).broadcastTo(labels.shape);
      return [rows.T.matmul(columns.mul(w.reshape([-1, 1])))];
    },
    ([counts]) => (counts as Tensor).add(0), // a tensor of its own, which the caller may dispose
  );
}

function ofTwo(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor, number] {
  const [t, p] = alike(name, yTrue, yPred);
  const answers = p.greater(0.5).astype('int32');
  const pair = p.ndim > 1 ? [t.squeeze(-1), answers.squeeze(-1)] : [t, answers];
  const [labels] = classes(name, pair[0] as Tensor, (pair[1] as Tensor).expandDims(-1));
  return [labels, pair[1] as Tensor, 2];
}

function ofMany(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor, number] {
  const oneHot = sameShape(yTrue.shape, yPred.shape);
  const [labels, p] = classes(name, oneHot ? yTrue.argmax(-1) : yTrue, yPred);
  return [labels, p.argmax(-1), p.shape.at(-1) as number];
}
