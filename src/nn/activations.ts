/** @file Activations by name, as layers take them. */
import type { DenseActivation, Tensor } from '../tensor.ts';
import { byName, ownName } from './labelled.ts';

const activations = {
  linear: (x) => x,
  relu: (x) => x.relu(),
  relu6: (x) => x.relu6(),
  leakyRelu: (x) => x.leakyRelu(),
  elu: (x) => x.elu(),
  selu: (x) => x.selu(),
  gelu: (x) => x.gelu(),
  silu: (x) => x.silu(),
  sigmoid: (x) => x.sigmoid(),
  hardSigmoid: (x) => x.hardSigmoid(),
  tanh: (x) => x.tanh(),
  softplus: (x) => x.softplus(),
  softsign: (x) => x.softsign(),
  softmax: (x) => x.softmax(),
  /** 1 above 0, else 0: what a perceptron puts out. Not differentiable. */
  step: (x) => x.greater(0).astype(x.dtype),
} as const satisfies Record<string, (x: Tensor) => Tensor>;

export type ActivationName = keyof typeof activations;

/** The name of an activation, or a function of a tensor. */
export type Activation = ActivationName | ((x: Tensor) => Tensor);

const table = Object.fromEntries(Object.entries(activations).map(([name, f]) => [name, () => f])) as Readonly<
  Record<ActivationName, () => (x: Tensor) => Tensor>
>;

export function getActivation(op: string, activation: Activation): (x: Tensor) => Tensor {
  return byName(op, 'activation', activation, table);
}

const FUSED: readonly unknown[] = ['linear', 'relu', 'sigmoid', 'tanh'] satisfies DenseActivation[];

/** Whether the kernel of `dense` applies it itself. */
export const isFused = (activation: Activation): activation is DenseActivation => FUSED.includes(activation);

/** For configurations: the name, or that of a function of the user's own, marked as such. */
export const activationName = (activation: Activation): string =>
  typeof activation === 'string' ? activation : ownName(activation);
