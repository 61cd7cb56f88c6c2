// The device of the place that a test runs in: the CPU, WebGPU in Chrome, or Dawn in Node. No adapter, no pass.
import { inject } from 'vitest';
import { type Device, device, init } from '../src/index.ts';

const shared = globalThis as { testDevice?: Promise<Device> };

/** The running project's device, as the default; made once per process. */
export async function testDevice(): Promise<Device> {
  shared.testDevice ??= init(inject('backend') === 'cpu' ? 'cpu' : 'webgpu');
  await shared.testDevice;
  return device();
}
