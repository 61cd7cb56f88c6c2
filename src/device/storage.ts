/**
 * @file Reference counts and the byte counters behind `memory()`. Every handle, every tape entry and
 * every variable holds one reference; the last one to go gives the memory back to its device.
 */
import type { DType } from '../core/dtype.ts';
import type { Device, Storage } from './device.ts';

export const counters = { tensors: 0, bytes: 0, peakBytes: 0 };

/** The part of a storage that all devices share. Begins with one reference. */
export abstract class CountedStorage implements Storage {
  references = 1;
  constructor(
    readonly device: Device,
    readonly dtype: DType,
    readonly length: number,
    readonly bytes: number,
    readonly madeBy: string,
  ) {
    counters.bytes += bytes;
    counters.peakBytes = Math.max(counters.peakBytes, counters.bytes);
  }
}

export function retain(storage: Storage): void {
  storage.references++;
}

export function release(storage: Storage): void {
  if (--storage.references > 0) return;
  counters.bytes -= storage.bytes;
  storage.device.release(storage);
}
