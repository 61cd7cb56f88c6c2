/** @file Constraints: what weights are held to after every step of an optimizer. */
import { options as checked, finite, integer } from '../core/arguments.ts';
import { linalg } from '../linalg/index.ts';
import type { Axes, Tensor } from '../tensor.ts';
import { byName, type Named, named } from './labelled.ts';

/** The weight as it may be. */
export type Constraint = (w: Tensor) => Tensor;

const EPSILON = 1e-7;

const lengths = (w: Tensor, axis: Axes): Tensor => linalg.vectorNorm(w, { axis, keepdims: true });

/** An axis or a list of them; whether a weight has them is seen when it is there. */
function axesOf(op: string, axis: unknown = 0): Axes {
  for (const d of Array.isArray(axis) ? axis : [axis]) integer(op, 'axis', d);
  return axis as Axes;
}

/** Constraints, by Keras' formulas and defaults. The norms of a dense kernel are those of its columns: axis 0. */
export const constraints = {
  /** Norms along the axis (0 by default; for a convolution [0, 1, 2]) of at most `maxValue` (2 by default). */
  maxNorm: (options?: { readonly maxValue?: number; readonly axis?: Axes }): Constraint & Named => {
    const given = checked('maxNorm', options, 'maxValue', 'axis');
    const axis = axesOf('maxNorm', given.axis);
    const maxValue = finite('maxNorm', 'maxValue', given.maxValue ?? 2);
    return named('maxNorm', { maxValue, axis }, (w) => {
      const norms = lengths(w, axis);
      return w.mul(norms.clip(0, maxValue).div(norms.add(EPSILON)));
    });
  },
  /** No weight below 0. */
  nonNeg: (): Constraint & Named => named('nonNeg', {}, (w) => w.mul(w.greaterEqual(0))),
  /** Norms of 1 along the axis (0 by default). */
  unitNorm: (options?: { readonly axis?: Axes }): Constraint & Named => {
    const axis = axesOf('unitNorm', checked('unitNorm', options, 'axis').axis);
    return named('unitNorm', { axis }, (w) => w.div(lengths(w, axis).add(EPSILON)));
  },
};

/** What layers take for one: itself, or its name, or both with options. */
export type ConstraintLike = Constraint | keyof typeof constraints | Named;

export const getConstraint = (op: string, what: string, wanted: ConstraintLike): Constraint =>
  byName<Constraint, keyof typeof constraints>(op, what, wanted, constraints);
