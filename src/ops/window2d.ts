/**
 * @file The geometry of windows that walk over images [n, h, w, c], for convolutions and pools: checks strides,
 * dilation, size and padding, and works padding and the number of places out. Pairs are for rows, then columns. Pure.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { didYouMean } from '../core/names.ts';
import { type Shape, sameShape, show } from '../core/shape.ts';

export type Two = readonly [number, number];

/** A window with everything worked out; as options it means the same. */
export interface Window2d {
  readonly size: Two;
  readonly strides: Two;
  readonly dilation: Two;
  readonly padding: readonly [rows: Two, columns: Two];
}

const isTwo = (value: unknown, low: number): value is Two =>
  Array.isArray(value) &&
  value.length === 2 &&
  [value[0], value[1]].every((n) => Number.isInteger(n) && n >= low);

/** A whole number of at least 1 for both directions, or one for each. */
export function two(op: string, what: string, value: unknown): Two {
  const both = typeof value === 'number' ? [value, value] : value;
  if (isTwo(both, 1)) return both;
  throw new ArgumentError(
    `${op}: ${what} must be a whole number of at least 1, or a pair of them [for rows, for columns], got ${describe(value)}`,
  );
}

/** The images' shape, if it has four axes. */
export function checkImages(op: string, shape: Shape): Shape {
  if (shape.length === 4) return shape;
  const cure = shape.length < 4 ? '; add the missing axes: .expandDims(axis)' : '';
  throw new ShapeError(`${op}: images must be [n, h, w, channels], got ${show(shape)}${cure}`);
}

/** For the rows that take the gradient `g` of a result of shape `y`. */
export function checkGradient(name: string, g: Shape, y: Shape): void {
  if (!sameShape(g, y))
    throw new ShapeError(`${name}: the gradient of a result ${show(y)} must have its shape, got ${show(g)}`);
}

/** Rows, or columns, that a window covers. */
function covers(size: number, dilation: number): number {
  return dilation * (size - 1) + 1;
}

/** Padding as Keras counts it: 'same' keeps ⌈n / stride⌉ places, an odd element of padding coming last. */
function padding2d(op: string, image: Two, window: Omit<Window2d, 'padding'>, padding: unknown) {
  if (padding === 'valid') return [[0, 0] as Two, [0, 0] as Two] as const;
  if (padding === 'same') {
    const along = (d: 0 | 1): Two => {
      const stride = window.strides[d];
      const last = (Math.ceil(image[d] / stride) - 1) * stride;
      const total = Math.max(last + covers(window.size[d], window.dilation[d]) - image[d], 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
    return [along(0), along(1)] as const;
  }
  if (Array.isArray(padding) && padding.length === 2 && isTwo(padding[0], 0) && isTwo(padding[1], 0))
    return [padding[0], padding[1]] as const;
  const got = typeof padding === 'string' ? didYouMean(padding, ['same', 'valid']) : describe(padding);
  throw new ArgumentError(
    `${op}: padding must be 'same', 'valid', or [[top, bottom], [left, right]] in whole numbers of at least 0, got ${got}`,
  );
}

/** Checks the options of a window of this size over images; `name` is what messages call the window. */
export function window2d(
  op: string,
  name: string,
  images: Shape,
  size: Two,
  options: { strides?: unknown; dilation?: unknown; padding?: unknown },
): Window2d {
  const image = [images[1], images[2]] as [number, number];
  const open = {
    size,
    strides: two(op, 'strides', options.strides),
    dilation: two(op, 'dilation', options.dilation),
  };
  const padding = padding2d(op, image, open, options.padding);
  for (const d of [0, 1] as const) {
    const [before, after] = padding[d];
    const reach = covers(size[d], open.dilation[d]);
    if (image[d] === 0 || reach <= image[d] + before + after) continue; // an image without pixels has no places
    const dilated = open.dilation.some((n) => n > 1) ? ` with dilation ${show(open.dilation)}` : '';
    const padded = image.map((n, k) => n + (padding[k] as Two)[0] + (padding[k] as Two)[1]);
    throw new ShapeError(
      `${op}: the ${name} ${show(size)}${dilated} covers ${reach} ${d === 0 ? 'rows' : 'columns'}, and the images ${show(images)} have ${padded[d]}${before + after > 0 ? ' with their padding' : ''}; pad more, or use padding 'same'`,
    );
  }
  return { ...open, padding };
}

/** At how many places, in rows and in columns, a window comes to lie on images of this shape. */
export function placesOf(images: Shape, { size, strides, dilation, padding }: Window2d): Two {
  const along = (d: 0 | 1): number => {
    const rest = (images[d + 1] as number) + padding[d][0] + padding[d][1] - covers(size[d], dilation[d]);
    return Math.max(Math.floor(rest / strides[d]) + 1, 0);
  };
  return [along(0), along(1)];
}

/** Whether some place of the window holds padding alone. */
export function missesImage(images: Shape, window: Window2d): boolean {
  const places = placesOf(images, window);
  return ([0, 1] as const).some((d) => {
    const [before] = window.padding[d];
    const last = (places[d] - 1) * window.strides[d] - before;
    return places[d] > 0 && (before >= window.size[d] || last >= (images[d + 1] as number));
  });
}

/**
 * Visits every pixel under every place of the window, padding left out: the pixel's number, the place's number, and the
 * number of the pixel in the window. Row by row, in the images and in the window.
 */
export function forEachPixel(
  images: Shape,
  window: Window2d,
  visit: (pixel: number, place: number, tap: number) => void,
): void {
  const [n, height, width] = images as [number, number, number];
  const { size, strides, dilation, padding } = window;
  const [rows, columns] = placesOf(images, window);
  for (let k = 0, place = 0; k < n; k++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, place++)
        for (let a = 0; a < size[0]; a++) {
          const y = i * strides[0] + a * dilation[0] - padding[0][0];
          if (y < 0 || y >= height) continue;
          for (let b = 0; b < size[1]; b++) {
            const x = j * strides[1] + b * dilation[1] - padding[1][0];
            if (x >= 0 && x < width) visit((k * height + y) * width + x, place, a * size[1] + b);
          }
        }
}

/** The leading parameters of the shaders: image, window, places, strides, dilation, padding before; rows, then columns. */
export function windowIntegers(images: Shape, window: Window2d): number[] {
  const { size, strides, dilation, padding } = window;
  return [
    ...images.slice(1, 3),
    ...size,
    ...placesOf(images, window),
    ...strides,
    ...dilation,
    padding[0][0],
    padding[1][0],
  ];
}
