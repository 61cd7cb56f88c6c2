/**
 * @file Rows that choose an entry of an axis for every place: gather (the public `takeAlongAxis`, after broadcasting)
 * and its gradient. Every index is checked, as by take.
 */
import gatherSource from '../../shaders/gather.wgsl?raw';
import gatherGradSource from '../../shaders/gather_grad.wgsl?raw';
import type { DType } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { indexError } from '../core/messages.ts';
import { normalizeAxis, type Shape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel } from '../device/device.ts';
import { common, type Operable, op, requireInteger, tensorInput } from './op.ts';
import { argsortDispatches, around } from './sort.ts';
import { grid, wgslType } from './wgsl.ts';

const WORKGROUP = 64;
/** Indices of a line that one thread looks through; more are sorted first. */
const SCAN = 128;

interface GatherGrad {
  readonly axis: number;
  readonly entries: number;
}

/** Calls `visit` with the places of every index and of the entry that it names. */
function forEachIndex(
  name: string,
  indices: CpuOperand,
  axis: number,
  entries: number,
  visit: (place: number, entry: number) => void,
): void {
  const [outer, picked, inner] = around(indices.shape, axis);
  for (let o = 0; o < outer; o++)
    for (let j = 0; j < picked; j++)
      for (let i = 0; i < inner; i++) {
        const place = (o * picked + j) * inner + i;
        const index = indices.data[indices.offset + place] as number;
        if (index < -entries || index >= entries) throw indexError(name, index, entries);
        visit(place, (o * entries + (index < 0 ? index + entries : index)) * inner + i);
      }
}

const gatherKernel: Kernel<number> = {
  cpu: ({ op, inputs: [x, indices], outputs: [y], attrs: axis }) =>
    forEachIndex(op, indices, axis, x.shape[axis] as number, (place, entry) => {
      y.data[place] = x.data[x.offset + entry] as number;
    }),
  gpu: ({ inputs: [x, indices], outputs: [y], attrs: axis }, context) => {
    const [, picked, inner] = around(indices.shape, axis);
    const type = wgslType(x.dtype);
    const count = sizeOf(y.shape);
    return [
      {
        source: gatherSource,
        shader: 'gather',
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
        integers: [count, inner, picked, x.shape[axis] as number, x.offset, indices.offset, context.opId],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count * 4,
      },
    ];
  },
};

const gatherGradKernel: Kernel<GatherGrad> = {
  cpu: ({ op, inputs: [g, indices], outputs: [y], attrs: { axis, entries } }) =>
    forEachIndex(op, indices, axis, entries, (place, entry) => {
      y.data[entry] = (y.data[entry] as number) + (g.data[g.offset + place] as number);
    }),
  gpu: ({ inputs: [g, indices], outputs: [y], attrs: { axis, entries } }, context) => {
    const [, picked, inner] = around(indices.shape, axis);
    const count = sizeOf(y.shape);
    const sorted = picked > SCAN;
    const order = sorted ? context.scratch('int32', sizeOf(indices.shape)) : indices.storage;
    return [
      ...(sorted
        ? argsortDispatches(context, indices, order, { axis, descending: false, wrap: entries })
        : []),
      {
        source: gatherGradSource,
        shader: 'gather_grad',
        constants: { WORKGROUP, SORTED: Number(sorted) },
        buffers: [
          { storage: y.storage, access: 'read_write' },
          { storage: g.storage, access: 'read' },
          { storage: indices.storage, access: 'read' },
          { storage: order, access: 'read' },
        ],
        integers: [count, inner, picked, entries, g.offset, indices.offset],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count * (sorted ? 4 * Math.log2(picked) : picked),
      },
    ];
  },
};

function checkShapes(name: string, shape: Shape, indices: Shape, axis: number): void {
  if (shape.length !== indices.length || shape.some((n, d) => d !== axis && n !== indices[d]))
    throw new ShapeError(
      `${name}: indices of shape ${show(indices)} do not fit ${show(shape)}: they must agree on every axis but axis ${axis}`,
    );
}

export const gatherRows = {
  /** x [outer, n, inner] by int32 indices [outer, m, inner] → [outer, m, inner]. */
  gather: op<number>({
    parse: (name, [x, indices, axis]) => {
      const tensor = tensorInput(name, x);
      return {
        inputs: [tensor, tensorInput(name, indices, 'indices')],
        attrs: normalizeAxis(name, axis, tensor.ndim),
      };
    },
    dtypes: (name, [x, indices]) => {
      const dtype = common([x ?? 'float32']);
      return { inputs: [dtype, requireInteger(name, 'indices', indices)], output: dtype };
    },
    shape: (name, [shape, indices], axis) => {
      checkShapes(name, shape, indices, axis);
      return indices;
    },
    kernel: gatherKernel,
    vjp: (g, [x, indices], _, axis) => [
      () => (g as Operable).gatherGrad(indices, axis, x.shape[axis] as number),
      null,
    ],
    saves: 'inputs',
  }),
  /** Sums g [outer, m, inner] to the entries that the indices name → [outer, n, inner]. */
  gatherGrad: op<GatherGrad>({
    parse: (name, [g, indices, axis, entries]) => ({
      inputs: [tensorInput(name, g), tensorInput(name, indices, 'indices')],
      attrs: { axis: axis as number, entries: entries as number },
    }),
    dtypes: (_, [g]) => ({ inputs: [g as DType, 'int32'], output: g as DType }),
    shape: (_, [shape], { axis, entries }) => shape.with(axis, entries),
    kernel: gatherGradKernel,
    vjp: (h, [, indices], _, { axis }) => [() => h.gather(indices, axis), null],
    saves: 'inputs',
  }),
};
