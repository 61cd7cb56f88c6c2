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

/** A net that was trained anew on all digits, from several seeds. */
export interface Compared {
  readonly name: string;
  readonly member: Omit<Member, 'seed'>;
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
const SEEDS = [101, 102, 103];

/** What is to be beaten: the net of `npm run train`, and it with its learning rate and L2 as the winner has them. */
const REFERENCE = {
  hidden: [
    { units: 128, activation: 'relu' },
    { units: 64, activation: 'relu' },
  ],
  learningRate: 1e-3,
  l2: 0,
  dropout: 0,
} as const;

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

/** All of them trained on all digits, as one population. */
async function compare(
  nets: readonly { readonly name: string; readonly member: Omit<Member, 'seed'> }[],
  epochs: number,
  train: Split,
  test: Split,
): Promise<Compared[]> {
  const members = nets.flatMap(({ member }) => SEEDS.map((seed) => ({ ...member, seed })));
  const trained = population(members, { ...ENDS, seed: 7 });
  await trained.fit(...first(train, 0, train.labels.length), { epochs, batchSize: BATCH });
  const { accuracy = [] } = await trained.evaluate(...first(test, 0, test.labels.length));
  return nets.map(({ name, member }, k) => {
    const accuracies = accuracy.slice(k * SEEDS.length, (k + 1) * SEEDS.length);
    const mean = accuracies.reduce((sum, a) => sum + a, 0) / SEEDS.length;
    const { seed: _, ...own } = { seed: 0, ...member };
    return {
      name,
      member: own,
      parameters: trained.parameters[k * SEEDS.length] as number,
      accuracies,
      mean,
    };
  });
}

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
  const { learningRate, l2 } = evolution.best.member;
  const nets = [
    { name: 'reference', member: REFERENCE },
    { name: 'reference, rates of the winner', member: { ...REFERENCE, learningRate, l2 } },
    { name: 'winner', member: evolution.best.member },
    { name: 'random search', member: random.best.member },
  ];
  onEvent({ type: 'comparing', nets: nets.length * SEEDS.length });
  const began = performance.now();
  const comparison = await compare(nets, settings.epochs, train, test);
  const comparisonSeconds = (performance.now() - began) / 1000;
  device.close();
  return { adapter: name, software, evolution, random, comparison, comparisonSeconds };
}
