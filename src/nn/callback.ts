/** @file What a callback is, and how all of them are called. */
import { requireFunction } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { didYouMean } from '../core/names.ts';
import type { Logs } from './history.ts';
import type { Sequential } from './model.ts';

/** Loss and metrics so far, each a promise: what nobody looks at is not read from the device. */
export interface BatchLogs {
  readonly [name: string]: Promise<number>;
}

/** What callbacks may ask of the training. */
export interface Training {
  readonly model: Sequential;
  readonly params: {
    readonly epochs: number;
    /** Steps of an epoch; of a stream only known after the first epoch. */
    readonly steps: number | undefined;
    readonly verbose: Verbose;
  };
}

/** 0 is silent, 1 a progress bar, 2 a line an epoch. */
export type Verbose = 0 | 1 | 2;

/**
 * An object with any of these, which are called in the order of the list, as by Keras; the model comes last. A promise is
 * waited for. Epochs and batches count from 0. What is added to the logs of an epoch appears in the history.
 *
 * @example
 * await model.fit(x, y, {
 *   epochs: 10,
 *   callbacks: [{ onEpochEnd: (epoch, logs, { model }) => { if (logs.loss < 0.01) model.stopTraining = true; } }],
 * });
 */
export interface Callback {
  onTrainBegin?(logs: Logs, training: Training): unknown;
  onEpochBegin?(epoch: number, logs: Logs, training: Training): unknown;
  onBatchBegin?(batch: number, logs: BatchLogs, training: Training): unknown;
  onBatchEnd?(batch: number, logs: BatchLogs, training: Training): unknown;
  onEpochEnd?(epoch: number, logs: Logs, training: Training): unknown;
  onTrainEnd?(logs: Logs, training: Training): unknown;
  /** Whether a loss that is not finite ends the training quietly, in place of an error. */
  readonly endsOnNaN?: boolean;
}

const HOOKS = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
] as const;

type Hook = (typeof HOOKS)[number];

/** The callbacks of a training, called one after another. */
export class Callbacks {
  readonly #list: readonly Callback[];
  readonly endsOnNaN: boolean;

  constructor(list: unknown) {
    if (!Array.isArray(list)) throw new ArgumentError(`fit: callbacks are a list, got ${describe(list)}`);
    for (const callback of list) requireCallback('fit', callback);
    this.#list = list as Callback[];
    this.endsOnNaN = this.#list.some((callback) => callback.endsOnNaN === true);
  }

  has(hook: Hook): boolean {
    return this.#list.some((callback) => callback[hook] !== undefined);
  }

  async call<H extends Hook>(hook: H, ...args: Parameters<NonNullable<Callback[H]>>): Promise<void> {
    for (const callback of this.#list) {
      const result = (callback[hook] as ((...given: unknown[]) => unknown) | undefined)?.(...args);
      if (result instanceof Promise) await result;
    }
  }
}

/** Refuses what is no callback, and hooks that nobody would call. */
export function requireCallback(op: string, callback: unknown): asserts callback is Callback {
  if (typeof callback !== 'object' || callback === null)
    throw new ArgumentError(
      `${op}: a callback is an object with any of ${HOOKS.join(', ')}, got ${describe(callback)}`,
    );
  for (const hook of HOOKS) {
    const value = (callback as Callback)[hook];
    if (value !== undefined) requireFunction(`${op}: ${hook}`, value);
  }
  // What is near to a hook, or is one in Keras, would silently never be called.
  for (const name in callback) {
    if (HOOKS.includes(name as Hook)) continue;
    const hint = didYouMean(name, HOOKS);
    if (hint.includes('did you mean') || /^on(Train|Test|Predict)[A-Z]/.test(name))
      throw new ArgumentError(`${op}: unknown callback ${hint} They are ${HOOKS.join(', ')}`);
  }
}

/** Logs that read the device when somebody looks at them, once. */
export function lazyLogs(names: readonly string[], read: () => Promise<Logs>): BatchLogs {
  let reading: Promise<Logs> | undefined;
  const logs = {};
  for (const name of names)
    Object.defineProperty(logs, name, {
      enumerable: true,
      get: async () => {
        reading ??= read();
        return (await reading)[name];
      },
    });
  return logs;
}
