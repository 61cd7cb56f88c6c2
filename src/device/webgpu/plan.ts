/**
 * @file What a captured step is on WebGPU: dispatches and copies as they were recorded, with the buffers between them in a
 * pool of their own, so that nobody else's work gets hold of them. Replaying encodes the list again.
 */
import type { DType } from '../../core/dtype.ts';
import { OutOfMemoryError, type TapegradError } from '../../core/errors.ts';
import type { Plan, Storage } from '../device.ts';
import { type Arrangement, arrange, Blocks, NOTHING, type Wish } from './arrangement.ts';
import { type Block, BlockStorage, WholeBlock } from './block.ts';
import type { Failable } from './failures.ts';
import type { BufferPool, PooledBuffer } from './pool.ts';
import { type Copy, type Ready, type Recordable, type Recorder, startOf } from './recorder.ts';
import { pipelineKey } from './shader.ts';
import { GpuStorage, StorageWindow } from './storage.ts';

type Step = Ready | Copy;

/** Bytes that the host uploaded for the work. */
type Upload = Float32Array | Int32Array;

export class GpuPlan implements Plan {
  readonly #steps: Step[] = [];
  readonly #made: GpuStorage[] = [];
  readonly #uploads: Upload[] = [];
  /** Buffers, and parts of them, by their first appearance: two plans of the same work number them alike. */
  readonly #numbers = new Map<string, number>();
  /** The numbers of what each step touches, as it was when it was noted. */
  readonly #operands: (readonly (number | string)[])[] = [];
  /** By a storage that the work made for the caller: the buffer that replays fill, and the storage that shows it now. */
  readonly #given = new Map<Storage, { readonly home: PooledBuffer; readonly current: GpuStorage }>();
  /** What the work touches of others, with the buffers that it knows them by. */
  readonly #touched = new Map<Recordable, PooledBuffer>();
  /** What kernels of the work would rather bind as one. */
  readonly #wishes: Wish[] = [];
  readonly #blocks: Blocks;
  /** Whether the arrangement did not fit the work. */
  #scattered = false;
  #replayed = false;
  /** The arrangement of a recording in its place. */
  #next: Arrangement = NOTHING;
  readonly outer = new Set<Storage>();
  readonly written = new Set<Storage>();

  constructor(
    private readonly recorder: Recorder,
    readonly pool: BufferPool,
    /** Where what it makes lies; undefined where that is to be found out. */
    private readonly arrangement: Arrangement | undefined,
    private readonly on: {
      beforeReplay(): void;
      /** Gives a storage another buffer, outside of the plan's pool. */
      letOut(storage: GpuStorage): void;
      /** Takes a buffer over from the plan's pool. */
      adopt(pooled: PooledBuffer): PooledBuffer;
      ended(): void;
    },
  ) {
    this.#blocks = new Blocks(arrangement ?? NOTHING, (elements) => pool.acquire(elements * 4, 'capture'));
  }

  note(step: Step): void {
    this.#steps.push(step);
    this.#operands.push(touchedBy(step).map((s) => this.#numberOf(s)));
    for (const s of touchedBy(step)) {
      if (s.pooled.pool === this.pool) continue;
      this.#touched.set(s, s.pooled);
      for (const storage of storagesOf(s)) this.outer.add(storage);
    }
    for (const s of writtenBy(step))
      if (s.pooled.pool !== this.pool) for (const storage of storagesOf(s)) this.written.add(storage);
  }

  #numberOf(s: Recordable): number | string {
    const name = `${s.pooled.id}@${startOf(s)}`;
    if (s.pooled.pool !== this.pool) return name; // those of others are what they are
    const number = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, number);
    return number;
  }

  noteMade(storage: GpuStorage): void {
    this.#made.push(storage);
  }

  /** The next storage that the work makes, if it has a place in a block. */
  place<S>(dtype: DType, length: number, make: (block: Block, start: number) => S): S | undefined {
    if (this.#scattered) return undefined;
    try {
      return this.#blocks.place(this.#made.length, dtype, length, make);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      this.scatter(); // the buffers that are there may do
      return undefined;
    }
  }

  noteWish(wish: Wish): void {
    this.#wishes.push(wish);
  }

  /** The arrangement does not fit the work: a recording in place of this one goes without. */
  scatter(): void {
    this.#scattered = true;
  }

  /** When all is recorded, and only what others hold is left. Blocks are for nobody else: a replay fills them anew. */
  end(most: number): void {
    this.#blocks.end();
    if (this.#made.some((storage) => storage instanceof BlockStorage && this.#holds(storage))) this.scatter();
    if (this.#scattered) return;
    this.#next = this.arrangement ?? arrange(this.#wishes, this.#made, this.#steps.map(accessOf), most);
  }

  get settled(): boolean {
    return this.#next === (this.arrangement ?? NOTHING);
  }

  noteUpload(data: Upload): void {
    this.#uploads.push(data.slice());
  }

  nameOf(storage: Storage): unknown {
    const number = this.#made.indexOf(storage as GpuStorage);
    return number < 0 ? storage : number;
  }

  difference(other: GpuPlan): string | undefined {
    const [a, b] = [this.#steps, other.#steps];
    for (let k = 0; k < Math.min(a.length, b.length); k++) {
      const same = String(this.#operands[k]) === String(other.#operands[k]);
      const found = differs(a[k] as Step, b[k] as Step, same);
      if (found) return found;
    }
    if (a.length !== b.length) return `it records ${a.length} kernels, then ${b.length}`;
    const same = (x: Upload, y: Upload | undefined) =>
      y !== undefined && x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
    return this.#uploads.every((x, k) => same(x, other.#uploads[k]))
      ? undefined
      : 'it makes tensors of other host data';
  }

  get outdated(): boolean {
    return [...this.#touched].some(([s, pooled]) => s.pooled !== pooled);
  }

  owns(storage: Storage): boolean {
    return this.#given.has(storage) || (storage instanceof GpuStorage && storage.pooled.pool === this.pool);
  }

  renewed(storage: Storage): Storage {
    const { device, dtype, length, pooled, madeBy } = storage as GpuStorage;
    const home = this.#given.get(storage)?.home ?? pooled;
    this.#letOut(this.#given.get(storage)?.current ?? (storage as GpuStorage));
    const current = new GpuStorage(device, dtype, length, home, madeBy);
    this.#given.set(storage, { home, current });
    return current;
  }

  replay(inputs: readonly Storage[], outputs: readonly Storage[]): void {
    if (!this.#replayed)
      for (const storage of this.#made) if (!inputs.includes(storage)) this.#letOut(storage);
    this.#replayed = true;
    const written = [...this.written, ...outputs] as unknown as Failable[];
    this.on.beforeReplay();
    this.recorder.replay(this.#steps, [...this.#touched.keys()], written);
  }

  /** Before a replay fills the buffer of a storage that is still held, through a view or otherwise: it gets another one. */
  #letOut(storage: GpuStorage): void {
    if (!this.#holds(storage)) return;
    try {
      this.on.letOut(storage);
    } catch (error) {
      storage.failure ??= error as TapegradError; // there is no memory for it: who reads it is told
    }
  }

  #holds({ references, pooled }: GpuStorage): boolean {
    return references > 0 && pooled.pool === this.pool;
  }

  /** What is still held takes its buffers along. */
  #close(): void {
    this.#blocks.end();
    const given = [...this.#given.values()].map(({ current }) => current);
    for (const storage of [...this.#made.splice(0), ...given]) {
      if (!this.#holds(storage)) continue;
      const pooled = this.on.adopt(storage.pooled);
      if (storage instanceof BlockStorage) storage.within.block.moveTo(pooled);
      else storage.pooled = pooled;
    }
    this.on.ended();
  }

  /** Ends without its memory, which a recording in its place uses. */
  handOver(): { readonly pool: BufferPool; readonly arrangement: Arrangement } {
    this.#close();
    const dropped = this.pool.reopen();
    this.recorder.whenSubmitted(() => this.pool.drop(dropped)); // their content may be on the way
    return { pool: this.pool, arrangement: this.#next };
  }

  dispose(): void {
    this.#close();
    this.recorder.whenSubmitted(() => this.pool.close()); // work that is recorded may use its buffers
  }
}

/** The storages that what is bound shows, or shows parts of. */
function storagesOf(s: Recordable): readonly Storage[] {
  if (s instanceof WholeBlock) return s.parts;
  return [(s instanceof StorageWindow ? s.whole : s) as GpuStorage];
}

/** The storages that a step reads, and those that it writes. */
function accessOf(step: Step): {
  readonly read: ReadonlySet<Storage>;
  readonly written: ReadonlySet<Storage>;
} {
  const written = writtenBy(step);
  const read = touchedBy(step).filter((s) => !written.includes(s));
  return { read: new Set(read.flatMap(storagesOf)), written: new Set(written.flatMap(storagesOf)) };
}

const touchedBy = (step: Step): readonly Recordable[] =>
  'bytes' in step ? [step.from, step.to] : step.storages;
const writtenBy = (step: Step): readonly Recordable[] => ('bytes' in step ? [step.to] : step.written);

/** What differs between two steps, of which it is known whether they touch the same operands. */
function differs(a: Step, b: Step, sameOperands: boolean): string | undefined {
  if ('bytes' in a || 'bytes' in b)
    return 'bytes' in a && 'bytes' in b && a.bytes === b.bytes && sameOperands
      ? undefined
      : 'it copies other tensors';
  if (
    a.op !== b.op ||
    pipelineKey(a.dispatch) !== pipelineKey(b.dispatch) ||
    String(a.dispatch.workgroups) !== String(b.dispatch.workgroups)
  )
    return a.op === b.op ? `${a.op} has other shapes or dtypes` : `it calls ${a.op}, then ${b.op}`;
  if (!sameOperands) return `${a.op} uses other tensors`;
  const fixed = ({ dispatch: { integers, floats = [], live } }: Ready) => {
    const now = live?.();
    return [...(now?.integers ? [] : integers), ...(now?.floats ? [] : floats)];
  };
  const [x, y] = [fixed(a), fixed(b)];
  const k = x.findIndex((v, i) => !Object.is(v, y[i]));
  return k < 0 ? undefined : `${a.op} has the number ${x[k]}, then ${y[k]}`;
}
