/**
 * @file Lifetimes: a scope frees what was made inside it, except what it returns; `keep` lets a tensor out; `memory`
 * tells what lives.
 */
import { refusePromise, requireFunction } from './core/arguments.ts';
import { context, type Scope, within } from './core/context.ts';
import { counters } from './device/storage.ts';
import { requireTensor, type Tensor } from './tensor.ts';
import { visitTensors } from './tree.ts';

/**
 * Runs a function and disposes every tensor made inside, except those that it returns (in arrays and plain objects too)
 * or keeps; those belong to the scope around, if there is one. Variables belong to no scope.
 *
 * @example
 * const y = scope(() => x.square().sum().sqrt()); // the two intermediate tensors are gone
 */
export function scope<R>(fn: () => R): R {
  requireFunction('scope', fn);
  const inner: Scope = { owned: new Set() };
  const outer = context.scopes.at(-1);
  try {
    const result = within(context.scopes, inner, fn);
    refusePromise(
      'scope',
      result,
      'what it would make after its first await cannot be owned. Await outside the scope.',
    );
    visitTensors(result, (tensor) => {
      if (tensor.owner === inner) tensor.moveTo(outer);
    });
    return result;
  } finally {
    // The newest first: a result goes before its operands, so that what waits to be computed with another can be forgotten.
    for (const tensor of [...inner.owned].reverse()) tensor.dispose();
  }
}

/** Takes a tensor out of all scopes: it lives until `dispose()`. Returns it. */
export function keep<T extends Tensor>(tensor: T): T {
  requireTensor('keep', tensor);
  tensor.moveTo(undefined);
  return tensor;
}

export interface Memory {
  /** Handles that are not disposed. */
  readonly tensors: number;
  /** Bytes of living storages, as requested. */
  readonly bytes: number;
  /** Bytes of free GPU buffers, kept for use again. */
  readonly poolBytes: number;
  /** The most `bytes` has been. */
  readonly peakBytes: number;
}

/** What lives now, on all devices; the pool is the current device's. */
export function memory(): Memory {
  return { ...counters, poolBytes: context.device?.poolBytes ?? 0 };
}
