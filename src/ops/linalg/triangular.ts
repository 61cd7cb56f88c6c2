/**
 * @file Systems with triangular matrices, by substitution: a [..., n, n], b [..., n, r] → x [..., n, r] with a @ x = b.
 */
import triangularSource from '../../../shaders/triangular.wgsl?raw';
import type { Shape } from '../../core/shape.ts';
import type { Kernel } from '../../device/device.ts';
import { dtypeRules, tensorInput } from '../op.ts';
import { copy, stackOf, workgroupOf } from './stacks.ts';

export interface Triangle {
  /** Which triangle of `a` is read. */
  readonly lower: boolean;
  /** Whether its diagonal counts as 1. */
  readonly unit: boolean;
}

const kernel: Kernel<Triangle> = {
  cpu: ({ inputs: [a, b], outputs: [y], attrs: { lower, unit } }) => {
    const { count, rows: n, columns: r } = stackOf(b.shape);
    for (let s = 0; s < count; s++) {
      const at = a.offset + s * n * n;
      const x = new Float64Array(n * r);
      for (let k = 0; k < n * r; k++) x[k] = b.data[b.offset + s * n * r + k] as number;
      for (let step = 0; step < n; step++) {
        const i = lower ? step : n - 1 - step;
        const [from, to] = lower ? [0, i] : [i + 1, n];
        for (let k = from; k < to; k++) {
          const by = a.data[at + i * n + k] as number;
          for (let c = 0; c < r; c++) x[i * r + c] = (x[i * r + c] as number) - by * (x[k * r + c] as number);
        }
        if (unit) continue;
        const by = a.data[at + i * n + i] as number;
        for (let c = 0; c < r; c++) x[i * r + c] = (x[i * r + c] as number) / by;
      }
      y.data.set(x, s * n * r);
    }
  },
  gpu: ({ inputs: [a, b], outputs: [y], attrs: { lower, unit } }, context) => {
    const { count, rows: n, columns: r } = stackOf(b.shape);
    const workgroup = workgroupOf(context);
    const columns = Math.min(16, workgroup, 2 ** Math.ceil(Math.log2(r)));
    return [
      copy(b, y, context),
      {
        source: triangularSource,
        shader: 'triangular',
        key: `${workgroup} ${columns}`,
        constants: { WORKGROUP: workgroup, COLUMNS: columns },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          { storage: a.storage, access: 'read' },
        ],
        integers: [count, n, r, a.offset, Number(lower), Number(unit)],
        workgroups: [Math.ceil(r / columns), Math.min(count, 65535)],
        work: count * n * n * r * 2,
      },
    ];
  },
};

/** Without its gradient, which src/linalg/triangular.ts gives it. */
export const triangular = {
  parse: (name: string, [a, b, triangle]: readonly unknown[]) => ({
    inputs: [tensorInput(name, a), tensorInput(name, b)],
    attrs: triangle as Triangle,
  }),
  dtypes: dtypeRules.float,
  shape: (_: string, shapes: readonly [Shape, Shape, ...Shape[]]) => shapes[1],
  kernel,
};
