/**
 * @file Factorisations by elimination, column by column: LU with row exchanges, x [..., n, n] → [..., n, n + 2], and Cholesky's
 * of the lower triangle, [..., n, n] → [..., n, n]. A pivot that rounding errors explain counts as 0: then the matrix is
 * singular, or not positive definite, as far as its digits go.
 */
import factorSource from '../../../shaders/factor.wgsl?raw';
import { indefiniteError, singularError } from '../../core/messages.ts';
import type { Shape } from '../../core/shape.ts';
import type { Dispatch, GpuContext, Kernel, Operand } from '../../device/device.ts';
import { dtypeRules, tensorInput } from '../op.ts';
import { copy, epsilonOf, firstColumns, stackOf, WHOLE, workgroupOf } from './stacks.ts';

const Phase = { whole: 0, pivot: 1, update: 2 } as const;
/** Rounding errors of what was subtracted from a pivot, in last places. */
const ERRORS = 4;

/** Which matrix of how many an error is about. */
const named = (matrix: number, count: number): number => (count > 1 ? matrix : -1);

/** Takes the outer product of column j and row j (for Cholesky: of column j with itself) out of what lies behind them. */
function eliminate(y: Float64Array, n: number, width: number, j: number, cholesky: boolean): void {
  for (let i = j + 1; i < n; i++) {
    const by = y[i * width + j] as number;
    for (let k = j + 1; k < (cholesky ? i + 1 : n); k++)
      y[i * width + k] =
        (y[i * width + k] as number) - by * (y[cholesky ? k * width + j : j * width + k] as number);
  }
}

/** Puts the largest of column j on the diagonal; gives it, or 0 where it is nothing but rounding errors. */
function exchange(y: Float64Array, n: number, width: number, j: number, epsilon: number): number {
  let best = j;
  for (let i = j + 1; i < n; i++)
    if (Math.abs(y[i * width + j] as number) > Math.abs(y[best * width + j] as number)) best = i;
  y[j * width + n + 1] = best === j ? 1 : -1;
  if (best !== j)
    for (let k = 0; k <= n; k++) {
      const [a, b] = [j * width + k, best * width + k];
      [y[a], y[b]] = [y[b] as number, y[a] as number];
    }
  let subtracted = 0;
  for (let k = 0; k < j; k++)
    subtracted += Math.abs((y[j * width + k] as number) * (y[k * width + j] as number));
  const pivot = y[j * width + j] as number;
  return Math.abs(pivot) <= ERRORS * epsilon * subtracted ? 0 : pivot;
}

function dispatches(
  context: GpuContext,
  x: Operand,
  y: Operand,
  cholesky: boolean,
  required: boolean,
): Dispatch[] {
  const { count, rows: n, columns: width } = stackOf(y.shape);
  const workgroup = workgroupOf(context);
  const step = (phase: number, j: number, threads: number, work: number): Dispatch => ({
    source: factorSource,
    shader: 'factor',
    key: `${phase} ${cholesky} ${workgroup}`,
    constants: { PHASE: phase, CHOLESKY: Number(cholesky), WORKGROUP: workgroup },
    buffers: [{ storage: y.storage, access: 'read_write' }],
    status: true,
    integers: [count, n, width, j, Number(required), context.opId],
    floats: [ERRORS * epsilonOf('float32')],
    workgroups: [Math.min(Math.ceil(threads / workgroup), 1024), Math.min(count, 65535)],
    work: count * work,
  });
  const begin = copy(x, firstColumns(y, n), context);
  if (n <= WHOLE) return [begin, step(Phase.whole, 0, 1, n * n * n)];
  return [
    begin,
    ...Array.from({ length: n }, (_, j) => [
      step(Phase.pivot, j, 1, 4 * n),
      step(Phase.update, j, (n - j - 1) ** 2, 3 * (n - j) ** 2),
    ]).flat(),
  ];
}

/** Whether a singular matrix is an error. */
const luKernel: Kernel<boolean> = {
  cpu: ({ op, inputs: [x], outputs: [y], attrs: required }) => {
    const { count, rows: n, columns: width } = stackOf(y.shape);
    for (let b = 0; b < count; b++) {
      const lu = new Float64Array(n * width);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < n; k++) lu[i * width + k] = x.data[x.offset + (b * n + i) * n + k] as number;
        lu[i * width + n] = i;
      }
      for (let j = 0; j < n; j++) {
        const pivot = exchange(lu, n, width, j, epsilonOf(x.dtype));
        if (pivot === 0 && required) throw singularError(op, j, named(b, count));
        lu[j * width + j] = pivot;
        for (let i = j + 1; i < n; i++)
          lu[i * width + j] = pivot === 0 ? 0 : (lu[i * width + j] as number) / pivot;
        eliminate(lu, n, width, j, false);
      }
      y.data.set(lu, b * n * width);
    }
  },
  gpu: ({ inputs: [x], outputs: [y], attrs: required }, context) =>
    dispatches(context, x, y, false, required),
};

const choleskyKernel: Kernel<undefined> = {
  cpu: ({ op, inputs: [x], outputs: [y] }) => {
    const { count, rows: n } = stackOf(y.shape);
    for (let b = 0; b < count; b++) {
      const l = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let k = 0; k <= i; k++) l[i * n + k] = x.data[x.offset + (b * n + i) * n + k] as number;
      for (let j = 0; j < n; j++) {
        const pivot = l[j * n + j] as number;
        const whole = x.data[x.offset + (b * n + j) * n + j] as number;
        if (pivot <= ERRORS * epsilonOf(x.dtype) * Math.abs(whole))
          throw indefiniteError(op, j, named(b, count));
        const root = Math.sqrt(pivot);
        l[j * n + j] = root;
        for (let i = j + 1; i < n; i++) l[i * n + j] = (l[i * n + j] as number) / root;
        eliminate(l, n, n, j, true);
      }
      y.data.set(l, b * n * n);
    }
  },
  gpu: ({ inputs: [x], outputs: [y] }, context) => dispatches(context, x, y, true, true),
};

/**
 * L below the diagonal (its own is 1) and U in the first n columns; then from which row of x each row comes, and −1 where a row
 * was exchanged, else 1. Where no pivot is left its column stays 0, which is an error if `required`.
 */
export const lu = {
  parse: (name: string, [x, required]: readonly unknown[]) => ({
    inputs: [tensorInput(name, x)],
    attrs: required as boolean,
  }),
  dtypes: dtypeRules.float,
  shape: (_: string, [shape]: readonly [Shape, ...unknown[]]) => shape.with(-1, (shape.at(-1) as number) + 2),
  kernel: luKernel,
  differentiable: false as const,
};

/** L, lower triangular, with L @ Lᵀ = x; only x's lower triangle is read. Without its gradient: src/linalg/cholesky.ts. */
export const cholesky = {
  parse: (name: string, [x]: readonly unknown[]) => ({ inputs: [tensorInput(name, x)], attrs: undefined }),
  dtypes: dtypeRules.float,
  shape: (_: string, [shape]: readonly [Shape, ...unknown[]]) => shape,
  kernel: choleskyKernel,
};
