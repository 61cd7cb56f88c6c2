// A raw GPUDevice for tests of shaders alone, in either place that has one.
import { inject } from 'vitest';

/** Dawn in Node, kept for the life of the process: collecting it crashes at exit. */
const shared = globalThis as { dawn?: GPU };

/** The place's WebGPU. */
export async function gpu(): Promise<GPU> {
  if (inject('backend') === 'webgpu') return navigator.gpu;
  const { create, globals } = await import('webgpu');
  shared.dawn ??= create([]);
  if (!('GPUBufferUsage' in globalThis)) Object.assign(globalThis, globals);
  return shared.dawn;
}

/** A device of its own for the caller, who destroys it, with WebGPU's default limits and no optional features but those asked for. Throws when there is no adapter. */
export async function gpuDevice(requiredFeatures: GPUFeatureName[] = []): Promise<GPUDevice> {
  const adapter = await (await gpu()).requestAdapter();
  if (!adapter) throw new Error(`no WebGPU adapter on ${inject('backend')}`);
  return adapter.requestDevice({ requiredFeatures });
}
