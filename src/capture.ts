/**
 * @file `capture`: a step that is recorded once and replayed. On WebGPU the recorded dispatches are encoded again, without
 * tape, shapes and allocations; on the CPU device the function itself is called every time.
 */
import { refusePromise, requireFunction } from './core/arguments.ts';
import { CaptureError } from './core/capture_error.ts';
import { type Capturing, context, type Stream } from './core/context.ts';
import { describe } from './core/describe.ts';
import { ArgumentError, DeviceError } from './core/errors.ts';
import { contiguous, isContiguous, type Layout } from './core/shape.ts';
import type { Device, Plan, Storage } from './device/device.ts';
import { release, retain } from './device/storage.ts';
import { currentDevice } from './ops/dispatch.ts';
import type { Operable } from './ops/op.ts';
import { scope } from './scope.ts';
import { nextTensorId, Tensor } from './tensor.ts';
import { isPlainObject } from './tree.ts';
import { Variable } from './variable.ts';

/** A captured step: called as the function that it was made of. */
export interface Captured<Args extends readonly unknown[], R> {
  (...args: Args): R;
  /** Gives the memory of all recordings back. */
  dispose(): void;
}

/**
 * Records what a function does on WebGPU and replays it at later calls: the same results for a fraction of the host's time.
 * The function is called twice with arguments of the same shapes (once more where an optimizer updates several variables,
 * for these and their gradients to lie together), and the last two recordings are compared; after that its results are those
 * of the recording, so it must do the same every time.
 *
 * - Arguments may be tensors, in arrays and plain objects too; each set of shapes and dtypes is a recording of its own. Plain
 *   numbers must stay what they were: what changes must be a tensor, or the learning rate of an optimizer.
 * - Variables, optimizers and random streams go on at each call. A variable that got another content meanwhile (`assign`), or
 *   is trainable now or no more, is noticed, and the step is recorded anew.
 * - The tensors that a call returned are disposed by the next one; views of them keep what they show. What else it returns must be
 *   the same at every call.
 *
 * @example
 * const step = capture((x: Tensor, y: Tensor) => {
 *   const { value, grad } = valueAndGrad(loss)(net, x, y);
 *   adam.step(net, grad);
 *   return value;
 * });
 * for (const [x, y] of batches) step(x, y);
 * @throws ArgumentError where a call that is recorded did something else than the one before, or a number has changed.
 */
export function capture<Args extends readonly unknown[], R>(f: (...args: Args) => R): Captured<Args, R> {
  requireFunction('capture', f);
  const recordings = new Map<string, Recording>();
  let last: Tensor[] = [];
  const forget = () => {
    for (const t of last) t.dispose();
    last = [];
  };
  const call = (...args: Args): R => {
    if (context.tapes.length > 0)
      throw new ArgumentError(
        'capture: a captured step cannot be called inside a gradient; take the gradient in the step',
      );
    forget();
    const device = currentDevice();
    // Whoever looks inside sees the operations themselves.
    const plain = !device.plan || context.capturing || context.debug?.nan || context.probes.length > 0;
    const run = (...given: unknown[]) => {
      const result = f(...(given as unknown as Args));
      refusePromise('capture', result, 'it must record all of its work at once, without await');
      return result;
    };
    if (plain) {
      const firstId = nextTensorId();
      const result = scope(() => run(...args));
      mapTensors(result, (t) => {
        if (isMadeSince(firstId, t)) last.push(t);
        return t;
      });
      return result;
    }
    const key = keyOf(args);
    const before = recordings.get(key);
    const known = before?.device === device ? before : undefined;
    if (before !== known) before?.dispose();
    const valid = known?.isValid();
    if (known?.verified && valid) {
      known.requireSame(args);
      return known.replay(args, last) as R;
    }
    recordings.delete(key);
    const made = new Recording(device, run, args, last, known);
    if (known && valid) {
      const difference = known.difference(made);
      if (difference !== undefined) {
        made.dispose();
        throw new CaptureError(
          `capture: the step did something else at its next call: ${difference}. It is recorded once and replayed; make what changes a tensor that is passed to it, or a variable`,
          true,
        );
      }
      made.verified = true;
    }
    recordings.set(key, made);
    return made.result as R;
  };
  return Object.assign(call, {
    dispose() {
      forget();
      for (const recording of recordings.values()) recording.dispose();
      recordings.clear();
    },
  });
}

/** For who reads a flag that may change: a step that is being captured is recorded anew when this is no longer true. */
export function onlyWhile(holds: () => boolean): void {
  context.capturing?.onlyWhile(holds);
}

/** A value with other tensors in its arrays and plain objects. */
function mapTensors(value: unknown, f: (t: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return f(value);
  if (Array.isArray(value)) return value.map((v) => mapTensors(v, f));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, mapTensors(v, f)]));
}

/** Tensors, and whatever else is neither an array nor a plain object, in order. */
function leavesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return !(value instanceof Tensor) && isPlainObject(value)
    ? Object.values(value).flatMap(leavesOf)
    : [value];
}

/** What decides which recording fits: the arguments' form, and shapes and dtypes of the tensors among them. */
function keyOf(value: unknown): string {
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.join()}]`;
  if (Array.isArray(value)) return `[${value.map(keyOf).join(' ')}]`;
  if (!isPlainObject(value)) return typeof value;
  return `{${Object.entries(value).map(([key, v]) => `${JSON.stringify(key)}:${keyOf(v)}`)}}`;
}

/** What differs between what two recordings of a step are bound to. */
function markDifference(a: readonly unknown[], b: readonly unknown[]): string | undefined {
  const k = a.findIndex((mark, i) => !Object.is(mark, b[i]));
  if (k < 0 && a.length === b.length) return undefined;
  return typeof a[k] === 'number' && typeof b[k] === 'number'
    ? `a random draw has the number ${a[k]}, then ${b[k]}`
    : 'it goes on with another optimizer or random stream';
}

/** Whether a tensor of a result was made by the step: what others made, and variables, stay theirs. */
const isMadeSince = (firstId: number, t: Tensor): boolean => !(t instanceof Variable) && t.id >= firstId;

/** A tensor that was made for the result. */
interface Output {
  readonly storage: Storage;
  /** What the plan calls the storage. */
  readonly name: unknown;
  readonly layout: Layout;
}

/** One recording: the plan, what it reads of others, and what it gives. */
class Recording {
  readonly plan: Plan;
  readonly result: unknown;
  /** Whether a second call has done the same. */
  verified = false;
  /** Whether the variables had the same storages throughout: else no later call can use it. */
  readonly #stable: boolean;
  readonly #numbers: unknown[];
  readonly #inputs: Tensor[] = [];
  readonly #advances: (() => void)[] = [];
  /** What must be the same in every recording. */
  readonly #marks: unknown[] = [];
  /** Streams of random numbers, and by how much a call moves them. */
  readonly #streams: (readonly [Stream, number])[];
  /** What must be true for the recording to be of use. */
  readonly #conditions: (() => boolean)[] = [];
  /** Variables that the work uses, with the storages that it knows. */
  readonly #variables = new Map<Variable, Storage>();
  /** Storages of other tensors that the work uses. */
  readonly #kept: Storage[] = [];
  /** Storages and layouts of the tensors that were made for the result, whatever becomes of them. */
  readonly #outputs = new Map<Tensor, Output>();

  constructor(
    readonly device: Device,
    run: (...args: unknown[]) => unknown,
    args: readonly unknown[],
    last: Tensor[],
    inPlaceOf: Recording | undefined,
  ) {
    this.#numbers = leavesOf(args).filter((x) => !(x instanceof Tensor));
    const firstId = nextTensorId();
    const seen = new Map<Storage, Tensor>();
    const began = new Map<Stream, number>();
    const capturing: Capturing = {
      saw: (x, storage) => {
        if (!seen.has(storage)) seen.set(storage, x);
      },
      onReplay: (advance, ...marks) => {
        this.#advances.push(advance);
        this.#marks.push(...marks);
      },
      began: (stream) => {
        const first = began.get(stream) ?? stream.position;
        began.set(stream, first);
        return first;
      },
      onlyWhile: (holds) => this.#conditions.push(holds),
      outside: (fn) => {
        context.capturing = undefined;
        try {
          return (device.outsidePlan as <R>(fn: () => R) => R)(fn);
        } finally {
          context.capturing = capturing;
        }
      },
    };
    let result: unknown;
    inPlaceOf?.letGo();
    this.plan = (device.plan as NonNullable<Device['plan']>)(() => {
      try {
        const given = mapTensors(args, (x) => this.#inputFor(x, device)) as unknown[];
        device.outsidePlan?.(() => this.#fill(args));
        context.capturing = capturing;
        const inputs = new Set(this.#inputs.map(({ storage }) => storage));
        // An input is written to at every call: what the caller gets of it is a copy.
        const own = (t: Tensor) => (!t.disposed && inputs.has(t.storage) ? (t as Operable).contiguous() : t);
        result = scope(() => mapTensors(run(...given), own));
      } catch (error) {
        for (const input of this.#inputs) input.dispose();
        throw error;
      } finally {
        context.capturing = undefined;
      }
    }, inPlaceOf?.plan);
    this.result = result;
    this.#streams = [...began].map(([stream, first]) => [stream, stream.position - first]);
    const outer = new Set(this.plan.outer);
    mapTensors(result, (t) => {
      if (!isMadeSince(firstId, t)) return t;
      const { storage, shape, strides, offset } = t;
      const name = this.plan.nameOf(storage);
      this.#outputs.set(t, { storage, name, layout: { shape, strides, offset } });
      if (!this.plan.owns(storage) && storage.constant === undefined) outer.add(storage);
      last.push(t);
      return t;
    });
    this.#stable = this.#noteOuter(outer, seen);
  }

  /** Room for an argument, into which its content is copied at every call. */
  #inputFor(x: Tensor, device: Device): Tensor {
    if (x.storageFor('capture').device !== device)
      throw new DeviceError(
        `capture: an argument is on another device (${x.device.kind}); move it: await t.to(device)`,
      );
    const input = new Tensor(device.allocate(x.dtype, x.size, 'capture'), contiguous(x.shape));
    input.moveTo(undefined);
    this.#inputs.push(input);
    return input;
  }

  /** Notes the variables that the work uses or shows, and keeps the other storages; false where a variable has changed its own. */
  #noteOuter(outer: ReadonlySet<Storage>, seen: ReadonlyMap<Storage, Tensor>): boolean {
    let stable = true;
    for (const storage of outer) {
      const x = seen.get(storage);
      if (x instanceof Variable) {
        stable &&= !x.disposed && x.storage === storage;
        this.#variables.set(x, storage);
      } else {
        retain(storage);
        this.#kept.push(storage);
      }
    }
    return stable;
  }

  /** Whether the variables are what they were when it was recorded, and nobody else sees those that it changes. */
  isValid(): boolean {
    if (!this.#stable || !this.plan.settled || this.plan.outdated) return false;
    if (!this.#conditions.every((holds) => holds())) return false;
    for (const [variable, storage] of this.#variables)
      if (
        variable.disposed ||
        variable.storage !== storage ||
        (this.plan.written.has(storage) && storage.references > 1)
      )
        return false;
    return true;
  }

  /** How another recording differs, in words. */
  difference(other: Recording): string | undefined {
    const found = this.plan.difference(other.plan) ?? markDifference(this.#marks, other.#marks);
    if (found !== undefined) return found;
    if (keyOf(this.result) !== keyOf(other.result)) return 'it returns something of another form';
    const [mine, theirs] = [leavesOf(this.result), leavesOf(other.result)];
    const k = mine.findIndex((x, k) => !this.#givesSame(x, other, theirs[k]));
    if (k < 0) return undefined;
    return mine[k] instanceof Tensor
      ? 'it returns another tensor'
      : `it returns ${describe(mine[k])}, then ${describe(theirs[k])}`;
  }

  /** Whether part of a result is the same as that of another recording, as far as can be told. */
  #givesSame(x: unknown, other: Recording, y: unknown): boolean {
    if (!(x instanceof Tensor && y instanceof Tensor))
      return (typeof x === 'object' && x !== null) || typeof x === 'function' || Object.is(x, y);
    const [mine, theirs] = [this.#outputs.get(x), other.#outputs.get(y)];
    if (!mine || !theirs) return x === y;
    const { constant } = mine.storage;
    if (constant !== undefined) return Object.is(constant, theirs.storage.constant);
    const placed = ({ layout: { strides, offset } }: Output) => [...strides, offset].join();
    return mine.name === theirs.name && placed(mine) === placed(theirs);
  }

  /** Plain arguments are part of the recording. */
  requireSame(args: readonly unknown[]): void {
    const plain = leavesOf(args).filter((x) => !(x instanceof Tensor));
    plain.forEach((value, k) => {
      if (Object.is(value, this.#numbers[k])) return;
      throw new ArgumentError(
        `capture: an argument was ${describe(this.#numbers[k])} when the step was recorded and is ${describe(value)} now; what changes must be a tensor`,
      );
    });
  }

  /** Does the work again with other arguments; the tensors of its result are added to `made`. */
  replay(args: readonly unknown[], made: Tensor[]): unknown {
    for (const advance of this.#advances) advance();
    for (const [stream, distance] of this.#streams) stream.position += distance;
    this.#fill(args);
    const renewed = new Map<Storage, Storage>();
    const result = mapTensors(this.result, (t) => {
      const known = this.#outputs.get(t);
      if (!known) return t;
      const { layout } = known;
      let storage = renewed.get(known.storage) ?? known.storage;
      if (storage !== known.storage || !this.plan.owns(storage)) retain(storage);
      else {
        storage = this.plan.renewed(storage);
        renewed.set(known.storage, storage);
      }
      const output = new Tensor(storage, { ...layout });
      made.push(output);
      return output;
    });
    this.plan.replay(
      this.#inputs.map(({ storage }) => storage),
      [...renewed.values()],
    );
    return result;
  }

  /** Lets go of all but the plan. */
  letGo(): void {
    for (const input of this.#inputs.splice(0)) input.dispose();
    for (const storage of this.#kept.splice(0)) release(storage);
  }

  dispose(): void {
    this.letGo();
    this.plan.dispose();
  }

  /** Copies the arguments' contents into the inputs. */
  #fill(args: readonly unknown[]): void {
    let k = 0;
    mapTensors(args, (x) => {
      const input = this.#inputs[k++] as Tensor;
      const whole =
        isContiguous(x) && x.offset === 0 && x.storage.length === x.size && x.storage.constant === undefined;
      if (x.size === 0) return x;
      const packed = whole ? x : (x as Operable).contiguous();
      x.device.copy(packed.storage, input.storage, 0);
      if (!whole) packed.dispose();
      return x;
    });
  }
}
