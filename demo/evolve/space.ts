/** @file Where the page's search looks, and what of it can be chosen and stands in the page's address. */
import type { Digits } from '../digits/data.ts';
import { PIXELS } from '../digits/data.ts';

export const SPACE = {
  inputs: PIXELS,
  outputs: 10,
  parents: 6,
  children: 12,
  rungs: [1, 1],
  batchSize: 64,
  maxDepth: 3,
  maxUnits: 64,
  activations: ['relu', 'tanh', 'sigmoid'],
} as const;

/** Generations of one press of the button. */
export const AT_ONCE = 12;
/** Digits that no net of the search trains on. They come from the training set: those of the test stay unseen. */
export const JUDGES = 1000;
export const COUNTS = [1000, 2000, 3000, 4000] as const;
/** Accuracy that a parameter must bring. */
export const COSTS = [0, 2e-7, 1e-6, 5e-6] as const;

export interface Choice {
  readonly seed: number;
  /** Digits that nets train on. */
  readonly count: number;
  readonly cost: number;
}

export const DEFAULTS: Choice = { seed: 1, count: 3000, cost: 1e-6 };

const oneOf = (list: readonly number[], text: string | null, otherwise: number): number =>
  list.find((n) => String(n) === text) ?? otherwise;

/** What an address says; whatever it does not say, or says wrongly, is as in the defaults. */
export function choiceOf(query: URLSearchParams): Choice {
  const seed = Number(query.get('searchSeed') || Number.NaN);
  return {
    seed: Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : DEFAULTS.seed,
    count: oneOf(COUNTS, query.get('searchDigits'), DEFAULTS.count),
    cost: oneOf(COSTS, query.get('searchCost'), DEFAULTS.cost),
  };
}

/** The other way: what differs from the defaults. */
export function queryOfChoice({ seed, count, cost }: Choice): Record<string, string | undefined> {
  const unless = (value: number, usual: number) => (value === usual ? undefined : String(value));
  return {
    searchSeed: unless(seed, DEFAULTS.seed),
    searchDigits: unless(count, DEFAULTS.count),
    searchCost: unless(cost, DEFAULTS.cost),
  };
}

/** The first `count` digits to train on, and the last ones of the training set to judge by. */
export function digitsFor({ train }: Pick<Digits, 'train'>, count: number): Digits {
  const cut = (from: number, to: number) => ({
    inputs: train.inputs.slice(from * PIXELS, to * PIXELS),
    labels: train.labels.slice(from, to),
  });
  const all = train.labels.length;
  return { train: cut(0, count), test: cut(all - JUDGES, all) };
}
