/**
 * @file The WebGPU device: storages in pooled buffers, kernels through the recorder, read-outs that carry the status
 * word along, and every asynchronous error brought back to the next read.
 */
import { context } from '../../core/context.ts';
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import { DeviceError, type DeviceLostError, OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import { isContiguous, sizeOf } from '../../core/shape.ts';
import { Budget } from '../budget.ts';
import type { Device, DeviceInfo, Dispatch, GpuContext, Operand, Run, Storage } from '../device.ts';
import { CLOSED, Loss, lostMessage } from '../loss.ts';
import { bytesMoved } from '../measure.ts';
import { release } from '../storage.ts';
import { isBindable } from '../window.ts';
import type { GpuConnection } from './adapter.ts';
import { Block, BlockStorage, placed, WholeBlock } from './block.ts';
import { Deferred } from './deferred.ts';
import { Failures } from './failures.ts';
import { GpuPlan } from './plan.ts';
import { BufferPool } from './pool.ts';
import { Readback } from './readback.ts';
import { Recorder } from './recorder.ts';
import { ShaderCache } from './shader.ts';
import { opId, STATUS_BYTES } from './status.ts';
import { bytesOf, ConstantStorage, GpuStorage, type StorageWindow, throughWindow, words } from './storage.ts';

/** What a kernel can be given of storages. */
type Bound = GpuStorage | StorageWindow | WholeBlock;

export class WebGPUDevice implements Device {
  readonly kind = 'webgpu';
  readonly info: DeviceInfo;
  readonly fallbackReason = undefined;
  readonly gpu: GPUDevice;
  readonly #owned: boolean;
  readonly #failures: Failures;
  readonly #main: BufferPool;
  /** Where buffers come from now: the main pool, or that of the plan that is being made. */
  #pool: BufferPool;
  #plan: GpuPlan | undefined;
  readonly #plans = new Set<GpuPlan>();
  readonly #recorder: Recorder;
  readonly #readback: Readback;
  readonly #deferred = new Deferred((run) => this.#recordRun(run));
  readonly #context: { -readonly [K in keyof GpuContext]: GpuContext[K] };
  readonly bindableBytes: number;
  /** Bytes of the largest storage: one buffer, which can be read back together with the status word. */
  readonly #largest: number;
  readonly #budget: Budget;
  #scratch: GpuStorage[] = [];
  /** The operation whose dispatches are planned. */
  #running = '';
  readonly #loss = new Loss();
  /** Held, never read: Dawn's instance must outlive its device, and what is under way when that ends, or Node crashes. */
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: see above.
  readonly #instance: GPU | undefined;

  constructor({ device, owned, info, gpu }: GpuConnection, budget: Budget = new Budget()) {
    this.gpu = device;
    this.info = info;
    this.#owned = owned;
    this.#instance = gpu;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.#largest = Math.floor((maxBufferSize - STATUS_BYTES) / 16) * 16;
    this.bindableBytes = Math.min(Math.floor(maxStorageBufferBindingSize / 16) * 16, this.#largest);
    this.#budget = budget;
    this.#failures = new Failures(device, {
      suspect: (pooled) => pooled.pool.suspect(pooled),
      failed: (failure) => this.#clearOut(failure),
    });
    this.#main = this.#newPool();
    this.#pool = this.#main;
    const status = this.#pool.acquire(STATUS_BYTES, 'the status word');
    const shaders = new ShaderCache(device, this.#failures);
    this.#recorder = new Recorder(device, shaders, status, this.#failures, () => {
      this.#main.trim();
      for (const { pool } of this.#plans) if (pool.frozen) pool.dropUntouched();
    });
    this.#readback = new Readback(device, this.#recorder, this.#failures, status, this.#loss);
    this.#context = {
      opId: 0,
      info,
      bindings: device.limits.maxStorageBuffersPerShaderStage ?? 8,
      bindableBytes: this.bindableBytes,
      blockOf: (storages) => new WholeBlock(storages as readonly BlockStorage[]),
      wouldBlock: (wish) => this.#plan?.noteWish(wish),
      scratch: (dtype, length) => {
        const storage = this.allocate(dtype, length, this.#running);
        this.#scratch.push(storage);
        return storage;
      },
    };
    void device.lost.then((info) => this.#end(lostMessage(info)));
    if (owned)
      device.addEventListener('uncapturederror', ({ error }) => {
        this.#failures.report(new TapegradError(`WebGPU: ${error.message}`));
      });
  }

  get lost(): Promise<DeviceLostError> {
    return this.#loss.lost;
  }

  requireAlive(op: string): void {
    this.#loss.requireAlive(op);
  }

  get freeBytes(): number {
    return this.#budget.limit - this.#budget.allocated + this.#main.freeBytes;
  }

  get poolBytes(): number {
    const plans = [...this.#plans].reduce((sum, { pool }) => sum + pool.freeBytes, 0);
    return this.#main.freeBytes + plans + this.#readback.freeBytes;
  }

  supports(dtype: DType): boolean {
    return dtype !== 'float64';
  }

  upload(data: TypedArray, dtype: DType): GpuStorage {
    this.requireAlive('upload');
    const bytes = this.#checkSize(dtype, data.length, 'tensor');
    // What a plan uploads stays for its replays: none of its buffers is used again.
    const pooled = this.#pool.acquireForUpload(bytes, 'tensor', this.#plan ? -1 : this.#recorder.current);
    const host = words(data, dtype);
    this.#plan?.noteUpload(host);
    if (host.length > 0)
      this.#failures.guard(
        `uploading ${bytes} bytes`,
        () => this.gpu.queue.writeBuffer(pooled.buffer, 0, host),
        (failure) => pooled.pool.fail(pooled, failure),
      );
    return this.#made(new GpuStorage(this, dtype, data.length, pooled, 'tensor'));
  }

  allocate(dtype: DType, length: number, op: string): GpuStorage {
    this.requireAlive(op);
    const bytes = this.#checkSize(dtype, length, op);
    const placed = this.#plan?.place(
      dtype,
      length,
      (block, start) => new BlockStorage(this, dtype, length, block, start, op),
    );
    if (placed) return this.#made(placed);
    const pooled = this.#pool.acquire(bytes, op);
    return this.#made(new GpuStorage(this, dtype, length, pooled, op));
  }

  allocateTogether(dtype: DType, lengths: readonly number[], op: string): GpuStorage[] {
    this.requireAlive(op);
    for (const length of lengths) this.#checkSize(dtype, length, op);
    const made: GpuStorage[] = [];
    try {
      for (const { size, starts } of placed(lengths, this.bindableBytes / 4)) {
        const block = new Block(this.#pool.acquire(size * 4, op));
        for (const start of starts) {
          const length = lengths[made.length] as number;
          made.push(this.#made(new BlockStorage(this, dtype, length, block, start, op)));
        }
      }
    } catch (error) {
      for (const storage of made) release(storage);
      throw error;
    }
    return made;
  }

  #made(storage: GpuStorage): GpuStorage {
    this.#budget.add(storage);
    this.#plan?.noteMade(storage);
    return storage;
  }

  constant(dtype: DType, value: number): Storage {
    this.requireAlive('constant');
    return new ConstantStorage(this, dtype, value, this.#pool);
  }

  run(run: Run): void {
    this.requireAlive(run.op);
    if (this.#plan || !this.#deferred.takes(run)) this.#recordRun(run);
  }

  #recordRun(run: Run): void {
    this.#context.opId = opId(run.named ?? run.op);
    this.#running = run.op;
    const visible = (operand: Operand) => this.#visible(operand, run.op);
    try {
      const [inputs, outputs] = [run.inputs.map(visible), run.outputs.map(visible)];
      const dispatches = run.gpu(inputs, outputs, this.#context);
      const bytes = context.probes.length > 0 ? bytesMoved({ ...run, inputs, outputs }, dispatches) : [];
      for (const [k, dispatch] of dispatches.entries()) this.#record(run.op, dispatch, bytes[k]);
    } finally {
      for (const storage of this.#scratch.splice(0)) release(storage);
    }
  }

  #record(op: string, dispatch: Dispatch, bytes?: number): void {
    const bound = dispatch.buffers.map(({ storage }) => {
      if (storage.bytes > this.bindableBytes) throw this.#unseen(op, storage);
      return this.#buffered(storage);
    });
    const plan = this.#plan;
    this.#recorder.record(op, dispatch, plan ? this.#apart(plan, dispatch, bound) : bound, bytes);
  }

  /** No kernel can read from a buffer that it writes to: what lies in one with a result is copied, in this recording only. */
  #apart(plan: GpuPlan, { buffers }: Dispatch, bound: readonly Bound[]): readonly Bound[] {
    const isWritten = (_: unknown, k: number) => buffers[k]?.access === 'read_write';
    const written = new Set(bound.filter(isWritten).map(({ pooled }) => pooled));
    return bound.map((storage, k) => {
      if (isWritten(storage, k) || !written.has(storage.pooled)) return storage;
      plan.scatter();
      const copy = this.#context.scratch(storage.dtype, storage.length) as GpuStorage;
      this.copy(storage, copy, 0);
      return copy;
    });
  }

  /** The operand as a kernel can bind it: of a storage that is too large to be bound whole, through a window. */
  #visible(operand: Operand, op: string): Operand {
    const { storage } = operand;
    if (storage.bytes <= this.bindableBytes) return operand;
    if (!isBindable(operand, this)) throw this.#unseen(op, storage);
    return throughWindow(operand, storage as GpuStorage);
  }

  #unseen(op: string, { bytes, madeBy }: Storage): OutOfMemoryError {
    return new OutOfMemoryError(
      `${op}: must see a tensor of ${bytes} bytes, made by ${madeBy}, at once; a kernel of this adapter sees at most ${this.bindableBytes}. Work on slices of it, or on the CPU device.`,
    );
  }

  copy(from: Storage, to: Storage, at: number): void {
    this.requireAlive('copy');
    this.#deferred.settle();
    const [source, target, bytes] = [
      this.#buffered(from),
      to as GpuStorage,
      bytesOf(from.dtype, from.length),
    ];
    if (source.pooled !== target.pooled) {
      this.#recorder.copy(source, target, at * 4, bytes);
      return;
    }
    const between = this.allocate(from.dtype, from.length, 'copy'); // WebGPU copies from one buffer to another
    this.#recorder.copy(source, between, 0, bytes);
    this.#recorder.copy(between, target, at * 4, bytes);
    release(between);
  }

  /** A pool; that of a plan, whose steps are bound to what it has, takes room from another. */
  #newPool(spare?: BufferPool): BufferPool {
    return new BufferPool(this.gpu, this.#largest, this.bindableBytes, this.#budget, this.#failures, {
      ...(spare && { spare }),
      beforeLarge: () => {
        this.#recorder.submit();
        for (const { pool } of this.#plans) pool.dropUntouched();
      },
      beforeDestroy: (pooled) => this.#recorder.evict(pooled),
    });
  }

  plan(fn: () => void, inPlaceOf?: GpuPlan): GpuPlan {
    const { pool = this.#newPool(this.#main), arrangement } = inPlaceOf?.handOver() ?? {};
    const plan: GpuPlan = new GpuPlan(this.#recorder, pool, arrangement, {
      beforeReplay: () => this.#deferred.settle(),
      letOut: (storage) => this.#letOut(storage),
      adopt: (pooled) => this.#main.adopt(pooled),
      ended: () => this.#plans.delete(plan),
    });
    this.#plans.add(plan);
    try {
      this.#noting(plan, fn);
    } catch (error) {
      plan.dispose();
      throw error;
    }
    plan.end(this.bindableBytes / 4);
    plan.pool.freeze();
    return plan;
  }

  /** Moves the content of a storage of a plan into a buffer of the main pool. */
  #letOut(storage: GpuStorage): void {
    this.outsidePlan(() => {
      const other = this.allocate(storage.dtype, storage.length, storage.madeBy);
      [storage.pooled, other.pooled] = [other.pooled, storage.pooled];
      this.#recorder.copy(other, storage, 0, storage.bytes); // whatever fails has failed for who holds it
      release(other);
    });
  }

  outsidePlan<R>(fn: () => R): R {
    return this.#noting(undefined, fn);
  }

  #noting<R>(plan: GpuPlan | undefined, fn: () => R): R {
    this.#deferred.settle();
    const before = this.#plan;
    const use = (now: GpuPlan | undefined) => {
      this.#plan = now;
      this.#recorder.plan = now;
      this.#pool = now?.pool ?? this.#main;
    };
    use(plan);
    try {
      return fn();
    } finally {
      use(before);
    }
  }

  ahead(fn: () => void): Promise<void> {
    return this.#loss.orLost('warmup', this.#recorder.ahead(fn));
  }

  bufferOf(storage: Storage): GPUBuffer {
    this.requireAlive('gpuBuffer');
    this.#deferred.settle(); // whoever has the buffer may write to it
    const { pooled, failure } = this.#buffered(storage);
    if (failure) throw failure;
    this.#recorder.submit();
    return pooled.buffer;
  }

  fromBuffer(buffer: GPUBuffer, offset: number, dtype: DType, length: number): GpuStorage {
    const storage = this.allocate(dtype, length, 'fromGPUBuffer');
    this.#recorder.copyIn(buffer, offset, storage, storage.bytes);
    this.#recorder.submit(); // before the buffer's owner writes to it again
    return storage;
  }

  #buffered(storage: Storage): Bound {
    if (storage.constant === undefined) return storage as Bound;
    const constant = storage as ConstantStorage;
    if (constant.buffered?.failure) {
      release(constant.buffered);
      constant.buffered = undefined;
    }
    const make = () => this.upload(Float64Array.of(constant.constant), storage.dtype);
    constant.buffered ??= constant.home === this.#main ? this.outsidePlan(make) : make();
    return constant.buffered;
  }

  /**
   * Rejects with an error that nobody has been told of, with what made the tensor fail, or with what the status word
   * says of the work recorded so far. A constant is known here and touches no GPU: its read tells of errors that are
   * already known, and leaves later ones and the status word to the next read.
   */
  async read(operand: Operand, op: string): Promise<TypedArray> {
    this.requireAlive(op);
    const length = sizeOf(operand.shape);
    const { storage, dtype } = operand;
    if (storage instanceof ConstantStorage) {
      this.#throwKnown();
      return hostArray(dtype, length).fill(storage.constant);
    }
    if (!isContiguous(operand)) throw new DeviceError(`${op}: only contiguous tensors are read`);
    this.#deferred.need(storage);
    const reading = this.#readback.read(storage as GpuStorage, operand.offset * 4, length * 4, op);
    const content = await this.#loss.orLost(op, reading);
    if (dtype === 'float32') return new Float32Array(content);
    const integers = new Int32Array(content);
    return dtype === 'bool' ? Uint8Array.from(integers) : integers;
  }

  readSync(_operand: Operand, op: string): TypedArray {
    throw new DeviceError(
      `${op}: a tensor on WebGPU cannot be read synchronously; use await t.data(), or move it: await t.to(cpu)`,
    );
  }

  release(storage: Storage): void {
    this.#deferred.released(storage);
    if (storage instanceof GpuStorage) {
      this.#budget.remove(storage);
      storage.free();
    } else if (storage instanceof ConstantStorage && storage.buffered) {
      release(storage.buffered);
      storage.buffered = undefined; // a captured step may give the constant again
    }
  }

  /**
   * Rejects with errors of the work and of its allocations; the status word (an index out of range in a GPU tensor)
   * stays set until something is read.
   */
  async flush(): Promise<void> {
    this.requireAlive('flush');
    this.#deferred.settle();
    const submitted = this.#recorder.submitWhenReady();
    if (submitted) await this.#loss.orLost('flush', submitted);
    const done = this.gpu.queue.onSubmittedWorkDone().catch(() => this.lost); // rejects only where the device is lost
    await this.#loss.orLost('flush', Promise.all([done, this.#failures.settled]));
    this.#throwKnown();
  }

  /** Frees all memory on the GPU; a GPUDevice that the caller has made stays alive. */
  close(): void {
    this.#end(CLOSED);
    if (this.#owned) this.gpu.destroy();
  }

  /** Lets go of everything, though the tensors may be held for long. */
  #end(message: string): void {
    if (this.#loss.happened) return;
    this.#loss.end(message);
    this.#deferred.drop();
    this.#recorder.close();
    this.#readback.close();
    for (const plan of [...this.#plans]) plan.dispose();
    this.#main.close();
  }

  #throwKnown(): void {
    const failed = this.#failures.take();
    if (failed) throw failed;
  }

  /** After a failure: lets go of buffers that may be to blame, and of all free ones where memory is short. */
  #clearOut(failure: TapegradError): void {
    if (this.#loss.happened) return;
    const full = failure instanceof OutOfMemoryError;
    this.#recorder.whenSubmitted(() => this.#main.trim(full ? 0 : undefined));
    if (full) this.#readback.trim();
  }

  /** Bytes of so many elements, if one buffer can hold them. */
  #checkSize(dtype: DType, length: number, op: string): number {
    const bytes = bytesOf(dtype, length);
    const most = dtype === 'float16' ? this.bindableBytes : this.#largest; // halves are never seen in part
    if (bytes > most)
      throw new OutOfMemoryError(
        `${op}: a tensor of ${length} elements needs ${bytes} bytes; this adapter allows at most ${most}. Work in smaller batches, or on the CPU device.`,
      );
    return bytes;
  }
}
