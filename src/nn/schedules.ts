/** @file Learning-rate schedules: pure functions of the step, on the host. Formulas and defaults are Keras 3's. */
import { finite, flag, options } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { isPlainObject } from '../tree.ts';
import { type Described, type Makers, madeFrom } from './named.ts';

/**
 * A learning rate that depends on the step, counted from 0: what an optimizer takes in place of a number. One of your own is
 * an object of this form.
 *
 * @example
 * const rate = schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 100 });
 * rate.at(0);  // 0.1
 * rate.at(50); // 0.05
 * optimizers.sgd({ learningRate: rate, momentum: 0.9 });
 */
export interface Schedule {
  readonly name: string;
  /** The options that it was made with, JSON-able. */
  readonly config: Readonly<Record<string, unknown>>;
  at(step: number): number;
}

export interface DecayOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Whether the rate changes only once in `decaySteps`. */
  readonly staircase?: boolean;
}

/** initialLearningRate · decayRate ^ (step / decaySteps). */
const exponentialDecay = (given: DecayOptions): Schedule =>
  decay('exponentialDecay', given, (rate, periods) => rate ** periods);

/** initialLearningRate / (1 + decayRate · step / decaySteps). */
const inverseTimeDecay = (given: DecayOptions): Schedule =>
  decay('inverseTimeDecay', given, (rate, periods) => 1 / (1 + rate * periods));

function decay(
  name: string,
  given: DecayOptions,
  factor: (rate: number, periods: number) => number,
): Schedule {
  const config = settled<DecayOptions>(
    name,
    given,
    { initialLearningRate: finite, decaySteps: positive, decayRate: finite, staircase: flag },
    { staircase: false },
  );
  const { initialLearningRate, decaySteps, decayRate, staircase } = config;
  return schedule(name, config, (step) => {
    const periods = step / decaySteps;
    return initialLearningRate * factor(decayRate, staircase ? Math.floor(periods) : periods);
  });
}

export interface PiecewiseConstantDecayOptions {
  /** Steps in ascending order: up to and with the first the rate is `values[0]`, then `values[1]`, .... */
  readonly boundaries: readonly number[];
  /** One more than boundaries. */
  readonly values: readonly number[];
}

/** Rates that hold up to a step each. */
function piecewiseConstantDecay(given: PiecewiseConstantDecayOptions): Schedule {
  const name = 'piecewiseConstantDecay';
  const { boundaries, values } = options(
    name,
    given,
    'boundaries',
    'values',
  ) as PiecewiseConstantDecayOptions;
  for (const [what, list] of Object.entries({ boundaries, values })) {
    if (!Array.isArray(list))
      throw new ArgumentError(`${name}: ${what} must be a list of numbers, got ${describe(list)}`);
    for (const entry of list) finite(name, `each of the ${what}`, entry);
  }
  if (values.length !== boundaries.length + 1)
    throw new ArgumentError(
      `${name}: there must be one value more than boundaries, got ${values.length} values and ${boundaries.length} boundaries`,
    );
  if (boundaries.some((b, k) => k > 0 && b <= (boundaries[k - 1] as number)))
    throw new ArgumentError(`${name}: boundaries must ascend, got ${describe(boundaries)}`);
  return schedule(name, { boundaries: [...boundaries], values: [...values] }, (step) => {
    const reached = boundaries.findIndex((b) => step <= b);
    return values.at(reached) as number; // −1, the last, beyond all boundaries
  });
}

export interface PolynomialDecayOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** 1e-4 by default. */
  readonly endLearningRate?: number;
  /** 1 by default, a straight line. */
  readonly power?: number;
  /** Whether it begins anew, over twice, three times, ... as many steps, when it has come to the end. */
  readonly cycle?: boolean;
}

/** From the initial rate to the last as (1 − step / decaySteps) ^ power. */
function polynomialDecay(given: PolynomialDecayOptions): Schedule {
  const name = 'polynomialDecay';
  const config = settled<PolynomialDecayOptions>(
    name,
    given,
    {
      initialLearningRate: finite,
      decaySteps: positive,
      endLearningRate: finite,
      power: finite,
      cycle: flag,
    },
    { endLearningRate: 1e-4, power: 1, cycle: false },
  );
  const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = config;
  return schedule(name, config, (step) => {
    const steps = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const left = 1 - Math.min(step, steps) / steps;
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
  });
}

export interface CosineDecayOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** The last rate as a share of the highest; 0 by default. */
  readonly alpha?: number;
  /** With it the rate first rises, in a straight line from the initial rate to this one, over `warmupSteps`. */
  readonly warmupTarget?: number | null;
  readonly warmupSteps?: number;
}

/** Half a cosine, from the highest rate down to alpha times it (Loshchilov and Hutter 2016). */
function cosineDecay(given: CosineDecayOptions): Schedule {
  const name = 'cosineDecay';
  const config = settled<CosineDecayOptions>(
    name,
    given,
    {
      initialLearningRate: finite,
      decaySteps: positive,
      alpha: finite,
      warmupTarget: (op, what, value) => (value === null ? null : finite(op, what, value)),
      warmupSteps: finite,
    },
    { alpha: 0, warmupTarget: null, warmupSteps: 0 },
  );
  const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = config;
  const highest = warmupTarget ?? initialLearningRate;
  const begin = warmupTarget === null ? 0 : warmupSteps;
  return schedule(name, config, (step) =>
    step < begin
      ? initialLearningRate + (highest - initialLearningRate) * (step / warmupSteps)
      : highest * cosine(Math.min((step - begin) / decaySteps, 1), alpha),
  );
}

export interface CosineDecayRestartsOptions {
  readonly initialLearningRate: number;
  /** Steps of the first period. */
  readonly firstDecaySteps: number;
  /** How much longer each period is than the one before; 2 by default, at least 1. */
  readonly tMul?: number;
  /** By how much the rate at the beginning of a period is that of the one before; 1 by default. */
  readonly mMul?: number;
  /** The last rate of a period as a share of the first; 0 by default. */
  readonly alpha?: number;
}

/** Cosine decay that begins anew after each period (Loshchilov and Hutter 2016). */
function cosineDecayRestarts(given: CosineDecayRestartsOptions): Schedule {
  const name = 'cosineDecayRestarts';
  const config = settled<CosineDecayRestartsOptions>(
    name,
    given,
    { initialLearningRate: finite, firstDecaySteps: positive, tMul: finite, mMul: finite, alpha: finite },
    { tMul: 2, mMul: 1, alpha: 0 },
  );
  const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = config;
  if (tMul < 1) throw new ArgumentError(`${name}: tMul must be at least 1, got ${tMul}`);
  return schedule(name, config, (step) => {
    const { period, done } = periodAt(step / firstDecaySteps, tMul);
    return initialLearningRate * cosine(done, alpha, mMul ** period);
  });
}

/** Which period of lengths 1, growth, growth², ... a time lies in, and how much of it is done. Subtracted one by one, the beginnings are exact. */
function periodAt(time: number, growth: number): { period: number; done: number } {
  if (growth === 1) return { period: Math.floor(time), done: time % 1 };
  let [period, length, left] = [0, 1, time];
  for (; left >= length; period++) {
    left -= length;
    length *= growth;
  }
  return { period, done: left / length };
}

/** From `factor` down to alpha, as half a cosine goes. */
const cosine = (done: number, alpha: number, factor = 1): number =>
  (1 - alpha) * 0.5 * factor * (1 + Math.cos(Math.PI * done)) + alpha;

export interface WarmupOptions {
  readonly steps: number;
  /** What follows: a rate, or a schedule, which then begins at its step 0. */
  readonly learningRate: number | Schedule;
  /** The first rate; 0 by default. */
  readonly from?: number;
}

/** A straight line from `from` to where the learning rate begins, over so many steps, then that. */
function warmup(given: WarmupOptions): Schedule {
  const name = 'warmup';
  const set = settled<WarmupOptions>(
    name,
    given,
    { steps: positive, learningRate: (op, _, value) => asRate(op, value), from: finite },
    { from: 0 },
  );
  const { steps, learningRate: after, from } = set;
  const at = typeof after === 'number' ? () => after : (step: number) => after.at(step);
  return schedule(name, { steps, learningRate: asConfig(after), from }, (step) =>
    step < steps ? from + (at(0) - from) * (step / steps) : at(step - steps),
  );
}

/**
 * Learning-rate schedules by name, each a function of options.
 *
 * @example
 * const cosine = schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 1000 });
 * schedules.warmup({ steps: 10, learningRate: cosine }).at(5); // 0.05
 */
export const schedules = {
  exponentialDecay,
  piecewiseConstantDecay,
  polynomialDecay,
  inverseTimeDecay,
  cosineDecay,
  cosineDecayRestarts,
  warmup,
};

const schedule = (name: string, config: Schedule['config'], at: Schedule['at']): Schedule =>
  Object.freeze({ name, config: Object.freeze(config), at });

export const isSchedule = (value: unknown): value is Schedule =>
  isPlainObject(value) && typeof value.at === 'function';

/** A learning rate as options give it: a number, a schedule, or the name and options of one. */
export function asRate(op: string, given: unknown): number | Schedule {
  if (isSchedule(given)) return given;
  const made = isPlainObject(given)
    ? madeFrom<Schedule>(op, 'schedule', schedules as Makers<Schedule>, given)
    : undefined;
  if (made) return made;
  if (typeof given === 'number' && given >= 0 && Number.isFinite(given)) return given;
  throw new ArgumentError(
    `${op}: learningRate must be a number of at least 0, or a schedule, got ${describe(given)}`,
  );
}

/** The same, JSON-able. */
export const asConfig = (rate: number | Schedule): number | Described =>
  typeof rate === 'number' ? rate : { name: rate.name, config: rate.config };

function positive(op: string, what: string, value: unknown): number {
  if (finite(op, what, value) > 0) return value as number;
  throw new ArgumentError(`${op}: ${what} must be positive, got ${describe(value)}`);
}

/** Options by their names, each as its check gives it, with the defaults for what is left out. */
function settled<O extends object>(
  op: string,
  given: unknown,
  checks: { readonly [K in keyof O]-?: (op: string, what: string, value: unknown) => unknown },
  defaults: Partial<O>,
): Required<O> {
  const own = options(op, given, ...Object.keys(checks));
  return Object.fromEntries(
    Object.entries<(typeof checks)[keyof O]>(checks).map(([what, check]) => [
      what,
      check(op, what, own[what] === undefined ? defaults[what as keyof O] : own[what]),
    ]),
  ) as Required<O>;
}
