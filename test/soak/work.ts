// The work of the soak: one cycle of mixed operations, which can be run again and again and always asks for the same
// shapes in the same order. Forward, gradients of both orders, optimizers, views, uploads and read-backs; what is made is
// freed by scopes, by `using` and by hand.
import {
  checkpoint,
  concat,
  customGradient,
  einsum,
  grad,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  where,
  zeros,
} from '../../src/index.ts';

/** Steps of a cycle; each has shapes of its own. */
const STEPS = 12;

const values = (n: number, k: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + k));
const indices = (n: number, k: number, below: number) =>
  Int32Array.from({ length: n }, (_, i) => (i * 7 + k) % below);

export interface Work {
  /** Runs one cycle; everything that it made is gone when it is done. */
  cycle(): Promise<void>;
  /** Gives the parameters back. */
  dispose(): void;
}

/** `afterStep` is called twelve times a cycle, between the steps. */
export function startWork(afterStep: () => Promise<void>): Work {
  const rng = random(11);
  const [net, kernel, table] = scope(() => [
    {
      w: variable(rng.normal([12, 16], { std: 0.3 })),
      b: variable(zeros([16])),
      v: variable(rng.normal([16, 5])),
    },
    variable(rng.normal([3, 3, 2, 4])),
    variable(rng.normal([20, 8])),
  ]);
  const adam = optimizers.adam(0.01);
  const sgd = optimizers.sgd({ learningRate: 0.01, momentum: 0.9 });
  const held = customGradient((x: Tensor) => {
    const t = x.tanh();
    return { value: t, vjp: (g) => g.mul(t.square().neg().add(1)).clip(-1, 1) };
  });

  /** A step of training; reads the loss now and then. */
  async function train(k: number): Promise<void> {
    const n = 4 + k;
    const loss = scope(() => {
      const x = tensor(values(n * 12, k), { shape: [n, 12] });
      const labels = tensor(indices(n, k, 5));
      const step = valueAndGrad((p: typeof net) =>
        x.dense(p.w, p.b, 'relu').dropout(0.2, rng).dense(p.v).softmaxCrossEntropy(labels).mean(),
      )(net);
      adam.step(net, step.grad);
      return step.value;
    });
    if (k % 3 === 0) await loss.item();
    loss.dispose();
  }

  function filter(k: number): void {
    scope(() => {
      const size = 5 + (k % 4);
      const images = tensor(values(2 * size * size * 2, k), { shape: [2, size, size, 2] });
      const loss = (w: Tensor) =>
        images.conv2d(w, { padding: 'same' }).maxPool2d({ size: 2 }).gelu().square().mean();
      sgd.step(kernel, grad(loss)(kernel));
    });
  }

  function lookUp(k: number): void {
    scope(() => {
      const rows = tensor(indices(6 + k, k, 20));
      const loss = (p: Tensor) => held(p.take(rows, 0)).std(1).sum();
      sgd.step(table, grad(loss)(table));
      const scores = table.take(rows, 0).sum(1);
      scores
        .topk(3)
        .values.add(scores.sort().slice([0, 3]))
        .argmax();
    });
  }

  /** Views and what reads them, freed by hand. */
  async function rearrange(k: number): Promise<void> {
    const [rows, columns] = [3 + (k % 5), 7 + k];
    using x = tensor(values(rows * columns, k), { shape: [rows, columns] });
    using turned = x.T;
    using part = turned.slice([null, null, 2], [1, null]);
    const pieces = [x.flatten(), part.reshape([-1])];
    using joined = concat(pieces);
    for (const piece of pieces) piece.dispose();
    using padded = x.pad([
      [1, 0],
      [0, 2],
    ]);
    using tiled = padded.tile([2, 1]);
    using positive = tiled.greater(0);
    using chosen = where(positive, tiled, 0.5);
    using summed = chosen.sum(0);
    await Promise.all([joined.data(), summed.array()]);
  }

  function differentiate(k: number): void {
    scope(() => {
      const x = tensor(values(5 + k, k)).mul(0.5);
      const f = checkpoint((t: Tensor) => t.sin().mul(t).softmax().log().sum());
      grad((t: Tensor) => grad(f)(t).square().sum())(x);
      const m = x.reshape([-1, 1]).mul(x);
      grad((t: Tensor) => einsum('ij,jk->ik', t, t).layerNorm().logSumExp())(m);
      m.cumulativeSum().add(m.batchNorm()).max(1);
    });
  }

  /** Larger host data in and out, and a variable that is given another content. */
  async function exchange(k: number): Promise<void> {
    const n = 1000 * (k + 1);
    const x = tensor(values(n, k));
    const v = variable(x);
    x.dispose();
    using twice = v.mul(2);
    v.assign(twice);
    using view = v.slice([n - 10, n]);
    const reading = v.data();
    v.dispose();
    await reading;
    await view.data();
  }

  return {
    async cycle() {
      for (let k = 0; k < STEPS; k++) {
        await train(k);
        filter(k);
        lookUp(k);
        await rearrange(k);
        differentiate(k);
        await exchange(k);
        await afterStep();
      }
    },
    dispose() {
      for (const t of [...Object.values(net), kernel, table, adam, sgd]) t.dispose();
    },
  };
}
