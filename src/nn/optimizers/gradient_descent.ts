/** @file Gradient descent with momentum, and optimizers that divide by the size of past gradients. */
import type { Schedule } from '../schedules.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import { type OptimizerOptions, settled, type VariantOptions } from './options.ts';

export interface SgdOptions extends OptimizerOptions, VariantOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/**
 * Gradient descent, with momentum and Nesterov's look-ahead as options: w −= rate·g; v = momentum·v − rate·g, w += v. With
 * `variant: 'torch'` the learning rate is outside of v, which shows when it changes. Rate 0.01.
 *
 * @example
 * optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 */
export function sgd(options: SgdOptions | number | Schedule = {}): Optimizer {
  const defaults = { learningRate: 0.01, momentum: 0, nesterov: false };
  const set = settled('sgd', options, defaults, { learningRate: 1e-3 });
  const { momentum, nesterov, variant } = set;
  return optimizerOf('sgd', set, {
    rule: momentum === 0 ? 'sgd' : nesterov ? 'sgdNesterov' : 'sgdMomentum',
    numbers: (rate) => (momentum === 0 ? [rate] : [...ratesOf(variant, rate), momentum]),
  });
}

export interface RmspropOptions extends OptimizerOptions, VariantOptions {
  readonly rho?: number;
  readonly momentum?: number;
  readonly epsilon?: number;
  /** Divides by the deviation of gradients from their mean. */
  readonly centered?: boolean;
}

/**
 * RMSprop (Hinton 2012): v = rho·v + (1 − rho)·g², w −= rate·g / √(v + epsilon). With `variant: 'torch'` epsilon is added to
 * the root. Rate 0.001, rho 0.9, epsilon 1e-7; PyTorch's are 0.01, 0.99 and 1e-8.
 *
 * @example
 * optimizers.rmsprop({ learningRate: 0.01, momentum: 0.9, centered: true });
 */
export function rmsprop(options: RmspropOptions | number | Schedule = {}): Optimizer {
  const defaults = { learningRate: 1e-3, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false };
  const set = settled('rmsprop', options, defaults, { learningRate: 1e-2, rho: 0.99, epsilon: 1e-8 });
  const { rho, momentum, epsilon, centered, variant } = set;
  const places = placesOf(variant, epsilon);
  const moving = momentum > 0;
  return optimizerOf('rmsprop', set, {
    rule: `rmsprop${centered ? 'Centered' : ''}${moving ? 'Momentum' : ''}`,
    numbers: (rate) => [...ratesOf(variant, rate), 1 - rho, ...places, ...(moving ? [momentum] : [])],
  });
}

export interface AdagradOptions extends OptimizerOptions, VariantOptions {
  readonly initialAccumulatorValue?: number;
  readonly epsilon?: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011): v += g², w −= rate·g / √(v + epsilon). With `variant: 'torch'` epsilon is added to
 * the root. Rate 0.001, initialAccumulatorValue 0.1, epsilon 1e-7; PyTorch's are 0.01, 0 and 1e-10.
 *
 * @example
 * optimizers.adagrad({ learningRate: 0.1 });
 */
export function adagrad(options: AdagradOptions | number | Schedule = {}): Optimizer {
  const defaults = { learningRate: 1e-3, initialAccumulatorValue: 0.1, epsilon: 1e-7 };
  const torch = { learningRate: 1e-2, initialAccumulatorValue: 0, epsilon: 1e-10 };
  const set = settled('adagrad', options, defaults, torch);
  return optimizerOf('adagrad', set, {
    rule: 'adagrad',
    initial: set.initialAccumulatorValue,
    numbers: (rate) => [rate, ...placesOf(set.variant, set.epsilon)],
  });
}

export interface AdadeltaOptions extends OptimizerOptions, VariantOptions {
  readonly rho?: number;
  readonly epsilon?: number;
}

/**
 * Adadelta (Zeiler 2012): v = rho·v + (1 − rho)·g², d = g·√(u + epsilon) / √(v + epsilon), u = rho·u + (1 − rho)·d²,
 * w −= rate·d. Rate 0.001, rho 0.95, epsilon 1e-7; PyTorch's are 1, 0.9 and 1e-6, as in the paper.
 *
 * @example
 * optimizers.adadelta({ learningRate: 1 });
 */
export function adadelta(options: AdadeltaOptions | number | Schedule = {}): Optimizer {
  const defaults = { learningRate: 1e-3, rho: 0.95, epsilon: 1e-7 };
  const set = settled('adadelta', options, defaults, { learningRate: 1, rho: 0.9, epsilon: 1e-6 });
  return optimizerOf('adadelta', set, {
    rule: 'adadelta',
    numbers: (rate) => [rate, 1 - set.rho, set.epsilon],
  });
}

/** The learning rate where it is applied at last, and where a gradient enters the momentum: the one or the other. */
const ratesOf = (variant: VariantOptions['variant'], rate: number): [number, number] =>
  variant === 'torch' ? [rate, 1] : [1, rate];

/** Epsilon inside of the root, and outside: the one or the other. */
const placesOf = (variant: VariantOptions['variant'], epsilon: number): [number, number] =>
  variant === 'torch' ? [0, epsilon] : [epsilon, 0];
