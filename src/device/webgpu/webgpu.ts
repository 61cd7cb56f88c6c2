/**
 * @file The WebGPU device: storages in pooled buffers, kernels through the recorder, read-outs that carry the status
 * word along, and every asynchronous error brought back to the next read.
 */
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import { DeviceError, DeviceLostError, OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import { isContiguous, sizeOf } from '../../core/shape.ts';
import type { Device, DeviceInfo, Dispatch, GpuContext, Operand, Run, Storage } from '../device.ts';
import { CountedStorage, release } from '../storage.ts';
import type { GpuConnection } from './adapter.ts';
import { BufferPool, bucketBytes, type PooledBuffer } from './pool.ts';
import { type Recordable, Recorder } from './recorder.ts';
import { ShaderCache } from './shader.ts';
import { opId, STATUS_BYTES, STATUS_WORDS, statusError } from './status.ts';

const MAP_READ = 0x1; // GPUBufferUsage.MAP_READ, and GPUMapMode.READ
const COPY_DST = 0x8;

/** Host data as 32-bit elements; bool as 0 and 1. */
function words(data: TypedArray, dtype: DType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  if (dtype === 'float32')
    return (data instanceof Float32Array ? data : new Float32Array(data)) as Float32Array<ArrayBuffer>;
  return (data instanceof Int32Array ? data : new Int32Array(data)) as Int32Array<ArrayBuffer>;
}

class GpuStorage extends CountedStorage implements Recordable {
  failure: TapegradError | undefined;
  constructor(
    device: Device,
    dtype: DType,
    length: number,
    readonly pooled: PooledBuffer,
  ) {
    super(device, dtype, length, length * 4);
  }
}

/** A value in the uniforms; gets a buffer of one element when a kernel wants to bind it. */
class ConstantStorage extends CountedStorage {
  buffered: GpuStorage | undefined;
  constructor(
    device: Device,
    dtype: DType,
    readonly constant: number,
  ) {
    super(device, dtype, 1, 0);
  }
}

export class WebGPUDevice implements Device {
  readonly kind = 'webgpu';
  readonly info: DeviceInfo;
  readonly lost: Promise<DeviceLostError>;
  readonly fallbackReason = undefined;
  /** The underlying GPUDevice. */
  readonly gpu: GPUDevice;
  readonly #pool: BufferPool;
  readonly #recorder: Recorder;
  readonly #status: PooledBuffer;
  readonly #context: { -readonly [K in keyof GpuContext]: GpuContext[K] };
  readonly #readback = new Map<number, GPUBuffer[]>();
  /** Creations whose asynchronous errors are not known yet. */
  #creations: Promise<void>[] = [];
  #unreported: TapegradError | undefined;
  #scratch: GpuStorage[] = [];
  #dead: DeviceLostError | undefined;
  /** Held, never read: Dawn's instance must outlive its device. */
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: see above.
  #instance: GPU | undefined;

  constructor({ device, info, gpu }: GpuConnection) {
    this.gpu = device;
    this.info = info;
    this.#instance = gpu;
    const guard = <T>(what: string, create: () => T): T => this.#guard(what, create);
    const shaders = new ShaderCache(device, guard);
    this.#pool = new BufferPool(device, guard, (pooled) => this.#recorder.evict(pooled));
    this.#status = this.#pool.acquire(STATUS_BYTES, 'the status word');
    this.#recorder = new Recorder(
      device,
      shaders,
      this.#status,
      (failure) => {
        this.#unreported ??= failure;
      },
      () => this.#pool.trim(),
    );
    this.#context = {
      opId: 0,
      info,
      limits: device.limits,
      scratch: (dtype, length) => {
        const storage = this.allocate(dtype, length, 'scratch');
        this.#scratch.push(storage);
        return storage;
      },
    };
    this.lost = device.lost.then(({ reason, message }) => {
      this.#dead ??= new DeviceLostError(`the WebGPU device was lost (${reason}): ${message}`);
      this.#instance = undefined;
      return this.#dead;
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#unreported ??= new TapegradError(`WebGPU: ${error.message}`);
    });
  }

  get poolBytes(): number {
    return this.#pool.freeBytes;
  }

  supports(dtype: DType): boolean {
    return dtype !== 'float64';
  }

  upload(data: TypedArray, dtype: DType): GpuStorage {
    this.#alive();
    const bytes = this.#checkSize(data.length, 'tensor');
    const pooled = this.#pool.acquireForUpload(bytes, 'upload', this.#recorder.current);
    const host = words(data, dtype);
    if (host.length > 0) this.gpu.queue.writeBuffer(pooled.buffer, 0, host);
    return new GpuStorage(this, dtype, data.length, pooled);
  }

  allocate(dtype: DType, length: number, op: string): GpuStorage {
    this.#alive();
    return new GpuStorage(this, dtype, length, this.#pool.acquire(this.#checkSize(length, op), op));
  }

  constant(dtype: DType, value: number): Storage {
    this.#alive();
    return new ConstantStorage(this, dtype, value);
  }

  run(run: Run): void {
    this.#alive();
    this.#context.opId = opId(run.op);
    for (const dispatch of run.gpu(this.#context)) this.#record(run.op, dispatch);
    for (const storage of this.#scratch.splice(0)) this.#drop(storage);
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
    constant.buffered ??= this.upload(Float64Array.of(constant.constant), storage.dtype);
    return constant.buffered;
  }

  async read(operand: Operand, op: string): Promise<TypedArray> {
    this.#alive();
    const length = sizeOf(operand.shape);
    const { storage, dtype } = operand;
    if (storage instanceof ConstantStorage) return hostArray(dtype, length).fill(storage.constant);
    const source = storage as GpuStorage;
    if (!isContiguous(operand)) throw new DeviceError(`${op}: only contiguous tensors are read`);
    const bytes = length * 4;
    const size = bucketBytes(bytes + STATUS_BYTES);
    const staging =
      this.#readback.get(size)?.pop() ??
      this.#guard(`reading ${op}`, () => this.gpu.createBuffer({ size, usage: MAP_READ | COPY_DST }));
    this.#recorder.encode((encoder) => {
      if (bytes > 0) encoder.copyBufferToBuffer(source.pooled.buffer, operand.offset * 4, staging, 0, bytes);
      encoder.copyBufferToBuffer(this.#status.buffer, 0, staging, bytes, STATUS_BYTES);
    });
    this.#recorder.submit();
    const mapped = staging.mapAsync(MAP_READ, 0, bytes + STATUS_BYTES).then(
      () => undefined,
      (error: Error) => error,
    );
    await this.#settled();
    const refused = await mapped;
    if (refused) {
      staging.destroy();
      throw (
        this.#dead ??
        this.#takeFailure() ??
        new DeviceError(`${op}: the read-back failed: ${refused.message}`)
      );
    }
    const words = new Int32Array(staging.getMappedRange(0, bytes + STATUS_BYTES).slice(0));
    staging.unmap();
    const list = this.#readback.get(size);
    if (list) list.push(staging);
    else this.#readback.set(size, [staging]);
    const failed = this.#takeFailure() ?? source.failure;
    if (failed) throw failed;
    const status = statusError(words.subarray(length, length + STATUS_WORDS));
    if (status) {
      this.gpu.queue.writeBuffer(this.#status.buffer, 0, new Uint32Array(STATUS_WORDS));
      throw status;
    }
    if (dtype === 'float32') return new Float32Array(words.buffer, 0, length).slice();
    return dtype === 'bool' ? Uint8Array.from(words.subarray(0, length)) : words.slice(0, length);
  }

  readSync(_operand: Operand, op: string): TypedArray {
    throw new DeviceError(
      `${op}: a tensor on WebGPU cannot be read synchronously; use await t.data(), or move it: await t.to(cpu)`,
    );
  }

  release(storage: Storage): void {
    if (storage instanceof GpuStorage) this.#pool.put(storage.pooled);
    else if (storage instanceof ConstantStorage && storage.buffered) this.#drop(storage.buffered);
  }

  async flush(): Promise<void> {
    this.#alive();
    this.#recorder.submit();
    await this.gpu.queue.onSubmittedWorkDone();
    await this.#settled();
    const failed = this.#dead ?? this.#takeFailure();
    if (failed) throw failed;
  }

  close(): void {
    this.#dead ??= new DeviceLostError('the device was closed; init() makes a new one');
    this.gpu.destroy();
    this.#instance = undefined;
  }

  #drop(storage: GpuStorage): void {
    release(storage);
  }

  #alive(): void {
    if (this.#dead) throw this.#dead;
  }

  #takeFailure(): TapegradError | undefined {
    const failure = this.#unreported;
    this.#unreported = undefined;
    return failure;
  }

  /** Waits until the errors of all submits and creations so far are known. */
  async #settled(): Promise<void> {
    await Promise.all([...this.#creations.splice(0), this.#recorder.settled]);
  }

  /** Bytes of so many elements, if one binding can hold them. */
  #checkSize(length: number, op: string): number {
    const bytes = length * 4;
    const limit = Math.min(this.gpu.limits.maxStorageBufferBindingSize, this.gpu.limits.maxBufferSize);
    if (bytes > limit)
      throw new OutOfMemoryError(
        `${op}: a tensor of ${length} elements needs ${bytes} bytes; this adapter binds at most ${limit}. Work in smaller batches, or on the CPU device.`,
      );
    return bytes;
  }

  #guard<T>(what: string, create: () => T): T {
    const { gpu } = this;
    gpu.pushErrorScope('out-of-memory');
    gpu.pushErrorScope('validation');
    const made = create();
    const validation = gpu.popErrorScope();
    const memory = gpu.popErrorScope();
    this.#creations.push(
      Promise.all([validation, memory]).then(
        ([invalid, full]) => {
          if (invalid) this.#unreported ??= new TapegradError(`${what}: ${invalid.message}`);
          else if (full) this.#unreported ??= new OutOfMemoryError(`${what}: ${full.message}`);
        },
        () => undefined, // the device is lost: `lost` tells
      ),
    );
    return made;
  }
}
