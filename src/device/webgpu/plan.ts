/**
 * @file What a captured step is on WebGPU: dispatches and copies as they were recorded, with the buffers between them in a
 * pool of their own, so that nobody else's work gets hold of them. Replaying encodes the list again.
 */
import { DisposedError } from '../../core/errors.ts';
import type { Plan, Storage } from '../device.ts';
import { WholeBlock } from './block.ts';
import type { Failable } from './failures.ts';
import type { BufferPool } from './pool.ts';
import { type Copy, type Ready, type Recordable, type Recorder, startOf } from './recorder.ts';
import { pipelineKey } from './shader.ts';
import { GpuStorage, StorageWindow } from './storage.ts';

type Step = Ready | Copy;

/** Bytes that the host uploaded for the work. */
type Upload = Float32Array | Int32Array;

export class GpuPlan implements Plan {
  readonly #steps: Step[] = [];
  readonly #uploads: Upload[] = [];
  /** Buffers, and parts of them, by their first appearance: two plans of the same work number them alike. */
  readonly #numbers = new Map<string, number>();
  /** What the last replay gave in the place of storages that the work made. */
  readonly #current = new Map<Storage, Storage>();
  readonly #touched = new Set<Recordable>();
  readonly outer = new Set<Storage>();
  readonly written = new Set<Storage>();

  constructor(
    private readonly recorder: Recorder,
    readonly pool: BufferPool,
    private readonly on: { readonly beforeReplay: () => void; readonly ended: () => void },
  ) {}

  note(step: Step): void {
    this.#steps.push(step);
    for (const s of touchedBy(step)) {
      this.#numbers.set(nameOf(s), this.#numbers.get(nameOf(s)) ?? this.#numbers.size);
      if (s.pooled.pool === this.pool) continue;
      this.#touched.add(s);
      for (const storage of storagesOf(s)) this.outer.add(storage);
    }
    for (const s of writtenBy(step))
      if (s.pooled.pool !== this.pool) for (const storage of storagesOf(s)) this.written.add(storage);
  }

  noteUpload(data: Upload): void {
    this.#uploads.push(data.slice());
  }

  difference(other: GpuPlan): string | undefined {
    const [a, b] = [this.#steps, other.#steps];
    for (let k = 0; k < Math.min(a.length, b.length); k++) {
      const found = differs(a[k] as Step, b[k] as Step, (s, mine) =>
        (mine ? this : other).#numbers.get(nameOf(s)),
      );
      if (found) return found;
    }
    if (a.length !== b.length) return `it records ${a.length} kernels, then ${b.length}`;
    const same = (x: Upload, y: Upload | undefined) =>
      y !== undefined && x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
    return this.#uploads.every((x, k) => same(x, other.#uploads[k]))
      ? undefined
      : 'it makes tensors of other host data';
  }

  owns(storage: Storage): boolean {
    return storage instanceof GpuStorage && storage.pooled.pool === this.pool;
  }

  renewed(storage: Storage): Storage {
    overwrite(this.#current.get(storage) ?? storage);
    const { device, dtype, length, pooled, madeBy } = storage as GpuStorage;
    const made = new GpuStorage(device, dtype, length, pooled, madeBy);
    this.#current.set(storage, made);
    return made;
  }

  replay(outputs: readonly Storage[]): void {
    const written = [...this.written, ...outputs] as unknown as Failable[];
    this.on.beforeReplay();
    this.recorder.replay(this.#steps, [...this.#touched], written);
  }

  /** Ends without its memory, which a recording in its place uses again: what is recorded comes before that. */
  handOver(): BufferPool {
    this.on.ended();
    for (const storage of [...this.#steps.flatMap(touchedBy).flatMap(storagesOf), ...this.#current.values()])
      if (this.owns(storage)) overwrite(storage);
    this.pool.reopen();
    return this.pool;
  }

  dispose(): void {
    this.on.ended();
    this.recorder.whenSubmitted(() => this.pool.close()); // work that is recorded may use its buffers
  }
}

/** Who still sees the storage, through a view or otherwise, would see another content: reading it is an error from now on. */
function overwrite(storage: Storage): void {
  if (storage.references > 0)
    (storage as GpuStorage).failure ??= new DisposedError(
      `capture: a result of ${storage.madeBy} was disposed by the next call of the step, and the view that is left of it shows nothing any more; copy it before: .add(0)`,
    );
}

/** The storages that what is bound shows, or shows parts of. */
function storagesOf(s: Recordable): readonly Storage[] {
  if (s instanceof WholeBlock) return s.parts;
  return [(s instanceof StorageWindow ? s.whole : s) as GpuStorage];
}

const nameOf = (s: Recordable): string => `${s.pooled.id}@${startOf(s)}`;

const touchedBy = (step: Step): readonly Recordable[] =>
  'bytes' in step ? [step.from, step.to] : step.storages;
const writtenBy = (step: Step): readonly Recordable[] => ('bytes' in step ? [step.to] : step.written);

/** What differs between two steps; `number` tells buffers by their first appearance. */
function differs(
  a: Step,
  b: Step,
  number: (s: Recordable, mine: boolean) => number | undefined,
): string | undefined {
  if ('bytes' in a || 'bytes' in b)
    return 'bytes' in a && 'bytes' in b && a.bytes === b.bytes ? undefined : 'it copies other tensors';
  if (
    a.op !== b.op ||
    pipelineKey(a.dispatch) !== pipelineKey(b.dispatch) ||
    String(a.dispatch.workgroups) !== String(b.dispatch.workgroups)
  )
    return a.op === b.op ? `${a.op} has other shapes or dtypes` : `it calls ${a.op}, then ${b.op}`;
  if (a.storages.some((s, k) => number(s, true) !== number(b.storages[k] as Recordable, false)))
    return `${a.op} uses other tensors`;
  const fixed = ({ dispatch: { integers, floats = [], live } }: Ready) => {
    const now = live?.();
    return [...(now?.integers ? [] : integers), ...(now?.floats ? [] : floats)];
  };
  const [x, y] = [fixed(a), fixed(b)];
  const k = x.findIndex((v, i) => !Object.is(v, y[i]));
  return k < 0 ? undefined : `${a.op} has the number ${x[k]}, then ${y[k]}`;
}
