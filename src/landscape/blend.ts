/**
 * @file Weights as linear combinations: of a few tensors each, the corners, with the same coefficients for all. The points of a
 * grid in a plane through the weights are such combinations, and those between two models.
 */
import type { Shape } from '../core/shape.ts';
import { concat } from '../create.ts';
import type { Trees } from '../nn/chain.ts';
import type { Owned } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { leaves, mapTree, type Tree } from '../tree.ts';

/** The weights of a model as trees. */
export interface WeightTrees {
  readonly params: Trees;
  readonly state: Trees;
}

/** A model whose weights move. */
export class Blend {
  /** How many corners a weight has that moves. */
  corners = 1;
  /** The corners [corners, size] of the weights that are combined; the others stay. */
  readonly #corners = new Map<Tensor, Tensor>();
  /** The weights as they are. */
  readonly trees: WeightTrees;

  /** What it makes belongs to `owned`. `cornersOf` gives the corners of a weight, the first being the weight itself; undefined for one that stays. */
  constructor(
    op: string,
    readonly model: Sequential,
    owned: Owned,
    cornersOf: (weight: Tensor) => readonly Tensor[] | undefined,
  ) {
    // Handles of our own: the model may be trained meanwhile, and what is held is not written over.
    const hold = (tree: Tree) =>
      mapTree(op, tree, (weight) => {
        const held = owned.add(weight.retained());
        const corners = cornersOf(weight);
        if (corners) {
          this.corners = corners.length;
          const rows = scope(() => concat(corners.map((t) => t.reshape([1, t.size]))));
          this.#corners.set(held, owned.add(rows));
        }
        return held;
      }) as Trees;
    const { params, state } = model.treesFor(op);
    this.trees = { params: hold(params), state: hold(state) };
  }

  /** Numbers in all weights that move. */
  get moving(): number {
    return [...this.#corners.keys()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether any weight in a tree of `trees` moves. */
  moves(tree: Tree): boolean {
    return leaves(tree).some((weight) => this.#corners.has(weight));
  }

  /** The weights for coefficients [points, corners], each [...lead, ...shape]; those that stay are as they are. */
  at(coefficients: Tensor, lead: Shape): WeightTrees {
    const blended = (tree: Tree) =>
      mapTree('blend', tree, (weight) => {
        const corners = this.#corners.get(weight);
        return corners ? coefficients.matmul(corners).reshape([...lead, ...weight.shape]) : weight;
      }) as Trees;
    const { params, state } = this.trees;
    return { params: blended(params), state: blended(state) };
  }
}
