/** @file Pooling: images made smaller by the largest or the mean of windows. */
import type { Padding, Pair, Pool2dOptions, Tensor } from '../../tensor.ts';
import { type Layer, type LayerOptions, layerOptions, plainLayer } from '../layer.ts';
import { checkPadding, checkPair, requireImages, windowed } from './images.ts';

export interface PoolingOptions extends LayerOptions {
  /** 2 by default. */
  readonly size?: Pair;
  /** The size by default. */
  readonly strides?: Pair;
  readonly padding?: Padding;
}

function pooling(
  type: string,
  name: string,
  options: PoolingOptions | undefined,
  pool: (x: Tensor, window: Pool2dOptions) => Tensor,
): Layer {
  const given = layerOptions<PoolingOptions>(name, options, 'size', 'strides', 'padding');
  const { size = 2, strides = size, padding = 'valid' } = given;
  checkPair(name, 'size', size);
  checkPair(name, 'strides', strides);
  checkPadding(name, padding);
  const window = { size, strides, padding };
  return plainLayer(
    { type, name, options: given, config: window },
    (x) => pool(x, window),
    (inputShape) => {
      const image = requireImages(name, inputShape);
      return [...windowed(name, image, window), image[2]];
    },
  );
}

/** The largest of each window: [h, w, c] → [h', w', c]. Windows of 2 × 2 side by side by default. */
export const maxPooling2d = (options?: PoolingOptions): Layer =>
  pooling('MaxPooling2D', 'maxPooling2d', options, (x, window) => x.maxPool2d(window));

/** The mean of each window, padding not counted: [h, w, c] → [h', w', c]. Windows of 2 × 2 side by side by default. */
export const averagePooling2d = (options?: PoolingOptions): Layer =>
  pooling('AveragePooling2D', 'averagePooling2d', options, (x, window) => x.avgPool2d(window));

/** The mean of each channel: [h, w, c] → [c]. */
export function globalAveragePooling2d(options?: LayerOptions): Layer {
  const name = 'globalAveragePooling2d';
  return plainLayer(
    { type: 'GlobalAveragePooling2D', name, options: layerOptions(name, options) },
    (x) => x.mean([1, 2]),
    (inputShape) => [requireImages(name, inputShape)[2]],
  );
}
