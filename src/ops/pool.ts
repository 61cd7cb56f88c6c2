/**
 * @file Pooling of images [n, h, w, c]: the largest and the mean of each window, and their gradients. The gradient of a
 * maximum goes to the window's first largest element; a NaN counts as the largest.
 */

import avgSource from '../../shaders/avg_pool.wgsl?raw';
import avgGradSource from '../../shaders/avg_pool_grad.wgsl?raw';
import maxSource from '../../shaders/max_pool.wgsl?raw';
import maxGradSource from '../../shaders/max_pool_grad.wgsl?raw';
import { ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, Kernel, Operand, Storage } from '../device/device.ts';
import { batchParts, dtypeRules, op, options, tensorInput } from './op.ts';
import { grid } from './wgsl.ts';
import {
  checkGradient,
  checkImages,
  forEachPixel,
  missesImage,
  placesOf,
  two,
  type Window2d,
  window2d,
  windowIntegers,
} from './window2d.ts';

const WORKGROUP = 64;

interface Pool {
  /** Shapes of the images and of the result. */
  readonly x: Shape;
  readonly y: Shape;
  readonly window: Window2d;
}

function pool(name: string, x: Shape, opts: unknown): Pool {
  const { size, strides = size, padding = 'valid' } = options(name, opts, 'size', 'strides', 'padding');
  const [n, , , channels] = checkImages(name, x) as [number, number, number, number];
  const extent = two(name, 'size', size);
  const window = window2d(name, 'window', x, extent, { strides, dilation: 1, padding });
  return { x, y: [n, ...placesOf(x, window), channels], window };
}

/** As `pool`, where every window must have an element to take the mean of. */
function meanPool(name: string, x: Shape, opts: unknown): Pool {
  const attrs = pool(name, x, opts);
  const { size, strides, padding } = attrs.window;
  if (missesImage(x, attrs.window))
    throw new ShapeError(
      `${name}: with padding [${padding.map(show).join(', ')}] some windows ${show(size)} at strides ${show(strides)} hold no element of the images ${show(x)}; pad less`,
    );
  return attrs;
}

/** The same of so many images. */
const withImages = (attrs: Pool, n: number): Pool => ({
  ...attrs,
  x: attrs.x.with(0, n),
  y: attrs.y.with(0, n),
});

/** What the gradients' rows take as options. */
function optionsOf({ window: { size, strides, padding } }: Pool) {
  return { size, strides, padding };
}

// --- CPU ---

/** Where in x the first largest element of each window lies; −1 for a window of padding alone. */
function winners({ x: shape, y, window }: Pool, x: CpuOperand): Int32Array {
  const channels = shape[3] as number;
  const found = new Int32Array(sizeOf(y)).fill(-1);
  const value = new Float64Array(sizeOf(y));
  forEachPixel(shape, window, (pixel, place) => {
    for (let c = 0; c < channels; c++) {
      const at = place * channels + c;
      const best = value[at] as number;
      const candidate = x.data[x.offset + pixel * channels + c] as number;
      const wins = candidate > best || (Number.isNaN(candidate) && !Number.isNaN(best));
      if (found[at] !== -1 && !wins) continue;
      found[at] = pixel * channels + c;
      value[at] = candidate;
    }
  });
  return found;
}

/** The elements of `from` where x is largest, `empty` for a window without any. */
function pickCpu(from: CpuOperand, x: CpuOperand, y: CpuOperand, attrs: Pool, empty: number): void {
  winners(attrs, x).forEach((at, k) => {
    y.data[k] = at < 0 ? empty : (from.data[from.offset + at] as number);
  });
}

/** How many elements each place of the window holds. */
function counts({ x, y, window }: Pool): Int32Array {
  const found = new Int32Array(sizeOf(y.slice(0, 3)));
  forEachPixel(x, window, (_, place) => {
    found[place] = (found[place] as number) + 1;
  });
  return found;
}

// --- WebGPU ---

const read = ({ storage }: Operand) => ({ storage, access: 'read' as const });
const write = (storage: Storage) => ({ storage, access: 'read_write' as const });

/** One thread an element of a result of the shape, each of which looks at so many others. */
function launch(
  threads: Shape,
  looks: number,
): Pick<Dispatch, 'constants' | 'workgroups' | 'work'> & { count: number } {
  const count = sizeOf(threads);
  return {
    count,
    constants: { WORKGROUP },
    workgroups: grid(Math.ceil(count / WORKGROUP)),
    work: count * looks * 4,
  };
}

/** Writes the pixels of the images where x is largest (−1 for none), or what lies there in `from`. */
function winnersDispatch(
  { x: shape, window }: Pool,
  x: Operand,
  y: Operand,
  from?: { readonly values: Operand; readonly empty: string },
): Dispatch {
  const { count, ...launched } = launch(y.shape, sizeOf(window.size));
  const picked = from && {
    picked: '@group(0) @binding(3) var<storage, read> h: array<u32>;',
    store: `  var value = ${from.empty};
  if (winner != NONE) { value = h[params.h_offset + (first + winner) * params.channels + c]; }
  y[t] = value;`,
  };
  return {
    source: maxSource,
    shader: 'max_pool',
    key: from?.empty ?? 'places',
    slots: picked ?? {},
    ...launched,
    buffers: [write(y.storage), read(x), ...(from ? [read(from.values)] : [])],
    integers: [
      ...windowIntegers(shape, window),
      count,
      shape[3] as number,
      x.offset,
      from?.values.offset ?? 0,
    ],
  };
}

/** A dispatch that shares the gradients g of the places out to the pixels under them. */
function spread(
  { x, window }: Pool,
  shader: string,
  source: string,
  dx: Operand,
  operands: readonly Operand[],
  g: Operand,
): Dispatch {
  const over = window.size.map((n, d) => Math.ceil(n / (window.strides[d] as number)));
  const { count, ...launched } = launch(x, sizeOf(over));
  return {
    source,
    shader,
    key: '',
    ...launched,
    buffers: [write(dx.storage), ...operands.map(read)],
    integers: [...windowIntegers(x, window), count, x[3] as number, g.offset],
  };
}

// --- kernels ---

const NEGATIVE_INFINITY = '0xff800000u';

const maxKernel: Kernel<Pool> = {
  cpu: ({ inputs: [x], outputs: [y], attrs }) => pickCpu(x, x, y, attrs, -Infinity),
  gpu: ({ inputs: [x], outputs: [y], attrs }) => [
    winnersDispatch(attrs, x, y, { values: x, empty: NEGATIVE_INFINITY }),
  ],
};

const maxPickKernel: Kernel<Pool> = {
  cpu: ({ inputs: [x, h], outputs: [y], attrs }) => pickCpu(h, x, y, attrs, 0),
  gpu: ({ inputs: [x, h], outputs: [y], attrs }) => [
    winnersDispatch(attrs, x, y, { values: h, empty: '0u' }),
  ],
};

const maxGradKernel: Kernel<Pool> = {
  cpu: ({ inputs: [x, g], outputs: [dx], attrs }) => {
    const sum = new Float64Array(sizeOf(attrs.x));
    winners(attrs, x).forEach((at, k) => {
      if (at >= 0) sum[at] = (sum[at] as number) + (g.data[g.offset + k] as number);
    });
    dx.data.set(sum);
  },
  gpu: ({ inputs: [x, g], outputs: [dx], attrs }, context) => {
    const storage = context.scratch('int32', sizeOf(attrs.y));
    const found: Operand = { ...g, storage, offset: 0, dtype: 'int32' };
    return [
      winnersDispatch(attrs, x, found),
      spread(attrs, 'max_pool_grad', maxGradSource, dx, [found, g], g),
    ];
  },
};

const avgKernel: Kernel<Pool> = {
  cpu: ({ inputs: [x], outputs: [y], attrs }) => {
    const channels = attrs.x[3] as number;
    const sum = new Float64Array(sizeOf(attrs.y));
    forEachPixel(attrs.x, attrs.window, (pixel, place) => {
      for (let c = 0; c < channels; c++) {
        const at = place * channels + c;
        sum[at] = (sum[at] as number) + (x.data[x.offset + pixel * channels + c] as number);
      }
    });
    const count = counts(attrs);
    sum.forEach((total, k) => {
      y.data[k] = total / (count[Math.floor(k / channels)] as number);
    });
  },
  gpu: ({ inputs: [x], outputs: [y], attrs: { x: shape, window } }) => {
    const { count, ...launched } = launch(y.shape, sizeOf(window.size));
    return [
      {
        source: avgSource,
        shader: 'avg_pool',
        key: '',
        ...launched,
        buffers: [write(y.storage), read(x)],
        integers: [...windowIntegers(shape, window), count, shape[3] as number, x.offset],
      },
    ];
  },
};

const avgGradKernel: Kernel<Pool> = {
  cpu: ({ inputs: [g], outputs: [dx], attrs }) => {
    const channels = attrs.x[3] as number;
    const count = counts(attrs);
    const sum = new Float64Array(sizeOf(attrs.x));
    forEachPixel(attrs.x, attrs.window, (pixel, place) => {
      for (let c = 0; c < channels; c++) {
        const share = (g.data[g.offset + place * channels + c] as number) / (count[place] as number);
        sum[pixel * channels + c] = (sum[pixel * channels + c] as number) + share;
      }
    });
    dx.data.set(sum);
  },
  gpu: ({ inputs: [g], outputs: [dx], attrs }) => [spread(attrs, 'avg_pool_grad', avgGradSource, dx, [g], g)],
};

// --- rows ---

export const poolRows = {
  maxPool2d: op<Pool>({
    parse: (name, [x, opts]) => {
      const images = tensorInput(name, x);
      return { inputs: [images], attrs: pool(name, images.shape, opts) };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { y }) => y,
    kernel: maxKernel,
    parts: batchParts(1, [], withImages),
    vjp: (g, [x], _, attrs) => [() => x.maxPool2dGrad(g, optionsOf(attrs))],
    saves: 'inputs',
  }),
  /** Each window's gradient at the window's first largest element of x, 0 elsewhere. */
  maxPool2dGrad: op<Pool>({
    parse: (name, [x, g, opts]) => {
      const inputs = [tensorInput(name, x), tensorInput(name, g, 'the gradient')] as const;
      const attrs = pool(name, inputs[0].shape, opts);
      checkGradient(name, inputs[1].shape, attrs.y);
      return { inputs, attrs };
    },
    dtypes: dtypeRules.float,
    shape: (_, [shape]) => shape,
    kernel: maxGradKernel,
    parts: batchParts(2, [], withImages),
    vjp: (h, [x], _, attrs) => [null, () => x.maxPool2dPick(h, optionsOf(attrs))],
    saves: 'inputs',
  }),
  /** For each window the element of h where x has its first largest one. */
  maxPool2dPick: op<Pool>({
    parse: (name, [x, h, opts]) => {
      const inputs = [tensorInput(name, x), tensorInput(name, h, 'the second argument')] as const;
      const attrs = pool(name, inputs[0].shape, opts);
      if (!sameShape(inputs[1].shape, attrs.x))
        throw new ShapeError(
          `${name}: what is picked from must have the shape of the images ${show(attrs.x)}, got ${show(inputs[1].shape)}`,
        );
      return { inputs, attrs };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { y }) => y,
    kernel: maxPickKernel,
    parts: batchParts(2, [], withImages),
    vjp: (g, [x], _, attrs) => [null, () => x.maxPool2dGrad(g, optionsOf(attrs))],
    saves: 'inputs',
  }),
  avgPool2d: op<Pool>({
    parse: (name, [x, opts]) => {
      const images = tensorInput(name, x);
      return { inputs: [images], attrs: meanPool(name, images.shape, opts) };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { y }) => y,
    kernel: avgKernel,
    parts: batchParts(1, [], withImages),
    vjp: (g, _, __, attrs) => [() => g.avgPool2dGrad(attrs.x, optionsOf(attrs))],
    saves: 'nothing',
  }),
  /** Each window's gradient in equal shares at all its elements, in images of the shape given. */
  avgPool2dGrad: op<Pool>({
    parse: (name, [g, shape, opts]) => {
      const gradient = tensorInput(name, g);
      const attrs = meanPool(name, shape as Shape, opts);
      checkGradient(name, gradient.shape, attrs.y);
      return { inputs: [gradient], attrs };
    },
    dtypes: dtypeRules.float,
    shape: (_, __, { x }) => x,
    kernel: avgGradKernel,
    parts: batchParts(1, [], withImages),
    vjp: (h, _, __, attrs) => [() => h.avgPool2d(optionsOf(attrs))],
    saves: 'nothing',
  }),
};
