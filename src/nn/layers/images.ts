/** @file What layers of images have in common: their shapes. */
import { describe } from '../../core/describe.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, show } from '../../core/shape.ts';
import type { Padding, Pair } from '../../tensor.ts';

export const pair = (value: Pair): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** A number of at least 1, or two. */
export function checkPair(op: string, what: string, value: Pair): void {
  const numbers = typeof value === 'number' ? [value] : value;
  if (
    !Array.isArray(numbers) ||
    (typeof value !== 'number' && numbers.length !== 2) ||
    !numbers.every((n) => Number.isInteger(n) && n >= 1)
  )
    throw new ArgumentError(`${op}: ${what} must be a whole number of at least 1, or a pair of them`);
}

/** 'same', 'valid', or rows and columns at each side. */
export function checkPadding(op: string, padding: Padding): void {
  const isSide = (side: unknown) =>
    Array.isArray(side) && side.length === 2 && side.every((n) => Number.isInteger(n) && n >= 0);
  if (padding === 'same' || padding === 'valid') return;
  if (Array.isArray(padding) && padding.length === 2 && padding.every(isSide)) return;
  throw new ArgumentError(
    `${op}: padding must be 'same', 'valid' or [[top, bottom], [left, right]], got ${describe(padding)}`,
  );
}

export function requireImages(op: string, inputShape: Shape): readonly [number, number, number] {
  if (inputShape.length !== 3)
    throw new ShapeError(
      `${op}: examples must be images [height, width, channels], got ${show(inputShape)}; put layers.reshape([height, width, channels]) before it`,
    );
  return inputShape as readonly [number, number, number];
}

interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}

/** Height and width of what windows over an image give. */
export function windowed(
  op: string,
  [height, width]: readonly [number, number, number],
  { size, strides, padding, dilation = 1 }: Window,
): [number, number] {
  const along = (axis: 0 | 1, length: number): number => {
    const stride = pair(strides)[axis];
    if (padding === 'same') return Math.ceil(length / stride);
    const [before, after] = padding === 'valid' ? [0, 0] : padding[axis];
    const reach = (pair(size)[axis] - 1) * pair(dilation)[axis] + 1;
    return Math.floor((length + before + after - reach) / stride) + 1;
  };
  const found: [number, number] = [along(0, height), along(1, width)];
  if (found.some((n) => n < 1))
    throw new ShapeError(
      `${op}: windows of ${pair(size).join(' × ')} do not fit into images of ${height} × ${width}; use padding: 'same', or fewer layers`,
    );
  return found;
}
