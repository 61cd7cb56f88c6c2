// Variables and optimizers on every device: no scope owns them, who holds the old content keeps it, and one storage
// under two names is seen. The hazards of WebGPU behind that are in gpu/hazards.test.ts.
import { describe, expect, it } from 'vitest';
import {
  grad,
  init,
  memory,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  withDevice,
  zeros,
} from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

describe('variables and optimizer state are never owned by a scope', () => {
  it('variables, returned or not', async () => {
    const made: Variable[] = [];
    const before = live();
    const inTree = scope(() => {
      made.push(variable(tensor([1, 2])));
      tensor([3]);
      return { it: variable(tensor([4, 5])) };
    });
    expect(live()).toEqual({ tensors: before.tensors + 2, bytes: before.bytes + 16 });
    expect(await made[0]?.array()).toEqual([1, 2]);
    expect(await inTree.it.array()).toEqual([4, 5]);
    for (const v of [...made, inTree.it]) v.dispose();
    expect(live()).toEqual(before);
  });

  it('the state of optimizers, which begins in the first step', async () => {
    const v = scope(() => variable(tensor([0])));
    const [sgd, adam] = [optimizers.sgd({ learningRate: 1, momentum: 0.5 }), optimizers.adam(0)];
    const before = live();
    for (let step = 0; step < 3; step++)
      scope(() => {
        const g = tensor([1]);
        sgd.step([v], [g]);
        adam.step([v], [g]);
      });
    const slice = 64 * 4; // a variable's part of each buffer of state
    expect(live()).toEqual({ tensors: before.tensors + 3, bytes: before.bytes + 3 * slice }); // a velocity, two moments
    expect(await v.item()).toBe(-1 - 1.5 - 1.75);
    sgd.dispose();
    adam.dispose();
    expect(live()).toEqual(before);
    v.dispose();
  });

  it('nor is what is assigned inside', async () => {
    const v = variable(tensor([1, 2]));
    scope(() => v.assign(tensor([3, 4]).mul(2)));
    expect(await v.array()).toEqual([6, 8]);
    v.dispose();
  });

  it('state goes with the last of its variables', () => {
    const [v, w, u] = scope(
      () => [1, 2, 3].map((x) => variable(tensor([x]))) as [Variable, Variable, Variable],
    );
    const g = tensor([1]);
    const adam = optimizers.adam();
    const slice = 64 * 4;
    const before = live();
    adam.step([v, w], [g, g]);
    v.dispose();
    adam.step([w], [g]);
    expect(live()).toEqual({ tensors: before.tensors - 1 + 2, bytes: before.bytes - 4 + 2 * 2 * slice });
    w.dispose();
    adam.step([u], [g]); // u's state in place of theirs
    expect(live()).toEqual({ tensors: before.tensors - 2 + 2, bytes: before.bytes - 8 + 2 * slice });
    adam.dispose();
    u.dispose();
  });
});

describe('assign and updates while somebody holds the old content', () => {
  it('a view keeps it', async () => {
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

  it('a view of a part keeps it', async () => {
    const v = variable(tensor([1, 2, 3, 4]));
    const part = v.slice([1, 3]);
    const sgd = optimizers.sgd(1);
    sgd.step([v], [tensor([1, 1, 1, 1])]);
    expect(await part.array()).toEqual([2, 3]);
    expect(await v.array()).toEqual([0, 1, 2, 3]);
    sgd.dispose();
    v.dispose();
  });

  it('the tensor that it began with, or was given, keeps it', async () => {
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    const v = variable(x);
    const sgd = optimizers.sgd(1);
    sgd.step([v], [tensor([1, 1])]);
    v.assign(y);
    sgd.step([v], [tensor([1, 1])]);
    expect(await v.array()).toEqual([2, 3]);
    expect([await x.array(), await y.array()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    sgd.dispose();
    v.dispose();
  });

  it('a read that is under way keeps it', async () => {
    const v = variable(tensor([1, 2]));
    const sgd = optimizers.sgd(1);
    const reading = v.data();
    sgd.step([v], [tensor([1, 1])]);
    const after = v.data();
    v.assign(tensor([7, 7]));
    expect([[...(await reading)], [...(await after)]]).toEqual([
      [1, 2],
      [0, 1],
    ]);
    sgd.dispose();
    v.dispose();
  });

  it.each<[string, (v: Variable) => void]>([
    ['assign', (v) => v.assign(tensor([100, 100]))],
    [
      'an update',
      (v) => {
        const sgd = optimizers.sgd(1);
        sgd.step([v], [tensor([100, 100])]);
        sgd.dispose();
      },
    ],
  ])('a tape keeps it: %s', async (_, change) => {
    const v = variable(tensor([2, 3]));
    const f = (p: Variable) => {
      const y = p.square().sum();
      change(p); // the tape holds the old content
      return y;
    };
    expect(await grad(f as (p: Tensor) => Tensor)(v).array()).toEqual([4, 6]);
    expect(await v.array()).not.toEqual([2, 3]);
    v.dispose();
  });
});

describe('one storage under two names', () => {
  it('v.assign(w): they change apart from then on', async () => {
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

  it('v.assign(v) changes nothing', async () => {
    const v = variable(tensor([1, 2]));
    const before = live();
    v.assign(v);
    expect(live()).toEqual(before);
    expect(await v.array()).toEqual([1, 2]);
    v.dispose();
  });

  it('both of a step after v.assign(w)', async () => {
    const [v, w] = [variable(tensor([0, 0])), variable(tensor([3, 4]))];
    v.assign(w);
    const sgd = optimizers.sgd(1);
    sgd.step([v, w], [tensor([1, 1]), tensor([2, 2])]);
    expect([await v.array(), await w.array()]).toEqual([
      [2, 3],
      [1, 2],
    ]);
    for (const t of [sgd, v, w]) t.dispose();
  });

  it.each<[string, (v: Variable) => Tensor]>([
    ['itself', (v) => v],
    ['a view of it', (v) => v.reshape([4]).reshape([2, 2])],
    ['its transpose', (v) => v.T],
    ['it backwards', (v) => v.flip()],
  ])('a variable whose gradient is %s', async (_, gradient) => {
    const values = [
      [1, 2],
      [3, 4],
    ];
    for (const make of [optimizers.sgd, optimizers.adam]) {
      const [v, apart, ofV, ofApart] = [variable(tensor(values)), variable(tensor(values)), make(1), make(1)];
      ofApart.step([apart], [gradient(apart).add(0)]); // a gradient of its own
      ofV.step([v], [gradient(v)]);
      expect(await v.array()).toEqual(await apart.array());
      expect(await v.array()).not.toEqual(values);
      for (const t of [v, apart, ofV, ofApart]) t.dispose();
    }
  });

  it('one gradient for two variables', async () => {
    const [v, w, g] = [variable(tensor([1, 1])), variable(tensor([2, 2])), tensor([1, 2])];
    const sgd = optimizers.sgd(1);
    sgd.step([v, w], [g, g]);
    expect([await v.array(), await w.array(), await g.array()]).toEqual([
      [0, -1],
      [1, 0],
      [1, 2],
    ]);
    for (const t of [sgd, v, w]) t.dispose();
  });

  it('tied weights: one variable in two layers gets both gradients, in one update', async () => {
    const w = variable(tensor([[2]]));
    const x = tensor([[3]]);
    const f = (p: { w: Variable }) => x.matmul(p.w).matmul(p.w.T).sum(); // 3w²
    const g = grad(f as (p: { w: Tensor }) => Tensor)({ w });
    expect(await g.w.array()).toEqual([[12]]);
    const sgd = optimizers.sgd(0.125);
    sgd.step({ w }, g);
    expect(await w.array()).toEqual([[0.5]]);
    for (const t of [sgd, w]) t.dispose();
  });

  it('a parameter that stands in a tree twice is refused', () => {
    const w = variable(tensor([1]));
    const sgd = optimizers.sgd(1);
    expect(() => sgd.step([w, w], [tensor([1]), tensor([1])])).toThrow(
      'sgd: a variable stands twice among the parameters',
    );
    for (const t of [sgd, w]) t.dispose();
  });

  it('variables may begin as a constant or a slice', async () => {
    const z = variable(zeros([3]));
    const s = variable(tensor([1, 2, 3, 4]).slice([1, 3]));
    const sgd = optimizers.sgd(1);
    sgd.step([z, s], [tensor([1, 2, 3]), tensor([1, 1])]);
    expect(await z.array()).toEqual([-1, -2, -3]);
    expect(await s.array()).toEqual([1, 2]);
    sgd.dispose();
    for (const x of [z, s]) x.dispose();
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

describe('optimizers', () => {
  it('pair parameters and gradients by name', async () => {
    const p = { a: variable(tensor([0])), b: variable(tensor([0])) };
    const sgd = optimizers.sgd(1);
    sgd.step(p, { b: tensor([10]), a: tensor([1]) });
    expect([await p.a.item(), await p.b.item()]).toEqual([-1, -10]);
    expect(() => sgd.step(p, [tensor([1]), tensor([1])])).toThrow(/\.a stands in one of them only/);
    for (const t of [p.a, p.b, sgd]) t.dispose();
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

  it('refuse what is no tensor, and other devices', async () => {
    expect(() => variable(3 as never)).toThrow('variable: takes a tensor, got 3; wrap it: tensor(...)');
    const v = variable(tensor([1]));
    expect(() => v.assign([1] as never)).toThrow('assign: takes a tensor, got [1]; wrap it: tensor(...)');
    const other = await init('cpu');
    await testDevice();
    const there = withDevice(other, () => tensor([1]));
    expect(() => v.assign(there)).toThrow(/assign: the variable is on .*, the value on another device/);
    v.dispose();
  });
});
