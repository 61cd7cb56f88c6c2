/**
 * @file Gradients of the user's own making: `customGradient` gives a function another derivative, `checkpoint` computes
 * a function again on the way back instead of keeping what it made.
 */
import { refusePromise, requireFunction } from '../core/arguments.ts';
import { context, type Recording, type Scope, type Stream } from '../core/context.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Gradient, Inputs } from '../ops/op.ts';
import { scope } from '../scope.ts';
import { requireTensor, Tensor } from '../tensor.ts';
import { noGrad, pullback } from './tape.ts';

/** The value as a new one, whose history the tapes do not know. */
const detached = (x: Tensor): Tensor => scope(() => noGrad(() => x.expandDims(0).squeeze(0)));

const NOT_LATER = 'it must compute its result at once, without await';

/** The tapes that watch one of the inputs, the outermost first. */
const watching = (inputs: readonly Tensor[]): Recording[] =>
  context.tapes.filter((tape) => inputs.some((x) => tape.watches(x)));

/** Records on these tapes that `output` came from the inputs by an operation with this gradient. */
function record(
  tapes: readonly Recording[],
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  vjp: (g: Tensor, inputs: Inputs) => readonly Gradient[],
  saves: 'nothing' | 'inputs' = 'nothing',
): void {
  const row = { vjp, saves };
  for (const tape of tapes) tape.record({ op, row, attrs: undefined, inputs, output });
}

export interface CustomGradient {
  readonly value: Tensor;
  /** The gradients by each argument, given that of the value; null for none. */
  vjp(g: Tensor): Tensor | null | readonly (Tensor | null)[];
}

/**
 * A function with a gradient of its own. `f` returns the value and its vector-Jacobian product, which may use the
 * arguments of `f` and what it has made: all that is kept for it until the gradient is done, and freed without one. Both
 * are differentiable, so gradients of gradients work.
 *
 * @example
 * // The identity, with the gradient held to [−1, 1].
 * const held = customGradient((x) => ({ value: x, vjp: (g) => g.clip(-1, 1) }));
 */
export function customGradient<Args extends readonly Tensor[]>(
  f: (...args: Args) => CustomGradient,
): (...args: Args) => Tensor {
  requireFunction('customGradient', f);
  return (...args) => {
    for (const x of args) requireTensor('customGradient', x);
    return scope(() => {
      const made = context.scopes.at(-1) as Scope;
      const inputs = args.map((x) => {
        const own = x.retained(); // whatever becomes of the caller's handle, vjp can read this one
        own.moveTo(made);
        return own;
      });
      const result = f(...(inputs as readonly Tensor[] as Args));
      refusePromise('customGradient', result, NOT_LATER);
      if (!(result?.value instanceof Tensor) || typeof result.vjp !== 'function')
        throw new ArgumentError(
          `customGradient: the function must return { value, vjp }, a tensor and a function, got ${describe(result)}`,
        );
      const output = detached(result.value);
      const tapes = watching(args);
      record(tapes, 'customGradient', args, output, (g) => {
        const gradients = result.vjp(g);
        return gradients instanceof Tensor || gradients === null ? [gradients] : gradients;
      });
      const [outermost] = tapes; // it is closed last
      if (outermost) for (const x of [...made.owned]) if (x !== output) outermost.keep(x);
      return output;
    });
  };
}

/** Stands in for the tapes while a checkpointed function runs: it records nothing, and notices what would be missed. */
function guard(tapes: readonly Recording[], args: readonly Tensor[]): Recording {
  const known = new Set(args.map((x) => x.id));
  return {
    watches(x) {
      if (!known.has(x.id) && tapes.some((tape) => tape.watches(x)))
        throw new ArgumentError(
          'checkpoint: the function reaches a tensor that a gradient is taken by, but that is not among its arguments; pass it as one',
        );
      return false;
    },
    record() {},
    keep() {},
  };
}

/**
 * The same function, but what it makes on the way is not kept for the gradient: the backward pass computes it again.
 * Takes less memory for more work. All that gradients are taken by must be arguments, and what else it reaches must live
 * until then; random numbers come out the same the second time.
 *
 * @example
 * const block = checkpoint((x: Tensor, w: Tensor) => x.matmul(w).tanh().matmul(w.mT));
 */
export function checkpoint<Args extends readonly Tensor[]>(
  f: (...args: Args) => Tensor,
): (...args: Args) => Tensor {
  requireFunction('checkpoint', f);
  return (...args) => {
    for (const x of args) requireTensor('checkpoint', x);
    const draws = new Map<Stream, number>();
    const tapes = context.tapes;
    const output = withState({ tapes: [guard(tapes, args)], draws }, () =>
      scope(() => {
        const value: unknown = f(...args);
        refusePromise('checkpoint', value, NOT_LATER);
        if (!(value instanceof Tensor))
          throw new ArgumentError(`checkpoint: the function must return a tensor, got ${describe(value)}`);
        return detached(value);
      }),
    );
    const again = (g: Tensor, inputs: Inputs) =>
      replay(draws, () => pullback(f as unknown as (...xs: readonly Tensor[]) => Tensor, inputs, g));
    record(watching(args), 'checkpoint', args, output, again, 'inputs');
    return output;
  };
}

/** Runs `fn` with other tapes and another list of draws. */
function withState<R>(state: Pick<typeof context, 'tapes' | 'draws'>, fn: () => R): R {
  const { tapes, draws } = context;
  Object.assign(context, state);
  try {
    return fn();
  } finally {
    Object.assign(context, { tapes, draws });
  }
}

/** Runs `fn` with every stream where it stood, and puts it back to where it stands. */
function replay<R>(draws: ReadonlyMap<Stream, number>, fn: () => R): R {
  const now = [...draws].map(([stream]): [Stream, number] => [stream, stream.position]);
  for (const [stream, position] of draws) stream.position = position;
  try {
    return fn();
  } finally {
    for (const [stream, position] of now) stream.position = position;
  }
}
