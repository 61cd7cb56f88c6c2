/**
 * @file What the view inside says of tensors that nobody disposed: while a level is set, each tensor remembers where it
 * was made, and when the collector finds it the console is told.
 */
import { context } from '../core/context.ts';
import type { DType } from '../core/dtype.ts';
import { type Shape, show } from '../core/shape.ts';
import { userStack } from './tell.ts';

/** A tensor as a warning needs it, without holding on to it. */
export interface Origin {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The frames of the call that made it, the user's line first. */
  readonly stack: string;
}

/** Where a tensor is made, if `debug` has a level; nothing, at no cost, if not. */
export function origin({ dtype, shape }: Pick<Origin, 'dtype' | 'shape'>): Origin | undefined {
  return context.debug?.level ? { dtype, shape, stack: userStack() } : undefined;
}

interface Forgotten {
  count: number;
  bytes: number;
}

/** What one run of the collector has found, by what the warnings will say. */
let found = new Map<string, Forgotten>();

/** Notes a tensor that the collector found; those made alike are told of together, when it is through. */
export function forgotten({ dtype, shape, stack }: Origin, bytes: number): void {
  if (found.size === 0) queueMicrotask(warn);
  const kind = `${dtype} ${show(shape)}\n${stack.replace(/^/gm, '    ')}`;
  const alike = found.get(kind) ?? { count: 0, bytes: 0 };
  alike.count++;
  alike.bytes += bytes;
  found.set(kind, alike);
}

function warn(): void {
  const all = found;
  found = new Map();
  for (const [kind, { count, bytes }] of all) {
    const [what, ...frames] = kind.split('\n');
    const [tensors, held] =
      count === 1 ? ['a tensor was', `${bytes} bytes`] : [`${count} tensors were`, `${bytes} bytes in all`];
    console.warn(
      [
        `tapegrad: ${tensors} never disposed: ${what}, ${held}; use scope(), using or dispose(). Made at`,
        ...frames,
      ].join('\n'),
    );
  }
}
