// Matrices on the host, in float64: what results are multiplied and compared with, apart from the engine.
import type { Tensor } from '../src/index.ts';

export type Matrix = readonly (readonly number[])[];

export const matrix = (m: number, n: number, at: (i: number, j: number) => number): Matrix =>
  Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => at(i, j)));
export const identity = (n: number): Matrix => matrix(n, n, (i, j) => Number(i === j));
export const diagonal = (values: readonly number[]): Matrix =>
  matrix(values.length, values.length, (i, j) => (i === j ? (values[i] as number) : 0));
export const entry = (a: Matrix, i: number, j: number): number => a[i]?.[j] as number;
export const transposed = (a: Matrix, columns = a[0]?.length ?? 0): Matrix =>
  matrix(columns, a.length, (i, j) => entry(a, j, i));

export function product(...[first, ...rest]: [Matrix, ...Matrix[]]): Matrix {
  return rest.reduce(
    (a, b) =>
      matrix(a.length, b[0]?.length ?? 0, (i, j) =>
        b.reduce((sum, row, k) => sum + entry(a, i, k) * (row[j] as number), 0),
      ),
    first,
  );
}

/** The largest difference of two entries. */
export const distance = (a: Matrix, b: Matrix): number =>
  Math.max(0, ...a.flatMap((row, i) => row.map((v, j) => Math.abs(v - entry(b, i, j)))));

/** How far the columns are from orthonormal. */
export const skewness = (a: Matrix): number =>
  distance(product(transposed(a), a), identity(a[0]?.length ?? 0));

export const size = (a: Matrix): number => Math.sqrt(a.flat().reduce((sum, v) => sum + v * v, 0));

/** Reads a matrix as it is after rounding to the tensor's dtype. */
export const read = async (x: Tensor): Promise<Matrix> => (await x.array()) as number[][];
