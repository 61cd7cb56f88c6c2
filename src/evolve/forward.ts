/**
 * @file The forward pass of many dense nets at once: parameters carry a leading axis, one entry a net, and the examples are
 * shared. A layer of all nets is one dispatch.
 */
import { ShapeError } from '../core/errors.ts';
import { show } from '../core/shape.ts';
import { denseUnits } from '../dense_units.ts';
import type { Tensor } from '../tensor.ts';

/** A layer of P dense nets. */
export interface StackedLayer {
  /** [P, in + 1, out]: the bias is the last row of each. */
  readonly weights: Tensor;
  /** [P, 1, out]: the number of each unit's activation; all are linear without. */
  readonly kinds?: Tensor;
}

/** Outputs [P, B, out] of P nets for the same examples [B, in]; `after` may change those of a layer. */
export function forward(
  layers: readonly StackedLayer[],
  x: Tensor,
  after: (outputs: Tensor, layer: number) => Tensor = (outputs) => outputs,
): Tensor {
  if (x.ndim !== 2) throw new ShapeError(`population: examples must be [n, in], got ${show(x.shape)}`);
  return layers.reduce<Tensor>((h, { weights, kinds }, k) => after(denseUnits(h, weights, kinds), k), x);
}
