/** @file Callbacks that change the learning rate. */
import { options as checked, finite, integer, requireFunction } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { Callback } from '../callback.ts';
import type { Sequential } from '../model.ts';
import { type Mode, Monitor } from './monitor.ts';

function rateOf(op: string, { optimizer }: Sequential): number {
  if (typeof optimizer.config.learningRate !== 'object') return optimizer.learningRate;
  throw new ArgumentError(
    `${op}: the learning rate of ${optimizer.name} follows a schedule and cannot be set; give the optimizer a number`,
  );
}

/**
 * Sets the learning rate before every epoch, and adds it to the logs as `learningRate`.
 *
 * @example
 * callbacks.learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9));
 */
export function learningRateScheduler(schedule: (epoch: number, rate: number) => number): Callback {
  const op = 'learningRateScheduler';
  requireFunction(op, schedule);
  return {
    onEpochBegin(epoch, _, { model }) {
      const rate: unknown = schedule(epoch, rateOf(op, model));
      if (!(typeof rate === 'number' && rate >= 0 && Number.isFinite(rate)))
        throw new ArgumentError(
          `${op}: the function must return a number of at least 0, got ${describe(rate)}`,
        );
      model.optimizer.learningRate = rate;
    },
    onEpochEnd(_, logs, { model }) {
      logs.learningRate = rateOf(op, model);
    },
  };
}

export interface ReduceLROnPlateauOptions {
  /** 'valLoss' by default. */
  readonly monitor?: string;
  /** What the rate is multiplied with; below 1, 0.1 by default. */
  readonly factor?: number;
  /** Epochs without anything better after which it is; 10 by default. */
  readonly patience?: number;
  readonly mode?: Mode;
  /** What counts as better: by more than this; 1e-4 by default. */
  readonly minDelta?: number;
  /** Epochs after a reduction that do not count; 0 by default. */
  readonly cooldown?: number;
  /** The rate never falls below it; 0 by default. */
  readonly minLearningRate?: number;
}

/** Reduces the learning rate when a number of the logs has stopped getting better; the logs have it as `learningRate`. */
export function reduceLROnPlateau(options?: ReduceLROnPlateauOptions): Callback {
  const op = 'reduceLROnPlateau';
  const given = checked(
    op,
    options,
    'monitor',
    'factor',
    'patience',
    'mode',
    'minDelta',
    'cooldown',
    'minLearningRate',
  ) as ReduceLROnPlateauOptions;
  const { factor = 0.1, patience = 10, cooldown = 0, minLearningRate = 0 } = given;
  const monitor = new Monitor(op, given.monitor ?? 'valLoss', given.mode ?? 'auto', given.minDelta ?? 1e-4);
  if (!(typeof factor === 'number' && factor >= 0 && factor < 1))
    throw new ArgumentError(`${op}: factor must lie in [0, 1), got ${describe(factor)}`);
  integer(op, 'patience', patience, 0);
  integer(op, 'cooldown', cooldown, 0);
  finite(op, 'minLearningRate', minLearningRate);
  let wait = 0;
  let cooling = 0;
  let best: number | undefined;
  return {
    onTrainBegin(_, { model }) {
      rateOf(op, model); // now, and not when a plateau is reached
      [wait, cooling, best] = [0, 0, undefined];
    },
    onEpochEnd(_, logs, { model }) {
      const rate = rateOf(op, model);
      logs.learningRate = rate;
      const value = monitor.value(logs);
      if (value === undefined) return;
      if (cooling > 0) [cooling, wait] = [cooling - 1, 0];
      if (monitor.isBetter(value, best)) {
        [best, wait] = [value, 0];
        return;
      }
      if (cooling > 0 || ++wait < patience || rate <= minLearningRate) return;
      model.optimizer.learningRate = Math.max(rate * factor, minLearningRate);
      [cooling, wait] = [cooldown, 0];
    },
  };
}
