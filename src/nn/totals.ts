/** @file Losses and metrics summed up on the device over the batches of an epoch, and read once. */
import { type Captured, capture } from '../capture.ts';
import type { TypedArray } from '../core/dtype.ts';
import { tensor, zeros, zerosLike } from '../create.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { type Variable, variable } from '../variable.ts';
import type { Logs } from './history.ts';
import type { Metric } from './metrics/metric.ts';

/** What was summed, on the host. */
export interface HostTotals {
  readonly count: number;
  readonly sums: readonly TypedArray[];
}

export class Totals {
  /** Examples that the sums are of. */
  count = 0;
  readonly #loss: Variable;
  /** A list for each metric, made at its first batch, for only then the shapes are known. */
  #sums: Variable[][] | undefined;
  #restored: HostTotals['sums'] | undefined;
  readonly #clear: Captured<[], void>;

  constructor(
    device: Device,
    private readonly metrics: readonly Metric[],
  ) {
    this.#loss = scope(() => variable(zeros([], { device })));
    // Captured, so that variables keep their places, where a captured step adds to them.
    this.#clear = capture(() => {
      for (const sum of this.#all) sum.assign(zerosLike(sum));
    });
  }

  get #all(): Variable[] {
    return [this.#loss, ...(this.#sums ?? []).flat()];
  }

  /** Makes room for what metrics measure of targets and predictions like these, once. */
  prepare(sample: () => readonly [y: Tensor, pred: Tensor]): void {
    this.#sums ??= scope(() => {
      if (this.metrics.length === 0) return [];
      const [y, pred] = sample();
      return this.metrics.map((metric) => metric.measure(y, pred).map((sum) => variable(zerosLike(sum))));
    });
    const restored = this.#restored;
    if (!restored) return;
    this.#restored = undefined;
    scope(() => {
      this.#all.forEach((sum, k) => {
        sum.assign(tensor(restored[k] as TypedArray, { shape: sum.shape, dtype: sum.dtype }));
      });
    });
  }

  /** Adds a batch; part of a step that may be captured, which is why `count` is the caller's. */
  add(loss: Tensor, examples: number, y: Tensor, pred: Tensor): void {
    this.#loss.assign(this.#loss.add(loss.mul(examples)));
    this.metrics.forEach((metric, k) => {
      metric.measure(y, pred).forEach((sum, i) => {
        const total = this.#sums?.[k]?.[i];
        total?.assign(total.add(sum));
      });
    });
  }

  clear(): void {
    this.count = 0;
    this.#clear();
  }

  /** Loss and metrics so far. What is read is as it is now, whatever is added meanwhile. */
  async read(): Promise<Logs> {
    const { count } = this;
    const values = scope(() => this.metrics.map((metric, k) => metric.result(this.#sums?.[k] ?? [])));
    for (const value of values) value.moveTo(undefined);
    try {
      const [loss, ...found] = await Promise.all([
        this.#loss.item(),
        ...values.map((value) => (value.size === 1 ? value.item() : value.array())),
      ]);
      const logs: Logs = { loss: (loss as number) / Math.max(count, 1) };
      this.metrics.forEach(({ name }, k) => {
        logs[name] = found[k] as number;
      });
      return logs;
    } finally {
      for (const value of values) value.dispose();
    }
  }

  /** Rejects with what was found wrong so far. */
  async check(): Promise<void> {
    await this.#loss.item();
  }

  async toHost(): Promise<HostTotals> {
    const { count } = this;
    return { count, sums: await Promise.all(this.#all.map((sum) => sum.data())) };
  }

  /** Goes on from sums on the host, once there is room for them. */
  restore({ count, sums }: HostTotals): void {
    this.count = count;
    this.#restored = sums;
  }

  dispose(): void {
    this.#clear.dispose();
    for (const sum of this.#all) sum.dispose();
  }
}
