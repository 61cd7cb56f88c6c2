// The device of the place that a test runs in: the CPU, WebGPU in Chrome, or Dawn in Node. No adapter, no pass.
import { afterEach, beforeAll, beforeEach, inject } from 'vitest';
import { context, type Scope } from '../src/core/context.ts';
import { type Device, device, init } from '../src/index.ts';

const shared = globalThis as { testDevice?: Promise<Device> };

/** The running project's device, as the default; made once per process. */
export async function testDevice(): Promise<Device> {
  shared.testDevice ??= init(inject('backend') === 'cpu' ? 'cpu' : 'webgpu');
  context.device = await shared.testDevice;
  return device();
}

/** For a test file: what a test makes is freed after it, across awaits too. Variables belong to no scope. */
export function freeAfterEach(): void {
  let owned: Scope['owned'] = new Set();
  beforeEach(() => {
    owned = new Set();
    context.scopes.push({ owned });
  });
  afterEach(() => {
    context.scopes.pop();
    for (const tensor of owned) tensor.dispose();
  });
}

/** For a test file: every test runs on the device of the place, and counts of what lives are exact. */
export function onTestDevice(): void {
  beforeAll(testDevice);
  freeAfterEach();
}
