/** @file What an optimizer is, and how one is made of an update rule: its steps, its state, what is saved of it. */
import { noGrad } from '../../autograd/tape.ts';
import { CaptureError } from '../../core/capture_error.ts';
import { describe } from '../../core/describe.ts';
import { isFloat, type TypedArray } from '../../core/dtype.ts';
import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../../core/errors.ts';
import { sameShape, show } from '../../core/shape.ts';
import { scope } from '../../scope.ts';
import type { Tensor } from '../../tensor.ts';
import { entries, isPlainObject, type Tree } from '../../tree.ts';
import { type Decay, isCapturing, OptimizerState, type UpdateName } from '../../update.ts';
import { Variable } from '../../variable.ts';
import { asConfig } from '../schedules.ts';
import { clipped } from './clip.ts';
import { atLeastZero, type Settled } from './options.ts';

/**
 * An optimizer, as `optimizers.adam()` gives it: for `compile`, or to be used alone. It keeps state for each variable that it
 * has updated.
 *
 * @example
 * const w = variable(tensor([5, -3]));
 * const optimizer = optimizers.adam(0.1);
 * for (let i = 0; i < 200; i++) optimizer.step([w], grad((ws: Tensor[]) => ws[0].square().sum())([w]));
 * await w.print(); // near 0
 *
 * const saved = await optimizer.getState([w]);
 * optimizer.setState([w], saved);                    // goes on as if nothing had been between
 */
export interface Optimizer {
  readonly name: string;
  /** The options that it has now, JSON-able. */
  readonly config: Readonly<Record<string, unknown>>;
  /** That of the next step. It can be set, unless it follows a schedule. */
  learningRate: number;
  /**
   * Steps so far. A step whose update the GPU left out, because something before it was out of range, is counted too: who
   * goes on after that error takes an earlier state (`setState`).
   */
  readonly iterations: number;
  /** Numbers that it keeps, as Keras counts them: its state, the count of steps, and a learning rate that is a number. */
  readonly size: number;
  /** Updates the variables of `params` by `grads`, a tree of the same form; not those with `trainable` false. */
  step(params: Tree, grads: Tree): void;
  /** What it knows, on the host: of the variables of `params` in their order, or of all that it has updated in theirs. */
  getState(params?: Tree): Promise<OptimizerSnapshot>;
  /** Goes on from a state of as many variables of the same sizes, bit for bit. */
  setState(params: Tree, state: OptimizerSnapshot): void;
  /** Throws what `setState` would, and changes nothing. */
  requireState(params: Tree, state: OptimizerSnapshot): void;
  /** Gives the state of disposed variables back; where there are no others, begins anew. */
  forgetDisposed(): void;
  /** Gives the optimizer's own state back, and begins anew. */
  dispose(): void;
}

/** A state on the host: a plain object. */
export interface OptimizerSnapshot {
  /** The optimizer's. */
  readonly name: string;
  readonly iterations: number;
  /** For each variable its arrays (moments, accumulators, ...); null for one that was never updated. */
  readonly slots: readonly (readonly TypedArray[] | null)[];
}

/** An update rule, with what its numbers are at the t-th step, t counted from 1. */
export interface Method {
  readonly rule: UpdateName;
  /** What the state begins as; 0 by default. */
  readonly initial?: number;
  numbers(rate: number, t: number): readonly number[];
}

export function optimizerOf<D>(
  name: string,
  options: Settled<D>,
  { rule, initial, numbers }: Method,
): Optimizer {
  const { learningRate, weightDecay, variant } = options;
  const state = new OptimizerState(rule, initial);
  let rate = learningRate;
  let count = 0;
  const rateAt = (step: number) => (typeof rate === 'number' ? rate : rate.at(step));
  const decay: Decay | undefined =
    weightDecay === 0 ? undefined : variant === 'torch' && name !== 'adamw' ? 'l2' : 'decoupled';
  const numbersAt = (t: number): readonly number[] => {
    const now = rateAt(t - 1);
    const share = decay === 'decoupled' ? weightDecay * now : weightDecay;
    return [...numbers(now, t), ...(decay ? [share] : [])];
  };
  const contentsFor = (params: Tree, saved: OptimizerSnapshot) =>
    contentsOf(name, variablesOf(`${name}.setState`, params), saved, state.slots);
  return {
    name,
    get config() {
      return { ...options, learningRate: asConfig(rate) };
    },
    get learningRate() {
      return rateAt(count);
    },
    set learningRate(value) {
      if (isCapturing())
        throw new CaptureError(
          `${name}: learningRate cannot be set in a captured step, which would not do it at its replays; set it between calls`,
          false,
        );
      if (typeof rate !== 'number')
        throw new ArgumentError(
          `${name}: learningRate follows a schedule (${rate.name}) and cannot be set; make the optimizer with a number`,
        );
      rate = value;
    },
    get iterations() {
      return count;
    },
    get size() {
      return state.size + (typeof rate === 'number' ? 2 : 1);
    },
    step(params, grads) {
      const pairs = pairUp(name, params, grads).filter(([w]) => w.trainable);
      let t = 0; // which step this is; a captured one is another at every replay
      const advance = () => {
        atLeastZero(name, 'learningRate', rateAt(count));
        t = ++count;
      };
      advance();
      try {
        noGrad(() =>
          scope(() => {
            const held = clipped(
              pairs.map(([, g]) => g),
              options,
            );
            state.update(
              name,
              pairs.map(([w], k) => [w, held[k] as Tensor]),
              { decay, numbers: () => numbersAt(t) },
              advance,
            );
          }),
        );
      } catch (error) {
        count--; // nothing was changed
        throw error;
      }
    },
    async getState(params) {
      const variables = params === undefined ? state.variables : variablesOf(`${name}.getState`, params);
      const iterations = count;
      return { name, iterations, slots: await state.read(variables) };
    },
    requireState(params, saved) {
      contentsFor(params, saved);
    },
    setState(params, saved) {
      state.write(`${name}.setState`, contentsFor(params, saved));
      count = saved.iterations;
    },
    forgetDisposed() {
      if (state.variables.length === 0) count = 0;
    },
    dispose() {
      state.dispose();
      count = 0;
    },
  };
}

function variablesOf(op: string, params: Tree): Variable[] {
  return entries(op, params).map(([path, w]) => {
    const which = path === '' ? 'the parameter' : `parameter ${path}`;
    if (!(w instanceof Variable)) throw new ArgumentError(`${op}: ${which} is not a variable`);
    requireUpdatable(op, which, w);
    return w;
  });
}

function requireUpdatable(op: string, which: string, { dtype }: Variable): void {
  if (!isFloat(dtype) || dtype === 'float16')
    throw new DTypeError(`${op}: ${which} is ${dtype}; only float32 and float64 variables are updated`);
}

/** What is saved of each variable; everything is checked before anything is changed. */
function contentsOf(
  name: string,
  variables: readonly Variable[],
  saved: OptimizerSnapshot,
  slots: number,
): Map<Variable, readonly TypedArray[]> {
  const op = `${name}.setState`;
  if (
    !isPlainObject(saved) ||
    !Array.isArray(saved.slots) ||
    !(Number.isInteger(saved.iterations) && saved.iterations >= 0)
  )
    throw new ArgumentError(
      `${op}: takes what getState gave, { name, iterations, slots }, got ${describe(saved)}`,
    );
  if (saved.name !== name)
    throw new ArgumentError(`${op}: the state is that of ${describe(saved.name)}, not of '${name}'`);
  if (saved.slots.length !== variables.length && saved.slots.length !== 0)
    throw new ArgumentError(
      `${op}: the state is that of ${saved.slots.length} variables, and there are ${variables.length}`,
    );
  const found = new Map<Variable, readonly TypedArray[]>();
  (saved.slots as OptimizerSnapshot['slots']).forEach((values, k) => {
    if (values === null) return;
    const w = variables[k] as Variable;
    const typed = w.dtype === 'float64' ? Float64Array : Float32Array;
    const fits =
      Array.isArray(values) &&
      values.length === slots &&
      values.every((v) => v instanceof typed && v.length === w.size);
    if (!fits)
      throw new ShapeError(
        `${op}: the state of variable ${k} ${show(w.shape)} must be ${slots} ${typed.name}s of ${w.size}, got ${describe(values)}`,
      );
    found.set(w, values as readonly TypedArray[]);
  });
  return found;
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
      throw new ArgumentError(
        `${name}: ${which} is not a variable; ${isCapturing() ? 'what a captured step is given is a plain tensor to it: reach variables from outside' : 'make it one: variable(tensor)'}`,
      );
    if (!sameShape(w.shape, g.shape))
      throw new ShapeError(`${name}: ${which} has shape ${show(w.shape)}, its gradient ${show(g.shape)}`);
    requireUpdatable(name, which, w);
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
