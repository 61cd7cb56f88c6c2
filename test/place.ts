// The device of the place that a test runs in: the CPU, WebGPU in Chrome, or Dawn in Node, there also with WebGPU's
// default limits and no optional features (`baseline`). No adapter, no pass.
import { afterEach, beforeAll, beforeEach, inject } from 'vitest';
import { context, type Scope } from '../src/core/context.ts';
import { type Device, device, init, memory } from '../src/index.ts';
import { collectGarbage } from './collector.ts';
import { gpuDevice } from './gpu/device.ts';

const shared = globalThis as { testDevice?: Promise<Device> };

async function made(): Promise<Device> {
  const backend = inject('backend');
  if (backend === 'baseline') return init({ backend: 'webgpu', device: await gpuDevice() });
  return init(backend === 'cpu' ? 'cpu' : 'webgpu');
}

/** The running project's device, as the default; made once per process. */
export async function testDevice(): Promise<Device> {
  shared.testDevice ??= made();
  context.device = await shared.testDevice;
  return device();
}

/**
 * For a test file: what a test makes is freed after it, across awaits too. Variables belong to no scope. What earlier files of
 * the process have left to the collector is collected before the first test, for their tensors not to go while a test counts.
 */
export function freeAfterEach(): void {
  beforeAll(async () => {
    if (memory().tensors > 0) await collectGarbage();
  });
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

/** For a test file: disposes what belongs to no scope after the test that has handed it in: variables, captured steps, optimizers. */
export function disposeAfterEach(): <T extends { dispose(): void }>(made: T) => T {
  const list: { dispose(): void }[] = [];
  afterEach(() => {
    for (const made of list.splice(0)) made.dispose();
  });
  return (made) => {
    list.push(made);
    return made;
  };
}

/** For a test file: every test runs on the device of the place, and counts of what lives are exact. */
export function onTestDevice(): void {
  beforeAll(testDevice);
  freeAfterEach();
}
