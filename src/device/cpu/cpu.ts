/**
 * @file The CPU device: the reference that every kernel is checked against, and the fallback where there is no
 * WebGPU. Plain loops over typed arrays, at once.
 */
import { type DType, hostArray, type TypedArray } from '../../core/dtype.ts';
import type { DeviceLostError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { CpuOperand, Device, DeviceInfo, Operand, Run } from '../device.ts';
import { CLOSED, Loss } from '../loss.ts';
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

/** Bytes made between two turns of the event loop that reads wait for. */
const TURN_BYTES = 64 * 2 ** 20;

export class CPUDevice implements Device {
  readonly kind = 'cpu';
  readonly info: DeviceInfo = { name: 'CPU' };
  readonly poolBytes = 0;
  readonly #loss = new Loss();
  /** Bytes made since the event loop was last let turn. */
  #made = 0;

  constructor(readonly fallbackReason?: string) {}

  get lost(): Promise<DeviceLostError> {
    return this.#loss.lost;
  }

  requireAlive(op: string): void {
    this.#loss.requireAlive(op);
  }

  supports(): boolean {
    return true;
  }

  upload(data: TypedArray, dtype: DType): CpuStorage {
    const storage = this.allocate(dtype, data.length, 'upload');
    storage.data.set(data);
    return storage;
  }

  allocate(dtype: DType, length: number, op: string): CpuStorage {
    this.requireAlive(op);
    const storage = new CpuStorage(this, dtype, hostArray(dtype, length));
    this.#made += storage.bytes;
    return storage;
  }

  constant(dtype: DType, value: number): CpuStorage {
    return this.upload(Float64Array.of(value), dtype);
  }

  run(run: Run): void {
    this.requireAlive(run.op);
    run.cpu(run.inputs.map(withData), run.outputs.map(withData));
  }

  /**
   * Takes the values at once. A loop of `await t.item()` would never let the event loop turn, and tensors that nobody
   * disposed are given back in its turns only: so now and then a read waits for one.
   */
  async read(operand: Operand, op: string): Promise<TypedArray> {
    const values = this.readSync(operand, op);
    if (this.#made > TURN_BYTES) {
      this.#made = 0;
      await turn();
    }
    return values;
  }

  readSync(operand: Operand, op: string): TypedArray {
    this.requireAlive(op);
    const { data } = operand.storage as CpuStorage;
    return data.slice(operand.offset, operand.offset + sizeOf(operand.shape));
  }

  release(): void {}

  async flush(): Promise<void> {
    this.requireAlive('flush');
  }

  close(): void {
    this.#loss.end(CLOSED);
  }
}

function withData(operand: Operand): CpuOperand {
  return { ...operand, data: (operand.storage as CpuStorage).data };
}

/** Resolves in a task of its own; `setTimeout` would be held back for a second in a hidden page. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => unknown };
    if (setImmediate) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
