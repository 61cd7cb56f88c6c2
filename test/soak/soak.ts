// Soaks a device: runs the same cycle of mixed operations many times, takes down what lives after each, and says what did
// not stay as it was. The counts are held to be the same to the last one; only memory that the collector and the
// allocator have a say in gets a bound.
import { inject } from 'vitest';
import { countGpu, type GpuCounts } from '../../scripts/gpu-counter.ts';
import { type Device, memory } from '../../src/index.ts';
import { collectGarbage, collectNow, type ProcessMemory, processMemory } from '../collector.ts';
import { startWork } from './work.ts';

/**
 * Bytes by which the process may grow in a cycle of 2,500 operations, in the median of the cycles: a leak makes every
 * cycle grow, while allocators (V8's, malloc's) and compilers take a few megabytes at once and then nothing for long. The
 * heap's bound is less than one small object (40 bytes) kept by every operation; the other one is 200 bytes.
 */
const BOUNDS = { heap: 100_000, resident: 500_000 };

/** What must be the same after every cycle. */
const EXACT = ['tensors', 'bytes', 'poolBytes', 'gpuBuffers', 'bindGroups', 'pipelines'] as const;

type Counts = Record<(typeof EXACT)[number], number> & ProcessMemory;

export interface SoakReport {
  /** Kernels that the device has run after the warm-up. */
  readonly operations: number;
  /** After the warm-up, and after each cycle behind it. */
  readonly counts: readonly Counts[];
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
    await collectGarbage();
    const ours = { tensors, bytes, poolBytes, gpuBuffers: buffers - destroyed, bindGroups, pipelines };
    return { ...ours, ...(await processMemory()) };
  };
  // In Node garbage that waits for the collector makes the process grow, so it must not wait long: what is left of growth
  // is a leak. In Chrome the device's memory is another process's.
  const work = startWork(inject('backend') === 'webgpu' ? async () => {} : collectNow);
  try {
    for (let cycle = 0; cycle < warmUp; cycle++) await work.cycle();
    const counts = [await look()];
    for (ran = 0; ran < operations; counts.push(await look())) {
      await work.cycle();
      leak?.();
    }
    return { operations: ran, counts };
  } finally {
    work.dispose();
    device.run = run;
  }
}

/** What did not stay as it was, by name. */
export function growth({ counts }: SoakReport): Record<string, string> {
  const found: Record<string, string> = {};
  const note = (name: keyof Counts) => {
    found[name] = counts.map((count) => count[name]).join(', ');
  };
  for (const name of EXACT) if (new Set(counts.map((count) => count[name])).size > 1) note(name);
  for (const name of ['heap', 'resident'] as const)
    if (median(steps(counts.map((count) => count[name] ?? 0))) > BOUNDS[name]) note(name);
  return found;
}

/** From each number to the next. */
const steps = (list: readonly number[]): number[] => list.slice(1).map((x, k) => x - (list[k] as number));

/** The lower one of two. */
const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)] as number;
