/** @file Where things lie in the pictures of the search. Pure. */
import type { Individual } from 'tapegrad/evolve';

export type Point = readonly [x: number, y: number];

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axis {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** What accuracies may be written at the axis: each step halves the errors, about. */
const ACCURACIES = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999];

const between = (
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  measure: (value: number) => number,
): ((value: number) => number) => {
  const [a, b] = [measure(low), measure(high)];
  return (value) => from + ((to - from) * (measure(Math.min(Math.max(value, low), high)) - a)) / (b - a);
};

/** Parameters by their logarithm, a tenth of room at both ends, and 1, 2 and 5 times the powers of ten as ticks. */
export function sizeAxis(sizes: readonly number[], { left, right }: Box): Axis {
  const domain = [Math.min(...sizes) / 1.1, Math.max(...sizes) * 1.1] as const;
  const ticks = Array.from({ length: 10 }, (_, k) => 10 ** k)
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((tick) => tick >= domain[0] && tick <= domain[1]);
  return { ticks, at: between(domain, [left, right], Math.log) };
}

/** Accuracies by the logarithm of the errors: among good nets small differences count. */
export function accuracyAxis(accuracies: readonly number[], { top, bottom }: Box): Axis {
  const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)];
  const low = ACCURACIES.findLast((tick) => tick <= least) ?? 0;
  const high = ACCURACIES.find((tick) => tick > Math.max(most, low)) ?? 0.9995;
  return {
    ticks: ACCURACIES.filter((tick) => tick >= low && tick <= high),
    at: between([low, high], [bottom, top], (accuracy) => -Math.log(1 - accuracy)),
  };
}

/** Ticks that lie apart far enough to be written; the last one always is. */
export function apart({ ticks, at }: Axis, distance: number): readonly number[] {
  let last = Number.NaN;
  return ticks
    .toReversed()
    .filter((tick) => {
      if (Math.abs(at(tick) - last) < distance) return false;
      last = at(tick);
      return true;
    })
    .reverse();
}

/** The path of the front: up at each of its nets, and level to the next one and the right end. */
export function stepPath(points: readonly Point[], right: number): string {
  const [first, ...others] = points;
  if (!first) return '';
  const steps = others.map(([x, y]) => `H${x.toFixed(1)}V${y.toFixed(1)}`).join('');
  return `M${first[0].toFixed(1)} ${first[1].toFixed(1)}${steps}H${right.toFixed(1)}`;
}

/** The place in the list of the point that is nearest, and at most so far away. */
export function nearest(points: readonly Point[], [x, y]: Point, most: number): number | undefined {
  const distances = points.map(([a, b]) => Math.hypot(a - x, b - y));
  const least = Math.min(...distances);
  return least <= most ? distances.indexOf(least) : undefined;
}

/** The net and those that it comes from, the oldest first. */
export function familyOf(nets: readonly Individual[], id: number): readonly Individual[] {
  const net = nets[id];
  if (!net) return [];
  const [parent] = net.parents;
  return parent === undefined ? [net] : [...familyOf(nets, parent), net];
}

/** The fittest first; NaN last. */
export const byFitness = (a: Individual, b: Individual): number => {
  const [f, g] = [a, b].map(({ fitness }) => (Number.isNaN(fitness) ? -Infinity : fitness)) as [
    number,
    number,
  ];
  return f === g ? a.id - b.id : g - f;
};

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** The hidden layers as bars side by side, as high as they are wide: `most` units fill the height. */
export function barsOf(
  units: readonly number[],
  { left, right, top, bottom }: Box,
  most: number,
): readonly Bar[] {
  const middle = (top + bottom) / 2;
  return units.map((n, k) => {
    const height = ((bottom - top) * n) / most;
    return { x: left + ((right - left) * (k + 1)) / (units.length + 1), y: middle - height / 2, height };
  });
}
