/**
 * @file Chooses the device: WebGPU where there is an adapter, else the CPU with the reason. Importing the library
 * touches no global; until `init` has resolved, the CPU device is the default.
 */
import {
  options as checked,
  oneOf,
  refusePromise,
  requireDevice,
  requireFunction,
} from './core/arguments.ts';
import { context, onDevice } from './core/context.ts';
import { describe } from './core/describe.ts';
import { ArgumentError, WebGPUUnavailableError } from './core/errors.ts';
import { Budget } from './device/budget.ts';
import { CPUDevice } from './device/cpu/cpu.ts';
import type { Device } from './device/device.ts';
import { CLOSED } from './device/loss.ts';
import { connect } from './device/webgpu/adapter.ts';
import { WebGPUDevice } from './device/webgpu/webgpu.ts';

export type Backend = 'auto' | 'webgpu' | 'cpu';

export interface InitOptions {
  readonly backend?: Backend;
  /** Where to ask for an adapter, in place of `navigator.gpu`. */
  readonly gpu?: GPU;
  /** A device that the caller has made, and destroys; `close()` frees only what was made on it here. */
  readonly device?: GPUDevice;
  readonly powerPreference?: GPUPowerPreference;
  /**
   * Bytes that tensors on the device may take, buffers that are kept for use again included; none by default. An operation
   * that would go beyond throws OutOfMemoryError before any work is done, naming what takes the most.
   */
  readonly memoryBudget?: number;
}

context.device = new CPUDevice();

/** How devices were asked for. */
const wishes = new WeakMap<Device, InitOptions>();

/**
 * Makes a device and the default. `'auto'` takes WebGPU where there is an adapter, else the CPU (`fallbackReason` says
 * why); `'webgpu'` insists.
 *
 * @example
 * const device = await init();
 * console.log(device.kind, device.info.name);
 * @throws WebGPUUnavailableError for `'webgpu'` where there is none.
 */
export async function init(want: Backend | InitOptions = 'auto'): Promise<Device> {
  const options =
    typeof want === 'string'
      ? { backend: want }
      : (checked('init', want, 'backend', 'gpu', 'device', 'powerPreference', 'memoryBudget') as InitOptions);
  const { backend = 'auto' } = options;
  oneOf('init', 'backend', backend, ['auto', 'webgpu', 'cpu']);
  requireMethod('gpu', 'a GPU, as navigator.gpu', options.gpu, 'requestAdapter');
  requireMethod('device', 'a GPUDevice, as adapter.requestDevice() gives it', options.device, 'createBuffer');
  if (options.powerPreference !== undefined)
    oneOf('init', 'powerPreference', options.powerPreference, ['low-power', 'high-performance']);
  const budget = new Budget(options.memoryBudget);
  const made =
    backend === 'cpu' ? new CPUDevice(undefined, budget) : await webgpu(options, budget, backend === 'auto');
  context.device = made;
  wishes.set(made, options);
  return made;
}

/**
 * A device in the place of a lost one: the default, if that is another by now, else one that is asked for as the lost one
 * was. Undefined where there is none to be had here: the GPUDevice was the caller's, or the device was closed.
 */
export async function successor(lost: Device): Promise<Device | undefined> {
  const wish = wishes.get(lost);
  if (wish?.device || (await lost.lost).message === CLOSED) return undefined;
  return context.device !== undefined && context.device !== lost ? context.device : init(wish);
}

/** What is given must have the method by which such objects are known. */
function requireMethod(option: string, wanted: string, value: object | undefined, method: string): void {
  if (value === undefined || typeof (value as Record<string, unknown> | null)?.[method] === 'function')
    return;
  throw new ArgumentError(`init: ${option} must be ${wanted}, got ${describe(value)}`);
}

async function webgpu(options: InitOptions, budget: Budget, fallBack: boolean): Promise<Device> {
  try {
    return new WebGPUDevice(await connect(options), budget);
  } catch (error) {
    const reason =
      error instanceof WebGPUUnavailableError
        ? error
        : new WebGPUUnavailableError(`init: ${(error as Error).message}`);
    if (!fallBack) throw reason;
    return new CPUDevice(reason.message, budget);
  }
}

/** A CPU device beside the default one, for work that is too small for a GPU. */
export const besides = (): Device => new CPUDevice();

/** The default device: what `init` gave last, the CPU device before. */
export function device(): Device {
  return context.device as Device;
}

/** Runs `fn` with another default device. */
export function withDevice<R>(on: Device, fn: () => R): R {
  requireDevice('withDevice', on);
  requireFunction('withDevice', fn);
  return onDevice(on, () => {
    const result = fn();
    refusePromise('withDevice', result, 'the device would change back before it is done');
    return result;
  });
}
