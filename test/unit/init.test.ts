// Choosing a device: the fallback and its reason, and the errors where WebGPU is insisted on.
import { afterAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  DeviceLostError,
  device,
  init,
  memory,
  tensor,
  WebGPUUnavailableError,
  withDevice,
} from '../../src/index.ts';

const withoutAdapter = { requestAdapter: async () => null } as unknown as GPU;
const broken = {
  requestAdapter: async () => {
    throw new Error('the driver hangs');
  },
} as unknown as GPU;

afterAll(() => init('cpu'));

describe('init', () => {
  it('needs no call for the CPU device', async () => {
    expect(device().kind).toBe('cpu');
    expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
  });

  it('falls back to the CPU with the reason where WebGPU gives no adapter', async () => {
    const fallen = await init({ gpu: withoutAdapter });
    expect(fallen.kind).toBe('cpu');
    expect(fallen.fallbackReason).toMatch(/WebGPU is here, but gives no adapter/);
    expect((await init({ gpu: broken })).fallbackReason).toMatch(/the driver hangs/);
  });

  it('has no reason where the CPU was asked for', async () => {
    expect((await init('cpu')).fallbackReason).toBeUndefined();
  });

  it('throws where WebGPU is insisted on', async () => {
    await expect(init({ backend: 'webgpu', gpu: withoutAdapter })).rejects.toThrow(WebGPUUnavailableError);
    await expect(init({ backend: 'webgpu', gpu: broken })).rejects.toThrow(/the driver hangs/);
  });

  it('refuses an unknown backend', async () => {
    await expect(init('webgl' as never)).rejects.toThrow(ArgumentError);
    await expect(init('webgl' as never)).rejects.toThrow(/It is one of auto, webgpu, cpu/);
  });
});

describe('withDevice', () => {
  it('changes the default for the function alone', async () => {
    const first = await init('cpu');
    const second = await init('cpu');
    expect(withDevice(first, () => tensor([1]).device)).toBe(first);
    expect(device()).toBe(second);
    expect(() => withDevice(first, async () => 1)).toThrow(ArgumentError);
    expect(device()).toBe(second);
  });
});

describe('close', () => {
  it('makes later use an error', async () => {
    const closed = await init('cpu');
    const x = tensor([1]);
    closed.close();
    expect(await closed.lost).toBeInstanceOf(DeviceLostError);
    expect(() => x.add(1)).toThrow(/^add: the device was closed, .*await init\(\) for a new one/);
    expect(() => x.reshape([1, 1])).toThrow(DeviceLostError);
    expect(() => tensor([1])).toThrow(DeviceLostError);
    await expect(x.data()).rejects.toThrow(DeviceLostError);
    await expect(closed.flush()).rejects.toThrow(/^flush: the device was closed/);
    x.dispose();
    await init('cpu');
  });
});

describe('reading on the CPU device', () => {
  it('lets the event loop turn now and then, so that what nobody disposed is given back', async () => {
    await init('cpu');
    const big = tensor(new Float32Array(2 ** 18));
    let turns = 0;
    let timer = setImmediate(function count() {
      turns++;
      timer = setImmediate(count);
    });
    let most = 0;
    for (let i = 0; i < 1200; i++) {
      expect(await big.add(i).slice(0).item()).toBe(i);
      most = Math.max(most, memory().bytes);
    }
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(10);
    expect(most).toBeLessThan(800 * 2 ** 20);
  });
});
