/**
 * @file The time that dispatches take: by timestamps around a pass of each where the device has 'timestamp-query', else
 * by when a submit of each is done. Lives while somebody measures. One set of queries serves all submits: Metal has 32 for
 * a whole process.
 */
import { context } from '../../core/context.ts';
import type { Measured, Probe } from '../measure.ts';
import type { Failures } from './failures.ts';

const QUERY_RESOLVE = 0x200; // GPUBufferUsage.QUERY_RESOLVE
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const MAP_READ = 0x1; // GPUBufferUsage.MAP_READ, and GPUMapMode.READ
/** A query is eight bytes, a dispatch takes two. */
const BYTES = 16;

/** Measures what the recorder records, submit by submit. */
export abstract class Timer {
  /** Whether each dispatch must be a submit of its own. */
  abstract readonly alone: boolean;
  protected abstract readonly clock: Measured['clock'];
  #kernels: Measured[] = [];
  /** Who began to listen to kernels that are not submitted yet. */
  readonly #probes = new Set<Probe>();

  /** Notes a dispatch that is about to be recorded. Returns what its pass begins with. */
  begin(op: string, kernel: string, bytes: number): GPUComputePassDescriptor {
    const measured: Measured = { op, kernel, bytes, clock: this.clock, submitted: 0, time: undefined };
    for (const probe of context.probes) {
      this.#probes.add(probe);
      probe.kernel?.(measured);
    }
    return this.pass(this.#kernels.push(measured) - 1);
  }

  /** Encodes what must stand behind the dispatches; to be called before the submit, and `submitted` after it. */
  end(encoder: GPUCommandEncoder): void {
    const now = performance.now();
    for (const kernel of this.#kernels) kernel.submitted = now;
    if (this.#kernels.length > 0) this.resolve(encoder, this.#kernels.length);
  }

  submitted(): void {
    const kernels = this.#kernels;
    this.#kernels = [];
    const timed = kernels.length > 0 ? this.read(kernels) : Promise.resolve();
    for (const probe of new Set([...this.#probes, ...context.probes])) probe.submitted?.(kernels, timed);
    this.#probes.clear();
  }

  /** Frees what it holds on the device; times under way still come. */
  close(): void {}

  protected abstract pass(index: number): GPUComputePassDescriptor;
  protected resolve(_encoder: GPUCommandEncoder, _count: number): void {}
  /** Fills in the times of what was submitted; never rejects. */
  protected abstract read(kernels: readonly Measured[]): Promise<void>;
}

/** The right kind of timer for the device; `capacity` dispatches go into one submit. */
export function makeTimer(device: GPUDevice, failures: Failures, capacity: number): Timer {
  return device.features.has('timestamp-query')
    ? new TimestampTimer(device, failures, capacity)
    : new WallTimer(device);
}

class TimestampTimer extends Timer {
  readonly alone = false;
  protected readonly clock = 'gpu';
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  #staging: GPUBuffer | undefined;
  /** The first timestamp: what is counted from it fits into a number. */
  #origin: bigint | undefined;
  constructor(
    private readonly device: GPUDevice,
    private readonly failures: Failures,
    capacity: number,
  ) {
    super();
    [this.#queries, this.#resolved] = failures.guard('allocating timestamps', () => [
      device.createQuerySet({ label: 'timestamps', type: 'timestamp', count: 2 * capacity }),
      device.createBuffer({ label: 'timestamps', size: BYTES * capacity, usage: QUERY_RESOLVE | COPY_SRC }),
    ]);
  }

  protected pass(index: number): GPUComputePassDescriptor {
    const [beginningOfPassWriteIndex, endOfPassWriteIndex] = [2 * index, 2 * index + 1];
    return {
      timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex, endOfPassWriteIndex },
    };
  }

  protected override resolve(encoder: GPUCommandEncoder, count: number): void {
    const size = BYTES * count;
    const staging = this.failures.guard('reading timestamps', () =>
      this.device.createBuffer({ label: 'timestamps read', size, usage: MAP_READ | COPY_DST }),
    );
    encoder.resolveQuerySet(this.#queries, 0, 2 * count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, staging, 0, size);
    this.#staging = staging;
  }

  protected async read(kernels: readonly Measured[]): Promise<void> {
    const staging = this.#staging;
    this.#staging = undefined;
    try {
      await this.failures.guard('reading timestamps', () => staging?.mapAsync(MAP_READ));
      if (staging) this.#fill(kernels, new BigUint64Array(staging.getMappedRange()));
    } catch {
      // the device is lost or the work was refused: its readers are told, and there are no times
    } finally {
      staging?.destroy();
    }
  }

  /** A counter that was reset between two timestamps, or never written, tells nothing: no time is better than a wrong one. */
  #fill(kernels: readonly Measured[], stamps: BigUint64Array): void {
    kernels.forEach((kernel, k) => {
      const [from = 0n, to = 0n] = stamps.subarray(2 * k);
      if (from === 0n || to < from) return;
      this.#origin ??= from;
      kernel.time = { began: Number(from - this.#origin) / 1e6, ms: Number(to - from) / 1e6 };
    });
  }

  override close(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
  }
}

/** From a submit, or the end of the one before it, to its own end, as the host hears of it. */
class WallTimer extends Timer {
  readonly alone = true;
  protected readonly clock = 'wall';
  /** Resolves with the time at which all that was submitted so far was done. */
  #done: Promise<number>;
  constructor(private readonly device: GPUDevice) {
    super();
    this.#done = this.#whenDone(); // of what was under way before
  }

  protected pass(): GPUComputePassDescriptor {
    return {};
  }

  protected async read(kernels: readonly Measured[]): Promise<void> {
    const [before, done] = [this.#done, this.#whenDone()];
    this.#done = done;
    const began = Math.max(await before, kernels[0]?.submitted ?? 0);
    const ms = Math.max(0, (await done) - began);
    for (const kernel of kernels) kernel.time = { began, ms };
  }

  #whenDone(): Promise<number> {
    const now = () => performance.now();
    return this.device.queue.onSubmittedWorkDone().then(now, now);
  }
}
