/** @file The course's example: what an epoch consists of, and what the course printed of it. */
import printed from '../../test/fixtures/keras-linear-trace.json';

export const NAMES = ['w1', 'b1', 'w2', 'b2', 'w3', 'b3'] as const;
export type Name = (typeof NAMES)[number];
/** Rows and columns of each, a vector being one row. */
export type Values = Readonly<Record<Name, readonly (readonly number[])[]>>;

export interface Epoch {
  readonly epoch: number;
  readonly weights: Values;
  readonly gradients: Values;
  readonly predictions: readonly number[];
  readonly loss: number;
}

export interface Printed {
  readonly weights: Values;
  readonly predictions: readonly number[];
  /** How far a number may lie from the printed one, which has seven digits. */
  readonly tolerance: { readonly weights: number; readonly predictions: number };
}

export const XS: readonly number[] = printed.x;
export const YS: readonly number[] = printed.y;
export const LAST = 500;

export const rows = (list: unknown): number[][] =>
  Array.isArray((list as unknown[])[0]) ? (list as number[][]) : [list as number[]];

/** What the course printed of an epoch, if it did. */
export function printedOf(epoch: number): Printed | undefined {
  const key = String(epoch) as keyof typeof printed.epochs;
  const found = printed.epochs[key];
  if (!found) return undefined;
  const weights = Object.fromEntries(
    NAMES.map((name) => [name, rows(found.weights[name])]),
  ) as unknown as Values;
  return {
    weights,
    predictions: found.predictions,
    tolerance: {
      weights: printed.tolerances.weightsAbs[key as keyof typeof printed.tolerances.weightsAbs],
      predictions: printed.tolerances.predictionsAbs[key as keyof typeof printed.tolerances.predictionsAbs],
    },
  };
}

/** The largest deviation from the printed numbers, in units of what is allowed. */
export function deviation(now: Epoch, { weights, predictions, tolerance }: Printed): number {
  const most = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (b[i] as number))), 0);
  const ofWeights = NAMES.map((name) => most(now.weights[name].flat(), weights[name].flat()));
  return Math.max(
    ...ofWeights.map((d) => d / tolerance.weights),
    most(now.predictions, predictions) / tolerance.predictions,
  );
}
