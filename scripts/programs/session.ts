/** @file Random programs on one backend and on the CPU, a batch at a time, in a page of Chrome or in Node. */
import { init } from '../../src/index.ts';
import { placesWith } from '../../test/programs/check.ts';
import { type Tally, type Trials, tryPrograms } from '../../test/programs/trials.ts';

/** The seeds count up from batch to batch. */
export type Settings = Trials;

export type SessionEvent =
  | { readonly type: 'device'; readonly name: string }
  | { readonly type: 'batch'; readonly seed: number; readonly tally: Tally; readonly failure?: string };

/** Programs of one batch, which share a seed: few enough that a failure is soon told. */
const BATCH = 500;

export async function runSession(
  backend: 'cpu' | 'webgpu',
  gpu: GPU | undefined,
  { count, seed, ...rest }: Settings,
  onEvent: (event: SessionEvent) => void,
): Promise<void> {
  const device = await init({ backend, ...(gpu ? { gpu } : {}) });
  onEvent({ type: 'device', name: device.info.name });
  const places = placesWith(device);
  for (let begin = 0, k = 0; begin < count; begin += BATCH, k++) {
    const trials = { ...rest, seed: seed + k, count: Math.min(BATCH, count - begin) };
    const { tally, failure } = await tryPrograms(trials, places);
    onEvent({ type: 'batch', seed: seed + k, tally, ...(failure === undefined ? {} : { failure }) });
  }
  device.close();
}
