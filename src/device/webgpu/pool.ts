/**
 * @file GPU memory. Buffers come in buckets at most an eighth above the request and go back to their bucket
 * when released: the queue is in order, so a buffer freed while recording may be used again at once.
 */

export interface PooledBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** For the bind-group cache. */
  readonly id: number;
  /** The number of the last submission that uses it; a later one has not seen it. */
  lastUse: number;
}

const STORAGE = 0x80; // GPUBufferUsage.STORAGE
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const USAGE = STORAGE | COPY_SRC | COPY_DST;
/** Free memory above this is destroyed, least recently used first. */
const FREE_LIMIT = 512 * 2 ** 20;

/** The bucket of a request: a multiple of 256, one of eight steps between powers of two. */
export function bucketBytes(bytes: number): number {
  const n = Math.max(bytes, 256);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(n)) - 3));
  return Math.ceil(n / step) * step;
}

export class BufferPool {
  readonly #free = new Map<number, PooledBuffer[]>();
  #freeBytes = 0;
  #nextId = 0;
  constructor(
    private readonly device: GPUDevice,
    private readonly guard: <T>(what: string, create: () => T) => T,
    private readonly onDestroy: (buffer: PooledBuffer) => void,
  ) {}

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `bytes`; if `unusedSince` is given, one that no submission from that number on uses. */
  acquire(bytes: number, op: string, unusedSince = Infinity): PooledBuffer {
    const size = bucketBytes(bytes);
    const list = this.#free.get(size) ?? [];
    for (let i = list.length - 1; i >= 0; i--) {
      const pooled = list[i] as PooledBuffer;
      if (pooled.lastUse >= unusedSince) continue;
      list.splice(i, 1);
      this.#freeBytes -= size;
      return pooled;
    }
    const buffer = this.guard(`allocating ${bytes} bytes for ${op}`, () =>
      this.device.createBuffer({ size, usage: USAGE }),
    );
    return { buffer, bytes: size, id: this.#nextId++, lastUse: -1 };
  }

  put(pooled: PooledBuffer): void {
    const list = this.#free.get(pooled.bytes);
    if (list) list.push(pooled);
    else this.#free.set(pooled.bytes, [pooled]);
    this.#freeBytes += pooled.bytes;
  }

  /** Destroys free buffers until at most `limit` bytes are left; only between submissions. */
  trim(limit = FREE_LIMIT): void {
    if (this.#freeBytes <= limit) return;
    const free = [...this.#free.values()].flat().sort((a, b) => a.lastUse - b.lastUse);
    for (const pooled of free) {
      if (this.#freeBytes <= limit) break;
      const list = this.#free.get(pooled.bytes) as PooledBuffer[];
      list.splice(list.indexOf(pooled), 1);
      this.#freeBytes -= pooled.bytes;
      this.onDestroy(pooled);
      pooled.buffer.destroy();
    }
  }
}
