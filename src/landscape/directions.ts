/** @file Directions in the space of weights: random ones, normalised filter by filter. */

import { vectorNorm } from '../linalg/norms.ts';
import type { Entry, Trees } from '../nn/chain.ts';
import type { Sequential } from '../nn/model.ts';
import type { Rng } from '../random.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { leaves } from '../tree.ts';
import { inside } from './stacked.ts';

/** A step for each of a model's parameters; parameters that are not in it stay. */
export type Direction = ReadonlyMap<Tensor, Tensor>;

const NORMS: readonly unknown[] = ['BatchNormalization', 'LayerNormalization'];
const EPSILON = 1e-10; // as the authors' code has it

/** Parameters that have filters: neither biases nor those of normalisation. */
function kernels(entries: readonly Entry[], params: Trees): Tensor[] {
  return entries.flatMap(({ name, layer }) => {
    if (NORMS.includes(layer.type)) return [];
    const own = params[name] ?? {};
    const inner = inside(layer);
    return inner ? kernels(inner, own as Trees) : leaves(own).filter((w) => w.ndim >= 2);
  });
}

/**
 * A random direction (Li et al. 2018): normal, and every filter as long as the model's own: a column of a dense kernel
 * [in, units], an output channel of a kernel [kh, kw, in, out]. Zero for biases, normalisation and what is frozen.
 */
export function randomDirection(op: string, model: Sequential, rng: Rng): Direction {
  const trained = new Set<Tensor>(model.trainableWeights);
  const moved = kernels(model.chain.entries, model.treesFor(op).params).filter((w) => trained.has(w));
  return new Map(moved.map((w) => [w, keepLong(w, rng)]));
}

function keepLong(w: Tensor, rng: Rng): Tensor {
  return scope(() => {
    const axis = w.shape.slice(1).map((_, d) => d); // all but the last
    const length = (t: Tensor) => vectorNorm(t, { axis, keepdims: true });
    const step = rng.normal(w.shape);
    return step.mul(length(w).div(length(step).add(EPSILON)));
  });
}
