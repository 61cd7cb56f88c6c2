/**
 * @file Gradients of the user's own making: `customGradient` gives a function another derivative, `checkpoint` computes
 * a function again on the way back instead of keeping what it made.
 */
import { refusePromise, requireFunction } from '../core/arguments.ts';
import { context, type Recording, type Stream } from '../core/context.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Gradient, Inputs } from '../ops/op.ts';
import { scope } from '../scope.ts';
import { requireTensor, Tensor } from '../tensor.ts';
import { noGrad, pullback } from './tape.ts';

/** The value as a new one, whose history the tapes do not know. */
const detached = (x: Tensor): Tensor => noGrad(() => x.expandDims(0).squeeze(0));

/** Whether a tape watches one of them, so that a gradient will be asked for. */
const watched = (xs: readonly Tensor[]): boolean =>
  context.tapes.some((tape) => xs.some((x) => tape.watches(x)));

const NOT_LATER = 'it must compute its result at once, without await';

/** Records, on every tape that watches one of the inputs, that `output` came from them by an operation with this gradient. */
function record(
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  vjp: (g: Tensor, inputs: Inputs) => readonly Gradient[],
  saves: 'nothing' | 'inputs' = 'nothing',
): void {
  const row = { vjp, saves };
  for (const tape of context.tapes)
    if (inputs.some((x) => tape.watches(x))) tape.record({ op, row, attrs: undefined, inputs, output });
}

export interface CustomGradient {
  readonly value: Tensor;
  /** The gradients by each argument, given that of the value; null for none. */
  vjp(g: Tensor): Tensor | null | readonly (Tensor | null)[];
}

/**
 * A function with a gradient of its own. `f` returns the value and its vector-Jacobian product, which may use what `f`
 * has computed; both are differentiable, so gradients of gradients work.
 *
 * @example
 * // The identity, with the gradient held to [−1, 1].
 * const held = customGradient((x) => ({ value: x, vjp: (g) => g.clip(-1, 1) }));
 */
export function customGradient<Args extends readonly Tensor[]>(
  f: (...args: Args) => CustomGradient,
): (...args: Args) => Tensor {
  requireFunction('customGradient', f);
  const run = (args: Args): Tensor => {
    const made = f(...args);
    refusePromise('customGradient', made, NOT_LATER);
    if (!(made?.value instanceof Tensor) || typeof made.vjp !== 'function')
      throw new ArgumentError(
        `customGradient: the function must return { value, vjp }, a tensor and a function, got ${describe(made)}`,
      );
    const output = detached(made.value);
    record('customGradient', args, output, (g) => {
      const gradients = made.vjp(g);
      return gradients instanceof Tensor || gradients === null ? [gradients] : gradients;
    });
    return output;
  };
  return (...args) => {
    for (const x of args) requireTensor('customGradient', x);
    return watched(args) ? run(args) : scope(() => run(args)); // a tape needs what `vjp` may close over
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
  };
}

/**
 * The same function, but what it makes on the way is not kept for the gradient: the backward pass computes it again.
 * Takes less memory for more work. All that gradients are taken by must be arguments; random numbers come out the same
 * the second time.
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
    record('checkpoint', args, output, again, 'inputs');
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
