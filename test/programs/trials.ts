// Many programs at once: fast-check draws their genes, and lessens those of one that fails. What failed reads as code, and
// comes with the command that runs it again.
import fc from 'fast-check';
import { check, explain, PAIRS, type Place } from './check.ts';
import { drawProgram, type Genome } from './draw.ts';
import { WideDevice } from './noise.ts';
import { isLeaf, type Program, type ProgramOp } from './program.ts';

const genes = (count: number) => fc.array(fc.nat(65535), { minLength: count, maxLength: count });

/** Programs of 3 to 12 steps; one in four with gradients of gradients, one in six with gradients by `checkpoint`. */
export const genomes: fc.Arbitrary<Genome> = fc.record({
  leaves: fc.array(genes(10), { minLength: 1, maxLength: 3 }),
  steps: fc.array(genes(12), { minLength: 3, maxLength: 12 }),
  second: fc.nat(3).map((n) => n === 3),
  checkpoint: fc.nat(5).map((n) => n === 5),
});

export interface Trials {
  readonly seed: number;
  readonly count: number;
  /** Where fast-check found or lessened a failure: only that program runs. */
  readonly path?: string | undefined;
  /** What `npm run verify` calls the backend. */
  readonly backend: string;
  /** Pairs of noisy runs, as many as it takes. */
  readonly pairs?: readonly number[];
}

export interface Tally {
  readonly programs: number;
  readonly withGradient: number;
  readonly elements: number;
  /** Elements whose bound is too wide to tell much. */
  readonly loose: number;
  /** Those that occurred. */
  readonly ops: readonly ProgramOp[];
}

export interface Outcome {
  readonly tally: Tally;
  /** A text about the first program that is wrong, made as small as could be. */
  readonly failure: string | undefined;
}

/** The program that fast-check's genes stand for. */
export const programOf = (genome: Genome): Program =>
  drawProgram(genome, { device: new WideDevice(), float: 'float32' });

export async function tryPrograms(
  { seed, count, path, backend, pairs = PAIRS }: Trials,
  places: readonly Place[],
): Promise<Outcome> {
  const ops = new Set<ProgramOp>();
  let [programs, withGradient, elements, loose] = [0, 0, 0, 0];
  const property = fc.asyncProperty(genomes, async (genome) => {
    const program = programOf(genome);
    const report = await check(program, places, pairs);
    programs++;
    withGradient += Number(program.by.length > 0);
    elements += report.elements;
    loose += report.loose;
    for (const line of program.lines) if (!isLeaf(line)) ops.add(line.op);
    if (report.faults.length > 0) throw new Error(await explain(program, report.faults, places));
  });
  const found = await fc.check(property, {
    seed,
    numRuns: count,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  });
  const tally = { programs, withGradient, elements, loose, ops: [...ops] };
  if (!found.failed) return { tally, failure: undefined };
  const { errorInstance, counterexamplePath, numShrinks } = found;
  const failure = [
    `A random program is wrong (made smaller ${numShrinks} times):`,
    '',
    errorInstance instanceof Error ? errorInstance.message || String(errorInstance) : String(errorInstance),
    '',
    `Again: npm run verify -- --programs 1 --seed ${seed} --path ${counterexamplePath} --backend ${backend}`,
  ];
  return { tally, failure: failure.join('\n') };
}
