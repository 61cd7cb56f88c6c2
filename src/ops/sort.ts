/**
 * @file argsort: the indices that sort an axis, stable. On WebGPU a merge sort of indices, one dispatch a pass.
 */
import argsortSource from '../../shaders/argsort_merge.wgsl?raw';
import { isFloat } from '../core/dtype.ts';
import { normalizeAxis, type Shape, sizeOf } from '../core/shape.ts';
import type { Dispatch, GpuContext, Kernel, Operand, Storage } from '../device/device.ts';
import { common, flag, op, options, tensorInput } from './op.ts';
import { grid } from './wgsl.ts';

interface Argsort {
  readonly axis: number;
  readonly descending: boolean;
}

const WORKGROUP = 64;
/** Entries that the first pass sorts at once. */
const BLOCK = 16;
/** Entries that a thread merges. */
const ITEMS = 16;

/** [before the axis, along it, behind it]. */
export function around(shape: Shape, axis: number): [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis] as number, sizeOf(shape.slice(axis + 1))];
}

/** Negative, 0 or positive as `a` goes before, with or behind `b`: NaN behind all, −0 with 0. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/**
 * The dispatches that write the sorting indices of a contiguous operand to `to`. With `wrap`, negative whole numbers
 * count as that much more.
 */
export function argsortDispatches(
  context: GpuContext,
  x: Operand,
  to: Storage,
  { axis, descending, wrap = 0 }: Argsort & { readonly wrap?: number },
): Dispatch[] {
  const [outer, n, inner] = around(x.shape, axis);
  const count = sizeOf(x.shape);
  const last = (width: number) => 2 * width >= n;
  const scratch = (): Storage => context.scratch('int32', n > BLOCK ? count : 1);
  const keys: [Storage, Storage] = [scratch(), scratch()];
  const orders: Storage[] = n > BLOCK ? [scratch(), scratch()] : [];
  const list: Dispatch[] = [];
  const pass = (width: number, isFirst: boolean, isLast: boolean): void => {
    const k = list.length % 2;
    const [before, after] = [keys[1 - k] as Storage, keys[k] as Storage];
    const threads = isFirst ? count : outer * Math.ceil(n / ITEMS) * inner;
    const result = isLast ? to : (orders[k] as Storage);
    list.push({
      source: argsortSource,
      shader: 'argsort_merge',
      constants: {
        WORKGROUP,
        BLOCK,
        ITEMS,
        FIRST: Number(isFirst),
        LAST: Number(isLast),
        FLOAT: Number(isFloat(x.dtype)),
        DESCENDING: Number(descending),
      },
      buffers: [
        { storage: result, access: 'read_write' },
        { storage: after, access: 'read_write' },
        { storage: isFirst ? x.storage : (orders[1 - k] as Storage), access: 'read' },
        { storage: isFirst ? x.storage : before, access: 'read' },
      ],
      integers: [threads, inner, n, width, x.offset, wrap],
      workgroups: grid(Math.ceil(threads / WORKGROUP)),
      work: count * (isFirst ? 2 * Math.min(BLOCK, n) : 8 + (2 * Math.log2(width)) / ITEMS),
    });
  };
  pass(BLOCK, true, n <= BLOCK);
  for (let width = BLOCK; width < n; width *= 2) pass(width, false, last(width));
  return list;
}

const argsortKernel: Kernel<Argsort> = {
  cpu: ({ inputs: [x], outputs: [y], attrs: { axis, descending } }) => {
    const [outer, n, inner] = around(x.shape, axis);
    const direction = descending ? -1 : 1;
    const order = new Int32Array(n);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        const first = o * n * inner + i;
        const value = (j: number) => x.data[x.offset + first + j * inner] as number;
        for (let j = 0; j < n; j++) order[j] = j;
        order.sort((a, b) => direction * compare(value(a), value(b)));
        for (let j = 0; j < n; j++) y.data[first + j * inner] = order[j] as number;
      }
  },
  gpu: ({ inputs: [x], outputs: [y], attrs }, context) => argsortDispatches(context, x, y.storage, attrs),
};

export const sortRows = {
  argsort: op<Argsort>({
    parse: (name, [x, axis = -1, opts]) => {
      const tensor = tensorInput(name, x);
      const { descending = false } = options(name, opts, 'descending');
      return {
        inputs: [tensor],
        attrs: {
          axis: normalizeAxis(name, axis, tensor.ndim),
          descending: flag(name, 'descending', descending),
        },
      };
    },
    dtypes: (_, kinds) => ({ inputs: [common(kinds)], output: 'int32' }),
    shape: (_, [shape]) => shape,
    kernel: argsortKernel,
    differentiable: false,
  }),
};
