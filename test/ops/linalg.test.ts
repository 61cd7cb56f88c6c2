// Linear algebra by what must hold, in float32 on every device: what a factorisation's parts multiply to, orthonormal
// columns, order and signs, of random matrices of every kind; and of famous ones what is known in closed form.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { device, linalg, type Tensor, tensor, zeros } from '../../src/index.ts';
import {
  diagonal,
  distance,
  entry,
  identity,
  type Matrix,
  matrix,
  product,
  read,
  size,
  skewness,
  transposed,
} from '../matrices.ts';
import { onTestDevice } from '../place.ts';
import { generator } from '../samples/inputs.ts';

onTestDevice();

const given = (a: Matrix): Tensor => tensor(a as number[][]);

const KINDS = ['random', 'deficient', 'graded', 'holes', 'repeated', 'huge', 'tiny'] as const;
type Kind = (typeof KINDS)[number];

function randomMatrix(kind: Kind, m: number, n: number, seed: number): Matrix {
  const random = generator(seed);
  const next = () => random() * 2 - 1;
  const any = (r: number, c: number) => matrix(r, c, () => Math.fround(next()));
  if (kind === 'deficient') {
    const rank = Math.max(1, Math.min(m, n) >> 1);
    const a = product(any(m, rank), any(rank, n));
    return a.map((row) => row.map(Math.fround));
  }
  const a = any(m, n);
  const by: Record<Exclude<Kind, 'deficient'>, (v: number, i: number, j: number) => number> = {
    random: (v) => v,
    graded: (v, _, j) => v * 10 ** -(2 * j),
    holes: (v, i, j) => (j % 3 === 1 || i % 4 === 2 ? 0 : v),
    repeated: (_, i, j) => entry(a, i, j % 2),
    huge: (v) => v * 1e30,
    tiny: (v) => v * 1e-30,
  };
  return matrix(m, n, (i, j) => Math.fround(by[kind](entry(a, i, j), i, j)));
}

const drawn = fc.record({
  kind: fc.constantFrom(...KINDS),
  m: fc.integer({ min: 1, max: 7 }),
  n: fc.integer({ min: 1, max: 7 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
});

/** Few on a GPU, where each takes long here. */
const forRandomMatrices = (check: (a: Matrix) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(drawn, ({ kind, m, n, seed }) => check(randomMatrix(kind, m, n, seed))),
    { seed: 1, numRuns: device().kind === 'cpu' ? 200 : 12 },
  );

/** Rounding errors of a matrix of this size. */
const errors = (a: Matrix): number => 1e-6 * Math.max(a.length, a[0]?.length ?? 0) * size(a);

async function checkQR(a: Matrix): Promise<void> {
  const { Q, R } = linalg.qr(given(a));
  const [q, r] = await Promise.all([read(Q), read(R)]);
  expect(distance(product(q, r), a)).toBeLessThanOrEqual(errors(a));
  expect(skewness(q)).toBeLessThan(1e-5);
  for (const [i, row] of r.entries()) {
    expect(row.slice(0, i).every((v) => v === 0)).toBe(true);
    expect(row[i]).toBeGreaterThanOrEqual(0);
  }
}

async function checkSVD(a: Matrix): Promise<void> {
  const { U, S, Vh } = linalg.svd(given(a));
  const [u, vh] = await Promise.all([read(U), read(Vh)]);
  const s = (await S.array()) as number[];
  expect(distance(product(u, diagonal(s), vh), a)).toBeLessThanOrEqual(errors(a));
  expect(skewness(u)).toBeLessThan(1e-5);
  expect(skewness(transposed(vh))).toBeLessThan(1e-5);
  expect(s.every((v, k) => v >= 0 && v <= (s[k - 1] ?? Infinity))).toBe(true);
  checkSigns(u);
}

/** Of each column's entries that are as large as any, but for rounding errors, the first is positive. */
function checkSigns(a: Matrix): void {
  for (const column of transposed(a)) {
    const largest = Math.max(...column.map(Math.abs));
    expect(column.find((v) => Math.abs(v) >= largest * (1 - 2 ** -13))).toBeGreaterThan(0);
  }
}

async function checkEigh(a: Matrix): Promise<void> {
  const n = Math.min(a.length, a[0]?.length ?? 0);
  const symmetric = matrix(n, n, (i, j) => entry(a, Math.max(i, j), Math.min(i, j)));
  const { eigenvalues, eigenvectors } = linalg.eigh(given(symmetric));
  const w = (await eigenvalues.array()) as number[];
  const v = await read(eigenvectors);
  expect(distance(product(symmetric, v), product(v, diagonal(w)))).toBeLessThanOrEqual(2 * errors(symmetric));
  expect(skewness(v)).toBeLessThan(1e-5);
  checkSigns(v);
  expect(w).toEqual([...w].sort((x, y) => x - y));
}

/** The four equations of Penrose, where the rank is clear. */
async function checkPinv(a: Matrix): Promise<void> {
  const scale = size(a) || 1;
  const p = await read(linalg.pinv(given(a)));
  const [ap, pa] = [product(a, p), product(p, a)];
  expect(distance(product(ap, a), a)).toBeLessThanOrEqual(1e-4 * scale);
  expect(distance(ap, transposed(ap))).toBeLessThanOrEqual(1e-4 * scale * size(p));
  expect(distance(pa, transposed(pa))).toBeLessThanOrEqual(1e-4 * scale * size(p));
  expect(distance(product(pa, p), p)).toBeLessThanOrEqual(1e-4 * scale * size(p) ** 2);
}

describe('random matrices', () => {
  it('QR', () => forRandomMatrices(checkQR));
  it('SVD', () => forRandomMatrices(checkSVD));
  it('eigh', () => forRandomMatrices(checkEigh));
  it('pinv', () => forRandomMatrices(checkPinv));

  it('solve, inv and Cholesky of definite ones', () =>
    forRandomMatrices(async (a) => {
      const scale = size(a) || 1;
      const n = a.length;
      const b = a.map((row) => row.map((v) => v / scale));
      const definite = matrix(n, n, (i, j) =>
        Math.fround(b.reduce((sum, _, k) => sum + (b[i]?.[k] ?? 0) * (b[j]?.[k] ?? 0), Number(i === j))),
      );
      const [l, x, y] = await Promise.all([
        read(linalg.cholesky(given(definite))),
        read(linalg.inv(given(definite))),
        read(linalg.solve(given(definite), given(b))),
      ]);
      expect(distance(product(l, transposed(l)), definite)).toBeLessThan(1e-6 * n);
      expect(distance(product(definite, x), identity(n))).toBeLessThan(1e-5 * n);
      expect(distance(product(definite, y), b)).toBeLessThan(1e-5 * n);
    }));
});

describe('larger matrices, which a GPU does in many dispatches', () => {
  const a = randomMatrix('random', 97, 66, 5);
  const deficient = randomMatrix('deficient', 70, 30, 6);

  it('QR', async () => {
    await checkQR(a);
    await checkQR(deficient);
  });

  it('SVD, of tall and of wide ones', async () => {
    await checkSVD(a);
    await checkSVD(transposed(deficient));
  });

  it('LU and Cholesky', async () => {
    const square = matrix(70, 70, (i, j) =>
      Math.fround(entry(a, i, j % 66) + 8 * Number(i === (j + 3) % 70)),
    );
    expect(distance(product(square, await read(linalg.inv(given(square)))), identity(70))).toBeLessThan(1e-4);
    const definite = matrix(70, 70, (i, j) =>
      i === j ? 70 : entry(square, Math.max(i, j), Math.min(i, j)) / 8,
    );
    const l = await read(linalg.cholesky(given(definite)));
    expect(distance(product(l, transposed(l)), definite)).toBeLessThan(1e-4);
    expect(l.every((row, i) => row.slice(i + 1).every((v) => v === 0))).toBe(true);
  });
});

describe('stacks', () => {
  const count = 40;
  const list = Array.from({ length: count }, (_, k) => randomMatrix(KINDS[k % 5] as Kind, 4, 4, k));
  const parts = async (x: Tensor) => (await x.array()) as number[][][];

  it('of many small ones, decomposed at once', async () => {
    const x = tensor(list as number[][][]);
    const { Q, R } = linalg.qr(x);
    const { U, S, Vh } = linalg.svd(x);
    const [q, r, u, vh] = await Promise.all([Q, R, U, Vh].map(parts));
    const s = await read(S);
    for (const [k, a] of list.entries()) {
      expect(distance(product(q?.[k] as Matrix, r?.[k] as Matrix), a)).toBeLessThanOrEqual(errors(a));
      const back = product(u?.[k] as Matrix, diagonal(s[k] as number[]), vh?.[k] as Matrix);
      expect(distance(back, a)).toBeLessThanOrEqual(errors(a));
      expect(Math.max(skewness(u?.[k] as Matrix), skewness(q?.[k] as Matrix))).toBeLessThan(1e-5);
    }
  });
});

describe('matrices that are hard for rotations', () => {
  const n = 20;
  const random = randomMatrix('random', n, n, 11);
  const graded = (power: (i: number, j: number) => number) =>
    matrix(n, n, (i, j) => Math.fround(entry(random, i, j) * 10 ** power(i, j)));
  const cases: [string, Matrix][] = [
    ['columns that grow', graded((_, j) => j - 12)],
    ['rows that shrink', graded((i) => -i)],
    ['sizes without order', graded((i, j) => ((7 * i + 3 * j) % 20) - 10)],
    ['Kahan’s', matrix(n, n, (i, j) => Math.fround(i > j ? 0 : (i === j ? 1 : -0.5) * 0.86 ** i))],
    ['many alike', matrix(n, n, (i, j) => (i + j) % 2)],
    ['nearly the identity', matrix(n, n, (i, j) => Math.fround(i === j ? 1 + (i >> 1) * 1e-6 : 1e-7))],
    ['Vandermonde’s', matrix(n, n, (i, j) => Math.fround((i / n) ** j))],
  ];

  it.each(cases)('%s', async (_, a) => {
    await checkSVD(a);
    await checkEigh(a);
  });
});

/** A graph's Laplacian from its edges. */
function laplacian(n: number, edges: readonly (readonly [number, number])[]): Matrix {
  const linked = (i: number, j: number) =>
    edges.filter(([a, b]) => (a === i && b === j) || (a === j && b === i)).length;
  const degree = (i: number) => edges.filter((e) => e.includes(i)).length;
  return matrix(n, n, (i, j) => (i === j ? degree(i) : -linked(i, j)));
}

describe('famous matrices', () => {
  const hilbert = (n: number) => matrix(n, n, (i, j) => 1 / (i + j + 1));

  it('Hilbert’s, of condition 1.5e10: Q, U and V stay orthonormal', async () => {
    const a = hilbert(8).map((row) => row.map(Math.fround));
    await checkQR(a);
    await checkSVD(a);
    // NumPy 1.24.2, np.linalg.svd of the matrix in float64
    const wanted = [1.6959389969, 0.2981252113, 0.0262128436, 1.4676881e-3, 5.4369437e-5, 1.2943321e-6];
    const s = (await linalg.svdvals(given(a)).array()) as number[];
    for (const [k, v] of wanted.entries()) expect(Math.abs((s[k] as number) - v)).toBeLessThan(8e-6 * 1.7);
  });

  it('Vandermonde’s: its determinant is the product of the differences', async () => {
    const x = [1, 2, 4, 5, 7];
    const a = given(matrix(5, 5, (i, j) => (x[i] as number) ** j));
    const wanted = x.flatMap((v, i) => x.slice(i + 1).map((u) => u - v)).reduce((p, v) => p * v, 1);
    expect((await linalg.det(a).item()) / wanted).toBeCloseTo(1, 4);
    const { sign, logabsdet } = linalg.slogdet(a);
    expect(await sign.item()).toBe(1);
    expect(await logabsdet.item()).toBeCloseTo(Math.log(wanted), 4);
  });

  it('Pascal’s: Cholesky’s factor is his triangle, the determinant 1', async () => {
    const choose = (n: number, k: number): number =>
      k === 0 ? 1 : k > n ? 0 : (choose(n - 1, k - 1) * n) / k;
    const a = given(matrix(6, 6, (i, j) => choose(i + j, i)));
    const triangle = matrix(6, 6, (i, j) => choose(i, j));
    expect(distance(await read(linalg.cholesky(a)), triangle)).toBeLessThan(1e-4);
    expect(await linalg.det(a).item()).toBeCloseTo(1, 3);
    expect(await linalg.matrixRank(a).item()).toBe(6);
  });

  it('Laplacians of paths, rings and complete graphs: their eigenvalues, repeated ones too', async () => {
    const n = 7;
    const nodes = Array.from({ length: n }, (_, k) => k);
    const path = nodes.slice(1).map((k) => [k - 1, k] as const);
    const cases: [Matrix, number[]][] = [
      [laplacian(n, path), nodes.map((k) => 4 * Math.sin((Math.PI * k) / (2 * n)) ** 2)],
      [laplacian(n, [...path, [n - 1, 0]]), nodes.map((k) => 2 - 2 * Math.cos((2 * Math.PI * k) / n))],
      [
        laplacian(
          n,
          nodes.flatMap((a) => nodes.slice(a + 1).map((b) => [a, b] as const)),
        ),
        nodes.map((k) => (k === 0 ? 0 : n)),
      ],
    ];
    for (const [a, wanted] of cases) {
      await checkEigh(a);
      const w = (await linalg.eigh(given(a)).eigenvalues.array()) as number[];
      wanted.sort((x, y) => x - y);
      for (const [k, v] of wanted.entries()) expect(w[k]).toBeCloseTo(v, 5);
      expect(await linalg.matrixRank(given(a)).item()).toBe(n - 1);
    }
  });

  it('a reflection, whose vectors have entries of the same size: their signs are the same everywhere', async () => {
    const x = given([
      [0, 1],
      [1, 0],
    ]);
    const h = Math.SQRT1_2;
    const close = (v: number) => expect.closeTo(v, 5);
    expect(await read(linalg.eigh(x).eigenvectors)).toEqual([
      [close(h), close(h)],
      [close(-h), close(h)],
    ]);
  });

  it('the adjacency of a star: eigenvalues of both signs and the same size', async () => {
    const star = matrix(5, 5, (i, j) => Number((i === 0) !== (j === 0)));
    await checkEigh(star);
    const w = (await linalg.eigh(given(star)).eigenvalues.array()) as number[];
    for (const [k, v] of [-2, 0, 0, 0, 2].entries()) expect(w[k]).toBeCloseTo(v, 5);
  });

  it('rotations: their inverse is their transpose, their singular values are 1', async () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turn: Matrix = [
      [c, -s, 0],
      [s, c, 0],
      [0, 0, 1],
    ].map((row) => row.map(Math.fround));
    const x = given(turn);
    expect(distance(await read(linalg.inv(x)), transposed(turn))).toBeLessThan(1e-6);
    for (const v of (await linalg.svdvals(x).array()) as number[]) expect(v).toBeCloseTo(1, 6);
    expect(await linalg.det(x).item()).toBeCloseTo(1, 6);
    expect(await linalg.norm(x, 2).item()).toBeCloseTo(1, 6);
    await checkSVD(turn);
  });
});

describe('the matrix of zeros', () => {
  it('has orthonormal factors', async () => {
    const x = zeros([3, 2]);
    const { U, S, Vh } = linalg.svd(x, { fullMatrices: true });
    expect(skewness(await read(U))).toBe(0);
    expect(skewness(await read(Vh))).toBe(0);
    expect(await S.array()).toEqual([0, 0]);
    expect(skewness(await read(linalg.qr(x).Q))).toBe(0);
    expect(await linalg.pinv(x).array()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(await linalg.matrixRank(x).item()).toBe(0);
  });
});

describe('full matrices', () => {
  it('complete the basis', async () => {
    const a = randomMatrix('deficient', 5, 3, 9);
    for (const x of [a, transposed(a)]) {
      const { U, S, Vh } = linalg.svd(given(x), { fullMatrices: true });
      const [u, vh] = await Promise.all([read(U), read(Vh)]);
      const s = (await S.array()) as number[];
      const sigma = matrix(u.length, vh.length, (i, j) => (i === j ? (s[i] as number) : 0));
      expect(distance(product(u, sigma, vh), x)).toBeLessThanOrEqual(errors(x));
      expect(Math.max(skewness(u), skewness(transposed(vh)))).toBeLessThan(1e-5);
      const { Q, R } = linalg.qr(given(x), { mode: 'complete' });
      const q = await read(Q);
      expect(distance(product(q, await read(R)), x)).toBeLessThanOrEqual(errors(x));
      expect(skewness(q)).toBeLessThan(1e-5);
    }
  });
});

describe('Gram-Schmidt', () => {
  it('makes a column that depends on others 0', async () => {
    const a = given([
      [1, 2, 1, 0],
      [2, 4, 0, 0],
      [3, 6, 0, 0],
    ]);
    for (const method of ['modified', 'classical'] as const) {
      const q = transposed(await read(linalg.gramSchmidt(a, { method, reorthogonalize: true })));
      expect([q[1], q[3]]).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(skewness(transposed([q[0], q[2]] as Matrix))).toBeLessThan(1e-6);
    }
  });

  it('loses orthogonality, the classical form most; not the second time', async () => {
    const hilbert = given(matrix(6, 6, (i, j) => 1 / (i + j + 1)));
    const lost = async (options: object) => skewness(await read(linalg.gramSchmidt(hilbert, options)));
    const classical = await lost({ method: 'classical' });
    const modified = await lost({ method: 'modified' });
    expect(classical).toBeGreaterThan(0.1);
    expect(modified).toBeGreaterThan(1e-4);
    expect(modified).toBeLessThan(classical);
    expect(await lost({ method: 'classical', reorthogonalize: true })).toBeLessThan(1e-6);
    expect(await lost({ method: 'modified', reorthogonalize: true })).toBeLessThan(1e-6);
  });
});
