/** @file Losses and metrics summed up on the device over the batches of an epoch, and read once. */
import { type Captured, capture } from '../capture.ts';
import type { DType, TypedArray } from '../core/dtype.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { concat, tensor, zeros, zerosLike } from '../create.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import type { NestedArray, Tensor } from '../tensor.ts';
import { type Variable, variable } from '../variable.ts';
import type { Logs } from './history.ts';
import type { Metric } from './metrics/metric.ts';

interface HostSum {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** What was summed, on the host. */
export interface HostTotals {
  readonly count: number;
  readonly loss: HostSum;
  /** A list for each metric; undefined before the first batch. */
  readonly sums: readonly (readonly HostSum[])[] | undefined;
}

const onHost = async (sum: Variable): Promise<HostSum> => ({
  shape: sum.shape,
  dtype: sum.dtype,
  data: await sum.data(),
});

/** Values in arrays as deep as the shape. */
function nested(values: readonly number[], [first = 0, ...rest]: Shape): NestedArray[] {
  const size = sizeOf(rest);
  return Array.from({ length: first }, (_, i) => {
    const own = values.slice(i * size, (i + 1) * size);
    return rest.length === 0 ? (own[0] as number) : nested(own, rest);
  });
}

export class Totals {
  /** Examples that the sums are of. */
  count = 0;
  readonly #loss: Variable;
  /** A list for each metric, made at its first batch, for only then the shapes are known. */
  #sums: Variable[][] | undefined;
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
      const measured = this.metrics.map((metric) => metric.measure(y, pred)); // one may throw: variables last
      return measured.map((sums) => sums.map((sum) => variable(zerosLike(sum))));
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
    if (this.#sums) this.#clear(); // before, nothing was added
  }

  /** Loss and metrics so far, in one read. What is read is as it is now, whatever is added meanwhile. */
  async read(): Promise<Logs> {
    const { count, metrics } = this;
    const { shapes, whole } = scope(() => {
      const results = metrics.map((metric, k) => {
        const sums = this.#sums?.[k];
        return sums ? metric.result(sums) : zeros([], { device: this.#loss.device }); // before the first batch, as before that of another epoch
      });
      const parts = [this.#loss, ...results].map((t) => t.reshape([t.size]).astype(this.#loss.dtype));
      return { shapes: results.map(({ shape }) => shape), whole: concat(parts, 0) };
    });
    whole.moveTo(undefined);
    const [loss = 0, ...values] = await whole.data().finally(() => whole.dispose());
    const logs: Logs = { loss: loss / Math.max(count, 1) };
    metrics.forEach(({ name }, k) => {
      const shape = shapes[k] as Shape;
      const own = values.splice(0, sizeOf(shape));
      logs[name] = own.length === 1 ? (own[0] as number) : (nested(own, shape) as unknown as number);
    });
    return logs;
  }

  /** Rejects with what was found wrong so far. */
  async check(): Promise<void> {
    await this.#loss.item();
  }

  async toHost(): Promise<HostTotals> {
    const { count } = this;
    const lists = this.#sums?.map((list) => Promise.all(list.map(onHost)));
    const [loss, sums] = await Promise.all([onHost(this.#loss), lists && Promise.all(lists)]);
    return { count, loss, sums };
  }

  /** Goes on from sums on the host. */
  restore({ count, loss, sums }: HostTotals): void {
    const { device } = this.#loss;
    const asTensor = ({ data, ...options }: HostSum) => tensor(data, { ...options, device });
    this.count = count;
    scope(() => {
      this.#loss.assign(asTensor(loss));
      this.#sums = sums?.map((list) => list.map((sum) => variable(asTensor(sum))));
    });
  }

  dispose(): void {
    this.#clear.dispose();
    for (const sum of this.#all) sum.dispose();
  }
}
