/**
 * @file A convolution and its gradients as products of matrices, whose A conv2d.wgsl reads out of the images. Nothing is
 * stored but the result. Kernels [kh, kw, in / groups, out] are a matrix as they lie, and groups are a batch. Pure.
 */
import convSource from '../../shaders/conv2d.wgsl?raw';
import type { Shape } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand } from '../device/device.ts';
import { type Gather, productDispatches } from './product.ts';
import type { Activation } from './product_slots.ts';
import type { Two, Window2d } from './window2d.ts';

export interface Convolution {
  /** Shapes of the images, the kernels and the result. */
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly window: Window2d;
  readonly groups: number;
}

type Four = readonly [number, number, number, number];

/** What all three products speak of. */
function sizesOf({ x, w, y, window, groups }: Convolution) {
  const [images, height, width, inputs] = x as Four;
  const [kh, kw, groupIn, outputs] = w as Four;
  const [, down, across] = y as Four;
  const before: Two = [window.padding[0][0], window.padding[1][0]];
  const groupOut = outputs / groups;
  const tap = groupIn * outputs; // the stride of w
  return { images, height, width, inputs, kh, kw, groupIn, outputs, down, across, before, groupOut, tap };
}

/** The struct Window of conv2d.wgsl. */
interface Geometry {
  readonly image: Two;
  readonly places: Two;
  readonly stride: Two;
  readonly dilation: Two;
  readonly before: Two;
  readonly divisor: Two;
  readonly taps: number;
  readonly channels: number;
  readonly group: number;
  readonly across: number;
  /** Rows and columns of the image that C is. */
  readonly out: Two;
}

const geometry = (g: Geometry): number[] => [
  ...[g.image, g.places, g.stride, g.dilation, g.before, g.divisor].flat(),
  ...[g.taps, g.channels, g.group, g.across, ...g.out],
];

const common = {
  rows: convSource,
  part: '',
  fields: '  window: Window,',
  eachPart:
    '  for (var p = split * params.shares; p < min((split + 1) * params.shares, params.parts); p++) {',
  inside:
    'fn inside(rows: Rows, part: Part, k: u32) -> vec4u { return pixelsInside(params.window, rows, part, k); }',
  kept: 'fn kept(terms: vec4f, inside: u32) -> vec4f { return among(terms, inside); }',
};

/** Rows of A are places. */
const byPlaces: Gather['slots'] = {
  ...common,
  rowsFrom:
    'fn rowsFrom(start: u32, first: u32) -> Rows { return placeRows(params.window, start, linesFrom(first, params.m)); }',
  partOf:
    'fn partOf(i: u32, span: vec4u) -> Part { return tapPart(params.window, i, params.bPart, params.depth); }',
};

/** Rows of A are pixels, and only every so many of them meet a tap. */
const byResidues: Gather['slots'] = {
  ...byPlaces,
  spanOf: 'fn spanOf(batch: u32) -> vec4u { return vec4u(residueOf(params.window, batch), 0, 0); }',
  partOf:
    'fn partOf(i: u32, span: vec4u) -> Part { return residuePart(params.window, i, span.xy, params.bPart, params.depth); }',
  rowOfC:
    'fn rowOfC(row: u32, batch: u32) -> u32 { return pixelOfC(params.window, row, batch, params.cLine); }',
};

/** Rows of A are taps. */
const byTaps: Gather['slots'] = {
  ...common,
  rowsFrom:
    'fn rowsFrom(start: u32, first: u32) -> Rows { return tapRows(params.window, start, linesFrom(first, params.m)); }',
  spanOf: 'fn spanOf(batch: u32) -> vec4u { return placesOf(params.window, batch); }',
  partOf:
    'fn partOf(i: u32, span: vec4u) -> Part { return placePart(params.window, i, span, params.bPart, params.bK); }',
  rowOfC: 'fn rowOfC(row: u32, batch: u32) -> u32 { return tapOfC(params.window, row, params.cLine); }',
};

/** y[place, o] = f(Σ x[place + tap, c] · w[tap, c, o] + bias[o]) */
export function convDispatches(
  conv: Convolution,
  x: Operand,
  w: Operand,
  bias: Operand | undefined,
  activation: Activation | undefined,
  y: Operand,
  context: GpuContext,
): Dispatch[] {
  const s = sizesOf(conv);
  const { strides, dilation } = conv.window;
  const m = s.images * s.down * s.across;
  // Of one channel the slices of a part are a row of the kernel, else the channels of a tap.
  const gray = s.groupIn === 1;
  const parts = gray
    ? { count: s.kh, depth: s.kw, stride: s.kw * s.tap }
    : { count: s.kh * s.kw, depth: s.groupIn, stride: s.tap };
  const integers = geometry({
    image: [s.height, s.width],
    places: [s.down, s.across],
    stride: strides,
    dilation,
    before: [-s.before[0], -s.before[1]],
    divisor: [1, 1],
    taps: gray ? 1 : s.kw,
    channels: s.inputs,
    group: s.groupIn,
    across: gray ? dilation[1] : 0,
    out: [s.down, s.across],
  });
  return productDispatches(
    {
      m,
      n: s.groupOut,
      k: s.kh * s.kw * s.groupIn,
      batch: [conv.groups],
      rows: {
        operand: x,
        count: m,
        line: s.inputs,
        step: gray ? dilation[1] * s.inputs : 1,
        batch: [s.groupIn],
      },
      columns: { operand: w, count: s.groupOut, line: 1, step: s.outputs, batch: [s.groupOut] },
      out: y,
      bias,
      activation,
      cLine: s.outputs,
      cBatch: [s.groupOut],
      gather: {
        shader: 'conv2d',
        name: 'places',
        slots: byPlaces,
        integers,
        parts,
        bySlice: gray,
        ragged: false,
      },
    },
    context,
  );
}

/** dx[pixel, c] = Σ g[(pixel − tap) / stride, o] · w[tap, c, o], for each residue of the pixels by the strides. */
export function convInputGradDispatches(
  conv: Convolution,
  g: Operand,
  w: Operand,
  dx: Operand,
  context: GpuContext,
): Dispatch[] {
  const s = sizesOf(conv);
  const { strides, dilation } = conv.window;
  const places: Two = [Math.ceil(s.height / strides[0]), Math.ceil(s.width / strides[1])];
  const m = s.images * places[0] * places[1];
  const integers = geometry({
    image: [s.down, s.across],
    places,
    stride: [1, 1],
    dilation: [-dilation[0], -dilation[1]],
    before: s.before,
    divisor: strides,
    taps: s.kw,
    channels: s.outputs,
    group: s.groupOut,
    across: 0,
    out: [s.height, s.width],
  });
  const strided = strides.some((n) => n > 1);
  return productDispatches(
    {
      m,
      n: s.groupIn,
      k: s.kh * s.kw * s.groupOut,
      batch: [conv.groups, ...strides],
      rows: { operand: g, count: m, line: s.outputs, step: 1, batch: [s.groupOut, 0, 0] },
      columns: { operand: w, count: s.groupIn, line: s.outputs, step: 1, batch: [s.groupOut, 0, 0] },
      out: dx,
      cLine: s.inputs,
      cBatch: [s.groupIn, 0, 0],
      gather: {
        shader: 'conv2d',
        name: strided ? 'residues' : 'pixels',
        slots: strided ? byResidues : byPlaces,
        integers,
        parts: { count: s.kh * s.kw, depth: s.groupOut, stride: s.tap },
        bySlice: false,
        ragged: false,
      },
    },
    context,
  );
}

/** dw[tap, c, o] = Σ x[place + tap, c] · g[place, o], for each column of the kernel. */
export function convKernelGradDispatches(
  conv: Convolution,
  x: Operand,
  g: Operand,
  dw: Operand,
  context: GpuContext,
): Dispatch[] {
  const s = sizesOf(conv);
  const { strides, dilation } = conv.window;
  const m = s.kh * s.groupIn;
  const integers = geometry({
    image: [s.height, s.width],
    places: [s.down, s.across],
    stride: strides,
    dilation,
    before: [-s.before[0], -s.before[1]],
    divisor: [1, 1],
    taps: s.kw,
    channels: s.inputs,
    group: s.groupIn,
    across: 0,
    out: [s.kh, s.kw],
  });
  return productDispatches(
    {
      m,
      n: s.groupOut,
      k: s.images * s.down * s.across,
      batch: [conv.groups, s.kw],
      rows: {
        operand: x,
        count: m,
        line: 1,
        step: strides[1] * s.inputs,
        batch: [s.groupIn, 0],
        runs: [s.groupIn, s.inputs],
      },
      columns: { operand: g, count: s.groupOut, line: 1, step: s.outputs, batch: [s.groupOut, 0] },
      out: dw,
      cLine: s.outputs,
      cBatch: [s.groupOut, s.tap],
      gather: {
        shader: 'conv2d',
        name: 'taps',
        slots: byTaps,
        integers,
        parts: { count: s.images * s.down, depth: s.across, stride: s.across * s.outputs },
        bySlice: false,
        ragged: true,
      },
    },
    context,
  );
}
