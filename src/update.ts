/**
 * @file In-place updates, for optimizers: the only way by which a tensor's content changes, and only a variable's.
 */
import { type UpdateAttrs, updateInPlace } from './ops/dispatch.ts';
import type { Tensor } from './tensor.ts';
import type { Variable } from './variable.ts';

/**
 * Updates variables of one shape by the gradient `g`: `sgd` [w, velocity], `adam` [w, first moment, second moment].
 * Views, tapes and other variables that hold the old content keep it.
 */
export function update<K extends 'sgd' | 'adam'>(
  op: K,
  targets: readonly Variable[],
  g: Tensor,
  attrs: UpdateAttrs<K>,
): void {
  for (const target of targets) target.unshare();
  updateInPlace(op, targets, g, attrs);
}
