/**
 * @file Depthwise convolutions, where every channel of the images makes channels of its own: nothing is shared that a
 * product of matrices could gain from, so that each element is summed by a thread. Pure.
 */
import convSource from '../../shaders/depthwise.wgsl?raw';
import inputGradSource from '../../shaders/depthwise_input_grad.wgsl?raw';
import kernelGradSource from '../../shaders/depthwise_kernel_grad.wgsl?raw';
import { sizeOf } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand, Storage } from '../device/device.ts';
import type { Convolution } from './conv_plan.ts';
import { sumOfRows } from './partials.ts';
import { type Activation, epilogueSlots } from './product_slots.ts';
import { grid } from './wgsl.ts';
import { windowIntegers } from './window2d.ts';

const WORKGROUP = 64;
/** Threads that are enough to fill a device. */
const THREADS = 16384;

export const isDepthwise = ({ w, groups }: Convolution): boolean => groups > 1 && w[2] === 1;

/** Channels of the result that each channel of the images makes. */
const eachOf = ({ w, groups }: Convolution): number => (w[3] as number) / groups;

interface Lanes {
  /** Neighbouring channels that a thread works on at once. */
  readonly lanes: 1 | 4;
  readonly type: 'f32' | 'vec4f';
}

/** Four where all that is read as vectors is aligned to them. */
function lanesFor(...sizes: readonly number[]): Lanes {
  return sizes.every((n) => n % 4 === 0) ? { lanes: 4, type: 'vec4f' } : { lanes: 1, type: 'f32' };
}

/** How y and w, or g, are read, and x: as vectors too where each of its channels makes one, and one by one where each makes four. */
function operandsFor(conv: Convolution, x: Operand, other: Operand) {
  const each = eachOf(conv);
  const [inputs, outputs] = [conv.x[3] as number, conv.y[3] as number];
  const { lanes, type } = lanesFor(outputs, other.offset, each === 1 ? x.offset : each);
  const wide = each === 1 ? lanes : 1;
  return {
    lanes,
    key: `${type}${wide}`,
    slots: {
      lanes: `alias Lanes = ${type};`,
      x: `@group(0) @binding(2) var<storage, read> x: array<${wide === 4 ? 'vec4f' : 'f32'}>;`,
    },
    integers: [
      inputs / wide,
      outputs / lanes,
      Math.max(each / lanes, 1),
      x.offset / wide,
      other.offset / lanes,
    ],
  };
}

/** Pixels of a row that a thread makes: as many as leave few idle at its end, and threads enough for the device. */
function pixelsFor(width: number, threads: number, { info }: GpuContext): 1 | 2 | 4 {
  const enough = info.software ? WORKGROUP : THREADS;
  return (
    ([4, 2] as const).find((n) => threads / n >= enough && Math.ceil(width / n) * n <= 1.15 * width) ?? 1
  );
}

const buffersOf = (y: Storage, ...operands: readonly Operand[]): Dispatch['buffers'] => [
  { storage: y, access: 'read_write' },
  ...operands.map(({ storage }) => ({ storage, access: 'read' as const })),
];

/** For every product two operands to load, a multiplication and an addition. */
const workOf = ({ y, w }: Convolution): number => 4 * sizeOf(y) * sizeOf(w.slice(0, 2));

export function depthwise(
  conv: Convolution,
  x: Operand,
  w: Operand,
  bias: Operand | undefined,
  activation: Activation | undefined,
  y: Operand,
  context: GpuContext,
): Dispatch[] {
  const { lanes, key, slots, integers } = operandsFor(conv, x, w);
  const [n, height, width, channels] = conv.y as [number, number, number, number];
  const pixels = pixelsFor(width, sizeOf(conv.y) / lanes, context);
  const threads = n * height * Math.ceil(width / pixels) * (channels / lanes);
  const shift =
    lanes === 1
      ? '  let shift = bias[params.bias + o];'
      : '  let b = params.bias + 4 * o; let shift = vec4f(bias[b], bias[b + 1], bias[b + 2], bias[b + 3]);';
  const each = ['x', 'y', 'z', 'w'].map((lane) => `activation(z.${lane})`);
  const end = {
    ...epilogueSlots(y, bias, activation, { shift }),
    ...(lanes === 4 && { store: `  y[at] = vec4f(${each.join(', ')});` }),
  };
  return [
    {
      source: convSource,
      shader: 'depthwise',
      key: `${key} ${pixels}${bias ? ' bias' : ''} ${activation?.expression ?? ''}`,
      slots: { ...slots, ...end },
      constants: { WORKGROUP, PIXELS: pixels },
      buffers: buffersOf(y.storage, x, w, ...(bias ? [bias] : [])),
      integers: [...windowIntegers(conv.x, conv.window), threads, ...integers, bias?.offset ?? 0],
      workgroups: grid(Math.ceil(threads / WORKGROUP)),
      work: workOf(conv),
    },
  ];
}

export function depthwiseInputGrad(
  conv: Convolution,
  g: Operand,
  w: Operand,
  dx: Operand,
  context: GpuContext,
): Dispatch[] {
  const each = eachOf(conv);
  const [inputs, outputs] = [conv.x[3] as number, conv.y[3] as number];
  const { lanes, type } = each === 1 ? lanesFor(inputs, g.offset, w.offset) : lanesFor(1);
  const [n, height, width] = conv.x as [number, number, number];
  const pixels = pixelsFor(width, sizeOf(conv.x) / lanes, context);
  const threads = n * height * Math.ceil(width / pixels) * (inputs / lanes);
  return [
    {
      source: inputGradSource,
      shader: 'depthwise_input_grad',
      slots: { lanes: `alias Lanes = ${type};` },
      constants: { WORKGROUP, PIXELS: pixels, STRIDED: conv.window.strides.some((n) => n > 1) ? 1 : 0 },
      buffers: buffersOf(dx.storage, g, w),
      integers: [
        ...windowIntegers(conv.x, conv.window),
        ...[threads, inputs / lanes, outputs / lanes, each, g.offset / lanes, w.offset / lanes],
      ],
      workgroups: grid(Math.ceil(threads / WORKGROUP)),
      work: workOf(conv),
    },
  ];
}

export function depthwiseKernelGrad(
  conv: Convolution,
  x: Operand,
  g: Operand,
  dw: Operand,
  context: GpuContext,
): Dispatch[] {
  const { lanes, key, slots, integers } = operandsFor(conv, x, g);
  const size = sizeOf(conv.w);
  // Few kernels and many pixels: several threads share an element, each with some rows of the images.
  const rows = (conv.y[0] as number) * (conv.y[1] as number);
  const most = Math.floor(context.bindableBytes / 4 / size); // as many partial sums as the second dispatch can see
  const splits = Math.max(Math.min(Math.ceil((THREADS * lanes) / size), rows, most), 1);
  const partial = splits === 1 ? dw.storage : context.scratch('float32', splits * size);
  const threads = (splits * size) / lanes;
  const gradient: Dispatch = {
    source: kernelGradSource,
    shader: 'depthwise_kernel_grad',
    key,
    slots,
    constants: { WORKGROUP },
    buffers: buffersOf(partial, x, g),
    integers: [...windowIntegers(conv.x, conv.window), threads, ...integers, rows, splits],
    workgroups: grid(Math.ceil(threads / WORKGROUP)),
    work: workOf(conv),
  };
  return splits === 1 ? [gradient] : [gradient, sumOfRows(partial, dw, splits)];
}
