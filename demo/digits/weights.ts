/** @file Weights on the host, and the sizes of the net that they belong to. */
import { PIXELS } from './data.ts';
import type { Settings } from './settings.ts';

const CLASSES = 10;

/** Layer by layer: [inputs, outputs] and [outputs]. */
export interface SavedLayer {
  readonly w: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
}

/** Units of every layer, the pixels first. */
export const sizesOf = ({ hidden }: Settings): readonly number[] => [PIXELS, ...hidden, CLASSES];
