/**
 * @file Backpropagation by hand: the four equations, in tensor operations over a whole batch, for a net of sigmoids with the
 * quadratic cost C = Σ ‖a − y‖² / 2n. The tape of `grad` gives the same (a test holds them together).
 */
import { ones, random, type Tensor } from 'tapegrad';

// A type and not an interface: only those count as trees of tensors.
export type Layer = { w: Tensor; b: Tensor };

export const makeNet = (sizes: readonly number[], seed: number): Layer[] => {
  const rng = random(seed);
  return sizes.slice(1).map((out, i) => ({
    w: rng.normal([sizes[i] as number, out]),
    b: rng.normal([out]),
  }));
};

export function cost(net: Layer[], x: Tensor, y: Tensor): Tensor {
  const output = net.reduce((a: Tensor, { w, b }) => a.matmul(w).add(b).sigmoid(), x);
  return output
    .sub(y)
    .square()
    .sum()
    .div(2 * (x.shape[0] as number));
}

/** The gradients of the cost by all weights and biases. */
export function backpropagate(net: Layer[], x: Tensor, y: Tensor): Layer[] {
  const activations = [x];
  for (const { w, b } of net) activations.push((activations.at(-1) as Tensor).matmul(w).add(b).sigmoid());
  /** σ′(z), from a = σ(z). */
  const slope = (a: Tensor) => a.mul(ones(a.shape).sub(a));
  const n = x.shape[0] as number;
  const output = activations.at(-1) as Tensor;
  const gradients: Layer[] = [];
  // 1: δ of the last layer is ∂C/∂a ⊙ σ′(z).
  let delta = output.sub(y).div(n).mul(slope(output));
  for (let l = net.length - 1; l >= 0; l--) {
    const before = activations[l] as Tensor;
    // 3 and 4: ∂C/∂b = δ, summed over the batch; ∂C/∂w = aᵀ δ.
    gradients.unshift({ w: before.mT.matmul(delta), b: delta.sum(0) });
    // 2: δ of the layer before is (δ wᵀ) ⊙ σ′(z).
    if (l > 0) delta = delta.matmul((net[l] as Layer).w.mT).mul(slope(before));
  }
  return gradients;
}

if (import.meta.main) {
  const [x, y] = [random(1).normal([5, 3]), random(2).uniform([5, 2])];
  await backpropagate(makeNet([3, 4, 2], 3), x, y)[0]?.w.print();
}
