// Variables that are updated together: on WebGPU they come to lie in one block of memory, where one dispatch reaches all of
// them. Each stays a tensor of its own in every way; on the CPU device the same must hold. Where the numbers come from:
// plain gradient descent, by hand.
import { describe, expect, it } from 'vitest';
import {
  capture,
  grad,
  ones,
  optimizers,
  random,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const descent = () => optimizers.sgd({ learningRate: 1 });

/** Variables of 3 and 5 elements that were updated together once, by nothing. */
function pair() {
  const [a, b] = [variable(tensor([1, 2, 3])), variable(tensor([10, 20, 30, 40, 50]))];
  const sgd = descent();
  sgd.step([a, b], [tensor([0, 0, 0]), tensor([0, 0, 0, 0, 0])]);
  return { a, b, sgd };
}

describe('variables that are updated together', () => {
  it('keep their content and take each its own update, whatever their sizes', async () => {
    const rng = random(3);
    const sizes = [1, 3, 64, 65, 200, 4096, 7, 130, 2, 5, 66, 63, 11, 300]; // more than one dispatch has room for
    const first = await Promise.all(sizes.map((n) => rng.normal([n]).data()));
    const steps = await Promise.all(sizes.map((n) => rng.normal([n]).data()));
    const list = first.map((data) => variable(tensor(data)));
    const sgd = descent();
    for (let i = 0; i < 2; i++)
      sgd.step(
        list,
        steps.map((data) => tensor(data)),
      );
    for (const [k, w] of list.entries()) {
      const [begin, step] = [first[k] as Float32Array, steps[k] as Float32Array];
      const want = begin.map((x, i) =>
        Math.fround(Math.fround(x - (step[i] as number)) - (step[i] as number)),
      );
      expect(await w.data()).toEqual(want);
      w.dispose();
    }
  });

  it('leave the old content to who holds it, and are updated all the same', async () => {
    const { a, b, sgd } = pair();
    const view = a.slice([1, 3]);
    sgd.step([a, b], [tensor([1, 1, 1]), tensor([1, 1, 1, 1, 1])]);
    expect(await view.array()).toEqual([2, 3]);
    expect(await a.array()).toEqual([0, 1, 2]);
    view.dispose();
    sgd.step([a, b], [tensor([1, 1, 1]), tensor([1, 1, 1, 1, 1])]);
    expect(await a.array()).toEqual([-1, 0, 1]);
    expect(await b.array()).toEqual([8, 18, 28, 38, 48]);
    for (const v of [a, b]) v.dispose();
  });

  it('can be the gradients of one another, one of them frozen or not', async () => {
    const [a, b, c] = [
      [1, 2, 3],
      [10, 20, 30],
      [5, 5, 5],
    ].map((x) => variable(tensor(x))) as [
      ReturnType<typeof variable>,
      ReturnType<typeof variable>,
      ReturnType<typeof variable>,
    ];
    const sgd = descent();
    const zero = tensor([0, 0, 0]);
    sgd.step([a, b, c], [zero, zero, zero]);
    sgd.step([a, b], [b, a]); // both as they were before the step
    expect(await a.array()).toEqual([-9, -18, -27]);
    expect(await b.array()).toEqual([9, 18, 27]);
    sgd.step([a], [c]); // in the same block, and not updated
    expect(await a.array()).toEqual([-14, -23, -32]);
    expect(await c.array()).toEqual([5, 5, 5]);
    for (const v of [a, b, c]) v.dispose();
  });

  it('are assigned to each other, captured or not', async () => {
    const [a, b, c] = [variable(tensor([1, 2, 3])), variable(tensor([4, 5])), variable(tensor([7, 8, 9]))];
    const sgd = descent();
    sgd.step([a, b, c], [tensor([0, 0, 0]), tensor([0, 0]), tensor([0, 0, 0])]);
    const step = capture((g: Tensor) => {
      sgd.step([a, c], [g, g]);
      c.assign(a);
    });
    for (let i = 0; i < 4; i++) step(tensor([1, 1, 1]));
    expect(await a.array()).toEqual([-3, -2, -1]);
    expect(await c.array()).toEqual([-3, -2, -1]);
    a.assign(tensor([1, 1, 1]));
    step(tensor([1, 1, 1]));
    expect(await a.array()).toEqual([0, 0, 0]);
    expect(await c.array()).toEqual([0, 0, 0]);
    expect(await b.array()).toEqual([4, 5]);
    step.dispose();
    for (const v of [a, b, c]) v.dispose();
  });

  it('outlive one another, and what is read of one is its own', async () => {
    const { a, b, sgd } = pair();
    a.dispose();
    const others = [1, 2, 3].map((k) => variable(tensor([k, k, k]))); // what may lie where a was
    sgd.step([b], [tensor([1, 1, 1, 1, 1])]);
    expect(await b.array()).toEqual([9, 19, 29, 39, 49]);
    expect(await b.reshape([5, 1]).mT.array()).toEqual([[9, 19, 29, 39, 49]]);
    expect(await b.slice([4, null, -2]).array()).toEqual([49, 29, 9]);
    expect(await others[1]?.array()).toEqual([2, 2, 2]);
    for (const v of [b, ...others]) v.dispose();
  });

  it('are read by kernels of every kind next to each other', async () => {
    const rng = random(5);
    const [x, w, v] = [
      await rng.normal([4, 8]).data(),
      await rng.normal([8, 3]).data(),
      await rng.normal([3]).data(),
    ];
    const plain = { x: tensor(x, { shape: [4, 8] }), w: tensor(w, { shape: [8, 3] }), v: tensor(v) };
    const own = { x: variable(plain.x), w: variable(plain.w), v: variable(plain.v) };
    const f = (p: { x: Tensor; w: Tensor; v: Tensor }) =>
      p.x
        .dense(p.w, p.v, 'tanh')
        .add(p.v)
        .layerNorm(p.v, p.v)
        .softmax()
        .mul(p.x.slice(null, [0, 3]))
        .sum();
    const zero = (t: Tensor) => t.mul(0);
    descent().step(own, { x: zero(own.x), w: zero(own.w), v: zero(own.v) });
    expect(await f(own).item()).toBe(await f(plain).item());
    const [mine, theirs] = [grad(f)(own), grad(f)(plain)];
    for (const k of ['x', 'w', 'v'] as const) expect(await mine[k].data()).toEqual(await theirs[k].data());
    for (const t of Object.values(own)) t.dispose();
  });

  it('serve several captured steps of one optimizer, each with its own variables', async () => {
    const { a, b, sgd } = pair();
    let calls = 0;
    const steps = [a, b].map((w) =>
      capture((g: Tensor) => {
        calls++;
        sgd.step([w], [g]);
      }),
    );
    for (let i = 0; i < 6; i++) {
      steps[0]?.(tensor([1, 1, 1]));
      steps[1]?.(tensor([1, 1, 1, 1, 1]));
    }
    expect(await a.array()).toEqual([-5, -4, -3]);
    expect(await b.array()).toEqual([4, 14, 24, 34, 44]);
    if (a.device.kind === 'webgpu') expect(calls).toBe(4); // two recordings each: neither invalidates the other
    for (const step of steps) step.dispose();
    for (const v of [a, b]) v.dispose();
  });

  it('may be empty, or too large to lie next to others', async () => {
    const sizes = [2, 0, 2 ** 16 + 1, 3];
    const list = sizes.map((n) => variable(zeros([n])));
    const sgd = descent();
    for (let i = 0; i < 2; i++)
      sgd.step(
        list,
        sizes.map((n) => ones([n])),
      );
    for (const [k, w] of list.entries()) {
      expect(await w.data()).toEqual(new Float32Array(sizes[k] as number).fill(-2));
      expect(await w.sum().item()).toBe(0 - 2 * (sizes[k] as number));
      w.dispose();
    }
  });

  it('go on from a saved state', async () => {
    const [a, b] = [variable(tensor([1, 2, 3])), variable(tensor([4, 5]))];
    const momentum = () => optimizers.sgd({ learningRate: 1, momentum: 0.5 });
    const [one, other] = [momentum(), momentum()];
    const g = () => [tensor([1, 1, 1]), tensor([2, 2])];
    one.step([a, b], g());
    const saved = await one.getState([a, b]);
    other.setState([a, b], saved);
    other.step([a, b], g());
    expect(await a.array()).toEqual([-1.5, -0.5, 0.5]); // 1 + 1.5
    expect(await b.array()).toEqual([-1, 0]); // 2 + 3
    for (const o of [one, other]) o.dispose();
    for (const v of [a, b]) v.dispose();
  });
});
