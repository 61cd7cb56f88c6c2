/**
 * @file GPU memory. Buffers come in buckets at most an eighth above the request and go back to their bucket
 * when released: the queue is in order, so a buffer freed while recording may be used again at once. The oldest free
 * buffer is taken, so that a loop that frees what it makes gets the same buffers every time, and with them the same
 * bind groups. Uploads have buckets of their own, for they must wait until recorded work on a buffer is submitted.
 */

export interface PooledBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly forUpload: boolean;
  /** By age; names the buffer in the bind-group cache. */
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
  readonly #free = new Map<string, PooledBuffer[]>();
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

  /** A buffer of at least `bytes`, which recorded work may still use before. */
  acquire(bytes: number, op: string): PooledBuffer {
    return this.#acquire(bytes, op, false, Infinity);
  }

  /** A buffer that no submission from number `recording` on uses: it may be written at once. */
  acquireForUpload(bytes: number, op: string, recording: number): PooledBuffer {
    return this.#acquire(bytes, op, true, recording);
  }

  #acquire(bytes: number, op: string, forUpload: boolean, unusedSince: number): PooledBuffer {
    const size = bucketBytes(bytes);
    const list = this.#list(size, forUpload);
    const index = list.findIndex((pooled) => pooled.lastUse < unusedSince);
    const [pooled] = index < 0 ? [] : list.splice(index, 1);
    if (pooled) {
      this.#freeBytes -= size;
      return pooled;
    }
    const buffer = this.guard(`allocating ${bytes} bytes for ${op}`, () =>
      this.device.createBuffer({ size, usage: USAGE }),
    );
    return { buffer, bytes: size, forUpload, id: this.#nextId++, lastUse: -1 };
  }

  put(pooled: PooledBuffer): void {
    const list = this.#list(pooled.bytes, pooled.forUpload);
    const younger = list.findIndex(({ id }) => id > pooled.id);
    list.splice(younger < 0 ? list.length : younger, 0, pooled);
    this.#freeBytes += pooled.bytes;
  }

  #list(bytes: number, forUpload: boolean): PooledBuffer[] {
    const key = `${bytes}${forUpload ? 'u' : ''}`;
    const known = this.#free.get(key);
    if (known) return known;
    const list: PooledBuffer[] = [];
    this.#free.set(key, list);
    return list;
  }

  /** Destroys free buffers until at most `limit` bytes are left; only between submissions. */
  trim(limit = FREE_LIMIT): void {
    if (this.#freeBytes <= limit) return;
    const free = [...this.#free.values()].flat().sort((a, b) => a.lastUse - b.lastUse);
    for (const pooled of free) {
      if (this.#freeBytes <= limit) break;
      const list = this.#list(pooled.bytes, pooled.forUpload);
      list.splice(list.indexOf(pooled), 1);
      this.#freeBytes -= pooled.bytes;
      this.onDestroy(pooled);
      pooled.buffer.destroy();
    }
  }
}
