/** @file What the search says in the terminal, and what it writes. Pure functions from numbers to text. */
import type { Generation, Individual, Member } from '../../src/evolve.ts';
import { duration, percent } from '../train/report.ts';
import type { Compared, SessionResult, Settings, Strategy } from './session.ts';

/** 256-32 tanh-10. */
export function structure({ hidden }: Pick<Member, 'hidden'>): string {
  const inner = hidden.map(
    ({ units, activation }) => `${units}${activation === 'relu' ? '' : ` ${activation}`}`,
  );
  return [256, ...inner, 10].join('-');
}

const count = (n: number): string => n.toLocaleString('en');

export function generationLine(strategy: Strategy, generations: number, progress: Generation): string {
  const { generation, parents, front } = progress;
  const [best] = parents as [Individual];
  return `${strategy} ${generation + 1}/${generations}  fittest ${percent(best.accuracy)} with ${count(best.parameters)}: ${structure(best.member)}  front of ${front.length}`;
}

export function comparisonTable(comparison: readonly Compared[]): string {
  const rows = comparison.map(({ name, hidden, l2, learningRate, parameters, accuracies, mean }) => [
    name,
    structure({ hidden }),
    count(parameters),
    percent(mean),
    accuracies.map((a) => (100 * a).toFixed(2)).join(' '),
    `rate ${learningRate}, L2 ${l2}`,
  ]);
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => (row[k] as string).length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A net as the result keeps it. */
const brief = ({ id, member, parameters, accuracy, epochs, inherited }: Individual) => ({
  id,
  structure: structure(member),
  learningRate: member.learningRate,
  l2: member.l2,
  parameters,
  accuracy,
  epochs,
  inherited,
});

type Named = Compared & { readonly structure: string };

/** The result as one object. */
export function resultOf(settings: Settings, result: SessionResult) {
  const { adapter, evolution, random, comparison, comparisonSeconds } = result;
  const searched = ({ best, front, individuals, seconds }: SessionResult['evolution']) => ({
    best: brief(best),
    front: front.map(brief),
    nets: individuals.length,
    epochs: individuals.reduce((sum, { epochs }) => sum + epochs, 0),
    seconds,
  });
  const [reference, winner, byChance] = comparison.map((one) => ({ ...one, structure: structure(one) })) as [
    Named,
    Named,
    Named,
  ];
  return {
    adapter,
    settings,
    front: evolution.front.map(brief),
    winner,
    baseline: byChance,
    reference,
    points: {
      behindReference: 100 * (reference.mean - winner.mean),
      share: winner.parameters / reference.parameters,
    },
    evolution: searched(evolution),
    random: searched(random),
    seconds: evolution.seconds + random.seconds + comparisonSeconds,
  };
}

export function closingLines(result: ReturnType<typeof resultOf>): string {
  const { points, seconds } = result;
  const share = `${(100 * points.share).toFixed(0)} % of the reference's parameters`;
  const gap = points.behindReference;
  const place = gap > 0 ? `${gap.toFixed(2)} points behind` : `${(-gap).toFixed(2)} points ahead of`;
  return `the winner has ${share}, and is ${place} it; ${duration(seconds)} in all`;
}
