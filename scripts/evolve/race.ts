/** @file A population against the same nets one after another: checked first, then timed in turns. */
import { type Member, population } from '../../src/evolve.ts';
import { type Backend, init, random, type Sequential } from '../../src/index.ts';

export interface Race {
  readonly adapter: string;
  readonly nets: number;
  readonly examples: number;
  readonly batch: number;
  /** Medians of an epoch, in milliseconds. */
  readonly together: number;
  readonly apart: number;
  /** How many times longer it takes apart. */
  readonly ratio: number;
  /** The largest difference of two losses after the first epoch. */
  readonly apartBy: number;
}

const EXAMPLES = 512;
const BATCH = 64;

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1] as number;

/** Races on the backend; on WebGPU with `gpu`. */
export async function race(
  backend: Backend,
  gpu: GPU | undefined,
  nets: number,
  rounds: number,
): Promise<Race> {
  const device = await init(gpu ? { backend, gpu } : backend);
  const rng = random(1);
  const [x, y] = await Promise.all([
    rng.uniform([EXAMPLES, 256]).data() as Promise<Float32Array>,
    rng.integers(0, 10, [EXAMPLES]).data() as Promise<Int32Array>,
  ]);
  const hidden = [32, 16].map((units) => ({ units, activation: 'relu' as const }));
  const members = Array.from({ length: nets }, (_, seed): Member => {
    return { hidden, learningRate: 1e-3 * (1 + (seed % 5)), l2: 0, dropout: 0, seed };
  });
  const all = population(members, { inputs: 256, outputs: 10 });
  const models: Sequential[] = [];
  for (const p of members.keys()) models.push(await all.model(p));
  const fit = { batchSize: BATCH, shuffle: false } as const;
  const together = async () => (await all.fit(x, y, fit)).loss[0] as number[];
  const apart = async () => {
    const losses: number[] = [];
    for (const model of models) {
      const { history } = await model.fit(x, y, { ...fit, verbose: 0, checkpoint: false });
      losses.push(history.loss?.[0] as number);
    }
    return losses;
  };
  const [a, b] = [await together(), await apart()];
  const apartBy = Math.max(...a.map((loss, p) => Math.abs(loss - (b[p] as number))));
  const times: [together: number[], apart: number[]] = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const [k, run] of [together, apart].entries()) {
      const began = performance.now();
      await run();
      times[k]?.push(performance.now() - began);
    }
  device.close();
  const [ours, theirs] = times.map(median) as [number, number];
  return {
    adapter: device.info.name,
    nets,
    examples: EXAMPLES,
    batch: BATCH,
    together: ours,
    apart: theirs,
    ratio: theirs / ours,
    apartBy,
  };
}
