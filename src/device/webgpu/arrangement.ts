/**
 * @file Where a captured step puts what one of its kernels wants to bind at once, as an optimizer does the gradients: one
 * recording finds out, and the one in its place lays them into one buffer. Pure but for the blocks that it hands out.
 */
import type { DType } from '../../core/dtype.ts';
import type { Storage } from '../device.ts';
import { roomOf } from '../window.ts';
import { Block } from './block.ts';
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
  return sizes.length > 0 ? { sizes, places } : NOTHING;
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
  /** Blocks with places that are not taken yet. */
  readonly #open = new Map<number, { readonly block: Block; left: number }>();
  constructor(
    private readonly arrangement: Arrangement,
    private readonly acquire: (elements: number) => PooledBuffer,
  ) {}

  /** The storage in its place, if it has one and is what was expected. */
  place<S>(
    number: number,
    dtype: DType,
    length: number,
    make: (block: Block, start: number) => S,
  ): S | undefined {
    const { places, sizes } = this.arrangement;
    const place = places.get(number);
    if (!place || place.dtype !== dtype || place.length !== length) return undefined;
    let open = this.#open.get(place.block);
    if (!open) {
      const left = [...places.values()].filter(({ block }) => block === place.block).length;
      open = { block: new Block(this.acquire(sizes[place.block] as number)), left };
      open.block.add(this);
      this.#open.set(place.block, open);
    }
    const made = make(open.block, place.start);
    open.left--;
    if (open.left === 0) this.#close(place.block, open.block);
    return made;
  }

  /** No more places are taken. */
  end(): void {
    for (const [k, { block }] of this.#open) this.#close(k, block);
  }

  #close(k: number, block: Block): void {
    this.#open.delete(k);
    block.remove(this);
  }
}
