/**
 * @file The CPU device: the reference that every kernel is checked against, and the fallback where there is no
 * WebGPU. Plain loops over typed arrays, at once; some float32 work runs in WebAssembly, where there is any.
 */
import { context } from '../../core/context.ts';
import { type DType, elementBytes, hostArray, type TypedArray } from '../../core/dtype.ts';
import type { DeviceLostError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { turn } from '../../core/turn.ts';
import { Budget } from '../budget.ts';
import type { CpuOperand, Device, DeviceInfo, Operand, Run, Storage } from '../device.ts';
import { CLOSED, Loss } from '../loss.ts';
import { tellLoops } from '../measure.ts';
import { CountedStorage } from '../storage.ts';
import { type LoadedSimd, loadSimd } from './simd.ts';

class CpuStorage extends CountedStorage {
  constructor(
    device: Device,
    dtype: DType,
    readonly data: TypedArray,
    madeBy: string,
  ) {
    super(device, dtype, data.length, data.byteLength, madeBy);
  }
}

/** Bytes made between two turns of the event loop that reads wait for. */
const TURN_BYTES = 64 * 2 ** 20;

export class CPUDevice implements Device {
  readonly kind = 'cpu';
  readonly poolBytes = 0;
  readonly bindableBytes = Infinity;
  readonly #loss = new Loss();
  #live = 0;
  /** Bytes made since the event loop was last let turn. */
  #made = 0;

  constructor(
    readonly fallbackReason?: string,
    private readonly budget: Budget = new Budget(),
    /** Asked for at the first use: to be made, a device needs nothing of its surroundings. */
    private readonly load: () => LoadedSimd = loadSimd,
  ) {}

  get lost(): Promise<DeviceLostError> {
    return this.#loss.lost;
  }

  requireAlive(op: string): void {
    this.#loss.requireAlive(op);
  }

  get info(): DeviceInfo {
    const { level: simd, missing } = this.load();
    return { name: 'CPU', simd, ...(missing === undefined ? {} : { simdMissing: missing }) };
  }

  get freeBytes(): number {
    return this.budget.limit - this.#live;
  }

  supports(): boolean {
    return true;
  }

  upload(data: TypedArray, dtype: DType): CpuStorage {
    const storage = this.allocate(dtype, data.length, 'tensor');
    storage.data.set(data);
    return storage;
  }

  allocate(dtype: DType, length: number, op: string): CpuStorage {
    this.requireAlive(op);
    const bytes = length * elementBytes(dtype);
    if (this.#live + bytes > this.budget.limit) throw this.budget.exceeded(op, bytes);
    const storage = new CpuStorage(this, dtype, hostArray(dtype, length, op), op);
    this.budget.add(storage);
    this.#live += bytes;
    this.#made += bytes;
    return storage;
  }

  constant(dtype: DType, value: number): CpuStorage {
    const storage = this.allocate(dtype, 1, 'constant');
    storage.data[0] = value;
    return storage;
  }

  run(run: Run): void {
    this.requireAlive(run.op);
    const began = context.probes.length > 0 && performance.now();
    run.cpu(run.inputs.map(withData), run.outputs.map(withData), this.load().simd);
    if (began !== false) tellLoops(run, began);
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

  release(storage: Storage): void {
    this.budget.remove(storage);
    this.#live -= storage.bytes;
  }

  copy(from: Storage, to: Storage, at: number): void {
    this.requireAlive('copy');
    (to as CpuStorage).data.set((from as CpuStorage).data, at);
  }

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
