/**
 * @file Two-dimensional convolution of images [n, h, w, in] with kernels [kh, kw, in / groups, out], and its gradients.
 * All three are bilinear, and the gradients of each are the other two: orders close.
 */
import convSource from '../../shaders/conv2d.wgsl?raw';
import inputGradSource from '../../shaders/conv2d_input_grad.wgsl?raw';
import kernelGradSource from '../../shaders/conv2d_kernel_grad.wgsl?raw';
import reduceSource from '../../shaders/reduce.wgsl?raw';
import { ShapeError } from '../core/errors.ts';
import { type Shape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, Kernel, Operand, Storage } from '../device/device.ts';
import { batchParts, dtypeRules, integer, op, options, tensorInput } from './op.ts';
import { grid } from './wgsl.ts';
import {
  checkGradient,
  checkImages,
  forEachPixel,
  placesOf,
  type Two,
  type Window2d,
  window2d,
  windowIntegers,
} from './window2d.ts';

const WORKGROUP = 64;
/** Threads that are enough to fill a device. */
const THREADS = 16384;

interface Convolution {
  /** Shapes of the images, the kernels and the result. */
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly window: Window2d;
  readonly groups: number;
}

function convolution(name: string, x: Shape, w: Shape, opts: unknown): Convolution {
  const {
    strides = 1,
    padding = 'valid',
    dilation = 1,
    groups = 1,
  } = options(name, opts, 'strides', 'padding', 'dilation', 'groups');
  const [n, , , channels] = checkImages(name, x) as [number, number, number, number];
  const [kh, kw, from, to] = w as [number, number, number, number];
  if (w.length !== 4 || kh === 0 || kw === 0)
    throw new ShapeError(
      `${name}: kernels must be [kh, kw, in / groups, out] with kh and kw of at least 1, got ${show(w)}`,
    );
  const parts = integer(name, 'groups', groups, 1);
  if (channels % parts !== 0 || to % parts !== 0)
    throw new ShapeError(
      `${name}: ${parts} groups do not divide the ${channels % parts !== 0 ? `${channels} channels of the images ${show(x)}` : `${to} output channels of the kernels ${show(w)}`}; both must be multiples of groups`,
    );
  if (channels !== from * parts)
    throw new ShapeError(
      `${name}: the images ${show(x)} have ${channels} channels and the kernels ${show(w)} take ${parts > 1 ? `${from} in each of ${parts} groups` : from}; kernels are [kh, kw, in / groups, out]`,
    );
  const window = window2d(name, 'kernel', x, [kh, kw], { strides, padding, dilation });
  return { x, w, y: [n, ...placesOf(x, window), to], window, groups: parts };
}

/** The same of so many images. */
const withImages = (attrs: Convolution, n: number): Convolution => ({
  ...attrs,
  x: attrs.x.with(0, n),
  y: attrs.y.with(0, n),
});

/** What the other two rows take as options. */
function optionsOf({ window: { strides, padding, dilation }, groups }: Convolution) {
  return { strides, padding, dilation, groups };
}

// --- CPU ---

/**
 * Visits all that is multiplied: one element of x with a row of `length` elements of w, for as many of y, all of them in
 * one group.
 */
function forEachRow(
  { x, w, window, groups }: Convolution,
  visit: (x: number, w: number, y: number, length: number) => void,
): void {
  const [, , each, out] = w as [number, number, number, number];
  const channels = x[3] as number;
  const length = out / groups;
  forEachPixel(x, window, (pixel, place, tap) => {
    for (let c = 0; c < channels; c++) {
      const first = Math.floor(c / each) * length;
      visit(pixel * channels + c, (tap * each + (c % each)) * out + first, place * out + first, length);
    }
  });
}

type Sums = (attrs: Convolution, a: CpuOperand, b: CpuOperand, sum: Float64Array) => void;

/** Sums in float64, then rounds. */
function summed(sums: Sums): Kernel<Convolution>['cpu'] {
  return ({ inputs: [a, b], outputs: [y], attrs }) => {
    const sum = new Float64Array(sizeOf(y.shape));
    sums(attrs, a, b, sum);
    y.data.set(sum);
  };
}

const convolve: Sums = (attrs, x, w, sum) =>
  forEachRow(attrs, (p, q, r, length) => {
    const s = x.data[x.offset + p] as number;
    for (let k = 0; k < length; k++)
      sum[r + k] = (sum[r + k] as number) + s * (w.data[w.offset + q + k] as number);
  });

const inputGradient: Sums = (attrs, g, w, sum) =>
  forEachRow(attrs, (p, q, r, length) => {
    let total = sum[p] as number;
    for (let k = 0; k < length; k++)
      total += (g.data[g.offset + r + k] as number) * (w.data[w.offset + q + k] as number);
    sum[p] = total;
  });

const kernelGradient: Sums = (attrs, x, g, sum) =>
  forEachRow(attrs, (p, q, r, length) => {
    const s = x.data[x.offset + p] as number;
    for (let k = 0; k < length; k++)
      sum[q + k] = (sum[q + k] as number) + s * (g.data[g.offset + r + k] as number);
  });

// --- WebGPU ---

interface Lanes {
  /** Neighbouring channels that a thread works on at once. */
  readonly count: 1 | 4;
  readonly type: 'f32' | 'vec4f';
}

/** Four where all that is read as vectors is aligned to them. */
function lanesFor(...sizes: readonly number[]): Lanes {
  return sizes.every((n) => n % 4 === 0) ? { count: 4, type: 'vec4f' } : { count: 1, type: 'f32' };
}

const buffersOf = (y: Storage, a: Operand, b: Operand): Dispatch['buffers'] => [
  { storage: y, access: 'read_write' },
  { storage: a.storage, access: 'read' },
  { storage: b.storage, access: 'read' },
];

/** Channels of a group: in x, and in y. */
const perGroup = ({ w, groups }: Convolution): Two => [w[2] as number, (w[3] as number) / groups];

/** For every product two operands to load, a multiplication and an addition. */
const workOf = ({ y, w }: Convolution): number => 4 * sizeOf(y) * sizeOf(w.slice(0, 3));

const convKernel: Kernel<Convolution> = {
  cpu: summed(convolve),
  gpu: ({ inputs: [x, w], outputs: [y], attrs }) => {
    const [groupIn, groupOut] = perGroup(attrs);
    const { count: lanes, type } = lanesFor(groupOut, w.offset);
    const threads = sizeOf(attrs.y) / lanes;
    return [
      {
        source: convSource,
        shader: 'conv2d',
        key: type,
        slots: { lanes: `alias Lanes = ${type};` },
        constants: { WORKGROUP },
        buffers: buffersOf(y.storage, x, w),
        integers: [
          ...windowIntegers(attrs.x, attrs.window),
          threads,
          attrs.x[3] as number,
          (attrs.y[3] as number) / lanes,
          groupIn,
          groupOut / lanes,
          x.offset,
          w.offset / lanes,
        ],
        workgroups: grid(Math.ceil(threads / WORKGROUP)),
        work: workOf(attrs),
      },
    ];
  },
};

const inputGradKernel: Kernel<Convolution> = {
  cpu: summed(inputGradient),
  gpu: ({ inputs: [g, w], outputs: [dx], attrs }) => {
    const [groupIn, groupOut] = perGroup(attrs);
    const { count: lanes, type } = lanesFor(groupIn, groupOut, g.offset, w.offset);
    const threads = sizeOf(attrs.x) / lanes;
    const rows = ['w[at]', 'w[at + step]', 'w[at + 2u * step]', 'w[at + 3u * step]'];
    const product =
      lanes === 4 ? `return vec4f(${rows.map((row) => `dot(v, ${row})`).join(', ')});` : 'return v * w[at];';
    return [
      {
        source: inputGradSource,
        shader: 'conv2d_input_grad',
        key: type,
        slots: {
          lanes: `alias Lanes = ${type};`,
          product: `fn product(v: Lanes, at: u32, step: u32) -> Lanes { ${product} }`,
        },
        constants: { WORKGROUP, LANES: lanes },
        buffers: buffersOf(dx.storage, g, w),
        integers: [
          ...windowIntegers(attrs.x, attrs.window),
          threads,
          (attrs.x[3] as number) / lanes,
          (attrs.y[3] as number) / lanes,
          groupIn / lanes,
          groupOut / lanes,
          g.offset / lanes,
          w.offset / lanes,
        ],
        workgroups: grid(Math.ceil(threads / WORKGROUP)),
        work: workOf(attrs),
      },
    ];
  },
};

const kernelGradKernel: Kernel<Convolution> = {
  cpu: summed(kernelGradient),
  gpu: ({ inputs: [x, g], outputs: [dw], attrs }, context) => {
    const [groupIn, groupOut] = perGroup(attrs);
    const { count: lanes, type } = lanesFor(groupOut, g.offset);
    const size = sizeOf(attrs.w);
    // Few kernels and many pixels: several threads share an element, each with some rows of the images.
    const rows = (attrs.y[0] as number) * (attrs.y[1] as number);
    const most = Math.floor(context.bindableBytes / 4 / size); // as many partial sums as the second dispatch can see
    const splits = Math.max(Math.min(Math.ceil((THREADS * lanes) / size), rows, most), 1);
    const partial = splits === 1 ? dw.storage : context.scratch('float32', splits * size);
    const threads = (splits * size) / lanes;
    const gradient: Dispatch = {
      source: kernelGradSource,
      shader: 'conv2d_kernel_grad',
      key: type,
      slots: { lanes: `alias Lanes = ${type};` },
      constants: { WORKGROUP },
      buffers: buffersOf(partial, x, g),
      integers: [
        ...windowIntegers(attrs.x, attrs.window),
        threads,
        attrs.x[3] as number,
        (attrs.y[3] as number) / lanes,
        groupIn,
        groupOut / lanes,
        x.offset,
        g.offset / lanes,
        rows,
        splits,
      ],
      workgroups: grid(Math.ceil(threads / WORKGROUP)),
      work: workOf(attrs),
    };
    return splits === 1 ? [gradient] : [gradient, sumOfRows(partial, dw, splits)];
  },
};

/** y = the sum of the rows of x [rows, size of y]: reduce.wgsl as it stands, with the divisor 1. */
function sumOfRows(x: Storage, y: Operand, rows: number): Dispatch {
  const size = sizeOf(y.shape);
  const axis = (n: number, stride: number) => [n, stride, 0, 0, ...new Array<number>(20).fill(0)];
  return {
    source: reduceSource,
    shader: 'reduce',
    constants: { WORKGROUP, KEPT: 1, REDUCED: 1 },
    buffers: [
      { storage: y.storage, access: 'read_write' },
      { storage: x, access: 'read' },
    ],
    integers: [size, rows, 1, 1, 0, 0, 0, 0, ...axis(size, 1), ...axis(rows, size)],
    floats: [1],
    workgroups: grid(Math.ceil(size / WORKGROUP)),
    work: rows * size * 4,
  };
}

// --- rows ---

export const convRows = {
  conv2d: op<Convolution>({
    parse: (name, [x, w, opts]) => {
      const inputs = [tensorInput(name, x), tensorInput(name, w, 'the kernel')] as const;
      return { inputs, attrs: convolution(name, inputs[0].shape, inputs[1].shape, opts) };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { y }) => y,
    kernel: convKernel,
    parts: batchParts(2, [1], withImages),
    vjp: (g, [x, w], _, attrs) => [
      () => g.conv2dInputGrad(w, attrs.x, optionsOf(attrs)),
      () => x.conv2dKernelGrad(g, attrs.w, optionsOf(attrs)),
    ],
    saves: 'inputs',
  }),
  /** The gradient by the images [the shape given], from that of the result and the kernels. */
  conv2dInputGrad: op<Convolution>({
    parse: (name, [g, w, shape, opts]) => {
      const inputs = [tensorInput(name, g), tensorInput(name, w, 'the kernel')] as const;
      const attrs = convolution(name, shape as Shape, inputs[1].shape, opts);
      checkGradient(name, inputs[0].shape, attrs.y);
      return { inputs, attrs };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { x }) => x,
    kernel: inputGradKernel,
    parts: batchParts(2, [1], withImages),
    vjp: (h, [g, w], _, attrs) => [
      () => h.conv2d(w, optionsOf(attrs)),
      () => h.conv2dKernelGrad(g, attrs.w, optionsOf(attrs)),
    ],
    saves: 'inputs',
  }),
  /** The gradient by the kernels [the shape given], from the images and the gradient of the result. */
  conv2dKernelGrad: op<Convolution>({
    parse: (name, [x, g, shape, opts]) => {
      const inputs = [tensorInput(name, x), tensorInput(name, g, 'the gradient')] as const;
      const attrs = convolution(name, inputs[0].shape, shape as Shape, opts);
      checkGradient(name, inputs[1].shape, attrs.y);
      return { inputs, attrs };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { w }) => w,
    kernel: kernelGradKernel,
    parts: { over: () => [[0, 0]], merge: (a, b) => a.add(b), attrs: withImages },
    vjp: (h, [x, g], _, attrs) => [
      () => g.conv2dInputGrad(h, attrs.x, optionsOf(attrs)),
      () => x.conv2d(h, optionsOf(attrs)),
    ],
    saves: 'inputs',
  }),
};
