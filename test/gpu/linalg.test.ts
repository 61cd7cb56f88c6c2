// Linear algebra with as many threads a workgroup as on a real GPU: without one, its kernels take fewer.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { device, linalg, type Tensor, tensor } from '../../src/index.ts';
import {
  diagonal,
  distance,
  identity,
  type Matrix,
  matrix,
  product,
  read,
  skewness,
  transposed,
} from '../matrices.ts';
import { onTestDevice } from '../place.ts';
import { generator } from '../samples/inputs.ts';

onTestDevice();

let info: { software?: boolean | undefined };
let before: boolean | undefined;
beforeAll(() => {
  info = device().info;
  before = info.software;
  info.software = false;
});
afterAll(() => {
  info.software = before;
});

const random = generator(3);
const any = (m: number, n: number): Matrix => matrix(m, n, () => Math.fround(random() * 2 - 1));
const given = (a: Matrix): Tensor => tensor(a as number[][]);

it.each([
  [1, 1],
  [2, 2],
  [9, 9],
  [17, 5],
  [66, 3],
])('QR and SVD of [%d, %d]', async (m, n) => {
  const a = any(m, n);
  const { Q, R } = linalg.qr(given(a));
  const q = await read(Q);
  expect(distance(product(q, await read(R)), a)).toBeLessThan(1e-5);
  expect(skewness(q)).toBeLessThan(1e-5);
  const { U, S, Vh } = linalg.svd(given(a));
  const [u, vh] = await Promise.all([read(U), read(Vh)]);
  expect(distance(product(u, diagonal((await S.array()) as number[]), vh), a)).toBeLessThan(1e-5);
  expect(Math.max(skewness(u), skewness(transposed(vh)))).toBeLessThan(1e-5);
});

it.each([1, 2, 9, 33, 70])('LU, Cholesky and triangular systems of %d rows', async (n) => {
  const b = any(n, n);
  const regular = matrix(n, n, (i, j) => (b[i]?.[j] as number) + n * Number(i === (j + 1) % n));
  const definite = matrix(
    n,
    n,
    (i, j) => (b[Math.max(i, j)]?.[Math.min(i, j)] as number) + 2 * n * Number(i === j),
  );
  expect(distance(product(regular, await read(linalg.inv(given(regular)))), identity(n))).toBeLessThan(1e-4);
  const l = await read(linalg.cholesky(given(definite)));
  expect(distance(product(l, transposed(l)), definite)).toBeLessThan(1e-6 * n * n + 1e-5);
  const x = await read(linalg.solve(given(definite), given(b)));
  expect(distance(product(definite, x), b)).toBeLessThan(1e-4);
});
