// 20,000 mixed operations leave everything as it was: tensors, bytes, the pool, the device's buffers and bind groups, the
// heap, the process. And leaks that are put in on purpose are noticed.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Device, init, keep, type Tensor, tensor } from '../../src/index.ts';
import { gpuDevice } from '../gpu/device.ts';
import { watchHazards } from '../gpu/watch.ts';
import { testDevice } from '../place.ts';
import { growth, soak } from '../soak/soak.ts';

/**
 * Cycles until what V8 and malloc take for themselves has settled: of a process whose code is compiled while it runs that
 * is most of a megabyte in each of the first ten. In Chrome the process that is looked at runs none of that code.
 */
const SETTLED = inject('backend') === 'webgpu' ? 3 : 10;

/** Most of a minute of two cores with a software GPU, and three times as long for whoever shares them. */
const PATIENCE = 240_000;

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
  it(
    'of 20,000 mixed operations leaves everything as it was',
    async () => {
      const report = await soak({ device, gpu, warmUp: SETTLED, operations: 20_000 });
      expect(growth(report)).toEqual({});
      expect(report.operations).toBeGreaterThanOrEqual(20_000);
      expect(offences).toEqual([]); // test/gpu/hazards.test.ts tells which
      const { bindGroups = 0 } = report.counts.at(-1) ?? {};
      expect(bindGroups).toBeLessThanOrEqual(1000); // of a cache of 8192: a few for each buffer
    },
    PATIENCE,
  );

  it(
    'notices each kind of leak',
    async () => {
      const [tensors, objects, buffers]: [Tensor[], object[], GPUBuffer[]] = [[], [], []];
      const leak = () => {
        tensors.push(keep(tensor(new Float32Array(2 ** 22).fill(1)))); // 16 MB of the process that holds them
        for (let k = 0; k < 100_000; k++) objects.push([k]); // 3 MB of the heap
        if (gpu) buffers.push(gpu.createBuffer({ size: 256, usage: GPUBufferUsage.STORAGE }));
      };
      const report = await soak({ device, gpu, warmUp: 1, operations: 1, leak });
      const told = report.counts[0]?.resident !== undefined; // on Linux it is
      const kinds = [
        'tensors',
        'bytes',
        'heap',
        ...(told ? ['resident'] : []),
        ...(gpu ? ['gpuBuffers'] : []),
      ];
      expect(Object.keys(growth(report))).toEqual(expect.arrayContaining(kinds));
      const [before, after] = report.counts;
      expect((after?.tensors ?? 0) - (before?.tensors ?? 0)).toBe(1);
      for (const t of tensors) t.dispose();
      for (const buffer of buffers) buffer.destroy();
      expect(objects).toHaveLength(100_000);
    },
    PATIENCE,
  );
});
