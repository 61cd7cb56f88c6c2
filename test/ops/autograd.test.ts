// customGradient, checkpoint and defineOp: gradients of the user's own making, of first and second order. Expected values
// are closed forms.
import { describe, expect, it } from 'vitest';
import {
  checkpoint,
  customGradient,
  defineOp,
  grad,
  memory,
  NotDifferentiableError,
  random,
  scope,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

describe('customGradient', () => {
  it('replaces the gradient', async () => {
    const held = customGradient((x: Tensor) => ({ value: x, vjp: (g) => g.clip(-1, 1) }));
    expect(
      await grad((x: Tensor) =>
        held(x)
          .mul(tensor([5, 0.5]))
          .sum(),
      )(tensor([1, 2])).array(),
    ).toEqual([1, 0.5]);
  });

  it('may use what the function computed, and is differentiable in turn', async () => {
    // x³ with its true gradient 3x², through a value computed inside: the second derivative must be 6x.
    const cube = customGradient((x: Tensor) => {
      const square = x.square();
      return { value: square.mul(x), vjp: (g) => g.mul(square).mul(3) };
    });
    const f = (x: Tensor) => cube(x).sum();
    expect(await cube(tensor([2, 3])).array()).toEqual([8, 27]);
    expect(await grad(f)(tensor([2, 3])).array()).toEqual([12, 27]);
    expect(await grad((x: Tensor) => grad(f)(x).sum())(tensor([2, 3])).array()).toEqual([12, 18]);
  });

  it('takes several arguments, of which some have no gradient', async () => {
    const f = customGradient((x: Tensor, y: Tensor) => ({ value: x.mul(y), vjp: (g) => [g.mul(100), null] }));
    const [gx, gy] = grad((p: [Tensor, Tensor]) => f(...p).sum())([
      tensor([1, 2]),
      tensor([3, 4]),
    ]) as Tensor[];
    expect(await gx?.array()).toEqual([100, 100]);
    expect(await gy?.array()).toEqual([0, 0]);
  });
});

describe('checkpoint', () => {
  const block = (x: Tensor, w: Tensor) => x.matmul(w).tanh().matmul(w.mT).sum();

  it('gives the same values and gradients of both orders', async () => {
    const rng = random(1);
    const [x, w] = [rng.normal([3, 4]), rng.normal([4, 5])];
    const both = (f: typeof block) => {
      const second = (p: [Tensor, Tensor]) => {
        const [gx, gw] = grad((q: [Tensor, Tensor]) => f(...q))(p) as [Tensor, Tensor];
        return gx.square().sum().add(gw.square().sum());
      };
      return [
        ...(grad((p: [Tensor, Tensor]) => f(...p))([x, w]) as Tensor[]),
        ...(grad(second)([x, w]) as Tensor[]),
      ];
    };
    const [plain, again] = [both(block), both(checkpoint(block))];
    for (const [k, t] of plain.entries()) {
      const [a, b] = [await t.data(), (await again[k]?.data()) ?? []];
      a.forEach((v, i) => {
        expect(b[i]).toBeCloseTo(v, 5);
      });
    }
  });

  it('keeps less for the way back', () => {
    const deep = (x: Tensor) => {
      let h = x;
      for (let i = 0; i < 20; i++) h = h.tanh();
      return h.sum();
    };
    const x = tensor(new Float32Array(1000));
    const peakOf = (f: (t: Tensor) => Tensor): number => {
      let most = 0;
      scope(() => {
        grad((t: Tensor) => {
          const y = scope(() => f(t));
          most = memory().bytes;
          return y;
        })(x);
      });
      return most;
    };
    expect(peakOf(deep) - peakOf(checkpoint(deep))).toBeGreaterThanOrEqual(18 * 4000);
  });

  it('draws the same random numbers the second time', async () => {
    const rng = random(4);
    const noisy = checkpoint((x: Tensor) => x.mul(rng.uniform([5])).sum());
    const x = tensor([1, 1, 1, 1, 1]);
    const g = grad(noisy)(x);
    const next = await rng.uniform([5]).array();
    const reference = random(4);
    expect(await g.array()).toEqual(await reference.uniform([5]).array());
    expect(next).toEqual(await reference.uniform([5]).array());
  });
});

describe('defineOp', () => {
  const cube = defineOp({
    name: 'cube',
    wgsl: 'a * a * a',
    cpu: (a) => a * a * a,
    vjp: (g, [x]) => [g.mul(x.square().mul(3))],
  });

  it('computes on every device, with gradients of any order', async () => {
    expect(
      await cube(
        tensor([
          [1, 2],
          [3, 4],
        ]).T,
      ).array(),
    ).toEqual([
      [1, 27],
      [8, 64],
    ]);
    expect(await grad((x: Tensor) => cube(x).sum())(tensor([2])).array()).toEqual([12]);
    expect(
      await grad((x: Tensor) => grad((y: Tensor) => cube(y).sum())(x).sum())(tensor([2])).array(),
    ).toEqual([12]);
  });

  it('broadcasts, takes numbers, and may call our scalar functions', async () => {
    const blend = defineOp({ name: 'blend', wgsl: 'max_(a, b) * c', cpu: (a, b, c) => Math.max(a, b) * c });
    expect(await blend(tensor([[1], [5]]), tensor([2, 3]), 10).array()).toEqual([
      [20, 30],
      [50, 50],
    ]);
    expect(() => grad((x: Tensor) => blend(x, 0, 1).sum())(tensor([1]))).toThrow(NotDifferentiableError);
  });
});
