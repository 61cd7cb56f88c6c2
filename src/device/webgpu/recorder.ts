/**
 * @file Turns dispatches into few submits: one open compute pass, parameters in a uniform ring at dynamic offsets,
 * bind groups cached by layout and buffers. Submits when somebody reads, when enough work has gathered, or when the
 * event loop turns.
 */
import { OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import type { Dispatch } from '../device.ts';
import type { PooledBuffer } from './pool.ts';
import { bindingPattern, type ShaderCache } from './shader.ts';

const SLOT = 256; // minUniformBufferOffsetAlignment of the portable baseline, and the size of a parameter block
const SLOTS = 1024;
/** Estimated operations after which a submit goes out: a fraction of a second on the slowest adapters. */
const WORK_LIMIT = 5e8;
/** Bind groups kept; when there are more, all are made anew. */
const GROUPS = 8192;
const UNIFORM = 0x40 | 0x8; // GPUBufferUsage.UNIFORM | COPY_DST

/** What the recorder needs to know of a storage. */
export interface Recordable {
  readonly pooled: PooledBuffer;
  failure: TapegradError | undefined;
}

export class Recorder {
  readonly #uniforms: GPUBuffer;
  readonly #staging = new ArrayBuffer(SLOT * SLOTS);
  readonly #ints = new Int32Array(this.#staging);
  readonly #floats = new Float32Array(this.#staging);
  readonly #groups = new Map<string, GPUBindGroup>();
  readonly #groupsOf = new Map<number, Set<string>>();
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #slot = 0;
  #work = 0;
  #written = new Set<Recordable>();
  #ops = new Set<string>();
  #scheduled = false;
  /** Counts submissions; the one being recorded has this number. */
  current = 0;
  /** Resolves when the errors of everything submitted so far are known and reported; never rejects. */
  settled: Promise<void> = Promise.resolve();

  constructor(
    private readonly device: GPUDevice,
    private readonly shaders: ShaderCache,
    private readonly status: PooledBuffer,
    private readonly report: (failure: TapegradError) => void,
    private readonly afterSubmit: () => void,
  ) {
    this.#uniforms = device.createBuffer({ label: 'parameters', size: SLOT * SLOTS, usage: UNIFORM });
  }

  record(op: string, dispatch: Dispatch, storages: readonly Recordable[]): void {
    const [x, y = 1, z = 1] = dispatch.workgroups;
    if (x * y * z === 0) return;
    if (this.#slot === SLOTS || this.#work > WORK_LIMIT) this.submit();
    const { pipeline, layout } = this.shaders.get(dispatch);
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    const offset = this.#slot++ * SLOT;
    this.#ints.set(dispatch.integers, offset / 4);
    this.#floats.set(dispatch.floats ?? [], offset / 4 + dispatch.integers.length);
    storages.forEach((s, k) => {
      s.pooled.lastUse = this.current;
      if (dispatch.buffers[k]?.access === 'read_write') this.#written.add(s);
    });
    this.#ops.add(op);
    this.#work += dispatch.work;
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, this.#group(dispatch, layout, storages), [offset]);
    this.#pass.dispatchWorkgroups(x, y, z);
    this.#schedule();
  }

  /** Encodes copies behind everything that is recorded. */
  encode(encode: (encoder: GPUCommandEncoder) => void): void {
    this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    encode(this.#encoder);
    this.#schedule();
  }

  submit(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    if (this.#slot > 0) device.queue.writeBuffer(this.#uniforms, 0, this.#staging, 0, this.#slot * SLOT);
    device.queue.submit([this.#encoder.finish()]);
    const outcome = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    this.#watch(outcome, this.#written, [...this.#ops].join(', '));
    this.#encoder = undefined;
    this.#slot = 0;
    this.#work = 0;
    this.#written = new Set();
    this.#ops = new Set();
    this.current++;
    this.afterSubmit();
  }

  /** An error of this submit marks what it would have written, and is reported; earlier submits stay good. */
  #watch(outcome: Promise<(GPUError | null)[]>, written: Set<Recordable>, ops: string): void {
    const before = this.settled;
    const watched = outcome.then(
      ([invalid, full]) => {
        const error = invalid ?? full;
        if (!error) return;
        const Kind = invalid ? TapegradError : OutOfMemoryError;
        const failure = new Kind(`WebGPU refused the work of ${ops}: ${error.message}`);
        for (const storage of written) storage.failure = failure;
        this.report(failure);
      },
      () => undefined, // the device is lost: `lost` tells
    );
    this.settled = before.then(() => watched);
  }

  /** Forgets the bind groups of a buffer that is about to be destroyed. */
  evict(pooled: PooledBuffer): void {
    for (const key of this.#groupsOf.get(pooled.id) ?? []) this.#groups.delete(key);
    this.#groupsOf.delete(pooled.id);
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.submit();
    }, 0);
  }

  #group(dispatch: Dispatch, layout: GPUBindGroupLayout, storages: readonly Recordable[]): GPUBindGroup {
    const buffers = storages.map((s) => s.pooled);
    if (dispatch.status) buffers.push(this.status);
    const key = `${bindingPattern(dispatch)}:${buffers.map((b) => b.id).join(',')}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= GROUPS) {
        this.#groups.clear();
        this.#groupsOf.clear();
      }
      group = this.device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: this.#uniforms, size: SLOT } },
          ...buffers.map(({ buffer }, k) => ({ binding: k + 1, resource: { buffer } })),
        ],
      });
      this.#groups.set(key, group);
      for (const { id } of buffers) {
        const keys = this.#groupsOf.get(id);
        if (keys) keys.add(key);
        else this.#groupsOf.set(id, new Set([key]));
      }
    }
    return group;
  }
}
