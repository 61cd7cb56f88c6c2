/** @file Losses of probabilities, or of the logits that they are made of. */
import { flag, integer, options } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { normalizeAxis, show } from '../../core/shape.ts';
import type { Tensor } from '../../tensor.ts';
import { alike, classes, columns, distributions } from '../targets.ts';
import { EPSILON, type Loss, lossOf, type NoOptions } from './loss.ts';

export interface CrossentropyOptions {
  /** Whether the predictions are logits; else probabilities, which are held within [1e-7, 1 − 1e-7]. */
  readonly fromLogits?: boolean;
  /** The class axis, the last by default. */
  readonly axis?: number;
}

export interface SmoothedCrossentropyOptions extends CrossentropyOptions {
  /** In [0, 1]: how far targets are moved towards the even distribution. */
  readonly labelSmoothing?: number;
}

function crossentropyOptions(name: string, given: unknown): Required<SmoothedCrossentropyOptions> {
  const smooths = name !== 'sparseCategoricalCrossentropy';
  const names = smooths ? ['fromLogits', 'labelSmoothing', 'axis'] : ['fromLogits', 'axis'];
  const {
    fromLogits = false,
    labelSmoothing = 0,
    axis = -1,
  } = options(name, given, ...names) as SmoothedCrossentropyOptions;
  flag(name, 'fromLogits', fromLogits);
  integer(name, 'axis', axis);
  if (!(typeof labelSmoothing === 'number' && labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`${name}: labelSmoothing must lie in [0, 1], got ${describe(labelSmoothing)}`);
  return { fromLogits, labelSmoothing, axis };
}

const inside = (p: Tensor): Tensor => p.clip(EPSILON, 1 - EPSILON);

/** Targets moved towards `even` by a share of the way. */
const smoothed = (yTrue: Tensor, share: number, even: number): Tensor =>
  share === 0 ? yTrue : yTrue.mul(1 - share).add(share * even);

/** The mean of −yTrue·log p − (1 − yTrue)·log(1 − p), for predictions p, or logits whose sigmoid p is. */
export function binaryCrossentropy(given: SmoothedCrossentropyOptions = {}): Loss {
  const name = 'binaryCrossentropy';
  const config = crossentropyOptions(name, given);
  const { fromLogits, labelSmoothing, axis } = config;
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = columns(name, yTrue, yPred);
    normalizeAxis(name, axis, p.ndim);
    const target = smoothed(t, labelSmoothing, 0.5);
    const yes = fromLogits ? p.logSigmoid() : inside(p).log();
    const no = fromLogits ? p.neg().logSigmoid() : inside(p.neg().add(1)).log();
    return target.mul(yes).add(target.neg().add(1).mul(no)).neg();
  };
  return lossOf(name, { ...config }, { terms, together: 'mean', axis });
}

/** How many classes there are: a single one is always right, and nothing would be learnt. */
function severalClasses(name: string, p: Tensor, axis: number): number {
  const count = p.shape[normalizeAxis(name, axis, p.ndim)] as number;
  if (count === 1)
    throw new ShapeError(
      `${name}: yPred ${show(p.shape)} has one class only; for the probability of a class against none: binaryCrossentropy`,
    );
  return count;
}

/** −Σ yTrue·log p over the classes, p having been brought to the sum 1, for one-hot rows or distributions yTrue and predictions p [..., classes]. */
export function categoricalCrossentropy(given: SmoothedCrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy';
  const config = crossentropyOptions(name, given);
  const { fromLogits, labelSmoothing, axis } = config;
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = distributions(name, yTrue, yPred);
    const count = severalClasses(name, p, axis);
    const logs = fromLogits ? p.logSoftmax(axis) : inside(p.div(p.sum(axis, { keepdims: true }))).log();
    return smoothed(t, labelSmoothing, 1 / count)
      .mul(logs)
      .neg();
  };
  return lossOf(name, { ...config }, { terms, together: 'sum', axis });
}

/** −log p of the right class, p having been brought to the sum 1, for class numbers yTrue [...] (or [..., 1]) and predictions p [..., classes]. A class outside [0, classes) is an IndexError. */
export function sparseCategoricalCrossentropy(given: CrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  const { fromLogits, axis } = crossentropyOptions(name, given);
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [labels, p] = classes(name, yTrue, yPred, axis);
    const count = severalClasses(name, p, -1);
    if (fromLogits) return p.softmaxCrossEntropy(labels);
    const right = labels.oneHot(count, { dtype: p.dtype });
    return inside(p.mul(right).sum(-1).div(p.sum(-1)))
      .log()
      .neg();
  };
  return lossOf(name, { fromLogits, axis }, { terms, together: 'done' });
}

/** Σ yTrue·log(yTrue / yPred) over the last axis, both held within [1e-7, 1]: how far two distributions are apart. */
export function klDivergence(given?: NoOptions): Loss {
  options('klDivergence', given);
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const [t, p] = alike('klDivergence', yTrue, yPred).map((x) => x.clip(EPSILON, 1)) as [Tensor, Tensor];
    return t.mul(t.div(p).log());
  };
  return lossOf('klDivergence', {}, { terms, together: 'sum' });
}
