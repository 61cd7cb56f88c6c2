// Linear algebra at its edges: singular and indefinite matrices, told at the call or at the next read-out; gradients where
// norms have a kink and where singular values or eigenvalues are equal.
import { afterEach, describe, expect, it } from 'vitest';
import { convergenceError } from '../../src/core/messages.ts';
import { opId, statusError } from '../../src/device/webgpu/status.ts';
import {
  capture,
  debug,
  device,
  grad,
  LinAlgError,
  linalg,
  optimizers,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const singular = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);
const nothing = [
  [0, 0],
  [0, 0],
];
const PIVOT = 'pivot 2 is 0, as far as its digits go; linalg.pinv takes any matrix';
const stack = () =>
  tensor([
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [2, 1],
    ],
  ]);

const impossible: [string, () => Tensor, string][] = [
  ['inv', () => linalg.inv(singular()), `inv: the matrix is singular: ${PIVOT}`],
  ['solve', () => linalg.solve(singular(), tensor([1, 2, 3])), `solve: the matrix is singular: ${PIVOT}`],
  [
    'inv of a stack',
    () => linalg.inv(tensor([[[1]], [[0]]])),
    'inv: matrix 1 of the stack is singular: pivot 0 is 0, as far as its digits go; linalg.pinv takes any matrix',
  ],
  [
    'cholesky',
    () => linalg.cholesky(stack()),
    'cholesky: matrix 1 of the stack is not positive definite: pivot 1 is not above 0, as far as its digits go',
  ],
  [
    'cholesky of a semidefinite one',
    () =>
      linalg.cholesky(
        tensor([
          [1, 1],
          [1, 1],
        ]),
      ),
    'cholesky: the matrix is not positive definite: pivot 1 is not above 0, as far as its digits go',
  ],
  [
    'the gradient of slogdet',
    () => grad((x: Tensor) => linalg.slogdet(x).logabsdet)(singular()),
    `slogdet: the matrix is singular: ${PIVOT}`,
  ],
];

describe('a matrix that has none', () => {
  it.each(impossible)('%s: told once, and later work is right', async (_, call, message) => {
    if (device().kind === 'cpu') expect(call).toThrow(new LinAlgError(message));
    await expect((async () => call().data())()).rejects.toThrow(new LinAlgError(message));
    expect(await linalg.inv(tensor([[2]])).array()).toEqual([[0.5]]);
  });

  it('stops optimizers until it is told', async () => {
    const p = variable(tensor([1, 2, 3]));
    const sgd = optimizers.sgd(1);
    await expect(
      (async () => {
        const x = linalg.solve(singular(), p);
        sgd.step([p], [x]);
        await x.data();
      })(),
    ).rejects.toThrow(LinAlgError);
    expect(await p.array()).toEqual([1, 2, 3]);
    for (const t of [p, sgd]) t.dispose();
  });

  it('has a determinant of 0, a rank and a pseudo-inverse', async () => {
    const x = singular();
    expect(await linalg.det(x).item()).toBe(0);
    const { sign, logabsdet } = linalg.slogdet(x);
    expect([await sign.item(), await logabsdet.item()]).toEqual([0, -Infinity]);
    expect(await linalg.matrixRank(x).item()).toBe(2);
    // NumPy 1.24.2: np.linalg.pinv(x)
    const wanted = [
      -0.63888889, -0.16666667, 0.30555556, -0.05555556, 0, 0.05555556, 0.52777778, 0.16666667, -0.19444444,
    ];
    for (const [k, v] of [...(await linalg.pinv(x).data())].entries())
      expect(v).toBeCloseTo(wanted[k] as number, 5);
  });

  it('is not one that is only scaled unevenly', async () => {
    const x = tensor([
      [1, 0],
      [0, 1e-20],
    ]);
    expect(await linalg.inv(x).array()).toEqual([
      [1, 0],
      [0, expect.closeTo(1e20, -14)],
    ]);
  });
});

describe('a captured step', () => {
  it('decomposes what its variable holds now', async () => {
    const w = variable(
      tensor([
        [2, 0],
        [0, 3],
      ]),
    );
    const step = capture(() => {
      const { S } = linalg.svd(w);
      return { S, x: linalg.solve(w, tensor([6, 6])), L: linalg.cholesky(w), w: linalg.eigh(w).eigenvalues };
    });
    for (const [a, b] of [
      [2, 3],
      [2, 3],
      [6, 1],
      [1, 2],
    ] as const) {
      w.assign(
        tensor([
          [a, 0],
          [0, b],
        ]),
      );
      const { S, x, L, w: values } = step();
      expect(await S.array()).toEqual([Math.max(a, b), Math.min(a, b)].map((v) => expect.closeTo(v, 5)));
      expect(await x.array()).toEqual([6 / a, 6 / b].map((v) => expect.closeTo(v, 5)));
      expect(await L.diagonal().array()).toEqual([a, b].map((v) => expect.closeTo(Math.sqrt(v), 5)));
      expect(await values.array()).toEqual([Math.min(a, b), Math.max(a, b)].map((v) => expect.closeTo(v, 5)));
    }
    w.dispose();
  });
});

describe('debug({ nan: true })', () => {
  afterEach(() => debug({ nan: false }));

  it('finds nothing in decompositions of finite matrices', async () => {
    debug({ nan: true });
    const x = tensor([
      [1, 2],
      [2, 4],
      [0, 0],
    ]);
    const loss = (t: Tensor) => linalg.norm(linalg.svd(t).Vh).add(linalg.norm(linalg.pinv(t)));
    for (const v of ((await grad(loss)(x).array()) as number[][]).flat()) expect(v).toBeLessThan(Infinity);
    expect(await linalg.svdvals(tensor(nothing)).array()).toEqual([0, 0]);
    expect(await linalg.qr(x).R.slice(1, 1).item()).toBeCloseTo(0, 6);
  });
});

describe('rotations that do not converge', () => {
  it('are told by the status word as on the CPU', () => {
    expect(statusError(Int32Array.of(5, opId('svd'), 20, 0))).toEqual(convergenceError('svd', 20));
  });
});

describe('gradients', () => {
  const of = (f: (x: Tensor) => Tensor, x: Tensor) => grad((t: Tensor) => f(t))(x).array();

  it.each([2, 3, 0.5, 1, Infinity, -Infinity])('of the norm of order %d of zeros are 0', async (ord) => {
    expect(await of((x) => linalg.vectorNorm(x, { ord }), tensor([0, 0]))).toEqual([0, 0]);
  });

  it.each(['fro', 'nuc', 1, 2, -2] as const)('of the norm %s of the matrix of zeros are 0', async (ord) => {
    expect(await of((x) => linalg.matrixNorm(x, { ord }), tensor(nothing))).toEqual(nothing);
  });

  it('of second order of the norm, where an element is 0', async () => {
    const x = tensor([3, 0, 4]);
    const slope = (t: Tensor) =>
      grad((u: Tensor) => linalg.norm(u))(t)
        .mul(tensor([1, 1, 1]))
        .sum();
    // (I − uuᵀ) / 5 with u = x / 5, times (1, 1, 1)
    expect(await of(slope, x)).toEqual([0.032, 0.2, -0.024].map((v) => expect.closeTo(v, 5)));
  });

  it('of a norm below 1 pass by the zeros', async () => {
    // (√4 + √9)² = 25: ∂ = (√4 + √9) / √x
    expect(await of((x) => linalg.vectorNorm(x, { ord: 0.5 }), tensor([4, 0, 9]))).toEqual([
      expect.closeTo(2.5, 5),
      0,
      expect.closeTo(5 / 3, 5),
    ]);
  });

  it('of singular values that are equal', async () => {
    const x = tensor([
      [0, -3],
      [3, 0],
    ]);
    const near = (by: number) => [
      [expect.closeTo(0, 5), expect.closeTo(-by, 5)],
      [expect.closeTo(by, 5), expect.closeTo(0, 5)],
    ];
    expect(await of((t) => linalg.matrixNorm(t, { ord: 'nuc' }), x)).toEqual(near(1));
    expect(await of((t) => linalg.svdvals(t).square().sum(), x)).toEqual(near(6));
  });

  it('of the determinant of singular matrices: the cofactors', async () => {
    const near = (rows: number[][]) => rows.map((row) => row.map((v) => expect.closeTo(v, 4)));
    expect(await of(linalg.det, singular())).toEqual(
      near([
        [-3, 6, -3],
        [6, -12, 6],
        [-3, 6, -3],
      ]),
    );
    expect(await of(linalg.det, tensor(nothing))).toEqual(nothing);
    expect(await of(linalg.det, tensor([[0]]))).toEqual([[1]]);
    // Of rank 1, they are 0.
    const x = tensor([1, 2, 3])
      .reshape([3, 1])
      .mul(tensor([1, -1, 2]));
    for (const v of ((await of(linalg.det, x)) as number[][]).flat()) expect(v).toBeCloseTo(0, 4);
  });

  it('of eigenvalues that are equal', async () => {
    const x = tensor([
      [2, 0],
      [0, 2],
    ]);
    expect(await of((t) => linalg.eigh(t).eigenvalues.sum(), x)).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('of a function of the decomposition that does not depend on its choices', async () => {
    const x = tensor([
      [3, 1, 0],
      [-1, 3, 2],
    ]);
    const back = (t: Tensor) => {
      const { U, S, Vh } = linalg.svd(t);
      return U.mul(S).matmul(Vh).square().sum();
    };
    const found = (await of(back, x)) as number[][];
    for (const [i, row] of ((await x.mul(2).array()) as number[][]).entries())
      for (const [j, v] of row.entries()) expect(found[i]?.[j]).toBeCloseTo(v, 4);
  });
});
