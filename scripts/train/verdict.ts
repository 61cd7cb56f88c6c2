/**
 * @file Whether it really trained: what the exit code of `npm run train` stands for. Pure.
 * A net that "learned" on the wrong device, with no shader run or by a wrong kernel, must not pass.
 */
import type { Backend } from './options.ts';
import { percent } from './report.ts';

export interface Evidence {
  /** What the engine says that it ran on. */
  readonly deviceKind: string;
  /** Dispatches seen at the GPUDevice while training. */
  readonly dispatches: number;
  /** Mean losses of the reports, in order. */
  readonly losses: readonly number[];
  readonly testAccuracy: number;
  /** From the same weights, computed by the CPU device. */
  readonly cpuAccuracy: number;
}

/** Two accuracies further apart than this (0.1 points) come from different computations. */
export const ACCURACY_TOLERANCE = 0.001;
const HAIR = 1e-9;

/** Why the run is no success; empty where it is one. `atLeast` is the least test accuracy, in percent. */
export function objections(backend: Backend, evidence: Evidence, atLeast = 0): string[] {
  const { deviceKind, dispatches, losses, testAccuracy, cpuAccuracy } = evidence;
  const out: string[] = [];
  const wanted = backend === 'cpu' ? 'cpu' : 'webgpu';
  if (deviceKind !== wanted) out.push(`it ran on the device '${deviceKind}' instead of '${wanted}'`);
  if (wanted === 'webgpu' && !(dispatches > 0)) out.push('no compute shader was dispatched on the GPU');
  const [first, last] = [losses[0], losses.at(-1)];
  const bad = losses.find((loss) => !Number.isFinite(loss));
  if (bad !== undefined) out.push(`the loss became ${bad}; a smaller --lr may help`);
  else if (losses.length < 2) out.push('too few steps to see the loss fall');
  else if (!((last as number) < (first as number)))
    out.push(`the loss did not fall: ${first} at first, ${last} at last; a smaller --lr may help`);
  // A hair of slack: 0.971 - 0.970 is a little more than 0.001 in binary.
  if (!(Math.abs(testAccuracy - cpuAccuracy) <= ACCURACY_TOLERANCE + HAIR))
    out.push(
      `the CPU finds ${percent(cpuAccuracy)} from the same weights, the device ${percent(testAccuracy)}`,
    );
  if (!(testAccuracy >= atLeast / 100 - HAIR))
    out.push(
      `${percent(testAccuracy)} of the test digits were read right, and --at-least asks for ${atLeast} %`,
    );
  return out;
}
