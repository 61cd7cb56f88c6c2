/** @file The optimizers by name. Formulas and defaults are Keras 3's, or with `variant: 'torch'` PyTorch's. */
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { type Described, type Makers, madeFrom } from '../named.ts';
import { adam, adamax, adamw, lion, nadam } from './adam.ts';
import { adadelta, adagrad, rmsprop, sgd } from './gradient_descent.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Optimizers by name, each a function of options, or of a learning rate alone.
 *
 * @example
 * const w = variable(tensor([5, -3]));
 * const sgd = optimizers.sgd({ learningRate: 0.1, momentum: 0.9 });
 * sgd.step(w, grad((x: Tensor) => x.square().sum())(w)); // w is [4, −2.4]
 */
export const optimizers = { sgd, rmsprop, adagrad, adadelta, adam, adamw, adamax, nadam, lion };

/** What `compile` takes for an optimizer: one of `optimizers`, or its name. */
export type OptimizerLike = keyof typeof optimizers | Optimizer | Described;

const isOptimizer = (value: unknown): value is Optimizer =>
  typeof (value as Optimizer | null)?.step === 'function';

/** The optimizer that `compile` was given. */
export function getOptimizer(given: OptimizerLike): Optimizer {
  if (isOptimizer(given)) return given;
  const made = madeFrom<Optimizer>('compile', 'optimizer', optimizers as Makers<Optimizer>, given);
  if (made) return made;
  throw new ArgumentError(
    `compile: an optimizer is a name, or one of optimizers.x(), got ${describe(given)}`,
  );
}
