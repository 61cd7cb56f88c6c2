// 20,000 mixed operations leave everything as it was: tensors, bytes, the pool, the device's buffers and bind groups, the
// heap, the process. And leaks of every kind, put in on purpose, are noticed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Device, init, keep, type Tensor, tensor } from '../../src/index.ts';
import { gpuDevice } from '../gpu/device.ts';
import { watchHazards } from '../gpu/watch.ts';
import { testDevice } from '../place.ts';
import { growth, soak } from '../soak/soak.ts';

let device: Device;
let gpu: GPUDevice | undefined;
let offences: string[] = [];

beforeAll(async () => {
  device = await testDevice();
  if (device.kind === 'cpu') return;
  gpu = await gpuDevice();
  offences = watchHazards(gpu);
  device = await init({ backend: 'webgpu', device: gpu });
});
afterAll(async () => {
  if (gpu) device.close();
  gpu?.destroy();
  await testDevice(); // later files of this process go on with the shared device
});

describe('a soak', () => {
  it('of 20,000 mixed operations leaves everything as it was', async () => {
    const report = await soak({ device, gpu, operations: 20_000 });
    console.log(JSON.stringify({ ...report, counts: report.counts.slice(0, 3) }), performance.now());
    expect(growth(report)).toEqual([]);
    expect(report.operations).toBeGreaterThanOrEqual(20_000);
    expect(offences).toEqual([]);
  });
});
