/**
 * @file What the WebGPU device keeps: elements in a pooled buffer, or one value that the host knows.
 */
import type { DType, TypedArray } from '../../core/dtype.ts';
import type { TapegradError } from '../../core/errors.ts';
import type { Device, Operand, Storage } from '../device.ts';
import { CountedStorage } from '../storage.ts';
import { windowOf } from '../window.ts';
import type { BufferPool, PooledBuffer } from './pool.ts';
import type { Recordable } from './recorder.ts';

export class GpuStorage extends CountedStorage implements Recordable {
  #failure: TapegradError | undefined;
  constructor(
    device: Device,
    dtype: DType,
    length: number,
    /** Where it lies now: recorded work goes on with where it lay. */
    public pooled: PooledBuffer,
    madeBy: string,
  ) {
    super(device, dtype, length, bytesOf(dtype, length), madeBy);
  }

  /** Why the content is not what it should be: its work was refused, or its buffer never came to be. */
  get failure(): TapegradError | undefined {
    return this.#failure ?? this.pooled.failure;
  }

  set failure(failure: TapegradError | undefined) {
    this.#failure = failure;
  }

  /** Gives the memory back. */
  free(): void {
    this.pooled.pool.put(this.pooled);
  }
}

/** A value in the uniforms; gets a buffer of one element when a kernel wants to bind it. */
export class ConstantStorage extends CountedStorage {
  buffered: GpuStorage | undefined;
  constructor(
    device: Device,
    dtype: DType,
    readonly constant: number,
    /** Where its buffer is to come from. */
    readonly home: BufferPool,
  ) {
    super(device, dtype, 1, 0, 'constant');
  }
}

/** A part of a storage that is bound in its place, because the whole cannot be. It owns nothing. */
export class StorageWindow implements Storage, Recordable {
  references = 1;
  constructor(
    readonly whole: GpuStorage,
    private readonly first: number,
    readonly length: number,
  ) {}

  get bytes(): number {
    return this.length * 4;
  }

  get device(): Device {
    return this.whole.device;
  }

  get dtype(): DType {
    return this.whole.dtype;
  }

  get madeBy(): string {
    return this.whole.madeBy;
  }

  get pooled(): PooledBuffer {
    return this.whole.pooled;
  }

  get failure(): TapegradError | undefined {
    return this.whole.failure;
  }

  set failure(failure: TapegradError | undefined) {
    this.whole.failure = failure;
  }

  get range(): { readonly offset: number; readonly size: number } {
    return rangeOf(this.first, this.length);
  }
}

/** What is bound of so many elements, in bytes: whole vec4s. */
export const rangeOf = (
  first: number,
  length: number,
): { readonly offset: number; readonly size: number } => ({
  offset: first * 4,
  size: Math.ceil(length / 4) * 16,
});

/** The operand through a window of its storage. */
export function throughWindow(operand: Operand, whole: GpuStorage): Operand {
  const { first, length } = windowOf(operand);
  // A kernel may fill the last vec4 behind a storage's last element, where it is padded, but not what follows a window.
  const rest = whole.length - first;
  return {
    ...operand,
    offset: operand.offset - first,
    storage: new StorageWindow(whole, first, length > rest ? rest : length),
  };
}

/** Elements take a word each, halves share one. */
export function bytesOf(dtype: DType, length: number): number {
  return dtype === 'float16' ? Math.ceil(length / 2) * 4 : length * 4;
}

/** Host data as 32-bit elements; bool as 0 and 1. Never in shared memory, which `writeBuffer` does not take. */
export function words(data: TypedArray, dtype: DType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  if (dtype === 'float32') return isOwn(data, Float32Array) ? data : new Float32Array(data);
  return isOwn(data, Int32Array) ? data : new Int32Array(data);
}

function isOwn<T>(data: TypedArray, type: new (data: ArrayBuffer) => T): data is TypedArray & T {
  return data instanceof type && data.buffer instanceof ArrayBuffer;
}
