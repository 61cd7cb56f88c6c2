/**
 * @file The elementwise kernel: one formula, given once for the CPU and once in WGSL, over operands of any
 * layout. Contiguous operands go four elements at a time; numbers travel in the uniforms.
 */
import { type DType, isFloat } from '../core/dtype.ts';
import { broadcastLayout, collapse, forEachPlace } from '../core/shape.ts';
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
  const text = (inputs: readonly Operand[]) => ({
    formula: pick(kindOf(inputs)).wgsl,
    dispatch: mapDispatch,
  });
  const pick = (dtype: DType) => (isFloat(dtype) ? formula : (formula.int ?? formula));
  return {
    map: text,
    cpu: ({ inputs, outputs: [y] }, simd) => {
      if (formula.simd && simd.map(formula.simd, inputs, y)) return;
      mapCpu(pick(kindOf(inputs)).cpu, inputs, y);
    },
    gpu: ({ inputs, outputs: [y] }: KernelCall<unknown>, { info }) => [
      mapDispatch(pick(kindOf(inputs)).wgsl, inputs, y, info),
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
  const all = [y, ...inputs];
  const { shape, strides } = collapse(
    y.shape,
    all.map((x) => x.strides),
  );
  const outer = shape.slice(0, -1);
  const layouts = all.map(({ offset }, k) => ({ shape: outer, strides: strides[k] as number[], offset }));
  const [t = 0, s = 0, u = 0, v = 0] = strides.map((list) => list.at(-1) ?? 0);
  const n = shape.at(-1) ?? 1;
  const out = y.data;
  const [a, b, c] = inputs.map((x) => x.data);
  forEachPlace(outer, layouts, ([r = 0, p = 0, q = 0, w = 0]) => {
    if (a && b && c)
      for (let i = 0; i < n; i++, r += t, p += s, q += u, w += v)
        out[r] = f(a[p] as number, b[q] as number, c[w] as number);
    else if (a && b)
      for (let i = 0; i < n; i++, r += t, p += s, q += u) out[r] = f(a[p] as number, b[q] as number, 0);
    else if (a) for (let i = 0; i < n; i++, r += t, p += s) out[r] = f(a[p] as number, 0, 0);
  });
}

/** Copies `x` into `y`, element by element, whatever their layouts. */
export const copyKernel = mapKernel({ cpu: (a) => a, wgsl: 'a' });
