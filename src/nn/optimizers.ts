/**
 * @file Optimizers: they update variables in place from gradients, one kernel a variable. Formulas and defaults are
 * Keras 3's.
 */
import { options as checked, flag } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../core/errors.ts';
import { sameShape, show } from '../core/shape.ts';
import { zerosLike } from '../create.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { entries, type Tree } from '../tree.ts';
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
  const slotsOf = (w: Variable): Variable[] => {
    const slots = state.get(w) ?? [];
    state.set(w, slots);
    while (slots.length < rule.slots) slots.push(scope(() => variable(zerosLike(w))));
    return slots;
  };
  const made: Optimizer = {
    learningRate,
    step(params, grads) {
      positive(name, 'learningRate', made.learningRate);
      const pairs = pairUp(name, params, grads);
      forgetDisposed(state);
      const trained = pairs.filter(([w]) => w.trainable);
      const updates = trained.map(([w, g]) => ({ w, g, slots: slotsOf(w) })); // before anything is changed
      count++;
      for (const { w, g, slots } of updates) rule.apply(w, slots, g, made.learningRate, count);
    },
    dispose() {
      for (const slots of state.values()) for (const v of slots) v.dispose();
      state.clear();
      count = 0;
    },
  };
  return made;
}

/** Gives the state of variables that are gone back. */
function forgetDisposed(state: Map<Variable, Variable[]>): void {
  for (const [w, slots] of state) {
    if (!w.disposed) continue;
    for (const v of slots) v.dispose();
    state.delete(w);
  }
}

/** Variables with their gradients, by their places in the trees; everything is checked before anything is changed. */
function pairUp(name: string, params: Tree, grads: Tree): [Variable, Tensor][] {
  const ws = entries(name, params);
  const gs = new Map(entries(name, grads));
  if (ws.length !== gs.size || ws.some(([path]) => !gs.has(path))) {
    const odd =
      ws.find(([path]) => !gs.has(path))?.[0] ?? [...gs.keys()].find((path) => !ws.some(([p]) => p === path));
    throw new ArgumentError(
      `${name}: parameters and gradients must be trees of the same form; ${odd === '' ? 'one of them is a single tensor' : `${odd} stands in one of them only`}`,
    );
  }
  const pairs = ws.map(([path, w]): [Variable, Tensor] => {
    const g = gs.get(path) as Tensor;
    const which = path === '' ? 'the parameter' : `parameter ${path}`;
    if (!(w instanceof Variable))
      throw new ArgumentError(`${name}: ${which} is not a variable; make it one: variable(tensor)`);
    if (!sameShape(w.shape, g.shape))
      throw new ShapeError(`${name}: ${which} has shape ${show(w.shape)}, its gradient ${show(g.shape)}`);
    if (!isFloat(w.dtype) || w.dtype === 'float16')
      throw new DTypeError(`${name}: ${which} is ${w.dtype}; only float32 and float64 variables are updated`);
    if (w.dtype !== g.dtype) throw new DTypeError(`${name}: ${which} is ${w.dtype}, its gradient ${g.dtype}`);
    for (const x of [w, g]) x.storageFor(name).device.requireAlive(name);
    if (w.storageFor(name).device !== g.storageFor(name).device)
      throw new DeviceError(
        `${name}: ${which} is on ${w.device.kind}, its gradient on another device (${g.device.kind})`,
      );
    return [w, g];
  });
  if (new Set(ws.map(([, w]) => w)).size !== ws.length)
    throw new ArgumentError(`${name}: a variable stands twice among the parameters`);
  return pairs;
}

function positive(name: string, what: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
    throw new ArgumentError(`${name}: ${what} must be a number of at least 0, got ${describe(value)}`);
}

function fraction(name: string, what: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0 && value < 1))
    throw new ArgumentError(`${name}: ${what} must lie in [0, 1), got ${describe(value)}`);
}

/** A learning rate alone, or options with it among them. */
function settings(name: string, options: unknown, ...names: string[]): unknown {
  return typeof options === 'number'
    ? { learningRate: options }
    : checked(name, options, 'learningRate', ...names);
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
  } = settings('sgd', options, 'momentum', 'nesterov') as SgdOptions;
  flag('sgd', 'nesterov', nesterov);
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
  } = settings('adam', options, 'beta1', 'beta2', 'epsilon') as AdamOptions;
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
