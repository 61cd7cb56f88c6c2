// Every place that claims to test WebGPU must have it: where there is no adapter this fails, so that a run
// without a GPU can never pass for one that had it.
import { expect, inject, it } from 'vitest';

/** Dawn in Node, kept for the life of the process: collecting it crashes at exit. */
const shared = globalThis as { dawn?: GPU };

async function gpu(): Promise<GPU> {
  if (inject('backend') === 'webgpu') return navigator.gpu;
  const { create } = await import('webgpu');
  shared.dawn ??= create([]);
  return shared.dawn;
}

it(`finds an adapter on ${inject('backend')}`, async () => {
  const adapter = await (await gpu()).requestAdapter();
  expect(adapter, 'no WebGPU adapter').not.toBeNull();
  const device = await adapter?.requestDevice();
  expect(device?.limits.maxComputeInvocationsPerWorkgroup).toBeGreaterThanOrEqual(256);
  device?.destroy();
});
