/** @file Layer normalisation as one row: mean, variance and result of each row without anything between them in memory. */
import source from '../../shaders/layer_norm.wgsl?raw';
import { isContiguous, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, Kernel, Operand } from '../device/device.ts';
import type { Tensor } from '../tensor.ts';
import { dtypeRules, input, op, type Parts, tensorInput } from './op.ts';
import { grid, mathFunctions } from './wgsl.ts';

const WORKGROUP = 64;

/** Rows of a tensor whose last axis is normalised. */
const rowsOf = ({ shape }: Operand): readonly [rows: number, length: number] => {
  const length = shape.at(-1) as number;
  return [sizeOf(shape) / length, length];
};

/** gamma or beta: an element for each of a row, or one for all. */
const isOne = ({ shape }: Operand): boolean => shape.length === 0;

const kernel: Kernel<number> = {
  cpu: ({ inputs: [x, gamma, beta], outputs: [y], attrs: epsilon }) => {
    const [rows, length] = rowsOf(x);
    const at = (p: CpuOperand, j: number) => p.data[p.offset + (isOne(p) ? 0 : j)] as number;
    for (let row = 0; row < rows; row++) {
      const values = x.data.subarray(x.offset + row * length, x.offset + (row + 1) * length);
      let mean = 0;
      for (const v of values) mean += v / length;
      let spread = 0;
      for (const v of values) spread += (v - mean) ** 2 / length;
      const scale = 1 / Math.sqrt(spread + epsilon);
      for (let j = 0; j < length; j++)
        y.data[row * length + j] = ((values[j] as number) - mean) * scale * at(gamma, j) + at(beta, j);
    }
  },
  gpu: ({ inputs: [x, gamma, beta], outputs: [y], attrs: epsilon }, { info }): Dispatch[] => {
    const [rows, length] = rowsOf(x);
    const wide = [x, gamma, beta].every((p) => isOne(p) || p.offset % 4 === 0) && length % 4 === 0;
    const width = wide ? 4 : 1;
    const place = (p: Operand) => (isOne(p) ? [p.offset, 0] : [p.offset / width, 1]);
    const buffer = (name: string, binding: number, p: Operand) =>
      `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${isOne(p) ? 'f32' : 'Value'}>;`;
    const team = info.software ? 1 : WORKGROUP;
    return [
      {
        source,
        shader: 'layer_norm',
        key: [width, team, isOne(gamma), isOne(beta)].join('|'),
        slots: {
          gamma: buffer('gamma', 3, gamma),
          beta: buffer('beta', 4, beta),
          math: mathFunctions('rsqrt_()'),
          ...(wide ? WIDE : {}),
          ...(team > 1 ? TEAM : {}),
        },
        constants: { WORKGROUP, TEAM: team },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          ...[x, gamma, beta].map(({ storage }) => ({ storage, access: 'read' as const })),
        ],
        integers: [rows, length / width, x.offset / width, ...place(gamma), ...place(beta), 0],
        floats: [length, epsilon],
        workgroups: grid(Math.ceil((rows * team) / WORKGROUP)),
        work: rows * length * 8,
      },
    ];
  },
};

const WIDE = {
  value: 'alias Value = vec4f;',
  sum: 'fn sum(v: Value) -> f32 { return (v.x + v.y) + (v.z + v.w); }',
};

/** The threads of a workgroup add up what each of them has, by halves. */
const TEAM = {
  row: '  let row = group;',
  total: `var<workgroup> parts: array<f32, WORKGROUP>;
fn total(v: f32, lane: u32) -> f32 {
  workgroupBarrier();
  parts[lane] = v;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  return parts[0];
}`,
};

const parts: Parts<number> = {
  along: (axis, { result }) => (axis < result.length - 1 ? [axis, null, null] : undefined),
};

export const normRows = {
  /** Layer normalisation along the last axis; gamma and beta are as long, or one element. */
  standardize: op<number>({
    parse: (name, [x, gamma, beta, epsilon]) => ({
      inputs: [tensorInput(name, x), input(name, gamma), input(name, beta)],
      attrs: epsilon as number,
    }),
    dtypes: dtypeRules.float,
    shape: (_, [shape]) => shape,
    kernel,
    parts,
    accepts: (x: Operand) => isContiguous(x),
    vjp: (g, [x, gamma], _, epsilon) => [
      () => {
        const mean = (t: Tensor) => t.mean(-1, { keepdims: true });
        const centred = x.sub(mean(x));
        const scale = mean(centred.square()).add(epsilon).rsqrt();
        const normal = centred.mul(scale);
        const stretched = g.mul(gamma);
        return stretched
          .sub(mean(stretched))
          .sub(normal.mul(mean(stretched.mul(normal))))
          .mul(scale);
      },
      () => g.mul(x.standardize(1, 0, epsilon)),
      g,
    ],
    saves: 'inputs',
  }),
};
