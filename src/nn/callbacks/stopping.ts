/** @file Callbacks that end a training. */
import { options as checked, finite, flag, integer } from '../../core/arguments.ts';
import type { Callback } from '../callback.ts';
import type { HostWeight } from '../host.ts';
import { type Mode, Monitor } from './monitor.ts';

export interface EarlyStoppingOptions {
  /** 'valLoss' by default. */
  readonly monitor?: string;
  /** What counts as better: by more than this; 0 by default. */
  readonly minDelta?: number;
  /** Epochs without anything better after which the training ends; 0 by default. */
  readonly patience?: number;
  /** Whether smaller or larger is better; 'auto' knows by the name. */
  readonly mode?: Mode;
  /** What must be reached for patience to be had. */
  readonly baseline?: number;
  /** Whether the weights of the best epoch are restored at the end; false by default. */
  readonly restoreBestWeights?: boolean;
  /** Epochs before this one do not count; 0 by default. */
  readonly startFromEpoch?: number;
}

/**
 * Ends the training when a number of the logs has stopped getting better.
 *
 * @example
 * await model.fit(x, y, { epochs: 100, validationSplit: 0.1, callbacks: [callbacks.earlyStopping({ patience: 3 })] });
 */
export function earlyStopping(options?: EarlyStoppingOptions): Callback {
  const op = 'earlyStopping';
  const given = checked(
    op,
    options,
    'monitor',
    'minDelta',
    'patience',
    'mode',
    'baseline',
    'restoreBestWeights',
    'startFromEpoch',
  ) as EarlyStoppingOptions;
  const { patience = 0, baseline, restoreBestWeights = false, startFromEpoch = 0 } = given;
  const monitor = new Monitor(op, given.monitor ?? 'valLoss', given.mode ?? 'auto', given.minDelta ?? 0);
  integer(op, 'patience', patience, 0);
  integer(op, 'startFromEpoch', startFromEpoch, 0);
  flag(op, 'restoreBestWeights', restoreBestWeights);
  if (baseline !== undefined) finite(op, 'baseline', baseline);
  let wait = 0;
  let best: number | undefined;
  let weights: HostWeight[] | undefined;
  return {
    onTrainBegin() {
      [wait, best, weights] = [0, undefined, undefined];
    },
    async onEpochEnd(epoch, logs, { model }) {
      const value = monitor.value(logs);
      if (value === undefined || epoch < startFromEpoch) return;
      if (restoreBestWeights) weights ??= await model.getWeights();
      wait++;
      if (monitor.isBetter(value, best)) {
        best = value;
        if (restoreBestWeights) weights = await model.getWeights();
        if (baseline === undefined || monitor.isBetter(value, baseline)) wait = 0;
        return;
      }
      if (wait >= patience && epoch > 0) model.stopTraining = true;
    },
    onTrainEnd(_, { model }) {
      if (weights) model.setWeights(weights);
      weights = undefined;
    },
  };
}

/** Ends the training quietly where the loss becomes NaN or infinite; without it `fit` throws a NonFiniteError. */
export const terminateOnNaN = (): Callback => ({ endsOnNaN: true });
