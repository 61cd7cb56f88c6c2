/**
 * @file From samples to figures: median and quartiles, how often to repeat what is timed, and the interleaved
 * order that lets a machine's changing speed meet all contenders alike. Pure.
 */

export interface Summary {
  readonly median: number;
  /** The quartiles: half of the samples lie between them. */
  readonly low: number;
  readonly high: number;
}

/** The value below which the fraction `q` of the sorted samples lies, between neighbours in proportion. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new RangeError('quantile: no samples');
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Takes one sample of each contender in turn, `rounds` times; the samples of each contender. */
export async function interleave(
  contenders: readonly (() => Promise<number>)[],
  rounds: number,
): Promise<number[][]> {
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, sample] of contenders.entries()) samples[i]?.push(await sample());
  return samples;
}

/** More repetitions where so many lasted `seconds` and `wanted` are asked: a quarter to spare, at least twice and at most 16 times as many. */
export function moreRepetitions(repetitions: number, seconds: number, wanted: number): number {
  const factor = seconds > 0 ? (1.25 * wanted) / seconds : 16;
  return Math.ceil(repetitions * Math.min(16, Math.max(2, factor)));
}

/** How many rounds fit into a budget, within limits. */
export function roundsWithin(budget: number, secondsPerRound: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.floor(budget / secondsPerRound)));
}
