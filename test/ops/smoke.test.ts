import { beforeAll, expect, it } from 'vitest';
import {
  add,
  grad,
  memory,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
} from '../../src/index.ts';
import { testDevice } from '../place.ts';

beforeAll(testDevice);
it('adds', async () => {
  expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
  expect(
    await add(
      tensor([
        [1, 2],
        [3, 4],
      ]).T,
      tensor([10, 20]),
    ).array(),
  ).toEqual([
    [11, 23],
    [12, 24],
  ]);
  expect(
    await tensor([
      [1, 2],
      [3, 4],
    ])
      .matmul(
        tensor([
          [1, 2],
          [3, 4],
        ]).T,
      )
      .array(),
  ).toEqual([
    [5, 11],
    [11, 25],
  ]);
  expect(
    await tensor([
      [1, 2],
      [3, 4],
    ])
      .sum(0)
      .array(),
  ).toEqual([4, 6]);
  expect(
    await tensor([
      [1, 5],
      [3, 4],
    ])
      .argmax(1)
      .array(),
  ).toEqual([1, 1]);
});
it('differentiates', async () => {
  const f = (x: Tensor) => x.square().mul(x).sum();
  expect(await grad(f)(tensor([1, 2])).array()).toEqual([3, 12]);
  const g = (x: Tensor) => grad(f)(x).sum();
  expect(await grad(g)(tensor([1, 2])).array()).toEqual([6, 12]);
});
it('learns', async () => {
  const rng = random(1);
  const w = {
    w1: variable(rng.normal([2, 8])),
    b1: variable(rng.normal([8])),
    w2: variable(rng.normal([8, 2])),
  };
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([0, 1, 1, 0], { dtype: 'int32' });
  const opt = optimizers.adam(0.05);
  const before = memory();
  let last = 0;
  for (let i = 0; i < 200; i++) {
    const loss = scope(() => {
      const { value, grad } = valueAndGrad((p: typeof w) =>
        x.dense(p.w1, p.b1, 'tanh').dense(p.w2).softmaxCrossEntropy(y).mean(),
      )(w);
      opt.step(w, grad);
      return value;
    });
    if (i % 50 === 49) {
      last = await loss.item();
      console.log(i, last, memory());
    }
    loss.dispose();
  }
  console.log(before, memory());
  expect(last).toBeLessThan(0.1);
});
