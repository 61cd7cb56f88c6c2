/**
 * @file Two-dimensional convolution of images [n, h, w, in] with kernels [kh, kw, in / groups, out], with bias and
 * activation in the same kernel, and its gradients. Without these all three are bilinear, and the gradients of each are
 * the other two: orders close.
 */
import { ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Kernel, Operand } from '../device/device.ts';
import type { DenseActivation } from '../tensor.ts';
import {
  type Convolution,
  convDispatches,
  convInputGradDispatches,
  convKernelGradDispatches,
} from './conv_plan.ts';
import { dzOf } from './dense_grad.ts';
import { depthwise, depthwiseInputGrad, depthwiseKernelGrad, isDepthwise } from './depthwise_plan.ts';
import { activationNamed, activations, shaderActivation } from './epilogue.ts';
import { batchParts, dtypeRules, integer, type Operable, once, op, options, tensorInput } from './op.ts';
import { checkGradient, checkImages, forEachPixel, placesOf, window2d } from './window2d.ts';

function convolution(
  name: string,
  x: Shape,
  w: Shape,
  { strides = 1, padding = 'valid', dilation = 1, groups = 1 }: Record<string, unknown>,
): Convolution {
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

const WINDOW = ['strides', 'padding', 'dilation', 'groups'] as const;

/** With what happens to each sum. */
interface Convolve extends Convolution {
  readonly activation: DenseActivation;
}

/** The same of so many images. */
const withImages = <C extends Convolution>(attrs: C, n: number): C => ({
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

const convKernel: Kernel<Convolve> = {
  cpu: ({ inputs: [x, w, b], outputs: [y], attrs }) => {
    const sum = new Float64Array(sizeOf(y.shape));
    convolve(attrs, x, w, sum);
    const f = activations[attrs.activation].cpu;
    const bias = b as CpuOperand | undefined;
    const channels = attrs.y[3] as number;
    const shift = (k: number) => (bias ? (bias.data[bias.offset + (k % channels)] as number) : 0);
    y.data.set(sum.map((s, k) => f(s + shift(k))));
  },
  gpu: ({ inputs: [x, w, b], outputs: [y], attrs }, context) => {
    const bias = b as Operand | undefined;
    const activation = shaderActivation(attrs.activation);
    return isDepthwise(attrs)
      ? depthwise(attrs, x, w, bias, activation, y, context)
      : convDispatches(attrs, x, w, bias, activation, y, context);
  },
};

const inputGradKernel: Kernel<Convolution> = {
  cpu: summed(inputGradient),
  gpu: ({ inputs: [g, w], outputs: [dx], attrs }, context) =>
    isDepthwise(attrs)
      ? depthwiseInputGrad(attrs, g, w, dx, context)
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
  conv2d: op<Convolve>({
    parse: (name, [x, w, opts]) => {
      const { bias, activation, ...window } = options(name, opts, ...WINDOW, 'bias', 'activation');
      const [images, kernels] = [tensorInput(name, x), tensorInput(name, w, 'the kernel')];
      const attrs = convolution(name, images.shape, kernels.shape, window);
      const shift = bias === undefined || bias === null ? [] : [tensorInput(name, bias, 'the bias')];
      for (const { shape } of shift)
        if (!sameShape(shape, attrs.w.slice(3)))
          throw new ShapeError(
            `${name}: the bias must be ${show(attrs.w.slice(3))} for the kernels ${show(attrs.w)}, got ${show(shape)}`,
          );
      return {
        inputs: [images, kernels, ...shift],
        attrs: { ...attrs, activation: activationNamed(name, activation) },
      };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { y }) => y,
    kernel: convKernel,
    parts: {
      along: (axis, { shapes }) => (axis === 0 ? shapes.map((_, k) => (k === 0 ? 0 : null)) : undefined),
      attrs: withImages,
    },
    vjp: (g, inputs, y, attrs) => {
      const [x, w] = inputs;
      const dz = once(() => dzOf(g, y, attrs.activation) as Operable);
      return [
        () => dz().conv2dInputGrad(w, attrs.x, optionsOf(attrs)),
        () => x.conv2dKernelGrad(dz(), attrs.w, optionsOf(attrs)),
        ...(inputs.length > 2 ? [() => dz().sum([0, 1, 2])] : []),
      ];
    },
    saves: 'both',
  }),
  /** The gradient by the images [the shape given], from that of the result and the kernels. */
  conv2dInputGrad: op<Convolution>({
    parse: (name, [g, w, shape, opts]) => {
      const inputs = [tensorInput(name, g), tensorInput(name, w, 'the kernel')] as const;
      const attrs = convolution(name, shape as Shape, inputs[1].shape, options(name, opts, ...WINDOW));
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
      const attrs = convolution(name, inputs[0].shape, shape as Shape, options(name, opts, ...WINDOW));
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
