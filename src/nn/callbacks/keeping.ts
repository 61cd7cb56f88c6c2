/** @file Callbacks that keep something of a training: checkpoints, and its numbers as CSV. */
import { options as checked, finite, flag, integer, oneOf, requireFunction } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { nodeModule } from '../../core/node.ts';
import { isTarget, type Target } from '../../io/places.ts';
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

/** A path or an address with the number of the epoch, counted from 1 as Keras does, in place of `{epoch}`. */
const named = (place: Target, epoch: number): Target =>
  typeof place === 'string' ? place.replaceAll('{epoch}', String(epoch + 1)) : place;

/**
 * Saves the model as `model.save` does: to a target, in which `{epoch}` stands for the number of the epoch, counted from 1.
 * Or hands the state of the training to a function that stores it, and gives it to `model.setState` some day.
 *
 * @example
 * callbacks.modelCheckpoint('best.safetensors', { saveBestOnly: true });
 * let best;
 * callbacks.modelCheckpoint((state) => { best = state; }, { saveBestOnly: true });
 */
export function modelCheckpoint(
  to: Target | ((state: ModelState, epoch: number, logs: Logs) => unknown),
  options?: ModelCheckpointOptions,
): Callback {
  const op = 'modelCheckpoint';
  if (typeof to !== 'function' && !isTarget(to))
    throw new ArgumentError(
      `${op}: takes a function, a path, 'indexeddb://name', 'opfs://path' or a file handle, got ${describe(to)}`,
    );
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
    if (typeof to === 'function') await to(await model.getState(), epoch, logs);
    else await model.save(named(to, epoch));
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
  /** Whether the lines come behind those that are there, which have a head already; false by default. */
  readonly append?: boolean;
}

interface Writer {
  write(text: string): unknown;
  /** Whether there is a head already. */
  readonly begun: boolean;
}

/** Writes lines to a file, in Node. */
async function writerTo(path: string, append: boolean): Promise<Writer> {
  const fs = await nodeModule('node:fs/promises');
  await (append ? fs.appendFile(path, '') : fs.writeFile(path, '')); // now, not after an epoch of work
  return { write: (text) => fs.appendFile(path, text), begun: append && (await fs.stat(path)).size > 0 };
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
  let writer: Writer | undefined;
  let names: string[] | undefined;
  return {
    async onTrainBegin() {
      names = undefined;
      writer = typeof target === 'string' ? await writerTo(target, append) : { write: target, begun: append };
    },
    async onEpochEnd(epoch, logs) {
      const row = (cells: readonly unknown[]) => writer?.write(`${cells.join(separator)}\n`);
      if (!names) {
        names = Object.keys(logs);
        if (!writer?.begun) await row(['epoch', ...names]);
      }
      await row([epoch, ...names.map((name) => logs[name] ?? 'NA')]);
    },
  };
}
