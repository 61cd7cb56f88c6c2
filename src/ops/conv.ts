/**
 * @file Two-dimensional convolution of images [n, h, w, in] with kernels [kh, kw, in / groups, out], and its gradients.
 * All three are bilinear, and the gradients of each are the other two: orders close.
 */
import { ShapeError } from '../core/errors.ts';
import { type Shape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel } from '../device/device.ts';
import {
  type Convolution,
  convDispatches,
  convInputGradDispatches,
  convKernelGradDispatches,
} from './conv_plan.ts';
import { depthwise, depthwiseInputGrad, depthwiseKernelGrad, isDepthwise } from './depthwise_plan.ts';
import { batchParts, dtypeRules, integer, op, options, tensorInput } from './op.ts';
import { checkGradient, checkImages, forEachPixel, placesOf, window2d } from './window2d.ts';

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

// --- kernels ---

const convKernel: Kernel<Convolution> = {
  cpu: summed(convolve),
  gpu: ({ inputs: [x, w], outputs: [y], attrs }, context) =>
    isDepthwise(attrs) ? depthwise(attrs, x, w, y) : convDispatches(attrs, x, w, y, context),
};

const inputGradKernel: Kernel<Convolution> = {
  cpu: summed(inputGradient),
  gpu: ({ inputs: [g, w], outputs: [dx], attrs }, context) =>
    isDepthwise(attrs)
      ? depthwiseInputGrad(attrs, g, w, dx)
      : convInputGradDispatches(attrs, g, w, dx, context),
};

const kernelGradKernel: Kernel<Convolution> = {
  cpu: summed(kernelGradient),
  gpu: ({ inputs: [x, g], outputs: [dw], attrs }, context) =>
    isDepthwise(attrs)
      ? depthwiseKernelGrad(attrs, x, g, dw, context)
      : convKernelGradDispatches(attrs, x, g, dw, context),
};

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
