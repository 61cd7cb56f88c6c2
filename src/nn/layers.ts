/** @file The layers, one file each or a few of a kind. */
import { conv2d } from './layers/conv2d.ts';
import { dense } from './layers/dense.ts';
import { embedding } from './layers/embedding.ts';
import { dropout, gaussianNoise } from './layers/noise.ts';
import { batchNormalization, layerNormalization } from './layers/normalization.ts';
import { averagePooling2d, globalAveragePooling2d, maxPooling2d } from './layers/pooling.ts';
import { residual } from './layers/residual.ts';
import { activation, flatten, rescaling, reshape } from './layers/shaping.ts';

/** Layers, by Keras' formulas and defaults, for `sequential`. */
export const layers = {
  dense,
  conv2d,
  maxPooling2d,
  averagePooling2d,
  globalAveragePooling2d,
  flatten,
  reshape,
  activation,
  dropout,
  batchNormalization,
  layerNormalization,
  embedding,
  gaussianNoise,
  rescaling,
  residual,
};
