/**
 * @file The status word: what only the GPU can check (an index out of range, no convergence, a loss that is not finite) sets
 * it, optimizer updates do nothing while it is set, and the next read-out throws the error that it stands for and
 * clears it.
 * Kernels see it as array<atomic<u32>, 4>: code, op id, and two details.
 */
import type { TapegradError } from '../../core/errors.ts';
import {
  convergenceError,
  indefiniteError,
  indexError,
  labelError,
  nonFiniteError,
  singularError,
  watchedError,
} from '../../core/messages.ts';

const STATUS_WORDS = 4;
export const STATUS_BYTES = STATUS_WORDS * 4;

const StatusCode = {
  index: 1,
  label: 2,
  nonFinite: 3,
  watched: 4,
  convergence: 5,
  singular: 6,
  indefinite: 7,
} as const;

const names: string[] = ['?'];
const ids = new Map<string, number>();

/** The number by which kernels name an operation in the status word. */
export function opId(op: string): number {
  let id = ids.get(op);
  if (id === undefined) {
    id = names.push(op) - 1;
    ids.set(op, id);
  }
  return id;
}

export function statusError(words: Int32Array): TapegradError | undefined {
  const [code, id = 0, value = 0, limit = 0] = words;
  const op = names[id] ?? '?';
  if (code === StatusCode.index) return indexError(op, value, limit);
  if (code === StatusCode.label) return labelError(op, value, limit);
  if (code === StatusCode.nonFinite) return nonFiniteError(op);
  if (code === StatusCode.convergence) return convergenceError(op, value);
  if (code === StatusCode.singular) return singularError(op, value, limit);
  if (code === StatusCode.indefinite) return indefiniteError(op, value, limit);
  if (code === StatusCode.watched) return watchedError(op, value);
  return undefined;
}
