/** @file Callbacks that keep something of a training: checkpoints, and its numbers as CSV. */
import { options as checked, finite, flag, integer, oneOf, requireFunction } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { nodeModule } from '../../core/node.ts';
import type { Callback, Training } from '../callback.ts';
import type { Logs } from '../history.ts';
import type { ModelState } from '../state.ts';
import { type Mode, Monitor } from './monitor.ts';

export interface ModelCheckpointOptions {
  /** 'valLoss' by default. */
  readonly monitor?: string;
  /** Whether only what is better than all before is kept; false by default. */
  readonly saveBestOnly?: boolean;
  readonly mode?: Mode;
  /** After every epoch, or after every so many batches. */
  readonly saveFreq?: 'epoch' | number;
  /** What the first must be better than. */
  readonly initialValueThreshold?: number;
}

/**
 * Hands the state of the training on: to a function that stores it, and gives it to `model.setState` some day.
 *
 * @example
 * let best;
 * callbacks.modelCheckpoint((state) => { best = state; }, { saveBestOnly: true });
 */
export function modelCheckpoint(
  save: (state: ModelState, epoch: number, logs: Logs) => unknown,
  options?: ModelCheckpointOptions,
): Callback {
  const op = 'modelCheckpoint';
  requireFunction(op, save);
  const given = checked(
    op,
    options,
    'monitor',
    'saveBestOnly',
    'mode',
    'saveFreq',
    'initialValueThreshold',
  ) as ModelCheckpointOptions;
  const { saveBestOnly = false, saveFreq = 'epoch', initialValueThreshold } = given;
  const monitor = new Monitor(op, given.monitor ?? 'valLoss', given.mode ?? 'auto', 0);
  flag(op, 'saveBestOnly', saveBestOnly);
  if (typeof saveFreq === 'number') integer(op, 'saveFreq', saveFreq, 1);
  else oneOf(op, 'saveFreq', saveFreq, ['epoch']);
  if (initialValueThreshold !== undefined) finite(op, 'initialValueThreshold', initialValueThreshold);
  let best = initialValueThreshold;
  let batches = 0;
  let epoch = 0;
  const keep = async (logs: Logs, { model }: Training) => {
    if (saveBestOnly) {
      const value = monitor.value(logs);
      if (value === undefined || !monitor.isBetter(value, best)) return;
      best = value;
    }
    await save(await model.getState(), epoch, logs);
  };
  return {
    onEpochBegin(number) {
      epoch = number;
    },
    ...(saveFreq === 'epoch'
      ? { onEpochEnd: (_: number, logs: Logs, training: Training) => keep(logs, training) }
      : {
          async onBatchEnd(_, logs, training) {
            if (++batches % saveFreq !== 0) return;
            const names = Object.keys(logs);
            const values = await Promise.all(names.map((name) => logs[name]));
            await keep(Object.fromEntries(names.map((name, k) => [name, values[k] as number])), training);
          },
        }),
  } satisfies Callback as Callback;
}

export interface CsvLoggerOptions {
  /** ',' by default. */
  readonly separator?: string;
  /** Whether the lines come behind those that are there, without a head; false by default. */
  readonly append?: boolean;
}

/** Writes lines to a file, in Node. */
async function writerTo(path: string, append: boolean): Promise<(text: string) => Promise<void>> {
  const fs = await nodeModule('node:fs/promises');
  if (!append) await fs.writeFile(path, '');
  return (text) => fs.appendFile(path, text);
}

/**
 * Writes epoch, loss and metrics as lines of CSV: to a file, in Node, or to a function that takes text.
 *
 * @example
 * let text = '';
 * callbacks.csvLogger((line) => { text += line; });
 */
export function csvLogger(
  target: string | ((text: string) => unknown),
  options?: CsvLoggerOptions,
): Callback {
  const op = 'csvLogger';
  const { separator = ',', append = false } = checked(op, options, 'separator', 'append') as CsvLoggerOptions;
  flag(op, 'append', append);
  if (typeof separator !== 'string')
    throw new ArgumentError(`${op}: the separator must be text, got ${describe(separator)}`);
  if (typeof target !== 'string') requireFunction(op, target);
  let write: ((text: string) => unknown) | undefined;
  let names: string[] | undefined;
  return {
    async onTrainBegin() {
      names = undefined;
      write = typeof target === 'string' ? await writerTo(target, append) : target;
    },
    async onEpochEnd(epoch, logs) {
      const row = (cells: readonly unknown[]) => write?.(`${cells.join(separator)}\n`);
      if (!names) {
        names = Object.keys(logs);
        if (!append) await row(['epoch', ...names]);
      }
      await row([epoch, ...names.map((name) => logs[name] ?? 'NA')]);
    },
  };
}
