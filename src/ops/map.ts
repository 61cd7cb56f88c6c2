/**
 * @file The elementwise kernel: one formula, given once for the CPU and once in WGSL, over operands of any
 * layout. Contiguous operands go four elements at a time; numbers travel in the uniforms.
 */
import { type DType, isFloat, type TypedArray } from '../core/dtype.ts';
import { broadcastLayout, forEachPlace, isContiguous, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel, KernelCall, Operand, SimdMap } from '../device/device.ts';
import { mapDispatch } from './map_plan.ts';

export type Scalar = (a: number, b: number, c: number) => number;

/** The formula on both sides; `int` where integers want another one. Operands are called a, b, c. */
export interface Formula {
  readonly cpu: Scalar;
  readonly wgsl: string;
  readonly int?: { readonly cpu: Scalar; readonly wgsl: string };
  /** The CPU device's fast way for float32, where it has one. */
  readonly simd?: SimdMap;
}

export function mapKernel(formula: Formula): Kernel<unknown> {
  const pick = (dtype: DType) => (isFloat(dtype) ? formula : (formula.int ?? formula));
  return {
    cpu: ({ inputs, outputs: [y] }, simd) => {
      if (formula.simd && simd.map(formula.simd, inputs, y)) return;
      mapCpu(pick(kindOf(inputs)).cpu, inputs, y);
    },
    gpu: ({ inputs, outputs: [y] }: KernelCall<unknown>) => [
      mapDispatch(pick(kindOf(inputs)).wgsl, inputs, y),
    ],
  };
}

/** The dtype that decides between the formulas: that of the last operand (a condition comes first). */
function kindOf(inputs: readonly Operand[]): DType {
  return (inputs[inputs.length - 1] as Operand).dtype;
}

// --- CPU ---

export function mapCpu(f: Scalar, operands: readonly CpuOperand[], y: CpuOperand): void {
  const inputs = operands.map((x) => ({ ...x, ...broadcastLayout(x, y.shape) }));
  const n = sizeOf(y.shape);
  const out = y.data;
  const [a, b] = inputs;
  const flat = isContiguous(y) && inputs.every((x) => x.strides.every((s) => s === 0) || isContiguous(x));
  if (flat && a && inputs.length === 1) {
    const step = stepOf(a);
    for (let i = 0, p = a.offset, q = y.offset; i < n; i++, p += step)
      out[q + i] = f(a.data[p] as number, 0, 0);
  } else if (flat && a && b && inputs.length === 2) {
    const [s, t] = [stepOf(a), stepOf(b)];
    for (let i = 0, p = a.offset, q = b.offset, r = y.offset; i < n; i++, p += s, q += t)
      out[r + i] = f(a.data[p] as number, b.data[q] as number, 0);
  } else {
    const data = inputs.map((x) => x.data);
    const values: [number, number, number] = [0, 0, 0];
    forEachPlace(y.shape, [...inputs, y], (places) => {
      for (let k = 0; k < data.length; k++)
        values[k] = (data[k] as TypedArray)[places[k] as number] as number;
      out[places[data.length] as number] = f(...values);
    });
  }
}

function stepOf(x: CpuOperand): number {
  return x.strides.every((s) => s === 0) ? 0 : 1;
}

/** Copies `x` into `y`, element by element, whatever their layouts. */
export const copyKernel = mapKernel({ cpu: (a) => a, wgsl: 'a' });
