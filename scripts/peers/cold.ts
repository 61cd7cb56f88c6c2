/**
 * @file Cold starts: a fresh browser for every sample, and in it the smallest whole program of a library, timed in the
 * page from the navigation to the result on the host. Libraries take turns.
 */

import type { ColdStart } from '../../bench/peers/programs/cold.ts';
import { OURS, type Result } from '../../bench/peers/results.ts';
import { matmulWork } from '../../bench/peers/works/matmul.ts';
import { memoryTask, referenceLosses, trainingInputs } from '../../bench/peers/works/train.ts';
import { floats } from '../../bench/peers/works/work.ts';
import { expectedProduct, uniforms } from '../../bench/products.ts';
import { launchChrome } from '../chrome.ts';
import { Tab } from './pages.ts';

const SIZE = 256;
const SEED = 1;
/** What the browser itself still starts after its first window would weigh on the first library only. */
const SETTLE_MS = 500;

interface Program {
  readonly library: string;
  readonly name: string;
}

interface Start {
  readonly work: string;
  readonly programs: readonly Program[];
  readonly expected: () => number;
}

const programsOf = (kind: string, libraries: readonly string[]): Program[] =>
  libraries.map((library) => ({ library, name: `${kind}-${library === 'jax-js' ? 'jax' : library}` }));

function firstOfProduct(): number {
  const shape = [SIZE, SIZE];
  const [a, b] = matmulWork.inputs({ shapes: [shape, shape] }, uniforms(SEED));
  const row = floats(a).subarray(0, SIZE);
  return expectedProduct(row, floats(b), { m: 1, k: SIZE, n: SIZE }).values[0] as number;
}

const STARTS: readonly Start[] = [
  {
    work: 'cold start: navigation to the first 256×256 product',
    programs: programsOf('matmul', [OURS, 'jax-js', 'tfjs', 'ort']),
    expected: firstOfProduct,
  },
  {
    work: 'cold start: navigation to the first training step',
    programs: programsOf('train', [OURS, 'jax-js', 'tfjs']),
    expected: () => referenceLosses(trainingInputs(memoryTask, uniforms(SEED)), 1)[0] as number,
  },
];

/** The programs of all cold starts, which are those whose sizes are compared too. */
export const coldPrograms: readonly Program[] = STARTS.flatMap(({ programs }) => programs);

async function sample(
  address: string,
  { name }: Program,
  headed: boolean,
  signal: AbortSignal,
): Promise<ColdStart> {
  const browser = await launchChrome({ headed });
  const close = () => void browser.close();
  signal.addEventListener('abort', close);
  try {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const tab = await Tab.open(browser, name, `${address}${name}/`);
    return await tab.call(() => window.cold);
  } finally {
    signal.removeEventListener('abort', close);
    await browser.close();
  }
}

export interface ColdSettings {
  readonly address: string;
  readonly rounds: number;
  readonly headed: boolean;
  readonly libraries: readonly string[];
  readonly signal: AbortSignal;
  readonly onResult: (result: Result) => void;
  readonly onProblem: (text: string) => void;
}

export async function coldStarts(settings: ColdSettings): Promise<Result[]> {
  const results: Result[] = [];
  for (const { work, programs, expected } of STARTS) {
    const value = expected();
    const samples = new Map<string, number[]>();
    const raced = programs.filter(({ library }) => settings.libraries.includes(library));
    for (let round = 0; round < settings.rounds; round++)
      for (const program of raced) {
        const found = await sample(settings.address, program, settings.headed, settings.signal);
        if (Math.abs(found.value - value) <= 1e-4 * Math.abs(value))
          samples.set(program.library, [...(samples.get(program.library) ?? []), Math.round(found.ms)]);
        else settings.onProblem(`${work} with ${program.library}: ${found.value} instead of ${value}`);
      }
    const entries = [...samples].map(([library, times]) => ({ library, samples: times }));
    const result: Result = { work, group: 'cold', unit: 'ms', entries };
    results.push(result);
    settings.onResult(result);
  }
  return results;
}
