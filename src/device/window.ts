/**
 * @file The part of a storage that an operand reaches, as a device binds it. Kernels see storages whole, unless they are
 * larger than a binding may be. Pure.
 */
import { extent, type Layout } from '../core/shape.ts';
import type { Device, Operand, Storage } from './device.ts';

/** Elements between two places at which a binding may begin: 256 bytes, the portable alignment. */
export const ALIGNED = 64;

/** Elements between the beginning of a storage of this length and that of the next one, where both may be bound. */
export const roomOf = (length: number): number => Math.ceil(length / ALIGNED) * ALIGNED;

/** What a kernel binds to reach a storage: its block, or the storage itself. */
export const homeOf = (storage: Storage): object => storage.within?.block ?? storage;

export interface Window {
  /** Elements of the storage before it. */
  readonly first: number;
  readonly length: number;
}

/** The smallest window that shows all of the operand. Kernels work in vec4s: so does it. */
export function windowOf(layout: Layout): Window {
  const [low, high] = extent(layout);
  const first = Math.floor(low / ALIGNED) * ALIGNED;
  return { first, length: Math.ceil((high + 1 - first) / 4) * 4 };
}

/** Whether a kernel of the device can see all of the operand at once. */
export function isBindable(operand: Operand, device: Device): boolean {
  return (
    operand.storage.bytes <= device.bindableBytes ||
    operand.shape.includes(0) ||
    windowOf(operand).length * 4 <= device.bindableBytes
  );
}
