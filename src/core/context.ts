/**
 * @file The engine's only global state: the current device, the open tapes and the open scopes.
 * State only; who reads and writes it lives elsewhere. Types are imported, never values.
 */
import type { Tape } from '../autograd/tape.ts';
import type { Device, Storage } from '../device/device.ts';
import type { Probe } from '../device/measure.ts';
import type { Tensor } from '../tensor.ts';

export interface Scope {
  /** Tensors that the scope disposes when it ends. */
  readonly owned: Set<Tensor>;
}

/** What recording needs of a tape. */
export type Recording = Pick<Tape, 'watches' | 'record' | 'keep'>;

/** What `debug` has switched on. */
export interface Debugging {
  /** 0 logs nothing, 1 each operation, 2 also WGSL as it is compiled, 3 also the time of each kernel, but no WGSL. */
  readonly level: 0 | 1 | 2 | 3;
  /** Whether an operation that makes a NaN or Infinity out of finite inputs is an error. */
  readonly nan: boolean;
  /** Whether operations may be computed together; never while anything is logged or looked for. */
  readonly fuse: boolean;
}

/** A stream of random numbers, as far as replaying it goes: where it stands. */
export interface Stream {
  position: number;
}

/** A step that is being captured. */
export interface Capturing {
  /** Notes a tensor that the step uses. */
  saw(x: Tensor, storage: Storage): void;
  /**
   * What the host does at every replay, before the recorded work: counts steps, finds the place in a stream. `marks` are what must
   * be the same in every recording.
   */
  onReplay(advance: () => void, ...marks: readonly unknown[]): void;
  /** Where a stream stood when the step began; to be called before it moves. */
  began(stream: Stream): number;
  /** The recording is of use only while this is true. */
  onlyWhile(holds: () => boolean): void;
  /** Runs what belongs to the first call alone: it is not replayed, and its memory is not the step's. */
  outside<R>(fn: () => R): R;
}

export const context: {
  device: Device | undefined;
  tapes: Recording[];
  scopes: Scope[];
  /** Whether a gradient rule is at work. */
  differentiating: boolean;
  /** While it is there: the streams that are drawn from, and where each stood first. */
  draws: Map<Stream, number> | undefined;
  /** Undefined while all of it is off. */
  debug: Debugging | undefined;
  /** Who measures; kernels are timed while there is one. */
  probes: Probe[];
  capturing: Capturing | undefined;
} = {
  device: undefined,
  tapes: [],
  scopes: [],
  differentiating: false,
  draws: undefined,
  debug: undefined,
  probes: [],
  capturing: undefined,
};

/** Runs what a captured step does once only. */
export function outsideCapture<R>(fn: () => R): R {
  return context.capturing ? context.capturing.outside(fn) : fn();
}

/** Runs `fn` with another default device. */
export function onDevice<R>(device: Device, fn: () => R): R {
  const before = context.device;
  context.device = device;
  try {
    return fn();
  } finally {
    context.device = before;
  }
}

/** Runs `fn` with one more entry on a stack, and takes it off again whatever happens. */
export function within<T, R>(stack: T[], entry: T, fn: () => R): R {
  stack.push(entry);
  try {
    return fn();
  } finally {
    stack.pop();
  }
}
