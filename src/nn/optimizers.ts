/**
 * @file Optimizers: they update variables in place from gradients, one kernel a variable. Formulas and defaults are
 * Keras 3's.
 */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, show } from '../core/shape.ts';
import { zerosLike } from '../create.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { leaves, type Tree } from '../tree.ts';
import { update } from '../update.ts';
import { Variable, variable } from '../variable.ts';

export interface Optimizer {
  learningRate: number;
  /** Updates the variables of `params` by `grads`, a tree of the same form. */
  step(params: Tree, grads: Tree): void;
  /** Gives the optimizer's own state back. */
  dispose(): void;
}

/** What an optimizer does to one variable; `slots` are its own state of the same shape. */
interface Rule {
  readonly slots: number;
  apply(w: Variable, slots: readonly Variable[], g: Tensor, rate: number, step: number): void;
}

function optimizer(name: string, learningRate: number, rule: Rule): Optimizer {
  positive(name, 'learningRate', learningRate);
  const state = new Map<Variable, Variable[]>();
  let count = 0;
  return {
    learningRate,
    step(params, grads) {
      const pairs = pairUp(name, params, grads);
      count++;
      for (const [w, g] of pairs) {
        if (!w.trainable) continue;
        let slots = state.get(w);
        if (!slots) {
          slots = Array.from({ length: rule.slots }, () => scope(() => variable(zerosLike(w))));
          state.set(w, slots);
        }
        rule.apply(w, slots, g, this.learningRate, count);
      }
    },
    dispose() {
      for (const slots of state.values()) for (const v of slots) v.dispose();
      state.clear();
      count = 0;
    },
  };
}

/** Variables with their gradients; everything is checked before anything is changed. */
function pairUp(name: string, params: Tree, grads: Tree): [Variable, Tensor][] {
  const [ws, gs] = [leaves(params), leaves(grads)];
  if (ws.length !== gs.length)
    throw new ArgumentError(
      `${name}: ${ws.length} parameters but ${gs.length} gradients; the trees must have the same form`,
    );
  const pairs = ws.map((w, k): [Variable, Tensor] => {
    const g = gs[k] as Tensor;
    if (!(w instanceof Variable))
      throw new ArgumentError(`${name}: parameter ${k} is not a variable; make it one: variable(tensor)`);
    if (!sameShape(w.shape, g.shape))
      throw new ShapeError(
        `${name}: parameter ${k} has shape ${show(w.shape)}, its gradient ${show(g.shape)}`,
      );
    if (w.dtype !== g.dtype)
      throw new ArgumentError(`${name}: parameter ${k} is ${w.dtype}, its gradient ${g.dtype}`);
    return [w, g];
  });
  if (new Set(ws).size !== ws.length)
    throw new ArgumentError(`${name}: a variable stands twice among the parameters`);
  return pairs;
}

function positive(name: string, what: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
    throw new ArgumentError(`${name}: ${what} must be a number of at least 0, got ${String(value)}`);
}

function fraction(name: string, what: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new ArgumentError(`${name}: ${what} must lie in [0, 1), got ${String(value)}`);
}

export interface SgdOptions {
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/** Gradient descent, with momentum and Nesterov's look-ahead as options. */
function sgd(options: SgdOptions | number = {}): Optimizer {
  const {
    learningRate = 0.01,
    momentum = 0,
    nesterov = false,
  } = typeof options === 'number' ? { learningRate: options } : options;
  fraction('sgd', 'momentum', momentum);
  return optimizer('sgd', learningRate, {
    slots: 1,
    apply: (w, slots, g, rate) => update('sgd', [w, ...slots], g, { rate, momentum, nesterov }),
  });
}

export interface AdamOptions {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Adam (Kingma and Ba 2015) as Keras has it: 1e-3, 0.9, 0.999, epsilon 1e-7 added to √v before the bias correction. */
function adam(options: AdamOptions | number = {}): Optimizer {
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-7,
  } = typeof options === 'number' ? { learningRate: options } : options;
  fraction('adam', 'beta1', beta1);
  fraction('adam', 'beta2', beta2);
  positive('adam', 'epsilon', epsilon);
  return optimizer('adam', learningRate, {
    slots: 2,
    apply: (w, slots, g, learning, t) => {
      const rate = (learning * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
      update('adam', [w, ...slots], g, { rate, beta1, beta2, epsilon });
    },
  });
}

/** Optimizers by name. */
export const optimizers = { sgd, adam };
