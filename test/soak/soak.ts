// Soaks a device: runs the same cycle of mixed operations many times, takes down what lives after each, and says what did
// not stay as it was. The counts are held to be the same to the last one; only memory that the collector and the
// allocator have a say in gets a bound.
import { countGpu, type GpuCounts } from '../../scripts/gpu-counter.ts';
import { type Device, memory } from '../../src/index.ts';
import { collectGarbage, processMemory } from '../collector.ts';
import { startWork } from './work.ts';

/** Cycles before anything is held against anything: pipelines are made, the pool and the collector's spaces grow. */
const WARM_UP = 4;

const MIB = 2 ** 20;

/**
 * Bytes by which the process may have grown at the end. A leak of one small object (64 bytes) in every second operation
 * would be 640 kB of 20,000; the heap moves by a tenth of that by itself. Resident memory is what the allocators and
 * the software GPU hold on to: less than one kilobyte an operation.
 */
export const BOUNDS = { heap: 0.5 * MIB, resident: 16 * MIB };

/** What must be the same after every cycle. */
const EXACT = ['tensors', 'bytes', 'poolBytes', 'gpuBuffers', 'bindGroups', 'pipelines'] as const;

type Counts = Record<(typeof EXACT)[number], number>;

export interface SoakReport {
  /** Kernels that the device has run after the warm-up. */
  readonly operations: number;
  readonly cycles: number;
  /** After each cycle behind the warm-up, the first of them before all others. */
  readonly counts: readonly Counts[];
  readonly heap: readonly [before: number, after: number];
  readonly resident: readonly [before: number | undefined, after: number | undefined];
}

export interface SoakOptions {
  readonly device: Device;
  /** The GPUDevice below, if there is one. */
  readonly gpu?: GPUDevice | undefined;
  /** Goes on until so many operations are done after the warm-up. */
  readonly operations: number;
  /** For tests of the soak itself: done in each cycle beside the work. */
  readonly leak?: ((cycle: number) => void) | undefined;
}

export async function soak({ device, gpu, operations, leak }: SoakOptions): Promise<SoakReport> {
  const gpuCounts: GpuCounts | undefined = gpu && countGpu(gpu);
  let ran = 0;
  const { run } = device;
  device.run = (what) => {
    ran++;
    run.call(device, what);
  };
  const work = startWork();
  const look = async (): Promise<Counts> => {
    await device.flush();
    const { tensors, bytes, poolBytes } = memory();
    const { buffers = 0, destroyed = 0, bindGroups = 0, pipelines = 0 } = gpuCounts ?? {};
    return { tensors, bytes, poolBytes, gpuBuffers: buffers - destroyed, bindGroups, pipelines };
  };
  try {
    for (let cycle = 0; cycle < WARM_UP; cycle++) await work.cycle();
    await collectGarbage();
    const counts = [await look()];
    const before = await processMemory();
    ran = 0;
    while (ran < operations) {
      await work.cycle();
      leak?.(counts.length);
      counts.push(await look());
    }
    await collectGarbage();
    const after = await processMemory();
    return {
      operations: ran,
      cycles: counts.length - 1,
      counts,
      heap: [before.heap, after.heap],
      resident: [before.resident, after.resident],
    };
  } finally {
    work.dispose();
    device.run = run;
  }
}

/** What did not stay as it was: a line each. */
export function growth({ counts, heap, resident, operations }: SoakReport): string[] {
  const [first, ...later] = counts as [Counts, ...Counts[]];
  const changed = EXACT.flatMap((name) => {
    const other = later.find((count) => count[name] !== first[name]);
    return other === undefined
      ? []
      : [`${name}: ${first[name]} before, ${later.map((count) => count[name]).join(', ')} after the cycles`];
  });
  const grown = (name: keyof typeof BOUNDS, [before = 0, after = 0]: readonly (number | undefined)[]) =>
    after - before > BOUNDS[name]
      ? [`${name}: grew by ${after - before} bytes in ${operations} operations, from ${before}`]
      : [];
  return [...changed, ...grown('heap', heap), ...grown('resident', resident)];
}
