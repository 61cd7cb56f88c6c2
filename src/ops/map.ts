/**
 * @file The elementwise kernel: one formula, given once for the CPU and once in WGSL, over operands of any
 * layout. Contiguous operands go four elements at a time; numbers travel in the uniforms.
 */
import flatSource from '../../shaders/elementwise.wgsl?raw';
import stridedSource from '../../shaders/elementwise_strided.wgsl?raw';
import { type DType, isFloat, type TypedArray } from '../core/dtype.ts';
import { broadcastLayout, collapse, forEachPlace, isContiguous, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, Kernel, KernelCall, Operand } from '../device/device.ts';
import { grid, mathFunctions, wgslType } from './wgsl.ts';

export type Scalar = (a: number, b: number, c: number) => number;

/** The formula on both sides; `int` where integers want another one. Operands are called a, b, c. */
export interface Formula {
  readonly cpu: Scalar;
  readonly wgsl: string;
  readonly int?: { readonly cpu: Scalar; readonly wgsl: string };
}

const NAMES = ['a', 'b', 'c', 'd'];
const COMPONENTS = ['x', 'y', 'z', 'w'];
const WORKGROUP = 64;

export function mapKernel(formula: Formula): Kernel<unknown> {
  const pick = (dtype: DType) => (isFloat(dtype) ? formula : (formula.int ?? formula));
  return {
    cpu: ({ inputs, outputs: [y] }) => mapCpu(pick(kindOf(inputs)).cpu, inputs, y),
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

// --- WebGPU ---

export function mapDispatch(expression: string, operands: readonly Operand[], y: Operand): Dispatch {
  const inputs = operands.map((x) => ({ ...x, ...broadcastLayout(x, y.shape) }));
  const size = sizeOf(y.shape);
  const result = wgslType(y.dtype);
  const parameters = inputs.map((x, k) => `${NAMES[k]}: ${wgslType(x.dtype)}`).join(', ');
  const formula = `${mathFunctions(expression)}\nfn f(${parameters}) -> ${result} { return ${expression}; }`;
  const tensors = inputs.filter((x) => x.storage.constant === undefined);
  const scalars = inputs.filter((x) => x.storage.constant !== undefined);
  const name = (x: Operand) => NAMES[inputs.indexOf(x)] as string;
  const ordered = [...scalars].sort((a, b) => wgslType(b.dtype).localeCompare(wgslType(a.dtype)));
  const integers = ordered
    .filter((x) => wgslType(x.dtype) === 'i32')
    .map((x) => x.storage.constant as number);
  const floats = ordered.filter((x) => wgslType(x.dtype) === 'f32').map((x) => x.storage.constant as number);
  const slots = {
    scalars: ordered.map((x) => `  ${name(x)}: ${wgslType(x.dtype)},`).join('\n'),
    formula,
  };
  const buffers = [
    { storage: y.storage, access: 'read_write' as const },
    ...tensors.map((x) => ({ storage: x.storage, access: 'read' as const })),
  ];
  const binding = (x: Operand, type: string) =>
    `@group(0) @binding(${2 + tensors.indexOf(x)}) var<storage, read> ${name(x)}: array<${type}>;`;
  const isFlat = (x: Operand) => isContiguous(x) && x.offset === 0 && sizeOf(x.shape) === size;
  // The last vector may reach behind the result: into padding, but in a window of a larger storage into its neighbours.
  if (isFlat(y) && y.storage.length === size && tensors.every(isFlat)) {
    const vectors = Math.ceil(size / 4);
    const load = inputs.map((x) => {
      const from = tensors.includes(x) ? `${name(x)}[i]` : `vec4<${wgslType(x.dtype)}>(params.${name(x)})`;
      return `  let ${name(x)}4 = ${from};`;
    });
    const store = COMPONENTS.map((c) => `f(${inputs.map((x) => `${name(x)}4.${c}`).join(', ')})`);
    return {
      source: flatSource,
      shader: 'elementwise',
      slots: {
        ...slots,
        result: `@group(0) @binding(1) var<storage, read_write> y: array<vec4<${result}>>;`,
        operands: tensors.map((x) => binding(x, `vec4<${wgslType(x.dtype)}>`)).join('\n'),
        load: load.join('\n'),
        store: `  y[i] = vec4<${result}>(${store.join(', ')});`,
      },
      constants: { WORKGROUP },
      buffers,
      integers: [vectors, ...integers],
      floats,
      workgroups: grid(Math.ceil(vectors / WORKGROUP)),
      work: size * 8,
    };
  }
  const { shape, strides } = collapse(y.shape, [y.strides, ...tensors.map((x) => x.strides)]);
  const four = (values: readonly number[]) => [0, 1, 2, 3].map((k) => values[k] ?? 0);
  const axes = Array.from({ length: 6 }, (_, d) => [
    shape[d] ?? 1,
    strides[0]?.[d] ?? 0,
    0,
    0,
    ...four(strides.slice(1).map((s) => s[d] ?? 0)),
  ]);
  const values = inputs.map((x) =>
    tensors.includes(x) ? `${name(x)}[at.${COMPONENTS[tensors.indexOf(x)]}]` : `params.${name(x)}`,
  );
  return {
    source: stridedSource,
    shader: 'elementwise_strided',
    slots: {
      ...slots,
      result: `@group(0) @binding(1) var<storage, read_write> y: array<${result}>;`,
      operands: tensors.map((x) => binding(x, wgslType(x.dtype))).join('\n'),
      store: `  y[to] = f(${values.join(', ')});`,
    },
    constants: { WORKGROUP, RANK: shape.length },
    buffers,
    integers: [size, y.offset, 0, 0, ...four(tensors.map((x) => x.offset)), ...axes.flat(), ...integers],
    floats,
    workgroups: grid(Math.ceil(size / WORKGROUP)),
    work: size * 16,
  };
}

/** Copies `x` into `y`, element by element, whatever their layouts. */
export const copyKernel = mapKernel({ cpu: (a) => a, wgsl: 'a' });
