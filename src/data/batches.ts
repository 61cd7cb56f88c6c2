/** @file Batches of data that are there, for loops of one's own and for `fit`. */
import { options as checked, flag, integer } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { type TensorData, tensor } from '../create.ts';
import { type Rng, random } from '../random.ts';
import { Tensor } from '../tensor.ts';

/** Entries along the first axis; undefined for what has none. */
function countOf(data: unknown): number | undefined {
  if (data instanceof Tensor) return data.shape[0];
  return Array.isArray(data) || ArrayBuffer.isView(data)
    ? (data as unknown as ArrayLike<unknown>).length
    : undefined;
}

export interface BatchesOptions {
  /** 32 by default; the last batch may be smaller. */
  readonly batchSize?: number;
  /** Whether each pass has an order of its own; false by default. */
  readonly shuffle?: boolean;
  /** What the orders are drawn from. */
  readonly rng?: Rng;
}

/**
 * Batches [x, y], to be iterated as often as one likes. A batch is disposed when the next is asked for, and at the end.
 *
 * @example
 * for (const [x, y] of batches(images, labels, { batchSize: 64, shuffle: true, rng: random(1) })) step(x, y);
 * @throws ShapeError where x and y are not as many.
 */
export function batches(
  x: Tensor | TensorData,
  y: Tensor | TensorData,
  options?: BatchesOptions,
): Iterable<readonly [Tensor, Tensor]> {
  const given = checked('batches', options, 'batchSize', 'shuffle', 'rng') as BatchesOptions;
  const { batchSize = 32, shuffle = false, rng = random(0) } = given;
  integer('batches', 'batchSize', batchSize, 1);
  flag('batches', 'shuffle', shuffle);
  if (typeof (rng as Partial<Rng> | null)?.permutation !== 'function')
    throw new ArgumentError(
      `batches: rng must be a generator, as random(seed) gives it, got ${describe(rng)}`,
    );
  const count = countOf(x);
  if (count === undefined || countOf(y) !== count)
    throw new ShapeError(
      `batches: x and y must have as many entries along their first axes, got ${countOf(x) ?? 'none'} and ${countOf(y) ?? 'none'}`,
    );
  return {
    *[Symbol.iterator]() {
      const made: Tensor[] = [];
      const whole = (data: Tensor | TensorData): Tensor => {
        if (data instanceof Tensor) return data;
        made.push(tensor(data));
        return made.at(-1) as Tensor;
      };
      const [xs, ys] = [whole(x), whole(y)];
      const order = shuffle ? rng.permutation(count) : undefined;
      if (order) made.push(order);
      let batch: Tensor[] = [];
      const entries = (t: Tensor, from: number, to: number): Tensor => {
        if (!order) return t.slice([from, to]);
        const index = order.slice([from, to]);
        const taken = t.take(index, 0);
        index.dispose();
        return taken;
      };
      try {
        for (let from = 0; from < count; from += batchSize) {
          const to = Math.min(from + batchSize, count);
          const [bx, by] = [entries(xs, from, to), entries(ys, from, to)];
          batch = [bx, by];
          yield [bx, by] as const;
          for (const t of batch) t.dispose();
        }
      } finally {
        for (const t of [...batch, ...made]) t.dispose();
      }
    },
  };
}
