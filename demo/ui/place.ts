/** @file What a worker tells the page of its device. */
import type { Device } from 'tapegrad';

export interface Place {
  readonly kind: 'webgpu' | 'cpu';
  readonly name: string;
  readonly software: boolean;
  /** Why it is not WebGPU. */
  readonly reason?: string;
}

export const placeOf = ({ kind, info, fallbackReason }: Device): Place => ({
  kind,
  name: info.name,
  software: info.software === true,
  ...(fallbackReason === undefined ? {} : { reason: fallbackReason }),
});
