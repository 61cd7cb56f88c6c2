/**
 * @file The WebGPU device: storages in pooled buffers, kernels through the recorder, read-outs that carry the status
 * word along, and every asynchronous error brought back to the next read.
 */
import { context } from '../../core/context.ts';
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import { DeviceError, DeviceLostError, OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import { isContiguous, sizeOf } from '../../core/shape.ts';
import type { Device, DeviceInfo, Dispatch, GpuContext, Operand, Run, Storage } from '../device.ts';
import { bytesMoved } from '../measure.ts';
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
  readonly lost: Promise<DeviceLostError>;
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
  #dead: DeviceLostError | undefined;
  #tellLost: (error: DeviceLostError) => void = () => {};
  /** Held, never read: Dawn's instance must outlive its device. */
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: see above.
  #instance: GPU | undefined;

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
    this.#readback = new Readback(device, this.#recorder, this.#failures, status, () => this.#dead);
    this.#context = {
      opId: 0,
      info,
      scratch: (dtype, length) => {
        const storage = this.allocate(dtype, length, 'scratch');
        this.#scratch.push(storage);
        return storage;
      },
    };
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    void device.lost.then(({ reason, message }) =>
      this.#end(new DeviceLostError(`the WebGPU device was lost (${reason}): ${message}`)),
    );
    if (owned)
      device.addEventListener('uncapturederror', ({ error }) => {
        this.#failures.report(new TapegradError(`WebGPU: ${error.message}`));
      });
  }

  get poolBytes(): number {
    return this.#pool.freeBytes + this.#readback.freeBytes;
  }

  supports(dtype: DType): boolean {
    return dtype !== 'float64';
  }

  upload(data: TypedArray, dtype: DType): GpuStorage {
    this.#alive();
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
    this.#alive();
    return new GpuStorage(this, dtype, length, this.#pool.acquire(this.#checkSize(dtype, length, op), op));
  }

  constant(dtype: DType, value: number): Storage {
    this.#alive();
    return new ConstantStorage(this, dtype, value);
  }

  run(run: Run): void {
    this.#alive();
    this.#context.opId = opId(run.named ?? run.op);
    try {
      const dispatches = run.gpu(this.#context);
      const bytes = context.probes.length > 0 ? bytesMoved(run, dispatches) : [];
      for (const [k, dispatch] of dispatches.entries()) this.#record(run.op, dispatch, bytes[k]);
    } finally {
      for (const storage of this.#scratch.splice(0)) release(storage);
    }
  }

  #record(op: string, dispatch: Dispatch, bytes?: number): void {
    this.#recorder.record(
      op,
      dispatch,
      dispatch.buffers.map((b) => this.#buffered(b.storage)),
      bytes,
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
    this.#alive();
    const length = sizeOf(operand.shape);
    const { storage, dtype } = operand;
    if (storage instanceof ConstantStorage) {
      this.#throwKnown();
      return hostArray(dtype, length).fill(storage.constant);
    }
    if (!isContiguous(operand)) throw new DeviceError(`${op}: only contiguous tensors are read`);
    const content = await this.#readback.read(storage as GpuStorage, operand.offset * 4, length * 4, op);
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
    this.#alive();
    this.#recorder.submit();
    await this.gpu.queue.onSubmittedWorkDone();
    await this.#failures.settled;
    this.#throwKnown();
  }

  /** Frees all memory on the GPU; a GPUDevice that the caller has made stays alive. */
  close(): void {
    if (this.#dead) return;
    this.#end(new DeviceLostError('the device was closed; init() makes a new one'));
    this.#recorder.close();
    this.#readback.close();
    this.#pool.close();
    if (this.#owned) this.gpu.destroy();
  }

  #end(error: DeviceLostError): void {
    this.#dead ??= error;
    this.#tellLost(this.#dead);
    this.#instance = undefined;
  }

  #alive(): void {
    if (this.#dead) throw this.#dead;
  }

  #throwKnown(): void {
    const failed = this.#dead ?? this.#failures.take();
    if (failed) throw failed;
  }

  /** After a failure: lets go of buffers that may be to blame, and of all free ones where memory is short. */
  #clearOut(failure: TapegradError): void {
    if (this.#dead) return;
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
