/**
 * @file The QR factorisation by Householder's reflections: x [..., m, n] with m ≥ n → Q over R, [..., m + n, n], Q with
 * orthonormal columns and R upper triangular with a diagonal that is not negative.
 */
import householderSource from '../../../shaders/householder.wgsl?raw';
import type { Dispatch, GpuContext, Kernel, Operand } from '../../device/device.ts';
import { dtypeRules, tensorInput } from '../op.ts';
import { copy, scratch, stackOf, WHOLE, workgroupOf } from './stacks.ts';

const Phase = { whole: 0, reflect: 1, factor: 2, orthogonal: 3, triangle: 4 } as const;

/**
 * Turns column j of a, from row j on, into the unit vector v of the reflection I − 2vvᵀ that takes it to a multiple of
 * e_j that is not negative; gives that multiple. v's first entry is never a difference of near numbers (Parlett 1971).
 */
function reflect(a: Float64Array, m: number, n: number, j: number): number {
  let scale = 0;
  for (let i = j; i < m; i++) scale = Math.max(scale, Math.abs(a[i * n + j] as number));
  if (scale === 0) return 0; // v = 0: the identity
  let rest = 0;
  for (let i = j + 1; i < m; i++) rest += ((a[i * n + j] as number) / scale) ** 2;
  const first = (a[j * n + j] as number) / scale;
  const norm = Math.sqrt(first * first + rest);
  const head = first <= 0 ? first - norm : -rest / (first + norm);
  const length = Math.sqrt(head * head + rest);
  const by = length === 0 ? 0 : 1 / length;
  a[j * n + j] = head * by;
  for (let i = j + 1; i < m; i++) a[i * n + j] = ((a[i * n + j] as number) / scale) * by;
  return norm * scale;
}

/** Reflects the columns of y from `from` on by the vector in column j of a. */
function apply(a: Float64Array, y: Float64Array, m: number, n: number, j: number, from: number): void {
  const dots = new Float64Array(n);
  for (let i = j; i < m; i++) {
    const v = a[i * n + j] as number;
    for (let k = from; k < n; k++) dots[k] = (dots[k] as number) + v * (y[i * n + k] as number);
  }
  for (let i = j; i < m; i++) {
    const v = 2 * (a[i * n + j] as number);
    for (let k = from; k < n; k++) y[i * n + k] = (y[i * n + k] as number) - v * (dots[k] as number);
  }
}

const kernel: Kernel<undefined> = {
  cpu: ({ inputs: [x], outputs: [y] }) => {
    const { count, rows: m, columns: n } = stackOf(x.shape);
    for (let b = 0; b < count; b++) {
      const a = new Float64Array(m * n);
      for (let k = 0; k < m * n; k++) a[k] = x.data[x.offset + b * m * n + k] as number;
      const to = b * (m + n) * n;
      for (let j = 0; j < n; j++) {
        y.data[to + (m + j) * n + j] = reflect(a, m, n, j);
        apply(a, a, m, n, j, j + 1);
        for (let k = j + 1; k < n; k++) y.data[to + (m + j) * n + k] = a[j * n + k] as number;
      }
      const q = new Float64Array(m * n);
      for (let j = n - 1; j >= 0; j--) {
        q[j * n + j] = 1;
        apply(a, q, m, n, j, j);
      }
      y.data.set(q, to);
    }
  },
  gpu: ({ inputs: [x], outputs: [y] }, context) => householderDispatches(context, x, y),
};

function householderDispatches(context: GpuContext, x: Operand, y: Operand): Dispatch[] {
  const { count, rows: m, columns: n } = stackOf(x.shape);
  const a = scratch(context, 'float32', x.shape);
  const workgroup = workgroupOf(context);
  const columns = Math.min(workgroup, 16);
  const step = (phase: number, j: number, groups: number, work: number): Dispatch => ({
    source: householderSource,
    shader: 'householder',
    key: `${phase} ${workgroup}`,
    constants: { PHASE: phase, WORKGROUP: workgroup, COLUMNS: columns },
    buffers: [
      { storage: y.storage, access: 'read_write' },
      { storage: a.storage, access: 'read_write' },
    ],
    integers: [count, m, n, j],
    workgroups: [groups, Math.min(count, 65535)],
    work: count * work,
  });
  if (m <= WHOLE) return [copy(x, a, context), step(Phase.whole, 0, 1, 4 * m * n * n)];
  const every = Array.from({ length: n }, (_, j) => j);
  return [
    copy(x, a, context),
    ...every.flatMap((j) => {
      const behind = n - j - 1;
      const reflection = step(Phase.reflect, j, 1, 4 * (m - j));
      if (behind === 0) return [reflection];
      return [reflection, step(Phase.factor, j, Math.ceil(behind / columns), 4 * (m - j) * behind)];
    }),
    step(Phase.triangle, 0, Math.ceil((m * n) / workgroup / 16), m * n),
    ...every
      .reverse()
      .map((j) => step(Phase.orthogonal, j, Math.ceil((n - j) / columns), 4 * (m - j) * (n - j))),
  ];
}

/** Without its gradient, which src/linalg/qr.ts gives it. */
export const householder = {
  parse: (name: string, [x]: readonly unknown[]) => ({
    inputs: [tensorInput(name, x)],
    attrs: undefined,
  }),
  dtypes: dtypeRules.float,
  shape: (_: string, [shape]: readonly [readonly number[], ...unknown[]]) => {
    const { rows, columns } = stackOf(shape);
    return shape.with(-2, rows + columns);
  },
  kernel,
};
