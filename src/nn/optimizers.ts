/**
 * @file Optimizers: they update variables in place from gradients, many in one kernel. Formulas and defaults are
 * Keras 3's.
 */
import { options as checked, flag } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../core/errors.ts';
import { sameShape, show } from '../core/shape.ts';
import type { Tensor } from '../tensor.ts';
import { entries, type Tree } from '../tree.ts';
import { OptimizerState, type UpdateName } from '../update.ts';
import { Variable } from '../variable.ts';

export interface Optimizer {
  learningRate: number;
  /** Updates the variables of `params` by `grads`, a tree of the same form. */
  step(params: Tree, grads: Tree): void;
  /** Gives the optimizer's own state back. */
  dispose(): void;
}

/** An update rule, with what its numbers are at a step. */
interface Method {
  readonly rule: UpdateName;
  numbers(rate: number, step: number): readonly number[];
}

function optimizer(name: string, learningRate: number, { rule, numbers }: Method): Optimizer {
  positive(name, 'learningRate', learningRate);
  const state = new OptimizerState(rule);
  let count = 0;
  const made: Optimizer = {
    learningRate,
    step(params, grads) {
      const pairs = pairUp(name, params, grads).filter(([w]) => w.trainable);
      const advance = () => {
        positive(name, 'learningRate', made.learningRate);
        count++;
      };
      advance();
      try {
        state.update(name, pairs, () => numbers(made.learningRate, count), advance);
      } catch (error) {
        count--; // nothing was changed
        throw error;
      }
    },
    dispose() {
      state.dispose();
      count = 0;
    },
  };
  return made;
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
    rule: momentum === 0 ? 'sgd' : nesterov ? 'sgdNesterov' : 'sgdMomentum',
    numbers: (rate) => (momentum === 0 ? [rate] : [rate, momentum]),
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
    rule: 'adam',
    numbers: (learning, t) => [
      (learning * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t),
      1 - beta1,
      1 - beta2,
      epsilon,
    ],
  });
}

/** Optimizers by name. */
export const optimizers = { sgd, adam };
