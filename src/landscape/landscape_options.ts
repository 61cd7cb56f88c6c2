/** @file The options of `landscape`, checked and complete. */
import { options as checked, finite, integer, oneOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { checkLossesOptions, LOSSES_OPTIONS, type LossesOptions } from './losses.ts';
import type { Trajectory } from './trajectory.ts';

/** From where to where the coordinates go. */
export type Span = readonly [from: number, to: number];

export interface LandscapeOptions extends LossesOptions {
  /** Points along each direction; 51 by default. */
  readonly size?: number;
  /**
   * How far the plane goes: [-range, range] both ways, or along each direction. By default 1, which is once the filters'
   * lengths; where principal components span the plane, as far as the paths go and a fifth more.
   */
  readonly range?: number | { readonly alphas: Span; readonly betas: Span };
  /** What spans the plane: two random directions, or the principal components of the paths; by default the latter where there are paths. */
  readonly directions?: 'random' | 'trajectory';
  /** Of random directions; 0 by default. */
  readonly seed?: number;
  /** Trainings of this model, or of one with the same layers, to be seen in the plane. */
  readonly paths?: readonly Trajectory[];
}

/** With the defaults that need no look at the model. */
export interface LandscapeSettings {
  readonly size: number;
  readonly seed: number;
  /** Undefined: as far as the paths go. */
  readonly spans: readonly [Span, Span] | undefined;
  readonly directions: 'random' | 'trajectory';
  readonly paths: readonly Trajectory[];
  readonly how: LossesOptions;
}

const isSpan = (value: unknown): value is Span =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isFinite(n)) && value[0] < value[1];

type Range = NonNullable<LandscapeOptions['range']>;

function spansOf(op: string, range: Range): readonly [Span, Span] {
  if (typeof range === 'number') {
    if (!(finite(op, 'range', range) > 0))
      throw new ArgumentError(`${op}: range must be greater than 0, got ${range}`);
    return [
      [-range, range],
      [-range, range],
    ];
  }
  const { alphas, betas } = checked(`${op}: range`, range, 'alphas', 'betas');
  if (!isSpan(alphas) || !isSpan(betas))
    throw new ArgumentError(
      `${op}: range is a number, or { alphas: [from, to], betas: [from, to] }, got ${describe(range)}`,
    );
  return [alphas, betas];
}

export function landscapeSettings(op: string, options: LandscapeOptions | undefined): LandscapeSettings {
  const given = checked(op, options, 'size', 'range', 'directions', 'seed', 'paths', ...LOSSES_OPTIONS);
  const { size = 51, range, directions, seed = 0, paths = [], ...how } = given as LandscapeOptions;
  integer(op, 'size', size, 2, 4096);
  integer(op, 'seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  checkLossesOptions(op, how);
  if (!Array.isArray(paths))
    throw new ArgumentError(`${op}: paths are a list of what trajectory() gives, got ${describe(paths)}`);
  const kind = directions ?? (paths.length > 0 ? 'trajectory' : 'random');
  oneOf(op, 'directions', kind, ['random', 'trajectory']);
  if (kind === 'trajectory' && paths.length === 0)
    throw new ArgumentError(`${op}: directions 'trajectory' need paths: what trajectory() has recorded`);
  const spans = range !== undefined ? spansOf(op, range) : kind === 'random' ? spansOf(op, 1) : undefined;
  return { size, seed, spans, directions: kind, paths, how };
}
