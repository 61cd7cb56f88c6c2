/** @file `evaluate` and `predict`: passes over data that change nothing. */
import { options as checked, integer } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { arange, concat } from '../create.ts';
import { withDevice } from '../init.ts';
import type { Tensor } from '../tensor.ts';
import {
  type Batch,
  type BatchData,
  type Data,
  isStream,
  iterate,
  load,
  loadExamples,
  Owned,
  type Stream,
} from './feed.ts';
import type { Logs } from './history.ts';
import type { Sequential } from './model.ts';
import { Pace } from './pace.ts';
import { Step } from './step.ts';
import { Totals } from './totals.ts';

export interface EvaluateOptions {
  /** 256 by default: it decides speed and memory, not the result. */
  readonly batchSize?: number;
  readonly sampleWeight?: Data;
}

export interface PredictOptions {
  /** 256 by default. */
  readonly batchSize?: number;
}

export const shapesOf = (model: Sequential) =>
  model.built
    ? { input: model.inputShape, output: model.outputShape }
    : { input: undefined, output: undefined };

/** Passes over data that are there: loss and metrics. Made once and run after every epoch. */
export class Evaluation {
  readonly #owned = new Owned();
  readonly #totals: Totals;
  readonly #step: Step;
  readonly #order: Tensor | undefined;

  constructor(
    private readonly model: Sequential,
    private readonly data: Batch | Stream,
    private readonly batchSize: number,
  ) {
    const { device } = model;
    const resident = isStream(data) ? undefined : data;
    this.#totals = new Totals(device, model.compiledFor('evaluate').metrics);
    this.#step = new Step(model, { totals: this.#totals, device, data: resident });
    if (resident)
      this.#order = this.#owned.add(arange(0, resident.x.shape[0] as number, 1, { dtype: 'int32', device }));
  }

  async run(): Promise<Logs> {
    const totals = this.#totals;
    const pace = new Pace(this.model.device, () => totals.check());
    totals.clear();
    if (this.#order) {
      const count = this.#order.size;
      for (let from = 0; from < count; from += this.batchSize) {
        const to = Math.min(from + this.batchSize, count);
        const index = this.#order.slice([from, to]);
        try {
          this.#step.run([index], to - from);
        } finally {
          index.dispose();
        }
        await pace.step();
      }
    } else await this.#stream(this.data as Stream, pace);
    const logs = await totals.read();
    await pace.end();
    return logs;
  }

  async #stream(stream: Stream, pace: Pace): Promise<void> {
    const batches = iterate('evaluate', stream);
    const { device } = this.model;
    for (let next = await batches.next(); !next.done; next = await batches.next()) {
      const owned = new Owned();
      try {
        const { x, y, weight } = await load(
          'evaluate',
          next.value as BatchData,
          device,
          shapesOf(this.model),
          owned,
        );
        this.#step.run(weight ? [x, y, weight] : [x, y], x.shape[0] as number);
      } finally {
        owned.dispose();
      }
      await pace.step();
    }
    if (this.#totals.count === 0) throw new ArgumentError('evaluate: the data gave no batches');
  }

  dispose(): void {
    this.#step.dispose();
    this.#totals.dispose();
    this.#owned.dispose();
  }
}

export function batchSizeOf(op: string, value: unknown): number {
  return integer(op, 'batchSize', value, 1);
}

export async function evaluate(
  model: Sequential,
  x: Data | Stream,
  y: Data | undefined,
  options?: EvaluateOptions,
): Promise<Logs> {
  const given = checked('evaluate', options, 'batchSize', 'sampleWeight') as EvaluateOptions;
  const batchSize = batchSizeOf('evaluate', given.batchSize ?? 256);
  model.compiledFor('evaluate');
  const owned = new Owned();
  let evaluation: Evaluation | undefined;
  try {
    const data = isStream(x)
      ? x
      : await load(
          'evaluate',
          [x, y as Data, given.sampleWeight as Data],
          model.device,
          shapesOf(model),
          owned,
        );
    if (!isStream(data)) {
      if (!model.built) model.build(data.x.shape.slice(1));
      requireExamples('evaluate', data.x);
    } else if (given.sampleWeight !== undefined)
      throw new ArgumentError(
        'evaluate: of an iterable, weights come with the batches: [x, y, sampleWeight]',
      );
    else if (y !== undefined)
      throw new ArgumentError(
        `evaluate: an iterable of batches brings its targets along; y must be left out, got ${describe(y)}`,
      );
    evaluation = new Evaluation(model, data, batchSize);
    return await evaluation.run();
  } finally {
    evaluation?.dispose();
    owned.dispose();
  }
}

/** Reads one element. */
function firstOf(t: Tensor): Promise<unknown> {
  const first = t.slice(...t.shape.map(() => [0, 1] as const));
  const read = first.data();
  first.dispose();
  return read;
}

export function requireExamples(op: string, x: Tensor): void {
  if (x.shape[0] === 0) throw new ArgumentError(`${op}: x holds no examples`);
}

export async function predict(model: Sequential, x: Data, options?: PredictOptions): Promise<Tensor> {
  const given = checked('predict', options, 'batchSize') as PredictOptions;
  const batchSize = batchSizeOf('predict', given.batchSize ?? 256);
  const owned = new Owned();
  const { device } = model;
  const xs = await loadExamples('predict', x, device, shapesOf(model), owned).catch((error) => {
    owned.dispose();
    throw error;
  });
  const parts: Tensor[] = [];
  try {
    if (!model.built) model.build(xs.shape.slice(1));
    const count = xs.shape[0] as number;
    const pace = new Pace(device, () => firstOf(parts.at(-1) as Tensor));
    const part = (from: number, to: number) =>
      withDevice(device, () => {
        const batch = xs.slice([from, to]);
        try {
          const made = model.apply(batch);
          made.moveTo(undefined);
          parts.push(made);
        } finally {
          batch.dispose();
        }
      });
    if (count === 0) part(0, 0);
    for (let from = 0; from < count; from += batchSize) {
      part(from, Math.min(from + batchSize, count));
      await pace.step();
    }
    await pace.end();
    const [only] = parts;
    if (only && parts.length === 1) return parts.pop() as Tensor;
    return withDevice(device, () => concat(parts, 0));
  } finally {
    for (const t of parts) t.dispose();
    owned.dispose();
  }
}
