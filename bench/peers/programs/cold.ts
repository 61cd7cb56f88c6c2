/**
 * @file What the cold starts share: the smallest whole programs, whose result is timed from the navigation on. The
 * numbers that they begin with are the same for every library.
 */
import { randomValues, uniforms } from '../../products.ts';

export const SIZE = 256;
export const SEED = 1;

export interface ColdStart {
  /** From the navigation to the result on the host. */
  readonly ms: number;
  /** The first element of the product, or the loss: for the check. */
  readonly value: number;
}

declare global {
  interface Window {
    cold: Promise<ColdStart>;
  }
}

export function coldStart(run: () => Promise<number>): void {
  window.cold = run().then((value) => ({ ms: performance.now(), value }));
}

/** Two matrices. */
export function operands(): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  const random = uniforms(SEED);
  return [randomValues(SIZE * SIZE, random), randomValues(SIZE * SIZE, random)];
}
