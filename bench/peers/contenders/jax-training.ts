/** @file jax-js learning: loss, gradients and Adam in one `jit`, as its documentation and its `optax` write them. */
import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { CLASSES } from '../works/train.ts';
import type { Input } from '../works/work.ts';
import type { Parts } from './contender.ts';

export function upload({ data, shape }: Input): np.Array {
  return np.array(data, { shape: [...shape] });
}

type Parameters = { [name: string]: np.Array };
export type State = { params: Parameters; m: Parameters; v: Parameters; count: np.Array };

/** As the MNIST example of its documentation has it. */
function loss(params: Parameters, x: np.Array, y: np.Array): np.Array {
  const names = Object.keys(params);
  const [batch = 1] = y.shape;
  let h = x;
  for (let i = 0; i < names.length; i += 2) {
    const [w, b] = [params[names[i] as string], params[names[i + 1] as string]] as [np.Array, np.Array];
    h = np.dot(h, w).add(b);
    if (i + 2 < names.length) h = nn.relu(h);
  }
  return nn
    .logSoftmax(h)
    .mul(nn.oneHot(y, CLASSES))
    .sum()
    .mul(-1 / batch);
}

/** The whole step in one `jit`: loss, gradients, and Adam written in its arrays as `optax` writes it. */
export function adamStep({ learningRate, beta1, beta2, epsilon }: Parts['adam']) {
  return jit((state: State, x: np.Array, y: np.Array): [np.Array, State] => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(state.params), x, y) as [np.Array, Parameters];
    const count = state.count.add(1);
    const correction = (beta: number) =>
      np
        .exp(count.ref.mul(Math.log(beta)))
        .mul(-1)
        .add(1);
    const [c1, c2] = [correction(beta1), correction(beta2)];
    const next: State = { params: {}, m: {}, v: {}, count };
    for (const [name, g] of Object.entries(gradient)) {
      const m = (state.m[name] as np.Array).mul(beta1).add(g.ref.mul(1 - beta1));
      const v = (state.v[name] as np.Array).mul(beta2).add(np.square(g).mul(1 - beta2));
      next.m[name] = m.ref;
      next.v[name] = v.ref;
      const update = m.div(c1.ref).div(np.sqrt(v.div(c2.ref)).add(epsilon));
      next.params[name] = (state.params[name] as np.Array).sub(update.mul(learningRate));
    }
    c1.dispose();
    c2.dispose();
    return [value, next];
  });
}

/** Parameters by name, in their order, and Adam's moments. */
export function initialState(parameters: readonly Input[]): State {
  const named = (of: (input: Input) => np.Array): Parameters =>
    Object.fromEntries(parameters.map((input, i) => [`p${i}`, of(input)]));
  const empty = ({ shape }: Input) => np.zeros([...shape]);
  return { params: named(upload), m: named(empty), v: named(empty), count: np.zeros([]) };
}
