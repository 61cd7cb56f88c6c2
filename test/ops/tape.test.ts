// The tape: gradients over trees, gradients of gradients, what is recorded and what is not. Expected values are closed
// forms.
import { describe, expect, it } from 'vitest';
import {
  concat,
  grad,
  NotDifferentiableError,
  noGrad,
  scope,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  where,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

describe('grad', () => {
  it('differentiates a polynomial up to the fourth order', async () => {
    const f = (x: Tensor) => x.pow(4); // 4x³, 12x², 24x, 24
    const orders = [grad(f), grad(grad(f)), grad(grad(grad(f))), grad(grad(grad(grad(f))))];
    const found = await Promise.all(orders.map((g) => g(tensor(1.5)).item()));
    [13.5, 27, 36, 24].forEach((expected, k) => {
      expect(found[k]).toBeCloseTo(expected, 3);
    });
  });

  it('keeps nested gradients by the same tensor apart', async () => {
    // d/dx [x · d/dy (x · y) at y = x] = d/dx x² = 2x: the inner gradient is by y alone, though y is x.
    const f = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => x.mul(y))(x));
    expect(await grad(f)(tensor(3)).item()).toBe(6);
  });

  it('gives zeros for what the result does not depend on', async () => {
    const { a, b } = grad((p: { a: Tensor; b: Tensor }) => p.a.mul(2).sum())({
      a: tensor([1, 2]),
      b: tensor([[1], [2]]),
    });
    expect(await a.array()).toEqual([2, 2]);
    expect(await b.array()).toEqual([[0], [0]]);
  });

  it('follows trees of arrays and objects', async () => {
    const params = [{ w: tensor([1, 2]), b: tensor(3) }, [tensor([4])]] as const;
    const [layer, [last]] = grad((p: typeof params) => p[0].w.mul(p[0].b).sum().mul(p[1][0]).sum())(
      params,
    ) as unknown as [{ w: Tensor; b: Tensor }, [Tensor]];
    expect(await layer.w.array()).toEqual([12, 12]);
    expect(await layer.b.item()).toBe(12);
    expect(await last.array()).toEqual([9]);
  });

  it('sums gradients over broadcast axes', async () => {
    const [a, b] = grad((p: [Tensor, Tensor]) => p[0].mul(p[1]).sum())([
      tensor([[1], [2]]),
      tensor([3, 4, 5]),
    ]) as Tensor[];
    expect(await a?.array()).toEqual([[12], [12]]);
    expect(await b?.array()).toEqual([3, 3, 3]);
  });

  it('adds up the uses of a tensor', async () => {
    const f = (x: Tensor) => concat([x, x.mul(2), x.slice([null, null, -1])]).sum();
    expect(await grad(f)(tensor([1, 2, 3])).array()).toEqual([4, 4, 4]);
  });

  it('needs neither the handles nor the scope of what the function made', async () => {
    const f = (x: Tensor) =>
      scope(() => {
        using squared = x.square();
        const cubed = squared.mul(x);
        const y = cubed.sum();
        cubed.dispose();
        return y;
      });
    expect(await grad(f)(tensor([1, 2])).array()).toEqual([3, 12]);
  });

  it('takes further arguments as constants', async () => {
    const f = (x: Tensor, k: number, y: Tensor) => x.mul(y).mul(k).sum();
    expect(await grad(f)(tensor([1, 2]), 10, tensor([3, 4])).array()).toEqual([30, 40]);
  });

  it('differentiates by a variable that the function reaches by itself', async () => {
    const w = variable(tensor([1, 2]));
    const { w: g } = grad((_: { w: Tensor }) => w.square().sum())({ w });
    expect(await g.array()).toEqual([2, 4]);
    w.dispose();
  });
});

describe('valueAndGrad', () => {
  it('gives the value, and hands aux through', async () => {
    const f = (x: Tensor): [Tensor, { double: Tensor }] => [x.square().sum(), { double: x.mul(2) }];
    const { value, grad: g, aux } = valueAndGrad(f, { aux: true })(tensor([1, 2]));
    expect(await value.item()).toBe(5);
    expect(await g.array()).toEqual([2, 4]);
    expect(await aux.double.array()).toEqual([2, 4]);
  });
});

describe('stopGradient and noGrad', () => {
  it('count as constants', async () => {
    expect(await grad((x: Tensor) => x.mul(stopGradient(x)).sum())(tensor([3])).array()).toEqual([3]);
    expect(await grad((x: Tensor) => x.mul(noGrad(() => x.square())).sum())(tensor([3])).array()).toEqual([
      9,
    ]);
  });
});

describe('what has no gradient', () => {
  it('is an error where the result depends on nothing else', () => {
    expect(() => grad((x: Tensor) => x.argmax().add(1).astype('float32'))(tensor([1, 2]))).toThrow(
      NotDifferentiableError,
    );
    expect(() => grad((x: Tensor) => x.argmax().add(1).astype('float32'))(tensor([1, 2]))).toThrow(
      /only through argmax/,
    );
  });

  it('is an error for that argument alone, and named', () => {
    const f = (p: { a: Tensor; b: Tensor }) => p.a.sum().add(p.b.argmax().astype('float32'));
    expect(() => grad(f)({ a: tensor([1]), b: tensor([1, 2]) })).toThrow(
      /one of the arguments only through argmax/,
    );
  });

  it('is named even where the operation converts its input first', () => {
    const f = (x: Tensor) => x.logicalNot().astype('float32').sum();
    expect(() => grad(f)(tensor([1, 2]))).toThrow(/only through logicalNot/);
  });

  it('is no error in a second derivative that is 0', async () => {
    const flat: ((x: Tensor) => Tensor)[] = [
      (x) => x.maximum(0).sum(),
      (x) => x.clip(0, 1).sum(),
      (x) => x.max(),
      (x) => where(x.greater(0), x, x.mul(2)).sum(),
      (x) => x.relu().sum(),
      (x) => x.abs().sum(),
      (x) => x.mul(3).sum(),
    ];
    for (const f of flat)
      expect(await grad((x: Tensor) => grad(f)(x).sum())(tensor([-1, 0.5, 2])).array()).toEqual([0, 0, 0]);
  });

  it('is no error beside something that has one', async () => {
    const f = (x: Tensor) => x.mul(x.greater(0).astype('float32')).sum();
    expect(await grad(f)(tensor([-1, 2])).array()).toEqual([0, 1]);
  });
});
