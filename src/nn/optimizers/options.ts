/** @file The options of optimizers: read, checked, and filled up with what Keras, or PyTorch, takes where there is none. */
import { options as checked, flag, oneOf } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { asRate, isSchedule, type Schedule } from '../schedules.ts';
import type { ClipOptions } from './clip.ts';

/** Options of every optimizer. */
export interface OptimizerOptions extends ClipOptions {
  readonly learningRate?: number | Schedule;
  /** The share of themselves, times the learning rate, that weights lose at each step; with PyTorch's formulas as PyTorch does. */
  readonly weightDecay?: number;
}

export interface VariantOptions {
  /** Whose formulas and defaults: Keras' by default. */
  readonly variant?: 'keras' | 'torch';
}

/** All options of an optimizer, each with a value. */
export type Settled<D> = D & {
  readonly learningRate: number | Schedule;
  readonly weightDecay: number;
} & Required<ClipOptions> &
  VariantOptions;

const COMMON = { weightDecay: 0, clipNorm: null, clipValue: null, globalClipNorm: null };

/**
 * Options, or a learning rate alone, with the defaults under them; `torch` are those that PyTorch has otherwise, if it has
 * the optimizer at all.
 */
export function settled<D extends { readonly learningRate: number }>(
  name: string,
  given: unknown,
  defaults: D,
  torch?: Partial<D> & { readonly weightDecay?: number },
): Settled<D> {
  const names = [
    ...new Set([...Object.keys(defaults), ...Object.keys(COMMON), ...(torch ? ['variant'] : [])]),
  ];
  const own =
    typeof given === 'number' || isSchedule(given) ? { learningRate: given } : checked(name, given, ...names);
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const variant = oneOf(name, 'variant', set.variant ?? 'keras', ['keras', 'torch']);
  const all: Record<string, unknown> = {
    ...COMMON,
    ...defaults,
    ...(variant === 'torch' ? torch : {}),
    ...set,
    ...(torch ? { variant } : {}),
  };
  all.learningRate = asRate(name, all.learningRate);
  for (const [what, value] of Object.entries(all)) checks[what]?.(name, what, value);
  const clips = (['clipNorm', 'clipValue', 'globalClipNorm'] as const).filter((what) => all[what] !== null);
  if (clips.length > 1)
    throw new ArgumentError(`${name}: only one way of clipping is possible, got ${clips.join(' and ')}`);
  return all as unknown as Settled<D>;
}

type Check = (name: string, what: string, value: unknown) => void;

export const atLeastZero: Check = (name, what, value) => {
  if (!(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
    throw new ArgumentError(`${name}: ${what} must be a number of at least 0, got ${describe(value)}`);
};

const fraction: Check = (name, what, value) => {
  if (!(typeof value === 'number' && value >= 0 && value < 1))
    throw new ArgumentError(`${name}: ${what} must lie in [0, 1), got ${describe(value)}`);
};

const bound: Check = (name, what, value) => {
  if (value !== null && !(typeof value === 'number' && value > 0 && Number.isFinite(value)))
    throw new ArgumentError(`${name}: ${what} must be a positive number, got ${describe(value)}`);
};

const checks: Readonly<Record<string, Check>> = {
  momentum: fraction,
  rho: fraction,
  beta1: fraction,
  beta2: fraction,
  epsilon: atLeastZero,
  initialAccumulatorValue: atLeastZero,
  weightDecay: atLeastZero,
  clipNorm: bound,
  clipValue: bound,
  globalClipNorm: bound,
  nesterov: flag,
  centered: flag,
  amsgrad: flag,
};
