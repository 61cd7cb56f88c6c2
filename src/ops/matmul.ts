/**
 * @file The rows matmul and dense (matmul + bias + activation in one kernel), on the family of kernels that
 * matmul_plan.ts chooses from.
 */
import { ShapeError } from '../core/errors.ts';
import {
  broadcastLayout,
  broadcastShapes,
  contiguousStrides,
  isContiguous,
  placeOf,
  type Shape,
  show,
  sizeOf,
} from '../core/shape.ts';
import type { CpuOperand, Kernel, Operand } from '../device/device.ts';
import type { DenseActivation, Tensor } from '../tensor.ts';
import { activationNamed, activations, shaderActivation } from './epilogue.ts';
import { mapCpu } from './map.ts';
import { acceptsMatmul, matmulDispatches } from './matmul_plan.ts';
import { dtypeRules, type Input, type Operable, once, op, tensorInput } from './op.ts';

// --- the matrix product in plain loops: rows of B scaled and added, which walks memory in order ---

/** y = x @ w for contiguous rows of the result; operands of any strides; sums in float64. */
export function matmulCpu(
  a: CpuOperand,
  b: CpuOperand,
  y: CpuOperand,
  finish: (sum: number, column: number) => number,
): void {
  const [m, n] = y.shape.slice(-2) as [number, number];
  const k = a.shape.at(-1) as number;
  const batch = y.shape.slice(0, -2);
  const row = new Float64Array(n);
  const whole = y.dtype === 'int32'; // modulo 2^32, as on the GPU
  const columns = packed(b, k, n, batch);
  for (let p = 0; p < sizeOf(batch); p++) {
    const aStart = placeOf(a, batch, p);
    const bStart = columns.start(p);
    const [rowStride, innerStride] = a.strides.slice(-2) as [number, number];
    for (let i = 0; i < m; i++) {
      row.fill(0);
      for (let q = 0; q < k; q++) {
        const s = a.data[aStart + i * rowStride + q * innerStride] as number;
        const from = bStart + q * n;
        if (whole)
          for (let j = 0; j < n; j++)
            row[j] = ((row[j] as number) + Math.imul(s, columns.data[from + j] as number)) | 0;
        else for (let j = 0; j < n; j++) row[j] = (row[j] as number) + s * (columns.data[from + j] as number);
      }
      const to = y.offset + (p * m + i) * n;
      for (let j = 0; j < n; j++) y.data[to + j] = finish(row[j] as number, j);
    }
  }
}

/** B as it lies if its rows are contiguous, else a copy whose rows are. */
function packed(
  b: CpuOperand,
  k: number,
  n: number,
  batch: Shape,
): { data: CpuOperand['data']; start(p: number): number } {
  const [rowStride, columnStride] = b.strides.slice(-2) as [number, number];
  if ((columnStride === 1 || n === 1) && (rowStride === n || k === 1))
    return { data: b.data, start: (p) => placeOf(b, batch, p) };
  const count = sizeOf(batch);
  const data = b.data.slice(0, 0).constructor as new (length: number) => CpuOperand['data'];
  const copy = new data(count * k * n);
  for (let p = 0, to = 0; p < count; p++) {
    const start = placeOf(b, batch, p);
    for (let q = 0; q < k; q++)
      for (let j = 0; j < n; j++) copy[to++] = b.data[start + q * rowStride + j * columnStride] as number;
  }
  return { data: copy, start: (p) => p * k * n };
}

// --- matmul ---

/** The operands as stacks of matrices: a vector on the left is a row, on the right a column; batch axes broadcast. */
function asMatrices<O extends Operand>(a: O, b: O, y: O): { a: O; b: O; y: O } {
  if (a.shape.length === 2 && b.shape.length === 2) return { a, b, y };
  const left = a.shape.length === 1 ? { ...a, shape: [1, ...a.shape], strides: [0, ...a.strides] } : a;
  const right = b.shape.length === 1 ? { ...b, shape: [...b.shape, 1], strides: [...b.strides, 0] } : b;
  const batch = broadcastShapes('matmul', left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, left.shape.at(-2) as number, right.shape.at(-1) as number];
  const stacked = (x: O): O => ({ ...x, ...broadcastLayout(x, [...batch, ...x.shape.slice(-2)]) });
  return { a: stacked(left), b: stacked(right), y: { ...y, shape, strides: contiguousStrides(shape) } };
}

function matmulShape(name: string, a: Shape, b: Shape): number[] {
  if (a.length === 0 || b.length === 0)
    throw new ShapeError(
      `${name}: operands need at least one axis: ${show(a)} @ ${show(b)}; use mul for scalars`,
    );
  const k = a.at(-1) as number;
  const other = b.length === 1 ? (b[0] as number) : (b.at(-2) as number);
  if (k !== other)
    throw new ShapeError(`${name}: inner dimensions differ: ${show(a)} @ ${show(b)} (${k} vs ${other})`);
  if (a.length === 2 && b.length === 2) return [a[0] as number, b[1] as number];
  const batch = broadcastShapes(name, a.slice(0, -2), b.slice(0, -2));
  return [
    ...batch,
    ...(a.length === 1 ? [] : [a.at(-2) as number]),
    ...(b.length === 1 ? [] : [b.at(-1) as number]),
  ];
}

const matmulKernel: Kernel<undefined> = {
  cpu: ({ inputs, outputs }, simd) => {
    const { a, b, y } = asMatrices(inputs[0], inputs[1], outputs[0]);
    if (!simd.matmul(a, b, y)) matmulCpu(a, b, y, (sum) => sum);
  },
  gpu: ({ inputs, outputs }, context) => {
    const { a, b, y } = asMatrices(inputs[0], inputs[1], outputs[0]);
    return matmulDispatches({ a, b, out: y }, context);
  },
};

// --- dense ---

/** [..., in] as [rows, in]; dispatch gives stacks contiguous. */
export function asRows<O extends Operand>(x: O): O {
  if (x.shape.length === 2) return x;
  const inner = x.shape.at(-1) as number;
  return { ...x, shape: [sizeOf(x.shape.slice(0, -1)), inner], strides: [inner, 1] };
}

const denseKernel: Kernel<DenseActivation> = {
  cpu: ({ inputs: [x, w, b], outputs: [y], attrs }, simd) => {
    const f = activations[attrs].cpu;
    const bias = b as CpuOperand | undefined;
    if (simd.matmul(asRows(x), w, asRows(y), { bias, relu: attrs === 'relu' })) {
      if (attrs !== 'linear' && attrs !== 'relu') mapCpu(f, [y], y);
    } else
      matmulCpu(asRows(x), w, asRows(y), (sum, j) =>
        f(bias ? sum + (bias.data[bias.offset + j] as number) : sum),
      );
  },
  gpu: ({ inputs: [x, w, b], outputs: [y], attrs }, context) => {
    const activation = shaderActivation(attrs);
    return matmulDispatches(
      { a: asRows(x), b: w, out: asRows(y), bias: b as Operand | undefined, activation },
      context,
    );
  },
};

export const matmulRows = {
  matmul: op<undefined>({
    parse: (name, [a, b]) => ({
      inputs: [tensorInput(name, a), tensorInput(name, b, 'the second argument')],
      attrs: undefined,
    }),
    dtypes: dtypeRules.numeric,
    shape: (name, [a, b]) => matmulShape(name, a, b),
    kernel: matmulKernel,
    parts: {
      along: (axis, { shapes: [a, b], result }) => {
        const rows = a.length > 1 ? result.length - (b.length > 1 ? 2 : 1) : -1;
        if (axis === rows) return [a.length - 2, null];
        if (b.length > 1 && axis === result.length - 1) return [null, b.length - 1];
        const batch = result.length - Number(a.length > 1) - Number(b.length > 1);
        return [a, b].map((x) => {
          const own = axis - (batch - (x.length - 2));
          return own < 0 || x[own] === 1 ? null : own;
        });
      },
      over: (_, [a, b]) => [[a.length - 1, Math.max(b.length - 2, 0)]],
      merge: (a, b) => a.add(b),
    },
    accepts: (x: Operand) => x.storage.device.kind === 'cpu' || x.shape.length === 1 || acceptsMatmul(x),
    vjp: (g, [a, b], y) => {
      const left = a.ndim === 1 ? a.expandDims(0) : a;
      const right = b.ndim === 1 ? b.expandDims(1) : b;
      const shape = [
        ...y.shape.slice(0, Math.max(y.ndim - (a.ndim > 1 ? 1 : 0) - (b.ndim > 1 ? 1 : 0), 0)),
        left.shape.at(-2) as number,
        right.shape.at(-1) as number,
      ];
      const gradient = () => g.reshape(shape);
      return [
        () => {
          const ga = gradient().matmul(right.mT);
          return a.ndim === 1 ? ga.sum(leading(ga)).reshape(a.shape) : ga;
        },
        () => {
          const gb = left.mT.matmul(gradient());
          return b.ndim === 1 ? gb.sum(leading(gb)).reshape(b.shape) : gb;
        },
      ];
    },
    saves: 'inputs',
  }),
  dense: op<DenseActivation>({
    parse: (name, [x, w, b, activation]) => {
      const attrs = activationNamed(name, activation);
      const inputs: Input[] = [tensorInput(name, x), tensorInput(name, w, 'the kernel')];
      if (b !== undefined && b !== null) inputs.push(tensorInput(name, b, 'the bias'));
      return { inputs, attrs };
    },
    dtypes: dtypeRules.float,
    shape: (name, [x, w, b]) => {
      if (w.length !== 2) throw new ShapeError(`${name}: the kernel must be [in, out], got ${show(w)}`);
      if (x.length === 0) throw new ShapeError(`${name}: x needs at least one axis, [..., in], got []`);
      const [from, to] = w as [number, number];
      if (x.at(-1) !== from)
        throw new ShapeError(
          `${name}: inner dimensions differ: ${show(x)} @ ${show(w)} (${x.at(-1)} vs ${from})`,
        );
      if (b && (b.length !== 1 || b[0] !== to))
        throw new ShapeError(`${name}: the bias must be [${to}] for the kernel ${show(w)}, got ${show(b)}`);
      return [...x.slice(0, -1), to];
    },
    kernel: denseKernel,
    parts: {
      along: (axis, { shapes: [x, , b] }) =>
        axis < x.length - 1 ? [axis, null, null].slice(0, b ? 3 : 2) : [null, 1, 0].slice(0, b ? 3 : 2),
    },
    accepts: (x, index) => {
      if (index === 2) return isContiguous(x);
      if (x.shape.length !== 2) return isContiguous(x);
      return x.storage.device.kind === 'cpu' || acceptsMatmul(x);
    },
    vjp: (g, inputs, y, activation) => {
      const [x, w] = inputs;
      const inner = x.shape.at(-1) as number;
      // A masked gradient is read as it lies; one that broadcasting spread is laid out once for both products.
      const dy = once(() => (activation === 'linear' || isContiguous(g) ? g : g.contiguous()) as Operable);
      if (inputs.length === 2)
        return [
          () => dy().denseInputGrad(y, w, activation),
          () => x.denseKernelGrad(dy(), y, activation, false),
        ];
      const both = once(() => x.denseKernelGrad(dy(), y, activation, true));
      return [
        () => dy().denseInputGrad(y, w, activation),
        () => both().slice([0, inner]),
        () => both().slice(inner),
      ];
    },
    saves: 'both',
  }),
};

const leading = (x: Tensor): number[] => Array.from({ length: x.ndim - 2 }, (_, d) => d);
