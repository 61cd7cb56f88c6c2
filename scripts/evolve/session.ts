/**
 * @file The search itself, and the comparison of what it found. It uses the public names only, and runs unchanged in a page
 * of Chrome and in Node.
 */
import { evolve, type Generation, type Individual, type Member, population } from '../../src/evolve.ts';
import { init } from '../../src/index.ts';
import type { Split } from '../train/session.ts';

export interface Settings {
  readonly generations: number;
  readonly parents: number;
  readonly children: number;
  readonly digits: number;
  readonly cost: number;
  readonly most: number;
  readonly epochs: number;
  readonly seed: number;
}

export type Strategy = 'evolution' | 'random';

export type SessionEvent =
  | { readonly type: 'device'; readonly name: string; readonly software: boolean }
  | { readonly type: 'generation'; readonly strategy: Strategy; readonly progress: Generation }
  | { readonly type: 'comparing'; readonly nets: number };

export interface Searched {
  readonly best: Individual;
  readonly front: readonly Individual[];
  readonly individuals: readonly Individual[];
  readonly seconds: number;
}

/** A structure that was trained anew, from several seeds. */
export interface Compared {
  readonly name: string;
  readonly hidden: Member['hidden'];
  readonly l2: number;
  /** The best of those that were tried. */
  readonly learningRate: number;
  readonly parameters: number;
  /** On the test digits, a seed each. */
  readonly accuracies: readonly number[];
  readonly mean: number;
}

export interface SessionResult {
  readonly adapter: string;
  readonly software: boolean;
  readonly evolution: Searched;
  readonly random: Searched;
  /** The reference first. */
  readonly comparison: readonly Compared[];
  readonly comparisonSeconds: number;
}

const ENDS = { inputs: 256, outputs: 10 };
const BATCH = 64;
const SEEDS = [101, 102];
/** Structures of each search that are trained anew. */
const FINALISTS = 3;

/** Those of the comparison: the search's own fit nets that go on from their parents' weights. */
const RATES = [2e-3, 4e-3, 8e-3];

/** The share of the learning rate that an epoch has: it falls along half a cosine. */
const shareOf = (epoch: number, epochs: number): number => (1 + Math.cos((Math.PI * epoch) / epochs)) / 2;

/** What is to be beaten: the net of `npm run train`. */
const REFERENCE: Structure = {
  hidden: [
    { units: 128, activation: 'relu' },
    { units: 64, activation: 'relu' },
  ],
  l2: 0,
  dropout: 0,
};

const first = ({ inputs, labels }: Split, from: number, to: number) =>
  [inputs.subarray(256 * from, 256 * to), Int32Array.from(labels.subarray(from, to))] as const;

async function search(
  strategy: Strategy,
  settings: Settings,
  train: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<Searched> {
  const { generations, parents, children, digits, cost, most, seed } = settings;
  const middle = Math.round((digits * 3) / 4);
  const began = performance.now();
  const { best, front, individuals } = await evolve(...first(train, 0, middle), {
    ...ENDS,
    strategy,
    validationData: first(train, middle, digits),
    generations,
    parents,
    children,
    cost,
    seed,
    batchSize: BATCH,
    maxUnits: 128,
    maxDepth: 4,
    maxParameters: most,
    onGeneration: (progress) => onEvent({ type: 'generation', strategy, progress }),
  });
  return { best, front, individuals, seconds: (performance.now() - began) / 1000 };
}

type Structure = Omit<Member, 'seed' | 'learningRate'>;

/** The fittest nets of a search whose layers differ: to be trained anew, which tells what a structure is worth by itself. */
function finalists({ individuals }: Searched): Structure[] {
  const fittest = [...individuals].sort((a, b) => b.fitness - a.fitness);
  const found = new Map<string, Structure>();
  for (const { member } of fittest) {
    const layers = JSON.stringify(member.hidden);
    if (found.size < FINALISTS && !found.has(layers)) found.set(layers, member);
  }
  return [...found.values()];
}

/**
 * All structures trained anew, from several seeds and with several learning rates each, as one population. The digits that the
 * training left out choose the rate, and the structure where there are several; the test digits tell what that is worth.
 */
async function compare(
  contenders: readonly { readonly name: string; readonly structures: readonly Structure[] }[],
  epochs: number,
  train: Split,
  test: Split,
): Promise<Compared[]> {
  const trials = contenders.flatMap(({ name, structures }) =>
    structures.flatMap((structure) => RATES.map((rate) => ({ name, structure, rate }))),
  );
  const membersAt = (share: number) =>
    trials.flatMap(({ structure: { hidden, l2, dropout }, rate }) =>
      SEEDS.map((seed) => ({ hidden, l2, dropout, learningRate: share * rate, seed })),
    );
  const [count, left] = [train.labels.length, Math.round(train.labels.length / 6)];
  let trained = population(membersAt(1), { ...ENDS, seed: 7 });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const state = await trained.getState();
    trained = population(membersAt(shareOf(epoch, epochs)), ENDS);
    trained.setState(state);
    await trained.fit(...first(train, 0, count - left), { batchSize: BATCH });
  }
  const judged = await trained.evaluate(...first(train, count - left, count));
  const tested = await trained.evaluate(...first(test, 0, test.labels.length));
  const runs = ({ accuracy = [] }: typeof judged, trial: number) =>
    accuracy.slice(trial * SEEDS.length, (trial + 1) * SEEDS.length);
  const outcomes = trials.map(({ name, structure: { hidden, l2 }, rate }, trial) => ({
    judged: mean(runs(judged, trial)),
    compared: {
      name,
      hidden,
      l2,
      learningRate: rate,
      parameters: trained.parameters[trial * SEEDS.length] as number,
      accuracies: runs(tested, trial),
      mean: mean(runs(tested, trial)),
    },
  }));
  return contenders.map(({ name }) => {
    const own = outcomes.filter(({ compared }) => compared.name === name);
    return own.reduce((best, one) => (one.judged > best.judged ? one : best)).compared;
  });
}

const mean = (list: readonly number[]): number => list.reduce((sum, a) => sum + a, 0) / list.length;

/** Searches on the backend (on WebGPU with `gpu`, which may be missing: init() then says why), and compares what was found. */
export async function runSession(
  backend: 'webgpu' | 'cpu',
  gpu: GPU | undefined,
  settings: Settings,
  train: Split,
  test: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<SessionResult> {
  const device = await init(gpu ? { backend, gpu } : backend);
  const { name, software = false } = device.info;
  onEvent({ type: 'device', name, software });
  const evolution = await search('evolution', settings, train, onEvent);
  const random = await search('random', settings, train, onEvent);
  const contenders = [
    { name: 'reference', structures: [REFERENCE] },
    { name: 'winner', structures: finalists(evolution) },
    { name: 'random search', structures: finalists(random) },
  ];
  const structures = contenders.flatMap((contender) => contender.structures).length;
  onEvent({ type: 'comparing', nets: structures * RATES.length * SEEDS.length });
  const began = performance.now();
  const comparison = await compare(contenders, settings.epochs, train, test);
  const comparisonSeconds = (performance.now() - began) / 1000;
  device.close();
  return { adapter: name, software, evolution, random, comparison, comparisonSeconds };
}
