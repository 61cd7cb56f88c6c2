/**
 * @file Rows that select by integers: take, its gradient, and oneHot. Every index is checked: host data at the call, on
 * the CPU device in the kernel, on WebGPU by the status word.
 */
import oneHotSource from '../../shaders/one_hot.wgsl?raw';
import takeSource from '../../shaders/take.wgsl?raw';
import takeGradSource from '../../shaders/take_grad.wgsl?raw';
import { checkDType, type DType } from '../core/dtype.ts';
import { indexError, labelError } from '../core/messages.ts';
import { checkShape, normalizeAxis, type Shape, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel } from '../device/device.ts';
import {
  common,
  indexInput,
  integer,
  type Operable,
  op,
  options,
  requireInteger,
  tensorInput,
} from './op.ts';
import { grid, wgslType } from './wgsl.ts';

const WORKGROUP = 64;

/** [before the axis, along it, behind it]. */
function around(shape: Shape, axis: number): [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis] as number, sizeOf(shape.slice(axis + 1))];
}

function at(name: string, indices: CpuOperand, j: number, entries: number): number {
  const index = indices.data[indices.offset + j] as number;
  if (index < -entries || index >= entries) throw indexError(name, index, entries);
  return index < 0 ? index + entries : index;
}

const takeKernel: Kernel<number> = {
  cpu: ({ op, inputs: [x, indices], outputs: [y], attrs: axis }) => {
    const [outer, entries, inner] = around(x.shape, axis);
    const picked = sizeOf(indices.shape);
    for (let j = 0; j < picked; j++) {
      const e = at(op, indices, j, entries);
      for (let o = 0; o < outer; o++) {
        const from = x.offset + (o * entries + e) * inner;
        const to = (o * picked + j) * inner;
        for (let i = 0; i < inner; i++) y.data[to + i] = x.data[from + i] as number;
      }
    }
  },
  gpu: ({ inputs: [x, indices], outputs: [y], attrs: axis }, context) => {
    const [, entries, inner] = around(x.shape, axis);
    const type = wgslType(x.dtype);
    const count = sizeOf(y.shape);
    return [
      {
        source: takeSource,
        shader: 'take',
        slots: {
          result: `@group(0) @binding(1) var<storage, read_write> y: array<${type}>;`,
          operand: `@group(0) @binding(2) var<storage, read> x: array<${type}>;`,
        },
        constants: { WORKGROUP },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          { storage: x.storage, access: 'read' },
          { storage: indices.storage, access: 'read' },
        ],
        status: true,
        integers: [count, inner, sizeOf(indices.shape), entries, x.offset, indices.offset, context.opId],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count * 4,
      },
    ];
  },
};

interface TakeGrad {
  readonly axis: number;
  /** Axes that the indices took the place of one with. */
  readonly rank: number;
  readonly entries: number;
}

const takeGradKernel: Kernel<TakeGrad> = {
  cpu: ({ op, inputs: [g, indices], outputs: [y], attrs: { axis, entries } }) => {
    const [outer, , inner] = around(y.shape, axis);
    const picked = sizeOf(indices.shape);
    for (let j = 0; j < picked; j++) {
      const e = at(op, indices, j, entries);
      for (let o = 0; o < outer; o++) {
        const from = g.offset + (o * picked + j) * inner;
        const to = (o * entries + e) * inner;
        for (let i = 0; i < inner; i++)
          y.data[to + i] = (y.data[to + i] as number) + (g.data[from + i] as number);
      }
    }
  },
  gpu: ({ inputs: [g, indices], outputs: [y], attrs: { axis, entries } }) => {
    const [, , inner] = around(y.shape, axis);
    const count = sizeOf(y.shape);
    const picked = sizeOf(indices.shape);
    return [
      {
        source: takeGradSource,
        shader: 'take_grad',
        constants: { WORKGROUP },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          { storage: g.storage, access: 'read' },
          { storage: indices.storage, access: 'read' },
        ],
        integers: [count, inner, picked, entries, g.offset, indices.offset],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count * picked,
      },
    ];
  },
};

interface OneHot {
  readonly depth: number;
  readonly dtype: DType;
}

const oneHotKernel: Kernel<OneHot> = {
  cpu: ({ op, inputs: [indices], outputs: [y], attrs: { depth } }) => {
    for (let r = 0, end = sizeOf(indices.shape); r < end; r++) {
      const label = indices.data[indices.offset + r] as number;
      if (label < 0 || label >= depth) throw labelError(op, label, depth);
      y.data[r * depth + label] = 1;
    }
  },
  gpu: ({ inputs: [indices], outputs: [y], attrs: { depth } }, context) => {
    const count = sizeOf(y.shape);
    const type = wgslType(y.dtype);
    return [
      {
        source: oneHotSource,
        shader: 'one_hot',
        slots: {
          result: `@group(0) @binding(1) var<storage, read_write> y: array<${type}>;`,
          store: `  y[t] = ${type}(i32(t % params.depth) == index);`,
        },
        constants: { WORKGROUP },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          { storage: indices.storage, access: 'read' },
        ],
        status: true,
        integers: [count, depth, indices.offset, context.opId],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count * 2,
      },
    ];
  },
};

export const indexingRows = {
  take: op<number>({
    parse: (name, [x, indices, axis = 0]) => {
      const tensor = tensorInput(name, x);
      const d = normalizeAxis(name, axis, tensor.ndim);
      const n = tensor.shape[d] as number;
      const check = (index: number) => {
        if (index < -n || index >= n) throw indexError(name, index, n);
      };
      return { inputs: [tensor, indexInput(name, 'indices', indices, check)], attrs: d };
    },
    dtypes: (name, [x, indices]) => {
      const dtype = common([x ?? 'float32']);
      return { inputs: [dtype, requireInteger(name, 'indices', indices)], output: dtype };
    },
    shape: (name, [shape, indices], axis) => checkShape(name, shape.toSpliced(axis, 1, ...indices)),
    kernel: takeKernel,
    vjp: (g, [x, indices], _, axis) => [
      () => (g as Operable).takeGrad(indices, axis, x.shape[axis] as number),
      null,
    ],
    saves: 'inputs',
  }),
  takeGrad: op<TakeGrad>({
    parse: (name, [g, indices, axis, entries]) => {
      const list = tensorInput(name, indices);
      return {
        inputs: [tensorInput(name, g), list],
        attrs: { axis: axis as number, rank: list.ndim, entries: entries as number },
      };
    },
    dtypes: (_, [g]) => ({ inputs: [g as DType, 'int32'], output: g as DType }),
    shape: (_, [shape], { axis, rank, entries }) => shape.toSpliced(axis, rank, entries),
    kernel: takeGradKernel,
    vjp: (h, [, indices], _, { axis }) => [() => h.take(indices, axis), null],
    saves: 'inputs',
  }),
  oneHot: op<OneHot>({
    parse: (name, [x, depth, opts]) => {
      const { dtype = 'float32' } = options(name, opts, 'dtype');
      return {
        inputs: [tensorInput(name, x)],
        attrs: { depth: integer(name, 'depth', depth, 1), dtype: checkDType(name, dtype) },
      };
    },
    dtypes: (name, [indices], { dtype }) => ({
      inputs: [requireInteger(name, 'indices', indices)],
      output: dtype,
    }),
    shape: (name, [shape], { depth }) => checkShape(name, [...shape, depth]),
    kernel: oneHotKernel,
    differentiable: false,
  }),
};
