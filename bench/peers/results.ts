/**
 * @file What the race finds, as it is kept, and the rows that follow from it: this engine's figure, the peers' figures,
 * and how far ahead of the best of them it is. Pure.
 */
import { summarize } from '../statistics.ts';
import type { WorkCounts } from './counts.ts';
import type { Group, Op } from './works/work.ts';

export const OURS = 'tapegrad';

export type Unit = 'GFLOP/s' | 'GB/s' | 'steps/s' | 'ms' | 'KiB' | 'MiB' | '×';

/** One library at one work: as many samples as there were rounds, all in the work's unit. */
export interface Entry {
  readonly library: string;
  /** How it was done, where there is more than one way: captured, or eagerly. */
  readonly variant?: string;
  readonly samples: readonly number[];
  /** Calls per sample. */
  readonly repetitions?: number;
  /** Per call. */
  readonly counts?: WorkCounts;
}

export interface Result {
  readonly work: string;
  readonly group: Group | 'cold' | 'bundle' | 'memory';
  readonly op?: Op;
  readonly unit: Unit;
  readonly operations?: number;
  readonly bytes?: number;
  /** The first entry of a library is the one that counts. */
  readonly entries: readonly Entry[];
}

/** What the adapter can do at best, by shaders that do nothing else. */
export interface Roofs {
  readonly gflops: number;
  readonly gigabytes: number;
}

export interface Outcome {
  readonly adapter: string;
  /** Whether WebGPU ran without a GPU. */
  readonly software: boolean;
  readonly browser: string;
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly roofs?: Roofs;
  readonly results: readonly Result[];
  /** Why the run is no success; empty where it is one. */
  readonly problems: readonly string[];
}

/** For most a higher figure is better; for times and sizes a lower one. */
export function lowerIsBetter(unit: Unit): boolean {
  return unit === 'ms' || unit === 'KiB' || unit === 'MiB' || unit === '×';
}

export interface Row {
  readonly work: string;
  readonly unit: Unit;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** How far ahead of the best peer we are: 2 is twice as good, whatever the unit. Undefined without a peer. */
  readonly ratio?: number;
  /** The same for each peer. */
  readonly ratios: Readonly<Record<string, number>>;
}

export const medianOf = ({ samples }: Entry): number => summarize(samples).median;

const rounded = (x: number): number => Number(x.toPrecision(4));

function rowOf(work: string, unit: Unit, ours: number, peers: Readonly<Record<string, number>>): Row {
  const ratios = Object.fromEntries(
    Object.entries(peers).map(([name, theirs]) => [
      name,
      rounded(lowerIsBetter(unit) ? theirs / ours : ours / theirs),
    ]),
  );
  const least = Math.min(...Object.values(ratios));
  return { work, unit, ours, peers, ratios, ...(Number.isFinite(least) ? { ratio: least } : {}) };
}

/** One row a result of ours; other variants of ours get rows of their own. */
export function rowsOf({ work, unit, entries }: Result): Row[] {
  const peers: Record<string, number> = {};
  for (const entry of entries) if (entry.library !== OURS) peers[entry.library] ??= rounded(medianOf(entry));
  return entries
    .filter(({ library }) => library === OURS)
    .map((entry, i) => {
      const name = i === 0 ? work : `${work} (${entry.variant})`;
      return rowOf(name, unit, rounded(medianOf(entry)), peers);
    });
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
}

/** Of all products: geometric means, peer by peer over the products that it has, and the worst shape. */
export function matmulRows(results: readonly Result[]): Row[] {
  const rows = results
    .filter(({ group }) => group === 'matmul')
    .flatMap((result) => rowsOf(result).slice(0, 1));
  if (rows.length < 2) return [];
  const means: Record<string, number> = {};
  const ratios: Record<string, number> = {};
  for (const name of new Set(rows.flatMap(({ peers }) => Object.keys(peers)))) {
    const raced = rows.filter(({ peers }) => peers[name] !== undefined);
    means[name] = rounded(geometricMean(raced.map(({ peers }) => peers[name] as number)));
    ratios[name] = rounded(geometricMean(raced.map((row) => row.ratios[name] as number)));
  }
  const mean: Row = {
    work: `matmul, geometric mean of ${rows.length} shapes`,
    unit: 'GFLOP/s',
    ours: rounded(geometricMean(rows.map(({ ours }) => ours))),
    peers: means,
    ratios,
    ...(Object.keys(ratios).length > 0 ? { ratio: Math.min(...Object.values(ratios)) } : {}),
  };
  const [worst] = rows
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0));
  if (!worst) return [mean];
  const shape = worst.work.replace(/^matmul /, '');
  return [mean, { ...worst, work: `matmul, the worst of ${rows.length} shapes: ${shape}` }];
}

/** All rows, those that sum others up first. */
export function allRows({ results }: Pick<Outcome, 'results'>): Row[] {
  return [...matmulRows(results), ...results.flatMap(rowsOf)];
}
