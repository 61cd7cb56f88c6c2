/**
 * @file GPU memory. Buffers come in buckets at most an eighth above the request and go back to their bucket
 * when released: the queue is in order, so a buffer freed while recording may be used again at once. The oldest free
 * buffer is taken, so that a loop that frees what it makes gets the same buffers every time, and with them the same
 * bind groups. Uploads have buckets of their own, for they must wait until recorded work on a buffer is submitted.
 */

import type { TapegradError } from '../../core/errors.ts';
import type { Budget } from '../budget.ts';
import type { Failures } from './failures.ts';

export interface PooledBuffer {
  readonly pool: BufferPool;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly forUpload: boolean;
  /** By age; names the buffer in the bind-group cache. */
  readonly id: number;
  /** The number of the last submission that uses it; a later one has not seen it. */
  lastUse: number;
  /** Why the buffer cannot be used: it never came to be, or was destroyed by others. */
  failure: TapegradError | undefined;
  /** Whether it may be to blame for an error: then it is not handed out again. */
  suspect: boolean;
  /** The same buffer under the name that it got since. */
  renamed?: PooledBuffer;
}

const STORAGE = 0x80; // GPUBufferUsage.STORAGE
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const USAGE = STORAGE | COPY_SRC | COPY_DST;
/** Free memory above this is destroyed, least recently used first. */
const FREE_LIMIT = 512 * 2 ** 20;
/** Before a buffer of so many bytes is asked for, what is recorded is submitted: should memory be short, it stays good. */
const LARGE = 16 * 2 ** 20;

interface Hooks {
  /** Before an allocation that may fail. */
  beforeLarge(): void;
  beforeDestroy(buffer: PooledBuffer): void;
  /** Whose free buffers are given up where memory is short; by default its own. */
  readonly spare?: BufferPool;
}

/**
 * The bucket of a request: a multiple of 256, one of eight steps between powers of two; but at most the multiple of 16
 * below `limit`, so that the largest buffer too is whole in vec4s.
 */
export function bucketBytes(bytes: number, limit = Infinity): number {
  const n = Math.max(bytes, 256);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(n)) - 3));
  return Math.min(Math.ceil(n / step) * step, Math.floor(limit / 16) * 16);
}

let nextId = 0;

export class BufferPool {
  readonly #free = new Map<string, PooledBuffer[]>();
  readonly #all = new Set<PooledBuffer>();
  /** What it had when it was opened anew, and nobody got since. */
  readonly #untouched = new Set<PooledBuffer>();
  /** Suspects that nobody holds any more; recorded work may, so they wait for the next submission. */
  #condemned: PooledBuffer[] = [];
  #freeBytes = 0;
  #closed = false;
  #frozen = false;
  constructor(
    private readonly device: GPUDevice,
    /** Bytes of the largest buffer; a request beyond it is the caller's mistake. */
    private readonly limit: number,
    /** Bytes that one binding can hold: what fits into one stays within it. */
    private readonly bindable: number,
    private readonly budget: Budget,
    private readonly failures: Failures,
    private readonly hooks: Hooks,
  ) {}

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `bytes`, which recorded work may still use before. */
  acquire(bytes: number, op: string): PooledBuffer {
    return this.#acquire(bytes, op, false, Infinity);
  }

  /** A buffer that no submission from number `recording` on uses: it may be written at once. */
  acquireForUpload(bytes: number, op: string, recording: number): PooledBuffer {
    return this.#acquire(bytes, op, true, recording);
  }

  #acquire(bytes: number, op: string, forUpload: boolean, unusedSince: number): PooledBuffer {
    const size = bucketBytes(bytes, bytes <= this.bindable ? this.bindable : this.limit);
    const list = this.#list(size, forUpload);
    const index = list.findIndex((pooled) => pooled.lastUse < unusedSince);
    const [known] = index < 0 ? [] : list.splice(index, 1);
    if (known) {
      this.#untouched.delete(known);
      this.#freeBytes -= size;
      return known;
    }
    this.#makeRoom(size, bytes, op);
    const buffer = this.failures.guard(
      `allocating ${bytes} bytes for ${op}`,
      () => this.device.createBuffer({ size, usage: USAGE }),
      (failure) => this.fail(made, failure),
    );
    const id = nextId++;
    const made: PooledBuffer = {
      pool: this,
      buffer,
      bytes: size,
      forUpload,
      id,
      lastUse: -1,
      failure: undefined,
      suspect: false,
    };
    this.#all.add(made);
    this.budget.allocated += size;
    return made;
  }

  /** Before a buffer is made: keeps to the budget, at the cost of free buffers, and takes care that recorded work is safe. */
  #makeRoom(size: number, bytes: number, op: string): void {
    const excess = () => this.budget.allocated + size - this.budget.limit;
    if (excess() > 0 || size >= LARGE) this.hooks.beforeLarge(); // which may end plans, and with them their buffers
    const { spare = this } = this.hooks;
    if (excess() > spare.freeBytes) throw this.budget.exceeded(op, bytes);
    if (excess() > 0) spare.trim(spare.freeBytes - excess());
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** From now on nothing is handed out any more, nor taken back. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Destroys what nobody got since it was opened anew; only between submissions. */
  dropUntouched(): void {
    for (const pooled of this.#untouched) this.#takeOut(pooled);
    this.drop([...this.#untouched]);
    this.#untouched.clear();
  }

  /**
   * Begins anew with the buffers that it has, all of them free under other names: who gives one back by its former name is
   * not heard. Uploads and suspects are not used again; it returns them.
   */
  reopen(): readonly PooledBuffer[] {
    this.#frozen = false;
    this.#free.clear();
    this.#condemned = [];
    this.#untouched.clear();
    this.#freeBytes = 0;
    const dropped: PooledBuffer[] = [];
    for (const pooled of [...this.#all]) {
      if (pooled.forUpload || pooled.suspect) {
        dropped.push(pooled);
        continue;
      }
      const renamed = this.adopt(pooled);
      this.#untouched.add(renamed);
      this.put(renamed);
    }
    return dropped;
  }

  /** Takes a buffer over, from another pool or under another name: its bind groups are forgotten. */
  adopt(pooled: PooledBuffer): PooledBuffer {
    this.hooks.beforeDestroy(pooled);
    pooled.pool.#all.delete(pooled);
    const renamed: PooledBuffer = { ...pooled, pool: this, id: nextId++ };
    pooled.renamed = renamed;
    this.#all.add(renamed);
    return renamed;
  }

  /** Destroys buffers that nobody gets any more; only between submissions. */
  drop(buffers: readonly PooledBuffer[]): void {
    for (const pooled of buffers) if (this.#all.has(pooled)) this.#destroy(pooled);
  }

  put(pooled: PooledBuffer): void {
    if (this.#closed || this.#frozen || !this.#all.has(pooled)) return;
    if (pooled.suspect) {
      this.#condemned.push(pooled);
      return;
    }
    const list = this.#list(pooled.bytes, pooled.forUpload);
    const younger = list.findIndex(({ id }) => id > pooled.id);
    list.splice(younger < 0 ? list.length : younger, 0, pooled);
    this.#freeBytes += pooled.bytes;
  }

  /** The buffer cannot be used, and what lies in it is lost. */
  fail(pooled: PooledBuffer, failure: TapegradError): void {
    for (let p: PooledBuffer | undefined = pooled; p; p = p.renamed) p.failure ??= failure;
    this.suspect(pooled);
  }

  /** The buffer may be to blame for an error: who holds it may go on, but nobody gets it again. */
  suspect(pooled: PooledBuffer): void {
    pooled.renamed?.pool.suspect(pooled.renamed);
    if (pooled.suspect) return;
    pooled.suspect = true;
    if (this.#takeOut(pooled)) this.#condemned.push(pooled);
  }

  #takeOut(pooled: PooledBuffer): boolean {
    const list = this.#list(pooled.bytes, pooled.forUpload);
    const index = list.indexOf(pooled);
    if (index < 0) return false;
    list.splice(index, 1);
    this.#freeBytes -= pooled.bytes;
    return true;
  }

  #list(bytes: number, forUpload: boolean): PooledBuffer[] {
    const key = `${bytes}${forUpload ? 'u' : ''}`;
    const known = this.#free.get(key);
    if (known) return known;
    const list: PooledBuffer[] = [];
    this.#free.set(key, list);
    return list;
  }

  /** Destroys condemned buffers, and free ones until at most `limit` bytes are left; only between submissions. */
  trim(limit = FREE_LIMIT): void {
    for (const pooled of this.#condemned.splice(0)) this.#destroy(pooled);
    if (this.#freeBytes <= limit) return;
    const free = [...this.#free.values()].flat().sort((a, b) => a.lastUse - b.lastUse);
    for (const pooled of free) {
      if (this.#freeBytes <= limit) break;
      this.#takeOut(pooled);
      this.#destroy(pooled);
    }
  }

  /** Destroys every buffer, in use or not. */
  close(): void {
    this.#closed = true;
    for (const pooled of this.#all) this.#destroy(pooled);
    this.#free.clear();
    this.#freeBytes = 0;
  }

  #destroy(pooled: PooledBuffer): void {
    this.hooks.beforeDestroy(pooled);
    this.#all.delete(pooled);
    this.budget.allocated -= pooled.bytes;
    pooled.buffer.destroy();
  }
}
