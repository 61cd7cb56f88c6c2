// What weights begin with, and what they are held to: initializers by their moments, regularizers and constraints by their values.
import { describe, expect, it } from 'vitest';
import { constraints, initializers, random, regularizers, type Tensor, tensor } from '../../src/index.ts';
import { close, leavingNothing, values } from './common.ts';

leavingNothing();

describe('initializers', () => {
  const N = 200;
  const draw = (make: (shape: number[], rng: ReturnType<typeof random>) => Tensor, shape: number[]) =>
    values(make(shape, random(5)));
  const spread = (list: number[]) => {
    const mean = list.reduce((s, v) => s + v, 0) / list.length;
    return { mean, std: Math.sqrt(list.reduce((s, v) => s + (v - mean) ** 2, 0) / list.length) };
  };

  it('have the moments and bounds of Keras', () => {
    const [fanIn, fanOut] = [N, N / 2];
    const expected: [name: keyof typeof initializers, std: number, bound: number][] = [
      ['glorotNormal', Math.sqrt(2 / (fanIn + fanOut)), 2 / 0.8796256610342398],
      ['glorotUniform', Math.sqrt(2 / (fanIn + fanOut)), Math.sqrt(3)],
      ['heNormal', Math.sqrt(2 / fanIn), 2 / 0.8796256610342398],
      ['heUniform', Math.sqrt(2 / fanIn), Math.sqrt(3)],
      ['lecunNormal', Math.sqrt(1 / fanIn), 2 / 0.8796256610342398],
      ['lecunUniform', Math.sqrt(1 / fanIn), Math.sqrt(3)],
      ['randomNormal', 0.05, 6],
      ['randomUniform', 0.05 / Math.sqrt(3), Math.sqrt(3)],
      ['truncatedNormal', 0.05 * 0.8796256610342398, 2 / 0.8796256610342398],
    ];
    for (const [name, std, bound] of expected) {
      const list = draw((initializers[name] as () => never)() as never, [fanIn, fanOut]);
      const found = spread(list);
      const error = 4 / Math.sqrt(list.length); // four standard errors of the mean
      expect(Math.abs(found.mean), name).toBeLessThan(error * std);
      expect(Math.abs(found.std / std - 1), name).toBeLessThan(error);
      expect(Math.max(...list.map(Math.abs)), name).toBeLessThanOrEqual(bound * std * (1 + 1e-6));
    }
  });

  it('count the window of a convolution, and take a vector for its own fan', () => {
    const kernel = draw(initializers.heUniform(), [3, 3, 8, 4]);
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 72));
    expect(Math.max(...kernel.map(Math.abs))).toBeGreaterThan(0.95 * Math.sqrt(6 / 72));
    const bias = draw(initializers.glorotUniform(), [600]);
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 1200));
  });

  it('orthogonal gives orthonormal rows or columns, whatever the shape', () => {
    for (const [rows, columns] of [
      [6, 6],
      [40, 7],
      [7, 40],
      [64, 64],
      [1, 1],
      [3, 1],
    ] as const) {
      const q = initializers.orthogonal({ gain: 2 })([rows, columns], random(rows));
      const gram = rows >= columns ? q.mT.matmul(q) : q.matmul(q.mT);
      const n = Math.min(rows, columns);
      const want = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 4 : 0));
      values(gram).forEach((v, i) => {
        expect(Math.abs(v - (want[i] as number))).toBeLessThan(2e-5);
      });
    }
    expect(initializers.orthogonal()([3, 3, 2, 4], random(1)).shape).toEqual([3, 3, 2, 4]);
    expect(() => initializers.orthogonal()([3], random(1))).toThrow(
      'orthogonal: at least two axes are needed',
    );
  });

  it('and the plain ones are what they say', () => {
    close(draw(initializers.identity({ gain: 3 }), [2, 3]), [3, 0, 0, 0, 3, 0]);
    close(draw(initializers.constant(2), [2]), [2, 2]);
    close(draw(initializers.zeros(), [2]), [0, 0]);
    close(draw(initializers.ones(), [2]), [1, 1]);
  });
});

it('regularizers are sums over a weight', () => {
  const w = tensor([
    [1, -2],
    [3, 0],
  ]);
  close(values(regularizers.l1()(w)), [0.06]);
  close(values(regularizers.l2(0.5)(w)), [7]);
  close(values(regularizers.l1l2({ l1: 1, l2: 2 })(w)), [34]);
  close(values(regularizers.l1l2()(w)), [0]);
});

it('constraints hold norms along an axis, or signs', () => {
  const w = tensor([
    [3, 0.3],
    [4, 0.4],
  ]);
  close(values(constraints.maxNorm({ maxValue: 2 })(w)), [1.2, 0.3, 1.6, 0.4]);
  close(values(constraints.unitNorm()(w)), [0.6, 0.6, 0.8, 0.8]);
  close(
    values(
      constraints.unitNorm({ axis: [0, 1] })(
        tensor([
          [3, 0],
          [0, 4],
        ]),
      ),
    ),
    [0.6, 0, 0, 0.8],
  );
  close(values(constraints.nonNeg()(tensor([-1, 0, 2]))), [0, 0, 2]);
});
