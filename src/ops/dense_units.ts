/**
 * @file A dense layer of many nets at once, whose units choose their activations by a number each; and the gradient of its
 * weights. The bias is one more row below the kernel [in + 1, out], so that a net's layer is one matrix.
 */
import { ShapeError } from '../core/errors.ts';
import { isContiguous, type Shape, sameShape, show } from '../core/shape.ts';
import type { CpuOperand, Kernel, Operand, Simd } from '../device/device.ts';
import { matmulCpu } from './matmul.ts';
import { acceptsMatmul, matmulDispatches, prefersTiles } from './matmul_plan.ts';
import { dtypeRules, tensorInput } from './op.ts';

interface Unit {
  readonly cpu: (x: number) => number;
  /** The derivative, by the output. */
  readonly slope: (y: number) => number;
}

/**
 * In the order of `unit_` in math.wgsl; what it takes for any other number comes last. Only activations whose derivative
 * follows from the output: the backward pass needs nothing else.
 */
export const UNITS = {
  /** A unit that is not there: padding. Neither it nor its weights have a gradient. */
  none: { cpu: () => 0, slope: () => 0 },
  relu: { cpu: (x) => (x < 0 ? 0 : x), slope: (y) => (y <= 0 ? 0 : 1) },
  leakyRelu: { cpu: (x) => (x < 0 ? 0.2 * x : x), slope: (y) => (y > 0 ? 1 : 0.2) },
  elu: { cpu: (x) => (x < 0 ? Math.expm1(x) : x), slope: (y) => (y > 0 ? 1 : y + 1) },
  tanh: { cpu: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: {
    cpu: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    slope: (y) => y * (1 - y),
  },
  softsign: {
    cpu: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
    slope: (y) => (1 - Math.abs(y)) ** 2,
  },
  linear: { cpu: (x) => x, slope: () => 1 },
} as const satisfies Record<string, Unit>;

export const units: readonly Unit[] = Object.values(UNITS);

/** Rows [from, from + rows) of each matrix of a stack. */
const rowsOf = <O extends Operand>(x: O, from: number, rows: number): O => ({
  ...x,
  shape: x.shape.with(-2, rows),
  offset: x.offset + from * (x.strides.at(-2) as number),
});

/** x for each of P nets: with a leading axis, of stride 0 where all see the same. */
const forEach = <O extends Operand>(x: O, count: number): O =>
  x.shape.length === 3 ? x : { ...x, shape: [count, ...x.shape], strides: [0, ...x.strides] };

/** The matrix of one net. */
const one = (x: CpuOperand, p: number): CpuOperand => ({
  ...x,
  shape: x.shape.slice(1),
  strides: x.strides.slice(1),
  offset: x.offset + p * (x.strides[0] as number),
});

const turned = <O extends Operand>(x: O): O => ({
  ...x,
  shape: [x.shape[0] as number, x.shape[2] as number, x.shape[1] as number],
  strides: [x.strides[0] as number, x.strides[2] as number, x.strides[1] as number],
});

function productCpu(simd: Simd, a: CpuOperand, b: CpuOperand, y: CpuOperand): void {
  if (!simd.matmul(a, b, y)) matmulCpu(a, b, y, (sum) => sum);
}

/** x [B, in] or [P, B, in], w [P, in + 1, out], kinds [P, 1, out] where units are not all linear. */
export function denseUnitsShape(name: string, [x = [], w = [], kinds]: readonly Shape[]): Shape {
  const [count, rows, to] = w as [number, number, number];
  const [batch, from] = x.slice(-2) as [number, number];
  const fits =
    w.length === 3 &&
    from + 1 === rows &&
    (x.length === 2 || sameShape(x, [count, batch, from])) &&
    (!kinds || sameShape(kinds, [count, 1, to]));
  if (fits) return [count, batch, to];
  throw new ShapeError(
    `${name}: x must be [B, in] or [P, B, in], the weights [P, in + 1, out] and the kinds [P, 1, out]; got ${[x, w, ...(kinds ? [kinds] : [])].map((shape) => show(shape)).join(', ')}`,
  );
}

const denseUnitsKernel: Kernel<undefined> = {
  cpu: ({ inputs: [x, w, kinds], outputs: [y] }, simd) => {
    const [count, batch, to] = y.shape as [number, number, number];
    const from = (w.shape[1] as number) - 1;
    const numbers = kinds as CpuOperand | undefined;
    const xs = forEach(x, count);
    productCpu(simd, { ...xs, shape: [count, batch, from] }, rowsOf(w, 0, from), y);
    for (let p = 0; p < count; p++) {
      const bias = w.offset + (p * (from + 1) + from) * to;
      for (let j = 0; j < to; j++) {
        const kind = numbers ? (numbers.data[numbers.offset + p * to + j] as number) : -1;
        const f = (units[kind] ?? UNITS.linear).cpu;
        const shift = w.data[bias + j] as number;
        for (let i = 0, at = p * batch * to + j; i < batch; i++, at += to)
          y.data[at] = f((y.data[at] as number) + shift);
      }
    }
  },
  gpu: ({ inputs: [x, w, kinds], outputs: [y] }, context) => {
    const count = y.shape[0] as number;
    const from = (w.shape[1] as number) - 1;
    const [b, bias] = [rowsOf(w, 0, from), rowsOf(w, from, 1)];
    return matmulDispatches(
      { a: forEach(x, count), b, out: y, bias, stacked: true, kinds: kinds as Operand | undefined },
      context,
    );
  },
};

/** Dense layers of P nets, activations included. */
export const denseUnitsRow = {
  parse: (name: string, args: readonly unknown[]) => ({
    inputs: args.map((t) => tensorInput(name, t)),
    attrs: undefined,
  }),
  dtypes: dtypeRules.float,
  shape: denseUnitsShape,
  kernel: denseUnitsKernel,
  accepts: (x: Operand, index: number) =>
    index === 0
      ? x.storage.device.kind === 'cpu' || acceptsMatmul(x)
      : isContiguous(x) && (index === 1 || x.offset === 0),
};

const weightGradKernel: Kernel<undefined> = {
  cpu: ({ inputs: [x, g], outputs: [dw] }, simd) => {
    const [count, rows, to] = dw.shape as [number, number, number];
    const batch = g.shape[1] as number;
    const xs = turned(forEach(x, count));
    for (let p = 0; p < count; p++) {
      const gs = one(g, p);
      const out = one(dw, p);
      productCpu(simd, one(xs, p), gs, { ...out, shape: [rows - 1, to] });
      for (let j = 0; j < to; j++) {
        let sum = 0;
        for (let i = 0; i < batch; i++) sum += g.data[gs.offset + i * to + j] as number;
        dw.data[out.offset + (rows - 1) * to + j] = sum;
      }
    }
  },
  gpu: ({ inputs: [x, g], outputs: [dw] }, context) => {
    const [count, rows, to] = dw.shape as [number, number, number];
    const a = turned(forEach(x, count));
    const tiles = prefersTiles(rows - 1, to, g.shape[1] as number, context, count);
    if (!tiles) return matmulDispatches({ a, b: g, out: dw, sums: true }, context);
    // The tiled product has no sums: a small one of the last row brings them.
    return [
      ...matmulDispatches(
        { a: rowsOf(a, rows - 2, 1), b: g, out: rowsOf(dw, rows - 2, 2), sums: true },
        context,
      ),
      ...matmulDispatches({ a, b: g, out: dw }, context),
    ];
  },
};

/** The gradient [P, in + 1, out] of the weights, from x and the gradient [P, B, out] of the layer before its activation. */
export const denseUnitsWeightGradRow = {
  parse: denseUnitsRow.parse,
  dtypes: dtypeRules.float,
  shape: (_: string, [x, g]: readonly Shape[]): Shape => [
    g?.[0] as number,
    (x?.at(-1) as number) + 1,
    g?.[2] as number,
  ],
  kernel: weightGradKernel,
  accepts: (x: Operand, index: number) =>
    index === 0 ? x.storage.device.kind === 'cpu' || acceptsMatmul(x) : isContiguous(x),
};
