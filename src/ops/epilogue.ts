/**
 * @file What a product or a convolution does with each of its sums in the end: add a bias, apply an activation. The
 * activations are those whose derivative follows from their result, so that a gradient needs nothing else.
 */
import { ArgumentError } from '../core/errors.ts';
import { didYouMean } from '../core/names.ts';
import type { DenseActivation } from '../tensor.ts';
import type { Activation } from './product_slots.ts';
import { mathFunctions } from './wgsl.ts';

export const activations: Readonly<
  Record<DenseActivation, { cpu(x: number): number; readonly wgsl: string }>
> = {
  linear: { cpu: (x) => x, wgsl: 'x' },
  relu: { cpu: (x) => (x < 0 ? 0 : x), wgsl: 'relu_(x)' },
  sigmoid: {
    cpu: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    wgsl: 'sigmoid_(x)',
  },
  tanh: { cpu: Math.tanh, wgsl: 'tanh_(x)' },
};

/** The name of an activation that is applied here; 'linear' by default. */
export function activationNamed(op: string, name: unknown = 'linear'): DenseActivation {
  if (typeof name === 'string' && Object.hasOwn(activations, name)) return name as DenseActivation;
  const names = Object.keys(activations);
  throw new ArgumentError(
    `${op}: unknown activation ${didYouMean(name, names)} Fused are ${names.join(', ')}`,
  );
}

/** As shaders have it. */
export function shaderActivation(name: DenseActivation): Activation | undefined {
  const expression = activations[name].wgsl;
  return name === 'linear' ? undefined : { expression, functions: mathFunctions(expression) };
}
