// Soaks a device: runs the same cycle of mixed operations many times, takes down what lives after each, and says what did
// not stay as it was. The counts are held to be the same to the last one; only memory that the collector and the
// allocator have a say in gets a bound.
import { inject } from 'vitest';
import { countGpu, type GpuCounts } from '../../scripts/gpu-counter.ts';
import { type Device, memory } from '../../src/index.ts';
import { collectGarbage, collectNow, type ProcessMemory, processMemory } from '../collector.ts';
import { startWork } from './work.ts';

const MIB = 2 ** 20;

/**
 * Bytes by which the process may have grown after 20,000 operations. The heap moves by 0.3 MB as code is compiled and
 * thrown away; one small object (64 bytes) kept by every operation would be 1.3 MB. Resident memory has the slack of the
 * allocators in it, 4 MB at most in our trials; half a kilobyte kept by every operation would be 10 MB.
 */
const BOUNDS = { heap: MIB, resident: 8 * MIB };

/** What must be the same after every cycle. */
const EXACT = ['tensors', 'bytes', 'poolBytes', 'gpuBuffers', 'bindGroups', 'pipelines'] as const;

type Counts = Record<(typeof EXACT)[number], number>;

export interface SoakReport {
  /** Kernels that the device has run after the warm-up. */
  readonly operations: number;
  /** After the warm-up, and after each cycle behind it. */
  readonly counts: readonly Counts[];
  readonly before: ProcessMemory;
  readonly after: ProcessMemory;
}

export interface SoakOptions {
  readonly device: Device;
  /** The GPUDevice below, if there is one. */
  readonly gpu: GPUDevice | undefined;
  /** Cycles before anything is held against anything: pipelines are made, the pool and the collector's spaces grow. */
  readonly warmUp: number;
  /** Goes on until so many kernels were run after the warm-up. */
  readonly operations: number;
  /** For tests of the soak itself: done in each cycle beside the work. */
  readonly leak?: () => void;
}

export async function soak({ device, gpu, warmUp, operations, leak }: SoakOptions): Promise<SoakReport> {
  const ofGpu: GpuCounts | undefined = gpu && countGpu(gpu);
  const { run } = device;
  let ran = 0;
  device.run = (what) => {
    ran++;
    run.call(device, what);
  };
  const look = async (): Promise<Counts> => {
    await device.flush();
    const { tensors, bytes, poolBytes } = memory();
    const { buffers = 0, destroyed = 0, bindGroups = 0, pipelines = 0 } = ofGpu ?? {};
    return { tensors, bytes, poolBytes, gpuBuffers: buffers - destroyed, bindGroups, pipelines };
  };
  // In Node garbage that waits for the collector makes the process grow, so it must not wait long: what is left of growth
  // is a leak. In Chrome the device's memory is another process's.
  const work = startWork(inject('backend') === 'webgpu' ? async () => {} : collectNow);
  try {
    for (let cycle = 0; cycle < warmUp; cycle++) await work.cycle();
    await collectGarbage();
    const counts = [await look()];
    const before = await processMemory();
    for (ran = 0; ran < operations; counts.push(await look())) {
      await work.cycle();
      leak?.();
    }
    await collectGarbage();
    return { operations: ran, counts, before, after: await processMemory() };
  } finally {
    work.dispose();
    device.run = run;
  }
}

/** What did not stay as it was, by name. */
export function growth({ counts, before, after }: SoakReport): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of EXACT) {
    const list = counts.map((count) => count[name]);
    if (new Set(list).size > 1) found[name] = list.join(', ');
  }
  for (const name of ['heap', 'resident'] as const) {
    const [from, to] = [before[name] ?? 0, after[name] ?? 0];
    if (to - from > BOUNDS[name]) found[name] = `${from}, ${to} (may grow by ${BOUNDS[name]})`;
  }
  return found;
}
