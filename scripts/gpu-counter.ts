/**
 * @file Counts what a program asks of WebGPU, at the GPUDevice itself and not by the program's own word:
 * methods are replaced on that one device, its queue, encoders and passes, and everything else stays native.
 */

export interface GpuCounts {
  /** createBuffer */
  buffers: number;
  /** buffers destroyed */
  destroyed: number;
  /** createBindGroup */
  bindGroups: number;
  /** createComputePipeline and createComputePipelineAsync */
  pipelines: number;
  /** beginComputePass */
  passes: number;
  /** dispatchWorkgroups and dispatchWorkgroupsIndirect */
  dispatches: number;
  /** queue.submit */
  submits: number;
  /** queue.writeBuffer */
  writes: number;
  /** mapAsync of a buffer: read-backs */
  maps: number;
}

export function zeroCounts(): GpuCounts {
  return {
    buffers: 0,
    destroyed: 0,
    bindGroups: 0,
    pipelines: 0,
    passes: 0,
    dispatches: 0,
    submits: 0,
    writes: 0,
    maps: 0,
  };
}

/** What happened between two looks at the counts. */
export function countsSince(now: GpuCounts, before: GpuCounts): GpuCounts {
  const out = zeroCounts();
  for (const key of Object.keys(out) as (keyof GpuCounts)[]) out[key] = now[key] - before[key];
  return out;
}

/** Replaces `target[name]` on that object alone; `after` sees each result, and what it was called with. */
export function intercept<T extends object, K extends keyof T>(
  target: T,
  name: K,
  after: (result: unknown, args: readonly unknown[]) => void,
): void {
  const original = target[name];
  if (typeof original !== 'function') return;
  Object.defineProperty(target, name, {
    configurable: true,
    writable: true,
    value: (...args: unknown[]): unknown => {
      const result: unknown = original.apply(target, args);
      after(result, args);
      return result;
    },
  });
}

const counted = new WeakMap<GPUDevice, GpuCounts>();

/** Counts from now on; the numbers of the object that it returns grow. Twice on one device gives the same object. */
export function countGpu(device: GPUDevice): GpuCounts {
  const known = counted.get(device);
  if (known) return known;
  const counts = zeroCounts();
  counted.set(device, counts);
  const bump = (key: keyof GpuCounts) => () => {
    counts[key]++;
  };
  intercept(device, 'createBuffer', (buffer) => {
    counts.buffers++;
    let alive = true; // destroying twice is allowed
    intercept(buffer as GPUBuffer, 'destroy', () => {
      if (alive) counts.destroyed++;
      alive = false;
    });
    intercept(buffer as GPUBuffer, 'mapAsync', bump('maps'));
  });
  intercept(device, 'createBindGroup', bump('bindGroups'));
  intercept(device, 'createComputePipeline', bump('pipelines'));
  intercept(device, 'createComputePipelineAsync', bump('pipelines'));
  intercept(device, 'createCommandEncoder', (encoder) => {
    intercept(encoder as GPUCommandEncoder, 'beginComputePass', (pass) => {
      counts.passes++;
      intercept(pass as GPUComputePassEncoder, 'dispatchWorkgroups', bump('dispatches'));
      intercept(pass as GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', bump('dispatches'));
    });
  });
  intercept(device.queue, 'submit', bump('submits'));
  intercept(device.queue, 'writeBuffer', bump('writes'));
  return counts;
}

/** A GPU whose devices are counted: give `gpu` to init(); `counts()` sums over all devices made through it. */
export function countingGpu(gpu: GPU): { gpu: GPU; counts: () => GpuCounts } {
  const all: GpuCounts[] = [];
  intercept(gpu, 'requestAdapter', (adapters) => {
    // The promise is not replaced: this reaction was attached first, so it runs before the caller's.
    void (adapters as Promise<GPUAdapter | null>).then(
      (adapter) => {
        if (!adapter) return;
        intercept(adapter, 'requestDevice', (devices) => {
          void (devices as Promise<GPUDevice>).then(
            (device) => all.push(countGpu(device)),
            () => undefined,
          );
        });
      },
      () => undefined,
    );
  });
  const counts = (): GpuCounts => {
    const total = zeroCounts();
    for (const one of all)
      for (const key of Object.keys(total) as (keyof GpuCounts)[]) total[key] += one[key];
    return total;
  };
  return { gpu, counts };
}
