// Lifetimes: scopes, dispose, using, keep, variables; and a training loop that ends with the live bytes it began with.
import { describe, expect, it } from 'vitest';
import { context } from '../../src/core/context.ts';
import {
  ArgumentError,
  DisposedError,
  defineOp,
  grad,
  keep,
  memory,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

describe('scope', () => {
  it('frees all but what it returns, in trees too', async () => {
    const before = live();
    const { a, list } = scope(() => {
      const x = tensor([1, 2, 3]);
      const a = x.add(1);
      return { a, list: [a.mul(2)] };
    });
    expect(live()).toEqual({ tensors: before.tensors + 2, bytes: before.bytes + 24 });
    expect(await a.array()).toEqual([2, 3, 4]);
    for (const t of [a, ...list]) t.dispose();
    expect(live()).toEqual(before);
  });

  it('hands its result to the scope around it', () => {
    const before = live();
    scope(() => {
      scope(() => tensor([1, 2]).add(1));
    });
    expect(live()).toEqual(before);
  });

  it('lets go of what keep() takes out', () => {
    const before = live();
    let kept: Tensor | undefined;
    scope(() => {
      kept = keep(tensor([1, 2]));
    });
    expect(live().bytes).toBe(before.bytes + 8);
    kept?.dispose();
    expect(live()).toEqual(before);
  });

  it('frees after an error, and refuses a promise', () => {
    const before = live();
    expect(() =>
      scope(() => {
        tensor([1, 2]);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(() => scope(async () => tensor([1]))).toThrow(ArgumentError);
    expect(live()).toEqual(before);
  });

  it('never owns variables', async () => {
    const v = scope(() => {
      const inner = variable(tensor([1, 2]));
      tensor([3]);
      return { it: inner };
    }).it;
    expect(await v.array()).toEqual([1, 2]);
    v.dispose();
  });
});

describe('dispose', () => {
  it('gives the memory back once, and later use is an error', async () => {
    const before = live();
    const x = tensor([1, 2]);
    const view = x.reshape([2, 1]);
    x.dispose();
    x.dispose();
    expect(() => x.add(1)).toThrow(DisposedError);
    expect(() => x.add(1)).toThrow(/float32 \[2\]\) was disposed/);
    await expect(x.data()).rejects.toThrow(DisposedError);
    expect(await view.array()).toEqual([[1], [2]]);
    view.dispose();
    expect(live()).toEqual(before);
  });

  it('is what `using` calls', () => {
    const before = live();
    {
      using x = tensor([1, 2]);
      using y = x.add(1);
      expect(y.shape).toEqual([2]);
    }
    expect(live()).toEqual(before);
  });
});

describe('variables', () => {
  it('leave the old content to who holds it', async () => {
    const v = variable(tensor([1, 2]));
    const view = v.reshape([2, 1]);
    const sgd = optimizers.sgd(1);
    sgd.step([v], [tensor([10, 10])]);
    expect(await v.array()).toEqual([-9, -8]);
    expect(await view.array()).toEqual([[1], [2]]);
    v.assign(tensor([5, 6]));
    expect(await v.array()).toEqual([5, 6]);
    expect(await view.array()).toEqual([[1], [2]]);
    sgd.dispose();
    v.dispose();
  });

  it('that share a storage after assign change apart', async () => {
    const [v, w] = [variable(tensor([1, 2])), variable(tensor([3, 4]))];
    v.assign(w);
    const sgd = optimizers.sgd(1);
    sgd.step([v], [w]); // v and its gradient are one storage
    expect(await v.array()).toEqual([0, 0]);
    expect(await w.array()).toEqual([3, 4]);
    sgd.learningRate = 0.5;
    sgd.step([w], [w]);
    expect(await w.array()).toEqual([1.5, 2]);
    sgd.dispose();
    for (const x of [v, w]) x.dispose();
  });

  it('may begin as a constant or a slice', async () => {
    const z = variable(zeros([3]));
    const s = variable(tensor([1, 2, 3, 4]).slice([1, 3]));
    const sgd = optimizers.sgd(1);
    sgd.step([z, s], [tensor([1, 2, 3]), tensor([1, 1])]);
    expect(await z.array()).toEqual([-1, -2, -3]);
    expect(await s.array()).toEqual([1, 2]);
    sgd.dispose();
    for (const x of [z, s]) x.dispose();
  });

  it('inside a gradient keep what backward needs', async () => {
    const v = variable(tensor([2, 3]));
    const g = grad((p: Tensor) => {
      const y = p.square().sum();
      v.assign(tensor([100, 100])); // the tape holds the old content
      return y;
    })(v);
    expect(await g.array()).toEqual([4, 6]);
    v.dispose();
  });
});

describe('a training loop', () => {
  it('of 1,000 steps ends with the live bytes that it began with', async () => {
    const rng = random(1);
    const x = rng.normal([16, 6]);
    const labels = rng.integers(0, 3, [16]);
    const p = { w: variable(rng.normal([6, 5])), b: variable(zeros([5])), v: variable(rng.normal([5, 3])) };
    const adam = optimizers.adam(0.01);
    const step = () => {
      const { value, grad: g } = valueAndGrad((q: typeof p) =>
        x.dense(q.w, q.b, 'relu').dense(q.v).softmaxCrossEntropy(labels).mean(),
      )(p);
      adam.step(p, g);
      return value;
    };
    const first = await scope(step).item();
    const before = live();
    for (let i = 0; i < 1000; i++) {
      const loss = scope(step);
      if (i % 250 === 249) expect(await loss.item()).toBeLessThan(first);
      loss.dispose();
    }
    expect(live()).toEqual(before);
    adam.dispose();
    for (const w of Object.values(p)) w.dispose();
  });
});

describe('handles and errors', () => {
  it('a tensor that is disposed leaves its scope at once', () => {
    scope(() => {
      const owned = context.scopes.at(-1)?.owned;
      const before = owned?.size;
      tensor([1, 2]).add(1).dispose();
      expect(owned?.size).toBe((before ?? 0) + 1); // the operand alone
    });
  });

  it('a gradient that fails on the way back leaves nothing behind', () => {
    const failing = defineOp({
      name: 'failing',
      wgsl: 'a',
      cpu: (a) => a,
      vjp: () => {
        throw new Error('no gradient today');
      },
    });
    const x = tensor([1, 2]);
    const before = live();
    for (let i = 0; i < 3; i++)
      expect(() => grad((t: Tensor) => failing(t.mul(2)).sum())(x)).toThrow('no gradient today');
    expect(live()).toEqual(before);
  });

  it('a value that the function did not make is handed out under its own handle', async () => {
    const v = variable(tensor(3));
    const { value } = valueAndGrad((p: Tensor) => p)(v);
    value.dispose();
    expect(await v.item()).toBe(3);
    v.dispose();
  });

  it('shapes cannot be changed from outside', () => {
    const shape = [2, 2];
    const x = tensor([1, 2, 3, 4], { shape });
    shape[0] = 5;
    expect(x.shape).toEqual([2, 2]);
    expect(() => (x.shape as number[]).push(3)).toThrow(TypeError);
  });
});

describe('optimizers', () => {
  it('pair parameters and gradients by name', async () => {
    const p = { a: variable(tensor([0])), b: variable(tensor([0])) };
    const sgd = optimizers.sgd(1);
    sgd.step(p, { b: tensor([10]), a: tensor([1]) });
    expect([await p.a.item(), await p.b.item()]).toEqual([-1, -10]);
    expect(() => sgd.step(p, [tensor([1]), tensor([1])])).toThrow(/\.a stands in one of them only/);
    for (const t of [p.a, p.b, sgd]) t.dispose();
  });

  it('may have their step taken out', async () => {
    const v = variable(tensor([5]));
    const sgd = optimizers.sgd(1);
    const { step } = sgd;
    step([v], [tensor([2])]);
    sgd.learningRate = 0.5;
    step([v], [tensor([2])]);
    expect(await v.item()).toBe(2);
    for (const t of [v, sgd]) t.dispose();
  });

  it('change nothing where anything is wrong', async () => {
    const [v, w] = [variable(tensor([1])), variable(tensor([2]))];
    const sgd = optimizers.sgd(1);
    const gone = tensor([1]);
    gone.dispose();
    expect(() => sgd.step([v, w], [tensor([1]), gone])).toThrow(/sgd: this tensor .* was disposed/);
    expect(() => sgd.step([v, w], [tensor([1]), tensor([[1]])])).toThrow(
      /parameter \[1\] has shape \[1\], its gradient \[1, 1\]/,
    );
    sgd.learningRate = Number.NaN;
    expect(() => sgd.step([v, w], [tensor([1]), tensor([1])])).toThrow(/learningRate must be a number/);
    expect([await v.item(), await w.item()]).toEqual([1, 2]);
    const whole = variable(tensor(Int32Array.of(5)));
    expect(() => optimizers.sgd().step([whole], [tensor(Int32Array.of(1))])).toThrow(
      /only float32 and float64/,
    );
    for (const t of [v, w, whole, sgd]) t.dispose();
  });
});

describe('variables inside a gradient', () => {
  it('pass gradients on from what they are given', async () => {
    const u = variable(tensor([0]));
    const f = (x: Tensor) => {
      u.assign(x.mul(3));
      return u.mul(u).sum();
    };
    expect(await grad(f)(tensor([2])).array()).toEqual([36]); // (3x)² → 18x
    const g = (x: Tensor) => {
      const v = variable(x.mul(3));
      const y = v.mul(v).sum();
      v.dispose();
      return y;
    };
    expect(await grad(g)(tensor([2])).array()).toEqual([36]);
    u.dispose();
  });
});
