/** @file Regularizers: what a layer adds to the loss for its weights. */
import { linalg } from '../linalg/index.ts';
import type { Tensor } from '../tensor.ts';
import { byName, type Named, named, numbers } from './labelled.ts';

/** The penalty of a weight: a scalar. */
export type Regularizer = (w: Tensor) => Tensor;

const l1Of = (w: Tensor, factor: number): Tensor => linalg.vectorNorm(w, { ord: 1 }).mul(factor);
const l2Of = (w: Tensor, factor: number): Tensor => w.square().sum().mul(factor);

/** A factor alone, or options with it. */
const factorOf = (op: 'l1' | 'l2', value: unknown): number =>
  numbers(op, typeof value === 'number' ? { [op]: value } : value, { [op]: 0.01 } as Record<
    typeof op,
    number
  >)[op];

/** Regularizers, by Keras' formulas and defaults. */
export const regularizers = {
  /** factor · Σ|w|; the factor is 0.01 by default. */
  l1: (factor?: number | { readonly l1?: number }): Regularizer & Named => {
    const l1 = factorOf('l1', factor);
    return named('l1', { l1 }, (w) => l1Of(w, l1));
  },
  /** factor · Σw²; the factor is 0.01 by default. */
  l2: (factor?: number | { readonly l2?: number }): Regularizer & Named => {
    const l2 = factorOf('l2', factor);
    return named('l2', { l2 }, (w) => l2Of(w, l2));
  },
  /** l1 · Σ|w| + l2 · Σw²; both factors are 0 by default. */
  l1l2: (factors?: { readonly l1?: number; readonly l2?: number }): Regularizer & Named => {
    const { l1, l2 } = numbers('l1l2', factors, { l1: 0, l2: 0 });
    return named('l1l2', { l1, l2 }, (w) => l1Of(w, l1).add(l2Of(w, l2)));
  },
};

/** What layers take for one: itself, or its name, or both with options. */
export type RegularizerLike = Regularizer | keyof typeof regularizers | Named;

export const getRegularizer = (op: string, what: string, wanted: RegularizerLike): Regularizer =>
  byName<Regularizer, keyof typeof regularizers>(op, what, wanted, regularizers);
