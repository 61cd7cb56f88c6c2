/**
 * @file Fused rows of classification: softmax, logSoftmax, and softmax cross-entropy from whole-number labels.
 */

import softmaxSource from '../../shaders/softmax.wgsl?raw';
import crossEntropySource from '../../shaders/softmax_cross_entropy.wgsl?raw';
import crossEntropyGradSource from '../../shaders/softmax_cross_entropy_grad.wgsl?raw';
import { isFloat } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { labelError } from '../core/messages.ts';
import { isContiguous, normalizeAxis, type Shape, sameShape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel, Operand } from '../device/device.ts';
import {
  common as commonDType,
  dtypeRules,
  type Operable,
  op,
  type Parts,
  requireInteger,
  tensorInput,
} from './op.ts';
import { grid, mathFunctions } from './wgsl.ts';

const WORKGROUP = 64;

/** Largest element and Σ exp(x − largest) of one row. */
function normalizer(
  x: CpuOperand,
  start: number,
  length: number,
  step: number,
): { m: number; total: number } {
  let m = -Infinity;
  for (let j = 0; j < length; j++) m = Math.max(m, x.data[start + j * step] as number);
  let total = 0;
  for (let j = 0; j < length; j++) total += Math.exp((x.data[start + j * step] as number) - m);
  return { m, total };
}

function softmaxKernel(cpu: (shifted: number, total: number) => number, wgsl: string): Kernel<number> {
  return {
    cpu: ({ inputs: [x], outputs: [y], attrs: axis }) => {
      const length = x.shape[axis] as number;
      const inner = sizeOf(x.shape.slice(axis + 1));
      for (let row = 0, end = sizeOf(x.shape.toSpliced(axis, 1)); row < end; row++) {
        const start = Math.floor(row / inner) * inner * length + (row % inner);
        const { m, total } = normalizer(x, x.offset + start, length, inner);
        for (let j = 0; j < length; j++) {
          const at = start + j * inner;
          y.data[at] = cpu((x.data[x.offset + at] as number) - m, total);
        }
      }
    },
    gpu: ({ inputs: [x], outputs: [y], attrs: axis }) => {
      const length = x.shape[axis] as number;
      const rows = sizeOf(x.shape.toSpliced(axis, 1));
      const inner = sizeOf(x.shape.slice(axis + 1));
      if (length === 0) return [];
      const wide = inner === 1 && length % 4 === 0 && x.offset % 4 === 0;
      const width = wide ? 4 : 1;
      return [
        {
          source: softmaxSource,
          shader: 'softmax',
          key: `${width} ${wgsl}`,
          slots: {
            math: mathFunctions(`exp_() max_() ${wgsl}`),
            result: `fn result(shifted: Value, total: f32) -> Value { return ${wgsl}; }`,
            ...(wide ? WIDE : {}),
          },
          constants: { WORKGROUP },
          buffers: [
            { storage: y.storage, access: 'read_write' },
            { storage: x.storage, access: 'read' },
          ],
          integers: [rows, length / width, inner, x.offset / width],
          workgroups: grid(Math.ceil(rows / WORKGROUP)),
          work: rows * length * 24,
        },
      ];
    },
  };
}

const each = (f: (component: string) => string): string => `vec4f(${['x', 'y', 'z', 'w'].map(f).join(', ')})`;
const WIDE = {
  value: 'alias Value = vec4f;',
  higher: `fn higher(a: Value, b: Value) -> Value { return ${each((c) => `max_(a.${c}, b.${c})`)}; }`,
  highest: 'fn highest(v: Value) -> f32 { return max_(max_(v.x, v.y), max_(v.z, v.w)); }',
  power: `fn power(v: Value) -> Value { return ${each((c) => `exp_(v.${c})`)}; }`,
  sum: 'fn sum(v: Value) -> f32 { return (v.x + v.y) + (v.z + v.w); }',
};

const rowParts: Parts<number> = {
  along: (axis, { attrs }) => (axis === attrs ? undefined : [axis]),
};

const parseSoftmax = (name: string, [x, axis = -1]: readonly unknown[]) => {
  const tensor = tensorInput(name, x);
  return { inputs: [tensor], attrs: normalizeAxis(name, axis, tensor.ndim) };
};

// --- cross-entropy ---

function crossEntropyShape(name: string, logits: Shape, labels: Shape): Shape {
  if (logits.length === 0 || !sameShape(logits.slice(0, -1), labels))
    throw new ShapeError(
      `${name}: logits ${show(logits)} want labels of shape ${show(logits.slice(0, -1))}, got ${show(labels)}; labels are class numbers, not one-hot rows`,
    );
  if (logits.at(-1) === 0) throw new ShapeError(`${name}: logits ${show(logits)} have no classes`);
  return labels;
}

/** Labels that lie contiguous, and come again where leading axes repeat them; undefined where they lie otherwise. */
function distinctLabels({ shape, strides, offset }: Operand): number | undefined {
  const first = shape.findIndex((n, d) => n > 1 && strides[d] !== 0);
  if (first < 0) return Math.min(sizeOf(shape), 1);
  const rest = { shape: shape.slice(first), strides: strides.slice(first), offset };
  return isContiguous(rest) ? sizeOf(rest.shape) : undefined;
}

function labelAt(name: string, labels: CpuOperand, row: number, classes: number): number {
  const label = labels.data[labels.offset + (row % (distinctLabels(labels) as number))] as number;
  if (label < 0 || label >= classes) throw labelError(name, label, classes);
  return label;
}

const crossEntropyKernel: Kernel<undefined> = {
  cpu: ({ op, inputs: [x, labels], outputs: [loss] }) => {
    const classes = x.shape.at(-1) as number;
    for (let row = 0, end = sizeOf(labels.shape); row < end; row++) {
      const start = x.offset + row * classes;
      const label = labelAt(op, labels, row, classes);
      const { m, total } = normalizer(x, start, classes, 1);
      loss.data[row] = Math.log(total) - ((x.data[start + label] as number) - m);
    }
  },
  gpu: ({ inputs: [x, labels], outputs: [loss] }, context) => {
    const classes = x.shape.at(-1) as number;
    const rows = sizeOf(labels.shape);
    return [
      {
        source: crossEntropySource,
        shader: 'softmax_cross_entropy',
        slots: { math: mathFunctions('exp_() log_() max_()') },
        constants: { WORKGROUP },
        buffers: [
          { storage: loss.storage, access: 'read_write' },
          { storage: x.storage, access: 'read' },
          { storage: labels.storage, access: 'read' },
        ],
        status: true,
        integers: [rows, classes, x.offset, labels.offset, context.opId, distinctLabels(labels) as number],
        workgroups: grid(Math.ceil(rows / WORKGROUP)),
        work: rows * classes * 24,
      },
    ];
  },
};

const crossEntropyGradKernel: Kernel<undefined> = {
  cpu: ({ op, inputs: [x, labels, g], outputs: [dx] }) => {
    const classes = x.shape.at(-1) as number;
    for (let row = 0, end = sizeOf(labels.shape); row < end; row++) {
      const start = x.offset + row * classes;
      const label = labelAt(op, labels, row, classes);
      const { m, total } = normalizer(x, start, classes, 1);
      const scale = g.data[g.offset + (isContiguous(g) ? row : 0)] as number;
      for (let j = 0; j < classes; j++)
        dx.data[row * classes + j] =
          scale * (Math.exp((x.data[start + j] as number) - m) / total - (j === label ? 1 : 0));
    }
  },
  gpu: ({ inputs: [x, labels, g], outputs: [dx] }) => {
    const classes = x.shape.at(-1) as number;
    const rows = sizeOf(labels.shape);
    return [
      {
        source: crossEntropyGradSource,
        shader: 'softmax_cross_entropy_grad',
        slots: { math: mathFunctions('exp_() max_()') },
        constants: { WORKGROUP },
        buffers: [
          { storage: dx.storage, access: 'read_write' },
          { storage: x.storage, access: 'read' },
          { storage: labels.storage, access: 'read' },
          { storage: g.storage, access: 'read' },
        ],
        integers: [
          ...[rows, classes, x.offset, labels.offset, g.offset, isContiguous(g) ? 1 : 0],
          distinctLabels(labels) as number,
        ],
        workgroups: grid(Math.ceil(rows / WORKGROUP)),
        work: rows * classes * 24,
      },
    ];
  },
};

const crossEntropyDTypes = (
  name: string,
  [logits, labels]: readonly Parameters<typeof requireInteger>[2][],
) => {
  const dtype = commonDType([logits ?? 'float32']);
  const float = isFloat(dtype) ? dtype : 'float32';
  return { inputs: [float, requireInteger(name, 'labels', labels)], output: float } as const;
};

export const nnRows = {
  softmax: op<number>({
    parse: parseSoftmax,
    dtypes: dtypeRules.float,
    shape: (_, [shape]) => shape,
    kernel: softmaxKernel((shifted, total) => Math.exp(shifted) / total, 'power(shifted) / total'),
    parts: rowParts,
    vjp: (g, _, y, axis) => [() => y.mul(g.sub(g.mul(y).sum(axis, { keepdims: true })))],
    saves: 'output',
  }),
  logSoftmax: op<number>({
    parse: parseSoftmax,
    dtypes: dtypeRules.float,
    shape: (_, [shape]) => shape,
    kernel: softmaxKernel((shifted, total) => shifted - Math.log(total), 'shifted - log_(total)'),
    parts: rowParts,
    vjp: (g, _, y, axis) => [() => g.sub(y.exp().mul(g.sum(axis, { keepdims: true })))],
    saves: 'output',
  }),
  softmaxCrossEntropy: op<undefined>({
    parse: (name, [x, labels]) => ({
      inputs: [tensorInput(name, x), tensorInput(name, labels, 'labels')],
      attrs: undefined,
    }),
    dtypes: crossEntropyDTypes,
    shape: (name, [logits, labels]) => crossEntropyShape(name, logits, labels),
    kernel: crossEntropyKernel,
    parts: { along: (axis) => [axis, axis] },
    accepts: (x, index) => (index === 1 ? distinctLabels(x) !== undefined : isContiguous(x)),
    vjp: (g, [x, labels]) => [() => x.softmaxCrossEntropyGrad(labels, g), null],
    saves: 'inputs',
  }),
  /** g · (softmax(x) − one-hot labels), one row a thread; under an outer tape in plain operations. */
  softmaxCrossEntropyGrad: op<undefined>({
    parse: (name, [x, labels, g]) => ({
      inputs: [x, labels, g].map((t) => tensorInput(name, t)),
      attrs: undefined,
    }),
    dtypes: (name, kinds) => {
      const { inputs, output } = crossEntropyDTypes(name, kinds);
      return { inputs: [...inputs, output], output };
    },
    shape: (_, [logits]) => logits,
    kernel: crossEntropyGradKernel,
    parts: { along: (axis, { result }) => (axis < result.length - 1 ? [axis, axis, axis] : undefined) },
    accepts: (x, index) => {
      if (index === 1) return distinctLabels(x) !== undefined;
      return isContiguous(x) || (index === 2 && x.strides.every((s) => s === 0));
    },
    fallback: ([x, labels, g]) =>
      x
        .softmax()
        .sub((labels as Operable).oneHot(x.shape.at(-1) as number, { dtype: x.dtype }))
        .mul(g.expandDims(-1)),
  }),
};
