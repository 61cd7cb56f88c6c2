/**
 * @file The gradients of dense. With z = x·w + b, y = f(z) and the gradient g of y, they are dz = g ⊙ f′, written by y;
 * dx = dz·wᵀ, dw = xᵀ·dz, db = Σ dz. The products read dz as g masked by y, so that it is never stored, and db is one more
 * row below dw.
 */
import { contiguous, isContiguous, type Shape, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel, Operand, Simd } from '../device/device.ts';
import type { DenseActivation, Tensor } from '../tensor.ts';
import { asRows, matmulCpu } from './matmul.ts';
import { acceptsMatmul, type MatmulCall, matmulDispatches, prefersTiles } from './matmul_plan.ts';
import { dtypeRules, type Operable, op, tensorInput } from './op.ts';

interface Slope {
  /** dz of one element, from its gradient g and the result y. */
  cpu(g: number, y: number): number;
  /** The same of Lanes, as matmul_plan.ts reads it. */
  readonly wgsl: string;
  /** The same as an operation. */
  tensor(g: Operable, y: Operable): Tensor;
}

const SLOPES: Readonly<Record<Exclude<DenseActivation, 'linear'>, Slope>> = {
  relu: {
    cpu: (g, y) => (y <= 0 ? 0 : g),
    // A NaN in y passes the gradient on; it is known by its bits.
    wgsl: 'select(g, Lanes(), (y <= Lanes()) & ((bitcast<Bits>(y) & Bits(0x7fffffff)) <= Bits(0x7f800000)))',
    tensor: (g, y) => y.reluGrad(g),
  },
  sigmoid: { cpu: (g, y) => g * y * (1 - y), wgsl: 'g * y * (1.0 - y)', tensor: (g, y) => y.sigmoidGrad(g) },
  tanh: { cpu: (g, y) => g * (1 - y * y), wgsl: 'g * (1.0 - y * y)', tensor: (g, y) => y.tanhGrad(g) },
};

const slopeOf = (activation: DenseActivation): Slope | undefined =>
  activation === 'linear' ? undefined : SLOPES[activation];

/** dz in plain operations, as an outer tape follows them. */
export const dzOf = (g: Operable, y: Operable, activation: DenseActivation): Tensor =>
  slopeOf(activation)?.tensor(g, y) ?? g;

/** dz [rows, out] on the CPU. */
function dzCpu(g: CpuOperand, y: CpuOperand, activation: DenseActivation): CpuOperand {
  const slope = slopeOf(activation);
  const rows = asRows(g);
  if (!slope) return rows;
  const data = g.data.slice(g.offset, g.offset + sizeOf(rows.shape));
  for (let i = 0; i < data.length; i++)
    data[i] = slope.cpu(data[i] as number, y.data[y.offset + i] as number);
  return { ...rows, ...contiguous(rows.shape), data };
}

function productCpu(simd: Simd, a: CpuOperand, b: CpuOperand, y: CpuOperand): void {
  if (!simd.matmul(a, b, y)) matmulCpu(a, b, y, (sum) => sum);
}

function maskOf(of: 'a' | 'b', y: Operand, activation: DenseActivation): Pick<MatmulCall, 'mask'> {
  const slope = slopeOf(activation);
  if (!slope) return {};
  return { mask: { of, y: asRows(y), expression: slope.wgsl } };
}

/** A matrix turned round; no copy. */
const turned = <O extends Operand>(x: O): O => ({
  ...x,
  shape: [...x.shape].reverse(),
  strides: [...x.strides].reverse(),
});

const inputGradKernel: Kernel<DenseActivation> = {
  cpu: ({ inputs: [g, y, w], outputs: [dx], attrs }, simd) =>
    productCpu(simd, dzCpu(g, y, attrs), turned(w), asRows(dx)),
  gpu: ({ inputs: [g, y, w], outputs: [dx], attrs }, context) =>
    matmulDispatches({ a: asRows(g), b: turned(w), out: asRows(dx), ...maskOf('a', y, attrs) }, context),
};

interface KernelGrad {
  readonly activation: DenseActivation;
  /** Whether the gradient by the bias is wanted too. */
  readonly bias: boolean;
}

/** A matrix from row `row` on. */
const from = <O extends Operand>(x: O, row: number): O => ({
  ...x,
  shape: [(x.shape[0] as number) - row, x.shape[1] as number],
  offset: x.offset + row * (x.strides[0] as number),
});

const kernelGradKernel: Kernel<KernelGrad> = {
  cpu: ({ inputs: [x, g, y], outputs: [out], attrs: { activation, bias } }, simd) => {
    const a = turned(asRows(x));
    const dz = dzCpu(g, y, activation);
    const [m, k] = a.shape as [number, number];
    const n = out.shape[1] as number;
    productCpu(simd, a, dz, { ...out, shape: [m, n] });
    if (!bias) return;
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++)
        sum += dz.data[dz.offset + i * (dz.strides[0] as number) + j * (dz.strides[1] as number)] as number;
      out.data[out.offset + m * n + j] = sum;
    }
  },
  gpu: ({ inputs: [x, g, y], outputs: [out], attrs: { activation, bias } }, context) => {
    const a = turned(asRows(x));
    const dz = { b: asRows(g), ...maskOf('b', y, activation) };
    if (!bias) return matmulDispatches({ a, out, ...dz }, context);
    const [k, n] = dz.b.shape as [number, number];
    const m = a.shape[0] as number;
    if (!prefersTiles(m, n, k, context)) return matmulDispatches({ a, out, sums: true, ...dz }, context);
    // The tiled product has no sums: a small one of the last row brings them.
    const [lastOfA, lastOfOut] = [from(a, m - 1), from(out, m - 1)];
    return [
      ...matmulDispatches({ a: lastOfA, out: lastOfOut, sums: true, ...dz }, context),
      ...matmulDispatches({ a, out: { ...out, shape: [m, n] }, ...dz }, context),
    ];
  },
};

/** [rows, last] of any shape. */
const matrix = (x: Tensor): Tensor => x.reshape([sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) as number]);

/** The product reads the operand as it lies where it is a matrix; masked and stacked ones must be contiguous. */
const readsAsMatrix = (x: Operand): boolean =>
  x.shape.length === 2 ? x.storage.device.kind === 'cpu' || acceptsMatmul(x) : isContiguous(x);

export const denseGradRows = {
  denseInputGrad: op<DenseActivation>({
    parse: (name, [g, y, w, activation]) => ({
      inputs: [g, y, w].map((x) => tensorInput(name, x)),
      attrs: activation as DenseActivation,
    }),
    dtypes: dtypeRules.float,
    shape: (_, [g, , w]) => [...g.slice(0, -1), w[0] as number],
    kernel: inputGradKernel,
    parts: { along: (axis, { result }) => (axis < result.length - 1 ? [axis, axis, null] : [null, null, 0]) },
    accepts: (x, index, activation) =>
      index === 2 || activation === 'linear' ? readsAsMatrix(x) : isContiguous(x),
    fallback: ([g, y, w], activation) => dzOf(g, y, activation).matmul(w.mT),
  }),
  denseKernelGrad: op<KernelGrad>({
    parse: (name, [x, g, y, activation, bias]) => ({
      inputs: [x, g, y].map((t) => tensorInput(name, t)),
      attrs: { activation: activation as DenseActivation, bias: bias as boolean },
    }),
    dtypes: dtypeRules.float,
    shape: (_, [x, g], { bias }): Shape => [(x.at(-1) as number) + Number(bias), g.at(-1) as number],
    kernel: kernelGradKernel,
    parts: { over: (_, [x]) => (x.length > 1 ? [[0, 0, 0]] : []), merge: (a, b) => a.add(b) },
    accepts: (x, index, { activation }) =>
      index === 0 || activation === 'linear' ? readsAsMatrix(x) : isContiguous(x),
    fallback: ([x, g, y], { activation, bias }) => {
      const dz = matrix(dzOf(g, y, activation)) as Operable;
      const product = matrix(x).mT.matmul(dz) as Operable;
      if (!bias) return product;
      const [m, n] = product.shape as [number, number];
      const window = (start: number, size: number) => ({
        starts: [start, 0],
        sizes: [size, n],
        steps: [1, 1],
      });
      const sums = dz.sum(0, { keepdims: true }) as Operable;
      return product.embed([m + 1, n], window(0, m)).add(sums.embed([m + 1, n], window(m, 1)));
    },
  }),
};
