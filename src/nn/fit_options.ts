/** @file The options of `fit`, checked. */
import { options as checked, flag, integer, oneOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Callback, Verbose } from './callback.ts';
import type { ClassWeight, Data, Stream } from './feed.ts';

export interface FitOptions {
  /** The number of the last epoch, as Keras counts: with `initialEpoch` 2 and `epochs` 5 there are three. 1 by default. */
  readonly epochs?: number;
  /** 32 by default; the last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** 0 is silent, 1 a progress bar, 2 a line an epoch; 'auto' is 1 at a terminal and 2 elsewhere. */
  readonly verbose?: Verbose | 'auto';
  readonly callbacks?: readonly Callback[];
  /** The share of the examples, the last ones before any shuffling, that is kept for validation. */
  readonly validationSplit?: number;
  /** [x, y] or [x, y, sampleWeight], or a stream of such batches. */
  readonly validationData?: readonly [x: Data, y: Data, sampleWeight?: Data] | Stream;
  readonly validationBatchSize?: number;
  /** Whether the examples are put into another order for each epoch; true by default. Streams keep theirs. */
  readonly shuffle?: boolean;
  /** A weight for the examples of a class: `{ 0: 1, 1: 5 }`. */
  readonly classWeight?: ClassWeight;
  /** A weight for each example. */
  readonly sampleWeight?: Data;
  /** The epoch to begin with, when a training goes on; 0 by default. */
  readonly initialEpoch?: number;
  /** Aborted, it ends the training after the batch; the history of whole epochs is kept. */
  readonly signal?: AbortSignal;
  /** When weights and optimizer are copied to the host, to go on from should the device be lost: after every epoch, every so many batches, or never. */
  readonly checkpoint?: 'epoch' | number | false;
}

const NAMES = [
  'epochs',
  'batchSize',
  'verbose',
  'callbacks',
  'validationSplit',
  'validationData',
  'validationBatchSize',
  'shuffle',
  'classWeight',
  'sampleWeight',
  'initialEpoch',
  'signal',
  'checkpoint',
] as const satisfies (keyof FitOptions)[];

export type FitSettings = Required<
  Pick<
    FitOptions,
    | 'epochs'
    | 'batchSize'
    | 'callbacks'
    | 'validationSplit'
    | 'shuffle'
    | 'initialEpoch'
    | 'checkpoint'
    | 'validationBatchSize'
  >
> &
  Pick<FitOptions, 'validationData' | 'classWeight' | 'sampleWeight' | 'signal'> & {
    readonly verbose: Verbose;
  };

export const weightedTwice = (): ArgumentError =>
  new ArgumentError('fit: classWeight and sampleWeight cannot be given both; multiply them yourself');

/** Whether standard output is a terminal, on which a line can be drawn over. */
const atTerminal = (): boolean =>
  typeof process !== 'undefined' && (process as { stdout?: { isTTY?: boolean } }).stdout?.isTTY === true;

export function fitSettings(options: unknown): FitSettings {
  const given = checked('fit', options, ...NAMES) as FitOptions;
  const { epochs = 1, batchSize = 32, verbose = 'auto', callbacks = [], validationSplit = 0 } = given;
  const { shuffle = true, initialEpoch = 0, checkpoint = 'epoch', validationBatchSize = 256 } = given;
  integer('fit', 'epochs', epochs, 0);
  integer('fit', 'batchSize', batchSize, 1);
  integer('fit', 'validationBatchSize', validationBatchSize, 1);
  integer('fit', 'initialEpoch', initialEpoch, 0);
  flag('fit', 'shuffle', shuffle);
  if (!(typeof validationSplit === 'number' && validationSplit >= 0 && validationSplit < 1))
    throw new ArgumentError(`fit: validationSplit must lie in [0, 1), got ${describe(validationSplit)}`);
  if (![0, 1, 2, 'auto'].includes(verbose))
    throw new ArgumentError(`fit: verbose must be 0, 1, 2 or 'auto', got ${describe(verbose)}`);
  if (checkpoint !== false && typeof checkpoint !== 'number')
    oneOf('fit', 'checkpoint', checkpoint, ['epoch']);
  if (typeof checkpoint === 'number') integer('fit', 'checkpoint', checkpoint, 1);
  if (given.classWeight !== undefined && given.sampleWeight !== undefined) throw weightedTwice();
  if (given.signal !== undefined && typeof (given.signal as AbortSignal | null)?.aborted !== 'boolean')
    throw new ArgumentError(`fit: signal must be an AbortSignal, got ${describe(given.signal)}`);
  return {
    ...given,
    epochs,
    batchSize,
    callbacks,
    validationSplit,
    validationBatchSize,
    shuffle,
    initialEpoch,
    checkpoint,
    verbose: verbose === 'auto' ? (atTerminal() ? 1 : 2) : verbose,
  };
}
