/**
 * @file Where a captured step puts what one of its kernels wants to bind at once, as an optimizer does the gradients: one
 * recording finds out, and the one in its place lays them into one buffer. Pure but for the blocks that it hands out.
 */
import type { DType } from '../../core/dtype.ts';
import type { Storage } from '../device.ts';
import { Block, roomOf } from './block.ts';
import type { PooledBuffer } from './pool.ts';

/** Where storages lie, by their numbers in the order in which the work makes them. */
export interface Arrangement {
  /** Elements of each block. */
  readonly sizes: readonly number[];
  readonly places: ReadonlyMap<number, Place>;
}

interface Place {
  readonly block: number;
  readonly start: number;
  readonly dtype: DType;
  readonly length: number;
}

/** Storages that would lie in one block, with the element of it where each would begin. */
export type Wish = ReadonlyMap<Storage, number>;

/** What a step reads and writes. */
interface Touched {
  readonly read: ReadonlySet<Storage>;
  readonly written: ReadonlySet<Storage>;
}

export const NOTHING: Arrangement = { sizes: [], places: new Map() };

/**
 * The arrangement of storages that would lie in blocks, each with its first element there. It leaves out what the work did
 * not make, or what is still held behind it; and a block of more than `most` elements, or where some step reads one storage
 * and writes another.
 */
export function arrange(
  wishes: readonly Wish[],
  made: readonly Storage[],
  steps: readonly Touched[],
  most: number,
): Arrangement {
  const numbers = new Map(made.map((storage, number) => [storage, number]));
  const sizes: number[] = [];
  const places = new Map<number, Place>();
  for (const wish of wishes) {
    const own = [...wish].filter(([storage]) => {
      const number = numbers.get(storage);
      return number !== undefined && !places.has(number) && storage.references === 0;
    });
    const isAny = (of: ReadonlySet<Storage>) => own.some(([storage]) => of.has(storage));
    if (steps.some(({ read, written }) => isAny(read) && isAny(written))) continue;
    const { parts, size, filled } = laidOut(own);
    if (parts.length < 2 || size > most || size > 2 * filled) continue;
    for (const { storage, start } of parts) {
      const { dtype, length } = storage;
      places.set(numbers.get(storage) as number, { block: sizes.length, start, dtype, length });
    }
    sizes.push(size);
  }
  return { sizes, places };
}

/** Those that do not overlap, from the first one on; the elements of their block, and how many of those are in use. */
function laidOut(own: readonly (readonly [Storage, number])[]) {
  const sorted = own.toSorted(([, a], [, b]) => a - b);
  const first = sorted[0]?.[1] ?? 0;
  const parts: { readonly storage: Storage; readonly start: number }[] = [];
  let [size, filled] = [0, 0];
  for (const [storage, at] of sorted) {
    const start = at - first;
    if (start < size) continue;
    const room = roomOf(storage.length);
    parts.push({ storage, start });
    size = start + room;
    filled += room;
  }
  return { parts, size, filled };
}

/** Hands out the places of an arrangement while the work is recorded. */
export class Blocks {
  readonly #blocks = new Map<number, Block>();
  constructor(
    private readonly arrangement: Arrangement,
    private readonly acquire: (elements: number) => PooledBuffer,
  ) {}

  /** The place of a storage, if it has one and is what was expected. */
  placeOf(
    number: number,
    dtype: DType,
    length: number,
  ): { readonly block: Block; readonly start: number } | undefined {
    const place = this.arrangement.places.get(number);
    if (!place || place.dtype !== dtype || place.length !== length) return undefined;
    let block = this.#blocks.get(place.block);
    if (!block) {
      block = new Block(this.acquire(this.arrangement.sizes[place.block] as number));
      block.add(this); // until all of its places are taken
      this.#blocks.set(place.block, block);
    }
    return { block, start: place.start };
  }

  end(): void {
    for (const block of this.#blocks.values()) block.remove(this);
  }
}
