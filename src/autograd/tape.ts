/**
 * @file Tape-based automatic differentiation. While a tape is open, operations on what it watches are recorded; walking
 * the record backwards calls each row's `vjp`, which is written in tensor operations, so that an outer tape records
 * those in turn: gradients of gradients come by nesting.
 */
import { options as checked, flag, refusePromise, requireFunction } from '../core/arguments.ts';
import { context, within } from '../core/context.ts';
import { describe } from '../core/describe.ts';
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DTypeError, NotDifferentiableError, ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show } from '../core/shape.ts';
import { constantTensor, type Recorded } from '../ops/dispatch.ts';
import type { Inputs, Operable } from '../ops/op.ts';
import { scope } from '../scope.ts';
import { requireTensor, Tensor, type TensorLike } from '../tensor.ts';
import { leaves, mapTree, type Tree } from '../tree.ts';
import { Variable } from '../variable.ts';

/** What is known of a tensor whose storage the tape does not keep: enough for shapes. */
type Remembered = Tensor;

interface Entry extends Omit<Recorded, 'inputs' | 'output'> {
  readonly inputs: readonly Remembered[];
  readonly output: Remembered;
  /** Made by a gradient rule: where its masks end a gradient, the derivative is 0, not missing. */
  readonly derived: boolean;
}

/** Who watches a tape at work. */
export interface Observer {
  /** An operation was recorded; by a gradient rule, if `derived`. */
  recorded(entry: Recorded, derived: boolean): void;
  /** The gradient rule of the operation that made this value is about to run. */
  backward(output: number): void;
  /** It gave a gradient by this value. */
  flowed(input: number): void;
}

export class Tape {
  readonly #watched = new Set<number>();
  readonly #entries: Entry[] = [];
  readonly #kept: Tensor[] = [];
  /** Values that have no gradient (whole numbers, truth values), and the operation that began it. */
  readonly #cut = new Map<number, string>();
  /** Values at which a gradient ended, and the operations that have none. */
  readonly #blocked = new Map<number, string>();
  /** What each value was made of. */
  readonly #sources = new Map<number, readonly number[]>();

  constructor(private readonly observer?: Observer) {}

  /** Begins to watch a value; its id names it to `gradients`, even if a variable is given another content meanwhile. */
  watch(x: Tensor): number {
    this.#watched.add(x.id);
    return x.id;
  }

  /** Whether x depends on what the tape differentiates by. */
  watches(x: Tensor): boolean {
    return this.#watched.size > 0 && this.#watched.has(x.id);
  }

  /** Keeps of the operation what its gradient reads, under handles of the tape's own. */
  record(entry: Recorded): void {
    const { op, row, attrs, inputs, output } = entry;
    this.observer?.recorded(entry, context.differentiating);
    const saves = 'vjp' in row ? row.saves : 'nothing';
    const keepInputs = saves === 'inputs' || saves === 'both';
    const keepOutput = saves === 'output' || saves === 'both';
    this.#entries.push({
      op,
      row,
      attrs,
      inputs: inputs.map((x) => remember(x, keepInputs)),
      output: remember(output, keepOutput),
      derived: context.differentiating,
    });
    this.#watched.add(output.id);
    this.#sources.set(
      output.id,
      inputs.map((x) => x.id),
    );
    if (!isFloat(output.dtype) || !('vjp' in row))
      this.#cut.set(output.id, inputs.map((x) => this.#cut.get(x.id)).find((name) => name) ?? op);
  }

  /** Gradients of `y`, whose gradient is `seed`, by each watched value; undefined where y does not depend on it. */
  gradients(y: Tensor, seed: Tensor, ids: readonly number[]): (Tensor | undefined)[] {
    const found = new Map<number, Tensor>([[y.id, seed.retained()]]);
    const wanted = new Set(ids);
    try {
      for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
        const { inputs, output } = entry;
        const g = found.get(output.id);
        try {
          if (g) differentiating(() => scope(() => this.#spread(entry, g as Operable, found)));
        } finally {
          for (const x of [...inputs, output]) x.dispose();
        }
        if (g && !wanted.has(output.id)) {
          found.delete(output.id);
          g.dispose();
        }
      }
      const results = ids.map((id) => found.get(id));
      const missing = ids.filter((_, k) => results[k] === undefined);
      const blocker = missing.length > 0 && this.#blockerOf(missing);
      if (blocker)
        throw new NotDifferentiableError(
          `grad: the result depends on ${ids.length > 1 ? 'one of the arguments' : 'the argument'} only through ${blocker}, which has no gradient; use a smooth operation, or stopGradient() where that is meant`,
        );
      return results.map((g) => g && alias(g));
    } finally {
      for (const g of found.values()) g.dispose();
      this.#release();
    }
  }

  /** The operation without a gradient through which the result depends on one of the values, if there is one. */
  #blockerOf(ids: readonly number[]): string | undefined {
    for (const [start, op] of this.#blocked) {
      const seen = new Set([start]);
      for (const id of seen) for (const source of this.#sources.get(id) ?? []) seen.add(source);
      if (ids.some((id) => seen.has(id))) return op;
    }
    return undefined;
  }

  /** Adds an operation's gradients by its inputs to what has been found of theirs so far. */
  #spread({ op, row, attrs, inputs, output, derived }: Entry, g: Operable, found: Map<number, Tensor>): void {
    if (!('vjp' in row)) {
      if (!derived) this.#blocked.set(output.id, op);
      return;
    }
    this.observer?.backward(output.id);
    const rules = gradientList(
      op,
      row.vjp(g, inputs as unknown as Inputs, output as Operable, attrs),
      inputs.length,
    );
    inputs.forEach((x, k) => {
      if (!this.#watched.has(x.id)) return;
      const rule = rules[k];
      const raw = oneGradient(op, typeof rule === 'function' ? rule() : rule);
      if (raw === null) {
        const cut = derived ? undefined : this.#cut.get(x.id);
        if (cut !== undefined) this.#blocked.set(x.id, cut);
        return;
      }
      const gradient = unbroadcast(op, raw, x.shape);
      const before = found.get(x.id);
      found.set(x.id, (before ? before.add(gradient) : gradient).retained());
      before?.dispose();
      this.observer?.flowed(x.id);
    });
  }

  #release(): void {
    for (const { inputs, output } of this.#entries.splice(0))
      for (const x of [...inputs, output]) x.dispose();
  }

  /** Takes a tensor over that gradient rules of the user's own making read. */
  keep(x: Tensor): void {
    x.moveTo(undefined);
    this.#kept.push(x);
  }

  /** Lets go of everything recorded and kept. */
  close(): void {
    this.#release();
    for (const x of this.#kept.splice(0)) x.dispose();
  }
}

/** What a gradient rule gave, which may be the user's: an entry for each operand. */
function gradientList(op: string, given: unknown, count: number): readonly unknown[] {
  refusePromise(op, given, NO_AWAIT_IN_VJP);
  if (Array.isArray(given) && given.length === count) return given;
  throw new ArgumentError(
    `${op}: vjp must give a list of ${count} gradient${count === 1 ? '' : 's'}, one for each operand, got ${describe(given)}`,
  );
}

function oneGradient(op: string, given: unknown): Tensor | null {
  if (given === null || given instanceof Tensor) return given;
  refusePromise(op, given, NO_AWAIT_IN_VJP);
  throw new ArgumentError(`${op}: vjp must give a tensor or null for each operand, got ${describe(given)}`);
}

const NO_AWAIT_IN_VJP = 'vjp must compute the gradients at once, without await';

/** Runs a gradient rule; outer tapes learn that what it does is one. */
function differentiating(fn: () => void): void {
  const before = context.differentiating;
  context.differentiating = true;
  try {
    fn();
  } finally {
    context.differentiating = before;
  }
}

function remember(x: Tensor, whole: boolean): Remembered {
  const handle = x.retained();
  if (!whole) handle.dispose();
  return handle;
}

const alias = (x: Tensor): Tensor => (x as Operable).alias();

/** Sums a gradient over the axes that broadcasting repeated. */
function unbroadcast(op: string, g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.ndim - shape.length;
  const axes = g.shape.flatMap((n, d) => (d < lead || (shape[d - lead] === 1 && n !== 1) ? [d] : []));
  const summed = g.sum(axes, { keepdims: true });
  if (lead < 0 || summed.size !== shape.reduce((n, d) => n * d, 1))
    throw new ShapeError(
      `${op}: its gradient has shape ${show(g.shape)}, which does not reduce to ${show(shape)}`,
    );
  return summed.reshape(shape);
}

// --- the public functions ---

type Loss<Args extends readonly unknown[]> = (...args: Args) => Tensor;
/** A tree with plain tensors in place of its leaves. */
export type Gradients<T> = T extends Tensor
  ? Tensor
  : T extends number
    ? Tensor
    : T extends readonly (infer U)[]
      ? Gradients<U>[]
      : { [K in keyof T]: Gradients<T[K]> };

/** Runs f on a fresh tape and hands what it returns, and the gradient by the first argument, on. */
export function differentiate<P extends Tree, R>(
  name: string,
  f: (...args: [P, ...unknown[]]) => unknown,
  args: [P, ...unknown[]],
  finish: (loss: Tensor, rest: unknown, gradient: Gradients<P>) => R,
  hasAux: boolean,
  observer?: Observer,
): R {
  return scope(() => {
    const tape = new Tape(observer);
    const [first, ...rest] = args;
    // A plain tensor gets a new name, so that an outer grad by the same tensor stays apart; a variable keeps its own.
    const parameters = mapTree(name, first, (x) => {
      x.storageFor(name).device.requireAlive(name);
      if (!isFloat(x.dtype))
        throw new DTypeError(`${name}: gradients exist by float tensors only, and an argument is ${x.dtype}`);
      return x instanceof Variable ? x : alias(x);
    });
    const watched = leaves(parameters).map((x) => tape.watch(x));
    try {
      const result = within(context.tapes, tape, () => f(parameters as P, ...rest));
      refusePromise(name, result, 'it must compute its result at once, without await');
      if (hasAux && !(Array.isArray(result) && result.length === 2))
        throw new ArgumentError(
          `${name}: with aux, the function must return [loss, aux], got ${describe(result)}`,
        );
      const [loss, aux] = (hasAux ? result : [result]) as [unknown, unknown];
      if (!(loss instanceof Tensor))
        throw new ArgumentError(
          `${name}: the function must return ${hasAux ? '[loss, aux]' : 'a tensor'}, got ${describe(loss)}`,
        );
      if (loss.size !== 1 || loss.ndim !== 0)
        throw new ShapeError(
          `${name}: the loss must be a scalar of shape [], got ${show(loss.shape)}; reduce it with .mean() or .sum()`,
        );
      if (!isFloat(loss.dtype))
        throw new DTypeError(`${name}: the loss must be a float tensor, got ${loss.dtype}`);
      const seed = constantTensor(1, [], loss.dtype, loss.device);
      const found = tape.gradients(loss, seed, watched);
      let k = 0;
      const gradient = mapTree(name, parameters, (x) => {
        return found[k++] ?? constantTensor(0, x.shape, x.dtype, x.device);
      }) as Gradients<P>;
      // A value that the function did not make (a variable, say) is handed out under a handle of its own.
      return finish(loss.owner === context.scopes.at(-1) ? loss : alias(loss), aux, gradient);
    } finally {
      tape.close();
    }
  });
}

/**
 * The gradient of a scalar function by its first argument, a tensor or a tree of them; an argument that the result does
 * not depend on gets zeros. Nests: `grad(grad(f))` is the second derivative of a function of one number. A tensor counts
 * where the function takes it as its argument; a variable wherever it is used, in what the function closes over too.
 *
 * @example
 * const slope = grad((x: Tensor) => x.square().sum())(tensor([1, 2])); // [2, 4]
 */
export function grad<P extends Tree, Rest extends readonly unknown[]>(
  f: Loss<[P, ...Rest]>,
): (...args: [P, ...Rest]) => Gradients<P> {
  requireFunction('grad', f);
  return (...args) =>
    differentiate('grad', f as never, args as never, (_, __, gradient) => gradient as never, false);
}

export interface ValueAndGrad<P> {
  readonly value: Tensor;
  readonly grad: Gradients<P>;
}

/**
 * As `grad`, with the function's value. With `aux: true` the function returns [loss, aux], and aux (a tree of tensors)
 * comes out as it is, without a gradient.
 *
 * @example
 * const { value, grad: g } = valueAndGrad((w: Tensor) => x.matmul(w).sub(y).square().mean())(w);
 */
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[], Aux>(
  f: (...args: [P, ...Rest]) => readonly [Tensor, Aux],
  options: { readonly aux: true },
): (...args: [P, ...Rest]) => ValueAndGrad<P> & { readonly aux: Aux };
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[]>(
  f: Loss<[P, ...Rest]>,
  options?: { readonly aux?: false },
): (...args: [P, ...Rest]) => ValueAndGrad<P>;
export function valueAndGrad(f: (...args: never[]) => unknown, options: { readonly aux?: boolean } = {}) {
  requireFunction('valueAndGrad', f);
  const { aux = false } = checked('valueAndGrad', options, 'aux');
  const hasAux = flag('valueAndGrad', 'aux', aux);
  return (...args: unknown[]) =>
    differentiate(
      'valueAndGrad',
      f as never,
      args as never,
      (value, extra, gradient) =>
        hasAux ? { value, grad: gradient, aux: extra } : { value, grad: gradient },
      hasAux,
    );
}

/** The gradients of f at `args` by each of them, given that of its value; undefined where it does not depend on one. */
export function pullback(
  f: (...xs: readonly Tensor[]) => Tensor,
  args: readonly Tensor[],
  g: Tensor,
): (Tensor | null)[] {
  const tape = new Tape();
  const fresh = args.map(alias);
  const ids = fresh.map((x) => tape.watch(x));
  try {
    const value = within(context.tapes, tape, () => f(...fresh));
    return tape.gradients(value, g, ids).map((gradient) => gradient ?? null);
  } finally {
    tape.close();
  }
}

/** Runs the function without recording: its results count as constants. */
export function noGrad<R>(fn: () => R): R {
  requireFunction('noGrad', fn);
  const tapes = context.tapes;
  context.tapes = [];
  try {
    const result = fn();
    refusePromise('noGrad', result, 'recording would go on before it is done');
    return result;
  } finally {
    context.tapes = tapes;
  }
}

/** The same value as a constant: no gradient flows through it. */
export function stopGradient(x: TensorLike): Tensor {
  requireTensor('stopGradient', x);
  return (x as Operable).stopGradient();
}
