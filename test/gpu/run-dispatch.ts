// Runs dispatches as the recorder does, but one by one on a raw GPUDevice: for tests of a kernel alone.
import type { DType, TypedArray } from '../../src/core/dtype.ts';
import type { Device, Dispatch, GpuContext, Storage } from '../../src/device/device.ts';
import { fillSlots } from '../../src/device/webgpu/shader.ts';

/** A storage that remembers what the host put into it. */
export interface HostStorage extends Storage {
  readonly data: TypedArray;
}

export function hostStorage(data: TypedArray, dtype: DType): HostStorage {
  const bytes = Math.ceil((data.length * 4) / 16) * 16;
  return { device: {} as Device, dtype, length: data.length, bytes, madeBy: 'host', references: 1, data };
}

/** What kernels ask while they plan; `software` is free to choose, so that both answers can be tested. */
export function planContext(software: boolean): GpuContext {
  return {
    info: { name: 'test', software },
    opId: 0,
    bindings: 8,
    bindableBytes: Infinity,
    wouldBlock: () => {},
    blockOf: () => {
      throw new Error('storages made here lie in no block');
    },
    scratch: (dtype, length) => hostStorage(new Float32Array(length), dtype),
  };
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineFor(
  device: GPUDevice,
  { source, slots = {}, constants = {} }: Dispatch,
): GPUComputePipeline {
  const code = fillSlots(source, slots);
  const key = JSON.stringify([code, constants]);
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  const pipeline =
    known.get(key) ??
    device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code }), constants },
    });
  known.set(key, pipeline);
  return pipeline;
}

/** Uploads the operands, runs the dispatches in order, and reads `out` back. Throws validation errors. */
export async function runDispatches(
  device: GPUDevice,
  dispatches: readonly Dispatch[],
  out: HostStorage,
): Promise<TypedArray> {
  device.pushErrorScope('validation');
  const buffers = new Map<Storage, GPUBuffer>();
  const make = (usage: number, size: number, fill?: (bytes: ArrayBuffer) => void) => {
    const buffer = device.createBuffer({ usage, size, mappedAtCreation: fill !== undefined });
    if (fill) {
      fill(buffer.getMappedRange());
      buffer.unmap();
    }
    return buffer;
  };
  const bufferOf = (storage: Storage) => {
    const { data, bytes } = storage as HostStorage;
    const Host = data.constructor as { new (bytes: ArrayBuffer): TypedArray };
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    const buffer = buffers.get(storage) ?? make(usage, Math.max(bytes, 16), (b) => new Host(b).set(data));
    buffers.set(storage, buffer);
    return buffer;
  };

  const encoder = device.createCommandEncoder();
  const scratch: GPUBuffer[] = [];
  for (const dispatch of dispatches) {
    const { integers, floats = [], workgroups } = dispatch;
    const uniform = make(GPUBufferUsage.UNIFORM, 256, (bytes) => {
      new Int32Array(bytes).set(integers);
      new Float32Array(bytes).set(floats, integers.length);
    });
    scratch.push(uniform);
    const pipeline = pipelineFor(device, dispatch);
    const entries = [uniform, ...dispatch.buffers.map((b) => bufferOf(b.storage))].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
  }
  const read = make(GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, bufferOf(out).size);
  encoder.copyBufferToBuffer(bufferOf(out), 0, read, 0, read.size);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  await read.mapAsync(GPUMapMode.READ);
  const Host = out.data.constructor as { new (bytes: ArrayBuffer): TypedArray };
  const result = new Host(read.getMappedRange().slice(0)).subarray(0, out.length);
  for (const buffer of [read, ...scratch, ...buffers.values()]) buffer.destroy();
  return result;
}
