/**
 * @file Finds WebGPU: the browser's, or in Node Dawn through the optional package `webgpu`; asks the adapter for
 * its larger limits, and runs without them where it has none.
 */
import { WebGPUUnavailableError } from '../../core/errors.ts';
import type { DeviceInfo } from '../device.ts';

export interface GpuRequest {
  readonly gpu?: GPU | undefined;
  readonly device?: GPUDevice | undefined;
  readonly powerPreference?: GPUPowerPreference | undefined;
}

export interface GpuConnection {
  readonly device: GPUDevice;
  /** Whether the device was made here: one that the caller has made is never destroyed, nor are its errors ours. */
  readonly owned: boolean;
  readonly info: DeviceInfo;
  /** Held so that Dawn's instance is not collected while its device is in use. */
  readonly gpu: GPU | undefined;
}

const LARGER_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const;

const OPTIONAL_FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];

export async function connect(request: GpuRequest): Promise<GpuConnection> {
  if (request.device) {
    const { device } = request;
    await refuseLost(device, 'the GPUDevice that was given');
    return { device, owned: false, info: describe(device.adapterInfo), gpu: undefined };
  }
  const gpu = request.gpu ?? (await findGpu());
  // A crash of the GPU process answers what was asked before it with nothing, and what is asked after it as usual.
  return open(gpu, request).catch(() => open(gpu, request));
}

async function open(gpu: GPU, request: GpuRequest): Promise<GpuConnection> {
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter(
      request.powerPreference ? { powerPreference: request.powerPreference } : undefined,
    );
  } catch (error) {
    throw new WebGPUUnavailableError(`init: WebGPU gave no adapter: ${(error as Error).message}`);
  }
  if (!adapter)
    throw new WebGPUUnavailableError(
      'init: WebGPU is here, but gives no adapter. In Chrome look at chrome://gpu, start it with --enable-unsafe-webgpu, or anew after crashes of its GPU process; in Node on Linux a Vulkan driver is needed. init("cpu") works everywhere.',
    );
  const { limits, features } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(LARGER_LIMITS.map((name) => [name, limits[name]])),
    requiredFeatures: OPTIONAL_FEATURES.filter((f) => features.has(f)),
  });
  await refuseLost(device, "the adapter's device");
  return { device, owned: true, info: describe(adapter.info), gpu };
}

/** WebGPU hands out devices that are lost already, and says so only there. */
async function refuseLost(device: GPUDevice, what: string): Promise<void> {
  const lost = await Promise.race([device.lost, undefined]);
  if (lost)
    throw new WebGPUUnavailableError(`init: ${what} is lost already (${lost.reason}: ${lost.message})`);
}

async function findGpu(): Promise<GPU> {
  if (typeof navigator !== 'undefined' && navigator.gpu) return navigator.gpu;
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new WebGPUUnavailableError(
      'init: this browser has no WebGPU, or the page is not a secure context (https or localhost). Use a recent Chrome or Edge, or init("cpu").',
    );
  const name = 'webgpu'; // an optional peer, so bundlers must not look for it
  try {
    const dawn = (await import(/* @vite-ignore */ name)) as { create(options: string[]): GPU };
    return dawn.create([]);
  } catch (error) {
    throw new WebGPUUnavailableError(
      `init: WebGPU in Node needs the package 'webgpu' (npm install webgpu): ${(error as Error).message}`,
    );
  }
}

function describe(info: GPUAdapterInfo | undefined): DeviceInfo {
  if (!info) return { name: 'WebGPU' };
  const { vendor, architecture, device, description } = info;
  const known = [vendor, architecture, device, description].filter((s) => s);
  return {
    name: description || known.join(' ') || 'WebGPU adapter',
    vendor,
    architecture,
    software:
      info.isFallbackAdapter === true ||
      /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(known.join(' ')),
  };
}
