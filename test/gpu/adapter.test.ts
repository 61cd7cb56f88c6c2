// Every place that claims to test WebGPU must have it: where there is no adapter this fails, so that a run
// without a GPU can never pass for one that had it.
import { expect, inject, it } from 'vitest';
import { gpu } from './device.ts';

it(`finds an adapter on ${inject('backend')}`, async () => {
  const adapter = await (await gpu()).requestAdapter();
  expect(adapter, 'no WebGPU adapter').not.toBeNull();
  const device = await adapter?.requestDevice();
  expect(device?.limits.maxComputeInvocationsPerWorkgroup).toBeGreaterThanOrEqual(256);
  device?.destroy();
});
