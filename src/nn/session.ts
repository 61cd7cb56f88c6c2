/** @file What a training has on one device: data, order, the step and its sums. After a loss of the device there is another. */

import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show, sizeOf } from '../core/shape.ts';
import { arange } from '../create.ts';
import type { Device } from '../device/device.ts';
import { withDevice } from '../init.ts';
import type { Tensor } from '../tensor.ts';
import { Evaluation, requireExamples, shapesOf } from './evaluate.ts';
import {
  type Batch,
  type BatchData,
  type Data,
  isStream,
  iterate,
  load,
  Owned,
  part,
  type Stream,
  weightsByClass,
} from './feed.ts';
import { type FitSettings, weightedTwice } from './fit_options.ts';
import type { Sequential } from './model.ts';
import { Pace } from './pace.ts';
import { Step } from './step.ts';
import { type HostTotals, Totals } from './totals.ts';

/** A batch that a step is about to take, and what the step is given for it. */
interface Portion {
  readonly given: readonly Tensor[];
  readonly examples: number;
}

/** Examples to train on, with the weights of their classes if there are any; those to validate on have none, as in Keras. */
function byClass(batch: Batch, { classWeight }: FitSettings, device: Device, owned: Owned): Batch {
  if (!classWeight) return batch;
  if (batch.weight) throw weightedTwice();
  return {
    ...batch,
    weight: owned.add(withDevice(device, () => weightsByClass('fit', classWeight, batch.y))),
  };
}

/** Batches of a stream that are kept for a second look, should a loss not be finite. */
const KEPT = 4;

export class Session {
  readonly totals: Totals;
  readonly device: Device;
  readonly pace: Pace;
  validation: Evaluation | undefined;
  /** The batch of the epoch that is under way. */
  batch = 0;
  /** Where the model's noise stood before each batch of the epoch. */
  readonly noise: number[] = [];
  readonly #owned = new Owned();
  readonly #step: Step;
  readonly #kept = new Map<number, { readonly given: readonly Tensor[]; readonly owned: Owned }>();
  #order: Tensor | undefined;

  private constructor(
    private readonly model: Sequential,
    private readonly settings: FitSettings,
    /** The whole set, or a stream. */
    private readonly data: Batch | Stream,
    owned: Owned,
  ) {
    this.#owned = owned;
    this.device = model.device;
    this.totals = new Totals(this.device, model.compiledFor('fit').metrics);
    const resident = isStream(data) ? undefined : data;
    // What a stream gave is kept for a few steps only: checks of the GPU must be told by then.
    this.pace = new Pace(this.device, () => this.totals.check(), resident ? undefined : 1);
    const { totals, device } = this;
    this.#step = new Step(model, { totals, device, data: resident, at: () => this.batch });
  }

  static async open(
    model: Sequential,
    x: Data | Stream,
    y: Data | undefined,
    settings: FitSettings,
  ): Promise<Session> {
    const owned = new Owned();
    try {
      const { device } = model;
      const data = isStream(x)
        ? x
        : await load('fit', [x, y as Data, settings.sampleWeight as Data], device, shapesOf(model), owned);
      if (isStream(data)) {
        return await new Session(model, settings, data, owned).#validateOn(settings.validationData);
      }
      requireExamples('fit', data.x);
      if (!model.built) withDevice(device, () => model.build(data.x.shape.slice(1)));
      const count = data.x.shape[0] as number;
      const kept = settings.validationData ? 0 : count - Math.floor(count * (1 - settings.validationSplit));
      if (settings.validationSplit > 0 && (kept === 0 || kept === count))
        throw new ArgumentError(
          `fit: validationSplit ${settings.validationSplit} of ${count} examples leaves none ${kept === 0 ? 'to validate on' : 'to train on'}`,
        );
      const trained = kept === 0 ? data : part(data, 0, count - kept, owned);
      const session = new Session(model, settings, byClass(trained, settings, device, owned), owned);
      if (kept > 0)
        session.validation = new Evaluation(
          model,
          part(data, count - kept, count, owned),
          settings.validationBatchSize,
        );
      return await session.#validateOn(settings.validationData);
    } catch (error) {
      owned.dispose();
      throw error;
    }
  }

  /** With the data to validate on, if there are any. */
  async #validateOn(data: FitSettings['validationData']): Promise<this> {
    if (data === undefined) return this;
    const { model, settings } = this;
    try {
      if (isStream(data)) this.validation = new Evaluation(model, data, settings.validationBatchSize);
      else {
        if (!Array.isArray(data))
          throw new ArgumentError(
            `validationData is [x, y], [x, y, sampleWeight] or an iterable of these, got ${describe(data)}`,
          );
        const batch = await load(
          'fit',
          data as unknown as BatchData,
          this.device,
          shapesOf(model),
          this.#owned,
        );
        requireExamples('fit', batch.x);
        this.#requireLike(batch);
        this.validation = new Evaluation(model, batch, settings.validationBatchSize);
      }
      return this;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** What to validate on must be like what is trained on: said before the first epoch. */
  #requireLike({ x, y }: Batch): void {
    const { model, data } = this;
    const unlike = (what: string, found: Shape, like: Shape) =>
      new ShapeError(
        `fit: validationData: its ${what} has examples of shape ${show(found)}, where those to train on have ${show(like)}`,
      );
    const [examples, targets] = [x.shape.slice(1), y.shape.slice(1)];
    if (model.built && !sameShape(examples, model.inputShape)) throw unlike('x', examples, model.inputShape);
    if (isStream(data)) return;
    const like = data.y.shape.slice(1);
    if (sizeOf(targets) !== sizeOf(like)) throw unlike('y', targets, like);
  }

  /** Steps of an epoch; undefined where a stream has not told yet. */
  get steps(): number | undefined {
    if (isStream(this.data)) return undefined;
    return Math.ceil((this.data.x.shape[0] as number) / this.settings.batchSize);
  }

  /** The batches of an epoch from one on, each until the next is asked for. */
  async *portions(from: number): AsyncGenerator<Portion> {
    this.noise.length = 0;
    for (const k of [...this.#kept.keys()]) this.#forget(k);
    if (isStream(this.data)) yield* this.#fromStream(this.data, from);
    else yield* this.#fromSet(this.data.x.shape[0] as number, from);
  }

  async *#fromSet(count: number, from: number): AsyncGenerator<Portion> {
    const { shuffle, batchSize } = this.settings;
    this.#order?.dispose();
    const order = withDevice(this.device, () =>
      shuffle ? this.model.streams.order.permutation(count) : arange(0, count, 1, { dtype: 'int32' }),
    );
    order.moveTo(undefined);
    this.#order = order;
    for (let start = from * batchSize; start < count; start += batchSize) {
      const end = Math.min(start + batchSize, count);
      const index = order.slice([start, end]);
      try {
        yield { given: [index], examples: end - start };
      } finally {
        index.dispose();
      }
    }
  }

  async *#fromStream(stream: Stream, from: number): AsyncGenerator<Portion> {
    const batches = iterate('fit', stream);
    let done = 0;
    for (let next = await batches.next(); !next.done; next = await batches.next()) {
      if (done++ < from) continue;
      const owned = new Owned();
      const given = await this.#loaded(next.value as BatchData, owned).catch((error) => {
        owned.dispose();
        throw error;
      });
      for (const k of [...this.#kept.keys()].slice(0, 1 - KEPT)) this.#forget(k);
      this.#kept.set(this.batch, { given, owned });
      yield { given, examples: given[0]?.shape[0] as number };
    }
    if (done === 0)
      throw new ArgumentError(
        'fit: the iterable gave no batches; one that can be iterated but once is given by a function that makes it anew for every epoch',
      );
  }

  async #loaded(data: BatchData, owned: Owned): Promise<Tensor[]> {
    const { model, device } = this;
    if (!Array.isArray(data))
      throw new ArgumentError('fit: the batches of an iterable are lists [x, y] or [x, y, sampleWeight]');
    const loaded = await load('fit', data, device, shapesOf(model), owned);
    if (!model.built) withDevice(device, () => model.build(loaded.x.shape.slice(1)));
    const { x, y, weight } = byClass(loaded, this.settings, device, owned);
    // Whatever becomes of the caller's handles, these stay while they may be looked at again.
    return [x, y, weight].flatMap((t) => (t ? [owned.add(t.retained())] : []));
  }

  #forget(batch: number): void {
    this.#kept.get(batch)?.owned.dispose();
    this.#kept.delete(batch);
  }

  /** Goes on within an epoch. */
  restore(totals: HostTotals): void {
    this.totals.restore(totals);
  }

  run({ given, examples }: Portion): void {
    this.noise[this.batch] = this.model.streams.noise.position;
    this.#step.run(given, examples);
  }

  /** The tensors of a batch of the epoch under way, if they are still there, for `look`. */
  async again<R>(batch: number, look: (tensors: Batch, noise: number) => Promise<R>): Promise<R | undefined> {
    const noise = this.noise[batch] ?? 0;
    const { batchSize } = this.settings;
    const kept = this.#kept.get(batch);
    if (kept) return look(this.#step.batchOf(kept.given), noise);
    if (!this.#order) return undefined;
    const index = this.#order.slice([batch * batchSize, (batch + 1) * batchSize]);
    const tensors = withDevice(this.device, () => this.#step.batchOf([index]));
    try {
      return await look(tensors, noise);
    } finally {
      index.dispose();
      for (const t of Object.values(tensors)) t?.dispose();
    }
  }

  dispose(): void {
    for (const k of [...this.#kept.keys()]) this.#forget(k);
    this.#order?.dispose();
    this.#step.dispose();
    this.totals.dispose();
    this.validation?.dispose();
    this.#owned.dispose();
  }
}
