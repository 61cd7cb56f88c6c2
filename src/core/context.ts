/**
 * @file The engine's only global state: the current device, the open tapes and the open scopes.
 * State only; who reads and writes it lives elsewhere. Types are imported, never values.
 */
import type { Tape } from '../autograd/tape.ts';
import type { Device } from '../device/device.ts';
import type { Tensor } from '../tensor.ts';

export interface Scope {
  /** Tensors that the scope disposes when it ends. */
  readonly owned: Set<Tensor>;
}

export const context: {
  device: Device | undefined;
  tapes: Tape[];
  scopes: Scope[];
  /** Whether a gradient rule is at work. */
  differentiating: boolean;
} = {
  device: undefined,
  tapes: [],
  scopes: [],
  differentiating: false,
};

/** Runs `fn` with one more entry on a stack, and takes it off again whatever happens. */
export function within<T, R>(stack: T[], entry: T, fn: () => R): R {
  stack.push(entry);
  try {
    return fn();
  } finally {
    stack.pop();
  }
}
