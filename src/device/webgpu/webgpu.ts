/**
 * @file The WebGPU device: storages in pooled buffers, kernels through the recorder, read-outs that carry the status
 * word along, and every asynchronous error brought back to the next read.
 */
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import { DeviceError, type DeviceLostError, OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import { isContiguous, sizeOf } from '../../core/shape.ts';
import type { Device, DeviceInfo, Dispatch, GpuContext, Operand, Run, Storage } from '../device.ts';
import { CLOSED, Loss, lostMessage } from '../loss.ts';
import { release } from '../storage.ts';
import type { GpuConnection } from './adapter.ts';
import { Failures } from './failures.ts';
import { BufferPool } from './pool.ts';
import { Readback } from './readback.ts';
import { Recorder } from './recorder.ts';
import { ShaderCache } from './shader.ts';
import { opId, STATUS_BYTES } from './status.ts';
import { bytesOf, ConstantStorage, GpuStorage, words } from './storage.ts';

export class WebGPUDevice implements Device {
  readonly kind = 'webgpu';
  readonly info: DeviceInfo;
  readonly fallbackReason = undefined;
  /** The underlying GPUDevice. */
  readonly gpu: GPUDevice;
  readonly #owned: boolean;
  readonly #failures: Failures;
  readonly #pool: BufferPool;
  readonly #recorder: Recorder;
  readonly #readback: Readback;
  readonly #context: { -readonly [K in keyof GpuContext]: GpuContext[K] };
  /** Bytes that one binding can hold, and that can be read back together with the status word. */
  readonly #limit: number;
  #scratch: GpuStorage[] = [];
  readonly #loss = new Loss();
  /** Held, never read: Dawn's instance must outlive its device, and what is under way when that ends, or Node crashes. */
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: see above.
  readonly #instance: GPU | undefined;

  constructor({ device, owned, info, gpu }: GpuConnection) {
    this.gpu = device;
    this.info = info;
    this.#owned = owned;
    this.#instance = gpu;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.#limit = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize - STATUS_BYTES) / 16) * 16;
    this.#failures = new Failures(device, {
      suspect: (pooled) => this.#pool.suspect(pooled),
      failed: (failure) => this.#clearOut(failure),
    });
    this.#pool = new BufferPool(device, this.#limit, this.#failures, (pooled) =>
      this.#recorder.evict(pooled),
    );
    const status = this.#pool.acquire(STATUS_BYTES, 'the status word');
    const shaders = new ShaderCache(device, this.#failures);
    this.#recorder = new Recorder(device, shaders, status, this.#failures, () => this.#pool.trim());
    this.#readback = new Readback(device, this.#recorder, this.#failures, status, this.#loss);
    this.#context = {
      opId: 0,
      info,
      scratch: (dtype, length) => {
        const storage = this.allocate(dtype, length, 'scratch');
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

  get poolBytes(): number {
    return this.#pool.freeBytes + this.#readback.freeBytes;
  }

  supports(dtype: DType): boolean {
    return dtype !== 'float64';
  }

  upload(data: TypedArray, dtype: DType): GpuStorage {
    this.requireAlive('upload');
    const bytes = this.#checkSize(dtype, data.length, 'tensor');
    const pooled = this.#pool.acquireForUpload(bytes, 'upload', this.#recorder.current);
    const host = words(data, dtype);
    if (host.length > 0)
      this.#failures.guard(
        `uploading ${bytes} bytes`,
        () => this.gpu.queue.writeBuffer(pooled.buffer, 0, host),
        (failure) => this.#pool.fail(pooled, failure),
      );
    return new GpuStorage(this, dtype, data.length, pooled);
  }

  allocate(dtype: DType, length: number, op: string): GpuStorage {
    this.requireAlive(op);
    return new GpuStorage(this, dtype, length, this.#pool.acquire(this.#checkSize(dtype, length, op), op));
  }

  constant(dtype: DType, value: number): Storage {
    this.requireAlive('constant');
    return new ConstantStorage(this, dtype, value);
  }

  run(run: Run): void {
    this.requireAlive(run.op);
    this.#context.opId = opId(run.named ?? run.op);
    try {
      for (const dispatch of run.gpu(this.#context)) this.#record(run.op, dispatch);
    } finally {
      for (const storage of this.#scratch.splice(0)) release(storage);
    }
  }

  #record(op: string, dispatch: Dispatch): void {
    this.#recorder.record(
      op,
      dispatch,
      dispatch.buffers.map((b) => this.#buffered(b.storage)),
    );
  }

  #buffered(storage: Storage): GpuStorage {
    if (storage instanceof GpuStorage) return storage;
    const constant = storage as ConstantStorage;
    if (constant.buffered?.failure) {
      release(constant.buffered);
      constant.buffered = undefined;
    }
    constant.buffered ??= this.upload(Float64Array.of(constant.constant), storage.dtype);
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
    if (storage instanceof GpuStorage) this.#pool.put(storage.pooled);
    else if (storage instanceof ConstantStorage && storage.buffered) release(storage.buffered);
  }

  /**
   * Rejects with errors of the work and of its allocations; the status word (an index out of range in a GPU tensor)
   * stays set until something is read.
   */
  async flush(): Promise<void> {
    this.requireAlive('flush');
    this.#recorder.submit();
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
    this.#recorder.close();
    this.#readback.close();
    this.#pool.close();
  }

  #throwKnown(): void {
    const failed = this.#failures.take();
    if (failed) throw failed;
  }

  /** After a failure: lets go of buffers that may be to blame, and of all free ones where memory is short. */
  #clearOut(failure: TapegradError): void {
    if (this.#loss.happened) return;
    this.#recorder.submit();
    const full = failure instanceof OutOfMemoryError;
    this.#pool.trim(full ? 0 : undefined);
    if (full) this.#readback.trim();
  }

  /** Bytes of so many elements, if one binding can hold them. */
  #checkSize(dtype: DType, length: number, op: string): number {
    const bytes = bytesOf(dtype, length);
    if (bytes > this.#limit)
      throw new OutOfMemoryError(
        `${op}: a tensor of ${length} elements needs ${bytes} bytes; this adapter binds at most ${this.#limit}. Work in smaller batches, or on the CPU device.`,
      );
    return bytes;
  }
}
