/**
 * @file The CPU device: the reference that every kernel is checked against, and the fallback where there is no
 * WebGPU. Plain loops over typed arrays, at once.
 */
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import { DeviceLostError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { CpuOperand, Device, DeviceInfo, Operand, Run } from '../device.ts';
import { CountedStorage } from '../storage.ts';

class CpuStorage extends CountedStorage {
  constructor(
    device: Device,
    dtype: DType,
    readonly data: TypedArray,
  ) {
    super(device, dtype, data.length, data.byteLength);
  }
}

export class CPUDevice implements Device {
  readonly kind = 'cpu';
  readonly info: DeviceInfo = { name: 'CPU' };
  readonly lost: Promise<DeviceLostError>;
  readonly poolBytes = 0;
  #close: (error: DeviceLostError) => void = () => {};
  #closed: DeviceLostError | undefined;

  constructor(readonly fallbackReason?: string) {
    this.lost = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  supports(): boolean {
    return true;
  }

  upload(data: TypedArray, dtype: DType): CpuStorage {
    this.#alive();
    const copy = hostArray(dtype, data.length);
    copy.set(data);
    return new CpuStorage(this, dtype, copy);
  }

  allocate(dtype: DType, length: number): CpuStorage {
    this.#alive();
    return new CpuStorage(this, dtype, hostArray(dtype, length));
  }

  constant(dtype: DType, value: number): CpuStorage {
    return this.upload(Float64Array.of(value), dtype);
  }

  run(run: Run): void {
    this.#alive();
    run.cpu(run.inputs.map(withData), run.outputs.map(withData));
  }

  async read(operand: Operand): Promise<TypedArray> {
    return this.readSync(operand);
  }

  readSync(operand: Operand): TypedArray {
    this.#alive();
    const { data } = operand.storage as CpuStorage;
    return data.slice(operand.offset, operand.offset + sizeOf(operand.shape));
  }

  release(): void {}

  async flush(): Promise<void> {}

  close(): void {
    this.#closed ??= new DeviceLostError('the device was closed; init() makes a new one');
    this.#close(this.#closed);
  }

  #alive(): void {
    if (this.#closed) throw this.#closed;
  }
}

function withData(operand: Operand): CpuOperand {
  return { ...operand, data: (operand.storage as CpuStorage).data };
}
