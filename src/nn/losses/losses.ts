/** @file The losses by name. Formulas and defaults are Keras 3's. */
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor.ts';
import { type Described, type Makers, madeFrom, OWN } from '../named.ts';
import { hinge, squaredHinge } from './hinge.ts';
import { type Loss, lossOf } from './loss.ts';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  klDivergence,
  sparseCategoricalCrossentropy,
} from './probability.ts';
import {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  poisson,
} from './regression.ts';

/**
 * Losses by name, each a function of options. What they give is called as `(yTrue, yPred)`, or given to `compile`.
 *
 * @example
 * const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true });
 * await loss(tensor([0, 2]), tensor([[2, 0, 0], [0, 0, 2]])).item(); // 0.2395
 */
export const losses = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  huber,
  logCosh,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  klDivergence,
  poisson,
  hinge,
  squaredHinge,
  cosineSimilarity,
};

/** What `compile` takes for a loss: its name, or a function, one of `losses` or another, that gives a loss for each sample, or one for all. */
export type LossLike = keyof typeof losses | Described | ((yTrue: Tensor, yPred: Tensor) => Tensor);

const isLoss = (value: unknown): value is Loss => typeof (value as Loss | null)?.perSample === 'function';

/** The loss that `compile` was given. */
export function getLoss(given: LossLike): Loss {
  if (isLoss(given)) return given;
  if (typeof given === 'function') return ownLoss(given);
  const made = madeFrom<Loss>('compile', 'loss', losses as Makers<Loss>, given);
  if (made) return made;
  throw new ArgumentError(
    `compile: a loss is a name, one of losses.x(), or a function (yTrue, yPred) => tensor, got ${describe(given)}`,
  );
}

/** A function of the user's own, as a loss. */
function ownLoss(f: (yTrue: Tensor, yPred: Tensor) => Tensor): Loss {
  const name = f.name || 'loss';
  const terms = (yTrue: Tensor, yPred: Tensor) => {
    const values: unknown = f(yTrue, yPred);
    if (!(values instanceof Tensor))
      throw new ArgumentError(`${name}: a loss must return a tensor, got ${describe(values)}`);
    return values;
  };
  return lossOf(name, OWN, { terms, together: 'done' });
}
