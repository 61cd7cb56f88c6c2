/**
 * @file Shrinks the 28 x 28 MNIST images to the 16 x 16 inputs of the nets here: the centre 20 x 20, where
 * the digit lies, averaged by area. Pure; the weights are whole numbers, so the averages are exact.
 */
import { ShapeError } from '../core/errors.ts';

/** What one output pixel takes along an axis: pixels from `first` on, with these shares. */
export interface AreaWeights {
  readonly first: number;
  /** In units of 1/to of a pixel; together they are `from`. */
  readonly weights: readonly number[];
}

/**
 * Divides `from` pixels evenly among `to` outputs. In units of 1/to of a pixel, output i covers
 * [i·from, (i + 1)·from) and pixel k covers [k·to, (k + 1)·to): the weight is their overlap.
 */
export function areaWeights(from: number, to: number): AreaWeights[] {
  return Array.from({ length: to }, (_, i) => {
    const start = i * from;
    const stop = start + from;
    const first = Math.floor(start / to);
    const weights: number[] = [];
    for (let k = first; k * to < stop; k++)
      weights.push(Math.min(stop, (k + 1) * to) - Math.max(start, k * to));
    return { first, weights };
  });
}

/** Square images of `size` pixels one after another: cut to the centre `crop`, averaged to `to`, rounded. */
export function shrinkImages(
  images: Uint8Array,
  { size = 28, crop = 20, to = 16 }: { size?: number; crop?: number; to?: number } = {},
): Uint8Array {
  if (images.length % (size * size) !== 0)
    throw new ShapeError(
      `shrinkImages: ${images.length} pixels are no whole number of ${size} x ${size} images`,
    );
  if (crop > size || (size - crop) % 2 !== 0 || to > crop)
    throw new ShapeError(`shrinkImages: cannot shrink the centre ${crop} of ${size} pixels to ${to}`);
  const count = images.length / (size * size);
  const margin = (size - crop) / 2;
  const axis = areaWeights(crop, to);
  const out = new Uint8Array(count * to * to);
  const rows = new Int32Array(crop * to); // one image, shrunk along its rows only
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < crop; y++) {
      const line = n * size * size + (y + margin) * size + margin;
      for (let x = 0; x < to; x++) {
        const { first, weights } = axis[x] as AreaWeights;
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += (weights[k] as number) * (images[line + first + k] as number);
        rows[y * to + x] = sum;
      }
    }
    for (let y = 0; y < to; y++) {
      const { first, weights } = axis[y] as AreaWeights;
      for (let x = 0; x < to; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += (weights[k] as number) * (rows[(first + k) * to + x] as number);
        out[n * to * to + y * to + x] = Math.round(sum / (crop * crop));
      }
    }
  }
  return out;
}

/** Pixels 0..255 as inputs 0..1. */
export function toInputs(pixels: Uint8Array): Float32Array {
  return Float32Array.from(pixels, (p) => p / 255);
}
