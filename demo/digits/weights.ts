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

/** Whether weights are those of a net of these settings. */
export function fits(saved: readonly SavedLayer[], settings: Settings): boolean {
  const sizes = sizesOf(settings);
  return (
    saved.length === sizes.length - 1 &&
    saved.every(
      ({ w, b }, i) =>
        b.length === sizes[i + 1] && w.length === (sizes[i] as number) * (sizes[i + 1] as number),
    )
  );
}
