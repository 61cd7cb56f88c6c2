/** @file `fit`: the loop over epochs and batches, as Keras has it, and what becomes of it when a loss is not finite or a device is lost. */
import { describe } from '../core/describe.ts';
import { ArgumentError, DeviceLostError, NonFiniteError } from '../core/errors.ts';
import { inOrder } from '../core/in_order.ts';
import { successor } from '../init.ts';
import { type Blame, blame, CURE } from './blame.ts';
import { Callbacks, lazyLogs, type Training } from './callback.ts';
import { mismatch } from './compile.ts';
import { type Data, goneWith, isOnHost, isStream, type Stream } from './feed.ts';
import { type FitOptions, type FitSettings, fitSettings } from './fit_options.ts';
import { History, type Logs } from './history.ts';
import { areFinite, readWeights } from './host.ts';
import type { Sequential } from './model.ts';
import { progressBar } from './progress.ts';
import { Session } from './session.ts';
import type { ModelState } from './state.ts';
import type { HostTotals } from './totals.ts';

export type { FitOptions } from './fit_options.ts';

/** A place in the training to which it can return. */
interface Checkpoint {
  readonly state: ModelState;
  /** What comes next. */
  readonly epoch: number;
  readonly batch: number;
  /** Of the batches before, in the same epoch. */
  readonly totals: HostTotals | undefined;
}

const valName = (name: string): string => `val${name[0]?.toUpperCase()}${name.slice(1)}`;

const counted = (count: number, what: string, plural = 's'): string =>
  `${count} ${what}${count === 1 ? '' : plural}`;

export async function fit(
  model: Sequential,
  x: Data | Stream,
  y: Data | FitOptions | undefined,
  options: FitOptions | undefined,
): Promise<History> {
  const streams = isStream(x);
  // A stream brings its targets along: the options may come second.
  const [targets, given] =
    streams && options === undefined ? [undefined, y] : [y as Data | undefined, options];
  const settings = fitSettings(given);
  if (streams && targets !== undefined)
    throw new ArgumentError(
      `fit: an iterable of batches brings its targets along; y must be left out, got ${describe(targets)}`,
    );
  if (streams && (settings.validationSplit > 0 || settings.sampleWeight !== undefined))
    throw new ArgumentError(
      'fit: validationSplit and sampleWeight are for data that are there whole; of an iterable, use validationData and [x, y, sampleWeight]',
    );
  const { loss } = model.compiledFor('fit');
  const odd = mismatch(model.layers, loss);
  if (odd) console.warn(`tapegrad: fit: ${odd}`);
  return new Fit(model, x, targets, settings).run();
}

class Fit {
  readonly #history = new History();
  readonly #callbacks: Callbacks;
  #training: Training;
  #checkpoint: Checkpoint | undefined;
  /** The last one whose weights were not spoilt by a gradient. */
  #good: Checkpoint | undefined;
  #epoch: number;
  #batch = 0;
  #logs: Logs = {};

  constructor(
    private readonly model: Sequential,
    private readonly x: Data | Stream,
    private readonly y: Data | undefined,
    private readonly settings: FitSettings,
  ) {
    const { callbacks, verbose, epochs } = settings;
    this.#callbacks = new Callbacks(verbose === 0 ? callbacks : [...callbacks, progressBar()]);
    this.#training = { model, params: { epochs, steps: undefined, verbose } };
    this.#epoch = settings.initialEpoch;
    model.history = this.#history;
    model.stopTraining = false;
    model.rescue(undefined);
  }

  async run(): Promise<History> {
    let session = await Session.open(this.model, this.x, this.y, this.settings);
    try {
      this.#tellSteps(session.steps);
      await this.#callbacks.call('onTrainBegin', {}, this.#training);
      for (;;) {
        try {
          await this.#epochs(session);
          break;
        } catch (error) {
          if (!(error instanceof DeviceLostError)) throw error;
          session.dispose();
          session = await this.#recover(error);
        }
      }
      await this.#callbacks.call('onTrainEnd', this.#logs, this.#training);
      return this.#history;
    } finally {
      session.dispose();
    }
  }

  #tellSteps(steps: number | undefined): void {
    this.#training = { ...this.#training, params: { ...this.#training.params, steps } };
  }

  get #stopped(): boolean {
    return this.model.stopTraining || this.settings.signal?.aborted === true;
  }

  async #epochs(session: Session): Promise<void> {
    const { epochs, signal, checkpoint } = this.settings;
    // The first batch of a stream may have to build the model; then there is nothing to keep yet.
    if (checkpoint !== false && this.model.built && !this.#checkpoint) await this.#snapshot();
    while (this.#epoch < epochs && !signal?.aborted) {
      // A checkpoint within an epoch is behind its beginning.
      if (this.#batch === 0) await this.#callbacks.call('onEpochBegin', this.#epoch, {}, this.#training);
      const logs = await this.#train(session).catch((error) => this.#notFinite(error, session));
      if (signal?.aborted) return;
      const bad = this.model.stopTraining && Number.isNaN(logs.loss);
      if (session.validation && !bad)
        for (const [name, value] of Object.entries(await session.validation.run()))
          logs[valName(name)] = value;
      this.#logs = logs;
      this.model.epoch = this.#epoch + 1;
      await this.#callbacks.call('onEpochEnd', this.#epoch, logs, this.#training);
      const done = this.#epoch++;
      this.#batch = 0;
      // An epoch is in the history once there is no going back behind it.
      if (checkpoint !== false && !this.model.stopTraining) await this.#snapshot();
      this.#history.add(done, logs);
      if (this.model.stopTraining) return;
    }
  }

  /** The batches of an epoch; loss and metrics over them. */
  async #train(session: Session): Promise<Logs> {
    const { totals, pace } = session;
    const names = ['loss', ...this.model.compiledFor('fit').metrics.map(({ name }) => name)];
    // A read takes what the GPU's checks have found with it: whoever asks for it, the training must hear.
    let failure: unknown;
    const read = () =>
      totals.read().catch((error: unknown) => {
        failure ??= error;
        throw error;
      });
    const logs = () => lazyLogs(names, read);
    const { checkpoint } = this.settings;
    const [tellsBegin, tellsEnd] = [this.#callbacks.has('onBatchBegin'), this.#callbacks.has('onBatchEnd')];
    if (this.#batch === 0) totals.clear();
    const order = this.model.streams.order.position;
    session.batch = this.#batch;
    for await (const portion of session.portions(this.#batch)) {
      if (tellsBegin) await this.#callbacks.call('onBatchBegin', session.batch, logs(), this.#training);
      session.run(portion);
      if (tellsEnd) await this.#callbacks.call('onBatchEnd', session.batch, logs(), this.#training);
      const pause = session.batch + 1 === session.steps ? undefined : pace.step(); // the sums are read then
      if (pause) await pause;
      if (failure !== undefined) throw failure;
      session.batch++;
      if (this.#stopped) break;
      if (typeof checkpoint === 'number' && session.batch % checkpoint === 0)
        await this.#snapshot(session, order);
    }
    const [, found] = await inOrder([pace.end(), totals.read()]); // an earlier read tells of the first bad batch
    if (failure !== undefined) throw failure;
    if (!Number.isFinite(found.loss))
      throw new NonFiniteError(`fit: the loss became ${found.loss} in epoch ${this.#epoch + 1}`); // somebody else was told where
    this.#tellSteps(session.batch);
    return found;
  }

  /** Keeps all of the training on the host; within an epoch, with what it has summed up and where its order began. */
  async #snapshot(session?: Session, order?: number): Promise<void> {
    const [state, totals] = await Promise.all([this.model.getState(), session?.totals.toHost()]);
    const random = { ...state.random, ...(order === undefined ? {} : { order }) };
    const batch = session?.batch ?? 0;
    this.#checkpoint = { state: { ...state, random }, epoch: this.#epoch, batch, totals };
    if (areFinite(state.weights)) this.#good = this.#checkpoint;
  }

  /** What to do where the loss was not finite: an error that says where and why, or a quiet end. */
  async #notFinite(error: unknown, session: Session): Promise<Logs> {
    if (!(error instanceof NonFiniteError)) throw error;
    const batch = error.step;
    // Steps after it have found the same: their reads, and one of all that no read has told yet.
    await inOrder([session.pace.end(), session.totals.check()]).catch(() => undefined);
    const kept = await this.#keepGoodWeights();
    if (this.#callbacks.endsOnNaN) {
      this.model.stopTraining = true;
      const { metrics } = this.model.compiledFor('fit');
      return Object.fromEntries(
        ['loss', ...metrics.map(({ name }) => name)].map((name) => [name, Number.NaN]),
      );
    }
    if (batch === undefined) throw error;
    const { what, cure = CURE }: Partial<Blame> =
      (await session.again(batch, (tensors, noise) => blame(this.model, tensors, noise))) ?? {};
    throw new NonFiniteError(
      `fit: the loss became NaN or infinite in epoch ${this.#epoch + 1}, batch ${batch + 1}${what ? `; ${what}` : ''}. ${kept} ${cure}`,
      { cause: error },
    );
  }

  /** The weights are those before the step, unless a gradient had spoilt them, and the optimizer, one step earlier. */
  async #keepGoodWeights(): Promise<string> {
    const { model } = this;
    if (areFinite(await readWeights(model.namedWeights))) return 'The weights are those before that batch.';
    if (!this.#good) return 'The weights are spoilt: a gradient was not finite.';
    const { state, epoch, batch } = this.#good;
    model.setState(state);
    const place = [counted(epoch, 'epoch'), ...(batch > 0 ? [counted(batch, 'batch', 'es')] : [])].join(
      ' and ',
    );
    return `A gradient had spoilt the weights; they are those after ${place} again.`;
  }

  /** On another device, from the last checkpoint on. */
  async #recover(error: DeviceLostError): Promise<Session> {
    const { model, x, y, settings } = this;
    const saved = this.#checkpoint;
    model.rescue(saved?.state);
    const { validationData, sampleWeight } = settings;
    const held = Array.isArray(validationData) ? validationData : [];
    if (!saved || !isOnHost(x, y, sampleWeight, ...held)) throw goneWith(error);
    const device = await successor(model.device);
    if (!device) throw goneWith(error);
    model.setState(saved.state);
    const session = await Session.open(model, x, y, settings);
    this.#epoch = saved.epoch;
    this.#batch = saved.batch;
    if (saved.totals) session.restore(saved.totals);
    const place = `${device.kind}: ${device.info.name}`;
    this.#history.recoveries.push({
      epoch: saved.epoch,
      batch: saved.batch,
      reason: error.message,
      device: place,
    });
    console.warn(
      `tapegrad: fit: the device was lost; training goes on with epoch ${saved.epoch + 1}, batch ${saved.batch + 1}, on ${place}`,
    );
    return session;
  }
}
