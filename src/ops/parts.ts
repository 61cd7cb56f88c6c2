/**
 * @file Operations on tensors that are too large for a kernel to see whole: the work is halved, along an axis of the
 * result or over an axis that is summed up, until its pieces can be seen.
 */
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Device } from '../device/device.ts';
import { retain } from '../device/storage.ts';
import { isBindable } from '../device/window.ts';
import { Tensor } from '../tensor.ts';
import type { Parts } from './op.ts';

export interface Job {
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly shape: Shape;
}

type Axes = readonly (number | null)[];

/** Whether a kernel can see all operands, and a result of so many bytes. */
export function canSee({ inputs }: Pick<Job, 'inputs'>, bytes: number, device: Device): boolean {
  return bytes <= device.bindableBytes && inputs.every((x) => isBindable(x, device));
}

/** The job's result, of two halves that `run` computes; undefined where it cannot be halved. */
export function inHalves(
  job: Job,
  parts: Parts<unknown>,
  device: Device,
  run: (part: Job) => Tensor,
  allocate: () => Tensor,
): Tensor | undefined {
  const { inputs, attrs, shape } = job;
  const shapes = inputs.map((x) => x.shape) as unknown as Parameters<NonNullable<typeof parts.over>>[1];
  const axis = shape.findIndex((n) => n > 1);
  const along = axis < 0 ? undefined : parts.along?.(axis, { attrs, shapes, result: shape });
  const relief = (axes: Axes) =>
    axes.filter((a, k) => a !== null && !isBindable(inputs[k] as Tensor, device)).length;
  const over = (parts.over?.(attrs, shapes) ?? [])
    .filter((axes) => entriesOf(inputs, axes) > 1)
    .sort((a, b) => relief(b) - relief(a))[0];
  const partOf = (axes: Axes, from: number, to: number, of: Shape, work: (part: Job) => Tensor): Tensor => {
    const sliced = inputs.map((x, k) => sliceOf(x, axes[k] ?? null, from, to));
    try {
      return work({
        inputs: sliced,
        attrs: parts.attrs ? parts.attrs(attrs, to - from) : attrs,
        shape: of,
      });
    } finally {
      for (const x of sliced) x.dispose();
    }
  };
  if (along && !(over && relief(over) > relief(along))) {
    const n = shape[axis] as number;
    const middle = half(n);
    const whole = allocate();
    for (const [from, to] of [[0, middle] as const, [middle, n] as const]) {
      const part = partOf(along, from, to, shape.with(axis, to - from), run);
      device.copy(part.storage, whole.storage, (from * sizeOf(shape)) / n);
      part.dispose();
    }
    return whole;
  }
  if (!over || !parts.merge) return undefined;
  const n = entriesOf(inputs, over);
  const middle = half(n);
  const [a, b] = [partOf(over, 0, middle, shape, run), partOf(over, middle, n, shape, run)];
  try {
    return parts.merge(a, b, [middle / n, 1 - middle / n]);
  } finally {
    a.dispose();
    b.dispose();
  }
}

/** About the half: a multiple of 64 where it can be, so that contiguous parts begin where a binding may. */
function half(n: number): number {
  const m = Math.ceil(n / 2);
  return n >= 128 ? Math.ceil(m / 64) * 64 : m;
}

function entriesOf(inputs: readonly Tensor[], axes: Axes): number {
  const k = axes.findIndex((a) => a !== null);
  return inputs[k]?.shape[axes[k] as number] ?? 0;
}

function sliceOf(x: Tensor, axis: number | null, from: number, to: number): Tensor {
  const { storage, shape, strides, offset } = x;
  retain(storage);
  if (axis === null) return new Tensor(storage, { shape, strides, offset });
  return new Tensor(storage, {
    shape: shape.with(axis, to - from),
    strides,
    offset: offset + from * (strides[axis] as number),
  });
}
