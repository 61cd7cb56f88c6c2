/**
 * @file Storages that lie in one buffer, so that a kernel can bind them all at once. Each has its own life and its own
 * failures, and is bound through its part of the buffer; no kernel may read one while it writes another.
 */
import type { DType } from '../../core/dtype.ts';
import type { TapegradError } from '../../core/errors.ts';
import type { Device, Storage } from '../device.ts';
import { roomOf } from '../window.ts';
import type { PooledBuffer } from './pool.ts';
import type { Recordable } from './recorder.ts';
import { GpuStorage, rangeOf } from './storage.ts';

/** A buffer that several storages share: it goes back to its pool with the last of them, and stays whole until then. */
export class Block {
  readonly #owners = new Set<object>();
  constructor(public pooled: PooledBuffer) {}

  add(owner: object): void {
    this.#owners.add(owner);
  }

  remove(owner: object): void {
    if (this.#owners.delete(owner) && this.#owners.size === 0) this.pooled.pool.put(this.pooled);
  }

  /** Goes on under another name of the buffer, and its storages with it. */
  moveTo(pooled: PooledBuffer): void {
    this.pooled = pooled;
    for (const owner of this.#owners) if (owner instanceof BlockStorage) owner.pooled = pooled;
  }
}

/** A storage that begins at element `start` of a block: where a binding may begin. */
export class BlockStorage extends GpuStorage {
  readonly within: { readonly block: Block; readonly start: number };
  constructor(device: Device, dtype: DType, length: number, block: Block, start: number, madeBy: string) {
    super(device, dtype, length, block.pooled, madeBy);
    this.within = { block, start };
    block.add(this);
  }

  get range(): { readonly offset: number; readonly size: number } {
    return rangeOf(this.within.start, this.length);
  }

  override free(): void {
    this.within.block.remove(this);
  }
}

/** Storages of one block, bound as one. It owns nothing. */
export class WholeBlock implements Storage, Recordable {
  references = 1;
  constructor(readonly parts: readonly BlockStorage[]) {}

  get #first(): BlockStorage {
    return this.parts[0] as BlockStorage;
  }

  get length(): number {
    return Math.floor(this.bytes / 4);
  }

  get bytes(): number {
    return this.pooled.bytes;
  }

  get device(): Device {
    return this.#first.device;
  }

  get dtype(): DType {
    return this.#first.dtype;
  }

  get madeBy(): string {
    return this.#first.madeBy;
  }

  get pooled(): PooledBuffer {
    return this.#first.pooled;
  }

  get failure(): TapegradError | undefined {
    return this.parts.find((part) => part.failure)?.failure;
  }

  set failure(failure: TapegradError | undefined) {
    for (const part of this.parts) part.failure ??= failure;
  }
}

/** Elements of a block at most: 16 MiB. */
const MOST = 2 ** 22;

/**
 * Where storages of these lengths begin, in as few blocks as there may be, each of at most `most` elements. No storage may be
 * larger than that when it is rounded up to where the next one may begin.
 */
export function placed(
  lengths: readonly number[],
  most: number,
): { readonly size: number; readonly starts: readonly number[] }[] {
  const blocks: { size: number; starts: number[] }[] = [];
  for (const length of lengths) {
    const room = roomOf(length);
    const last = blocks.at(-1);
    if (last && last.size + room <= Math.min(most, MOST)) {
      last.starts.push(last.size);
      last.size += room;
    } else blocks.push({ size: room, starts: [0] });
  }
  return blocks;
}
