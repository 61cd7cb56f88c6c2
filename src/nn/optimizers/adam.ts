/** @file Adam and its kin: moving means of the gradient and of its size. */
import type { Schedule } from '../schedules.ts';
import { type Method, type Optimizer, optimizerOf } from './optimizer.ts';
import { type OptimizerOptions, settled, type VariantOptions } from './options.ts';

export interface LionOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
}

export interface AdamaxOptions extends LionOptions, VariantOptions {
  readonly epsilon?: number;
}

export interface AdamOptions extends AdamaxOptions {
  /** Divides by the largest second moment so far (Reddi, Kale and Kumar 2018). */
  readonly amsgrad?: boolean;
}

const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/**
 * Adam (Kingma and Ba 2015): m = β₁m + (1 − β₁)g, v = β₂v + (1 − β₂)g², w −= rate·√(1 − β₂ᵗ) / (1 − β₁ᵗ)·m / (√v + epsilon).
 * With `variant: 'torch'` epsilon is added after v is corrected. Rate 0.001, betas 0.9 and 0.999, epsilon 1e-7; PyTorch's
 * is 1e-8.
 *
 * @example
 * optimizers.adam({ learningRate: 0.01, globalClipNorm: 1 });
 */
export function adam(options: AdamOptions | number | Schedule = {}): Optimizer {
  const set = settled('adam', options, { ...ADAM, amsgrad: false }, { epsilon: 1e-8 });
  return optimizerOf('adam', set, moments(set));
}

/**
 * Adam with weight decay 0.004 (Loshchilov and Hutter 2019): weights lose that share of themselves, times the learning rate,
 * before the update. With `variant: 'torch'` it is 0.01, and epsilon as in `adam`.
 *
 * @example
 * optimizers.adamw({ learningRate: 0.001, weightDecay: 0.01 });
 */
export function adamw(options: AdamOptions | number | Schedule = {}): Optimizer {
  const defaults = { ...ADAM, amsgrad: false, weightDecay: 0.004 };
  const set = settled('adamw', options, defaults, { epsilon: 1e-8, weightDecay: 0.01 });
  return optimizerOf('adamw', set, moments(set));
}

function moments({
  beta1,
  beta2,
  epsilon,
  amsgrad,
  variant,
}: Required<Omit<AdamOptions, keyof OptimizerOptions | 'variant'>> & VariantOptions): Method {
  return {
    rule: amsgrad ? 'adamAmsgrad' : 'adam',
    numbers: (rate, t) => {
      const root = Math.sqrt(1 - beta2 ** t);
      const within = variant === 'torch' ? epsilon * root : epsilon;
      return [(rate * root) / (1 - beta1 ** t), 1 - beta1, 1 - beta2, within];
    },
  };
}

/**
 * Adamax (Kingma and Ba 2015, section 7): Adam with the largest gradient, u = max(β₂u, |g|), w −= rate / (1 − β₁ᵗ)·m /
 * (u + epsilon). With `variant: 'torch'` epsilon is added to |g|. Rate 0.001, betas 0.9 and 0.999, epsilon 1e-7; PyTorch's
 * are 0.002 and 1e-8.
 *
 * @example
 * optimizers.adamax({ learningRate: 0.002 });
 */
export function adamax(options: AdamaxOptions | number | Schedule = {}): Optimizer {
  const set = settled('adamax', options, ADAM, { learningRate: 2e-3, epsilon: 1e-8 });
  const { beta1, beta2, epsilon, variant } = set;
  const places = variant === 'torch' ? [epsilon, 0] : [0, epsilon];
  return optimizerOf('adamax', set, {
    rule: 'adamax',
    numbers: (rate, t) => [rate / (1 - beta1 ** t), 1 - beta1, beta2, ...places],
  });
}

/**
 * Adam with Nesterov's look-ahead (Dozat 2016), its momentum growing as β₁(1 − 0.96ᵗ / 2). With `variant: 'torch'` it grows as
 * β₁(1 − 0.96^(0.004t) / 2). Rate 0.001, betas 0.9 and 0.999, epsilon 1e-7; PyTorch's are 0.002 and 1e-8.
 *
 * @example
 * optimizers.nadam({ learningRate: 0.002 });
 */
export function nadam(options: AdamaxOptions | number | Schedule = {}): Optimizer {
  const set = settled('nadam', options, ADAM, { learningRate: 2e-3, epsilon: 1e-8 });
  const { beta1, beta2, epsilon, variant } = set;
  const pace = variant === 'torch' ? 4e-3 : 1;
  const momentum = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * pace));
  const productTo = products(momentum);
  return optimizerOf('nadam', set, {
    rule: 'nadam',
    numbers: (rate, t) => {
      const [now, next, product] = [momentum(t), momentum(t + 1), productTo(t)];
      return [
        (rate * next) / (1 - product * next),
        (rate * (1 - now)) / (1 - product),
        1 - beta1,
        1 - beta2,
        1 / (1 - beta2 ** t),
        epsilon,
      ];
    },
  });
}

/** f(1) · f(2) · … · f(t), multiplied in that order wherever it goes on from. */
function products(f: (t: number) => number): (t: number) => number {
  let [done, product] = [0, 1];
  return (t) => {
    if (t < done) [done, product] = [0, 1];
    while (done < t) product *= f(++done);
    return product;
  };
}

/**
 * Lion (Chen et al. 2023): w −= rate·sign(β₁m + (1 − β₁)g), m = β₂m + (1 − β₂)g. Rate 0.001, betas 0.9 and 0.99.
 *
 * @example
 * optimizers.lion({ learningRate: 1e-4, weightDecay: 0.01 });
 */
export function lion(options: LionOptions | number | Schedule = {}): Optimizer {
  const set = settled('lion', options, { learningRate: 1e-3, beta1: 0.9, beta2: 0.99 });
  return optimizerOf('lion', set, {
    rule: 'lion',
    numbers: (rate) => [rate, 1 - set.beta1, 1 - set.beta2],
  });
}
