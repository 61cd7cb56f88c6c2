/**
 * @file Read-outs: a copy into a mappable buffer with the status word behind it, and what a read rejects with.
 *
 * A read takes the status word as it stands behind the work recorded so far and clears it in the same breath, so that
 * an error set by later work waits for a later read. Reads under way together may all have been computed in the shadow
 * of that error (updates did nothing): they all reject with it. A read begun after one has rejected starts afresh.
 */
import { DeviceError, type TapegradError } from '../../core/errors.ts';
import type { Loss } from '../loss.ts';
import type { Failable, Failures } from './failures.ts';
import { bucketBytes, type PooledBuffer } from './pool.ts';
import { type Recordable, type Recorder, startOf } from './recorder.ts';
import { STATUS_BYTES, statusError } from './status.ts';

const MAP_READ = 0x1; // GPUBufferUsage.MAP_READ, and GPUMapMode.READ
const COPY_DST = 0x8;
/** Staging buffers kept for use again: so many, each of so many bytes at most. */
const KEPT = 16;
const KEPT_BYTES = 2 ** 18;

interface Reading extends Failable {
  /** What the status word said in this read, or in one under way together with it. */
  status: TapegradError | undefined;
}

export class Readback {
  /** Least recently used first. */
  readonly #free: GPUBuffer[] = [];
  readonly #busy = new Set<GPUBuffer>();
  readonly #underWay = new Set<Reading>();
  /** Settles with the last read: reads end in the order in which they were begun. */
  #last: Promise<unknown> = Promise.resolve();
  constructor(
    private readonly device: GPUDevice,
    private readonly recorder: Recorder,
    private readonly failures: Failures,
    private readonly status: PooledBuffer,
    private readonly loss: Loss,
  ) {}

  /** Bytes of free staging buffers. */
  get freeBytes(): number {
    return this.#free.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /** So many bytes of a storage from `offset` on, as the work recorded so far leaves them. */
  async read(source: Recordable, offset: number, bytes: number, op: string): Promise<ArrayBuffer> {
    const reading: Reading = { failure: undefined, status: undefined };
    if (this.failures.spoilt([source], [reading])) throw this.failures.take() ?? reading.failure;
    const staging = this.#staging(bytes + STATUS_BYTES, op, reading);
    const { pooled } = source;
    pooled.lastUse = this.recorder.current;
    this.recorder.encode((encoder) => {
      pooled.lastUse = this.recorder.current;
      // What has failed while this waited for its turn would have good work refused with it.
      if (reading.failure || !this.failures.note([source], [reading])) return;
      if (bytes > 0) encoder.copyBufferToBuffer(pooled.buffer, startOf(source) + offset, staging, 0, bytes);
      encoder.copyBufferToBuffer(this.status.buffer, 0, staging, bytes, STATUS_BYTES);
      encoder.clearBuffer(this.status.buffer, 0, STATUS_BYTES);
    });
    const submitted = this.recorder.submitWhenReady();
    this.#underWay.add(reading);
    const last = this.#last;
    const arrive = () =>
      Promise.all([reading.failure ?? this.#map(staging, bytes, op), this.failures.settled, last]);
    const outcome = (submitted?.then(arrive) ?? arrive()).then(([refused]) =>
      this.#take(reading, staging, bytes, op, refused),
    );
    const done = () => undefined; // not the content, which would stay until the next read
    this.#last = outcome.then(done, done);
    return outcome;
  }

  /** Maps what is read; resolves to an error where that is refused. */
  #map(staging: GPUBuffer, bytes: number, op: string): Promise<DeviceError | undefined> {
    return this.failures
      .guard(`reading ${op}`, () => staging.mapAsync(MAP_READ, 0, bytes + STATUS_BYTES))
      .then(
        () => undefined,
        async (error: Error) => {
          if (error.name === 'AbortError') await this.loss.lost; // nothing else aborts, but we may hear of it first
          return new DeviceError(`${op}: the read-back failed: ${error.message}`);
        },
      );
  }

  /** Destroys the free staging buffers. */
  trim(): void {
    for (const buffer of this.#free.splice(0)) buffer.destroy();
  }

  /** Destroys them all; reads under way reject. */
  close(): void {
    this.trim();
    for (const buffer of this.#busy) buffer.destroy();
    this.#busy.clear();
  }

  #take(
    reading: Reading,
    staging: GPUBuffer,
    bytes: number,
    op: string,
    refused: TapegradError | undefined,
  ): ArrayBuffer {
    this.#underWay.delete(reading);
    this.#busy.delete(staging);
    this.loss.requireAlive(op);
    if (refused) {
      staging.destroy();
      throw this.failures.take() ?? reading.failure ?? refused;
    }
    const range = staging.getMappedRange(0, bytes + STATUS_BYTES);
    const content = range.slice(0, bytes);
    const own = reading.refused ? undefined : statusError(new Int32Array(range.slice(bytes)));
    staging.unmap();
    this.#keep(staging);
    if (own) for (const other of this.#underWay) other.status ??= own;
    const failed = this.failures.take() ?? reading.failure;
    if (failed && own) this.failures.report(own);
    const error = failed ?? own ?? reading.status;
    if (error) throw error;
    return content;
  }

  #staging(bytes: number, op: string, reading: Reading): GPUBuffer {
    const size = bucketBytes(bytes, this.device.limits.maxBufferSize);
    const index = this.#free.findIndex((buffer) => buffer.size === size);
    const [known] = index < 0 ? [] : this.#free.splice(index, 1);
    const staging =
      known ??
      this.failures.guard(
        `reading ${op}`,
        () => this.device.createBuffer({ label: 'read-back', size, usage: MAP_READ | COPY_DST }),
        (failure) => {
          reading.failure ??= failure;
        },
      );
    this.#busy.add(staging);
    return staging;
  }

  #keep(staging: GPUBuffer): void {
    if (staging.size <= KEPT_BYTES) this.#free.push(staging);
    else staging.destroy();
    if (this.#free.length > KEPT) this.#free.shift()?.destroy();
  }
}
