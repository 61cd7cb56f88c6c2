/**
 * @file One pass of a model whose weights have a leading axis, [points, ...]: as many nets as there are points, on the same data.
 * Dense layers are stacks of matrices then. Layers whose weights stay see the points as more examples.
 */
import { type ActivationName, getActivation } from '../nn/activations.ts';
import type { Entry, Trees } from '../nn/chain.ts';
import { isOwn } from '../nn/labelled.ts';
import type { Layer, LayerContext } from '../nn/layer.ts';
import type { Tensor } from '../tensor.ts';
import type { Tree } from '../tree.ts';
import type { WeightTrees } from './blend.ts';

/** The layers inside a residual block; undefined for any other layer. */
export const inside = (layer: Layer): readonly Entry[] | undefined =>
  layer.type === 'Residual' ? (layer.config?.layers as readonly Entry[]) : undefined;

const treeOf = (trees: Trees, name: string): Tree => trees[name] ?? {};

/** Whether the layers can be carried out for many points at once. `moves` tells whether weights in a tree do. */
export function canStack(
  entries: readonly Entry[],
  { params, state }: WeightTrees,
  moves: (tree: Tree) => boolean,
): boolean {
  return entries.every(({ name, layer }) => {
    const own = { params: treeOf(params, name), state: treeOf(state, name) };
    if (!moves(own.params) && !moves(own.state)) return true;
    const inner = inside(layer);
    if (inner) return canStack(inner, own as WeightTrees, moves);
    return layer.type === 'Dense' && !isOwn(layer.config?.activation);
  });
}

type DenseParams = { readonly kernel: Tensor; readonly bias?: Tensor };

/** activation(x @ kernel + bias) for x [points or 1, n, ..., in], kernels [points, in, out] and biases [points, out] or [out]. */
function dense(layer: Layer, { kernel, bias }: DenseParams, x: Tensor): Tensor {
  const product = x.reshape([x.shape[0] as number, -1, x.shape.at(-1) as number]).matmul(kernel);
  const sum = bias ? product.add(bias.expandDims(-2)) : product;
  const activate = getActivation('dense', layer.config?.activation as ActivationName);
  const [points, , units] = sum.shape as [number, number, number];
  return activate(sum).reshape([points, ...x.shape.slice(1, -1), units]);
}

/**
 * The output [points or 1, n, ...] for x [points or 1, n, ...]: of 1 where no weight before has moved. The trees hold weights
 * [points, ...shape] where `moves` says so of the tree in the same place of `fixed`, whose weights stay.
 */
export function passStacked(
  entries: readonly Entry[],
  fixed: WeightTrees,
  at: WeightTrees,
  moves: (tree: Tree) => boolean,
  x: Tensor,
  context: LayerContext,
): Tensor {
  let y = x;
  for (const { name, layer } of entries) {
    const own = { params: treeOf(fixed.params, name), state: treeOf(fixed.state, name) };
    const moved = { params: treeOf(at.params, name), state: treeOf(at.state, name) };
    const inner = inside(layer);
    if (!moves(own.params) && !moves(own.state)) y = passAsExamples(layer, own, y, context);
    else if (inner)
      y = y.add(passStacked(inner, own as WeightTrees, moved as WeightTrees, moves, y, context));
    else y = dense(layer, moved.params as DenseParams, y);
  }
  return y;
}

/** A layer whose weights stay: the points are more examples. */
function passAsExamples(
  layer: Layer,
  own: { readonly params: Tree; readonly state: Tree },
  x: Tensor,
  context: LayerContext,
): Tensor {
  const [points, examples, ...shape] = x.shape as [number, number, ...number[]];
  const made = layer.apply(own, x.reshape([points * examples, ...shape]), context);
  const output = 'output' in made ? made.output : made;
  return output.reshape([points, examples, ...output.shape.slice(1)]);
}
