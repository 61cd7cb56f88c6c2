/**
 * @file What a piece of work asks of WebGPU, counted at WebGPU's own prototypes, whichever library asks and on whichever
 * device. The originals are put back when the piece is done: nothing is counted while it is timed.
 */

export interface WorkCounts {
  readonly dispatches: number;
  readonly submits: number;
}

/** Replaces a method until the function that it returns is called. */
function tapped<T extends object>(target: T, name: keyof T & string, seen: () => void): () => void {
  const original = Object.getOwnPropertyDescriptor(target, name);
  if (typeof original?.value !== 'function') throw new Error(`there is no ${name} to count`);
  const method = original.value as (...args: unknown[]) => unknown;
  Object.defineProperty(target, name, {
    ...original,
    value(this: T, ...args: unknown[]) {
      seen();
      return method.apply(this, args);
    },
  });
  return () => Object.defineProperty(target, name, original);
}

export async function countWork(work: () => Promise<void>): Promise<WorkCounts> {
  const counts = { dispatches: 0, submits: 0 };
  const dispatched = () => {
    counts.dispatches++;
  };
  const restore = [
    tapped(GPUQueue.prototype, 'submit', () => {
      counts.submits++;
    }),
    tapped(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', dispatched),
    tapped(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', dispatched),
  ];
  try {
    await work();
  } finally {
    for (const each of restore) each();
  }
  return counts;
}

/** Bytes of GPU buffers that live at once, at most, from now on: what a library allocates, not what it needs. */
export function watchBuffers(): () => number {
  let [bytes, peak] = [0, 0];
  const sizes = new WeakMap<GPUBuffer, number>();
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = create.call(this, descriptor);
    sizes.set(buffer, buffer.size);
    bytes += buffer.size;
    peak = Math.max(peak, bytes);
    return buffer;
  };
  const destroy = GPUBuffer.prototype.destroy;
  GPUBuffer.prototype.destroy = function (this: GPUBuffer) {
    bytes -= sizes.get(this) ?? 0;
    sizes.delete(this);
    return destroy.call(this);
  };
  return () => peak;
}
