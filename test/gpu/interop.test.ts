// Buffers shared with other WebGPU code: into tensors and out of them, without a way through the host.
import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  DeviceError,
  device,
  fromGPUBuffer,
  init,
  memory,
  optimizers,
  ShapeError,
  scope,
  tensor,
  variable,
  withDevice,
  zeros,
} from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

onTestDevice();

const gpu = () => device().gpu as GPUDevice;
const { COPY_SRC, COPY_DST, STORAGE, MAP_READ } = { COPY_SRC: 4, COPY_DST: 8, STORAGE: 128, MAP_READ: 1 };

/** A buffer of other code. */
function bufferOf(data: Float32Array | Int32Array | Uint16Array, usage = COPY_SRC, on = gpu()): GPUBuffer {
  const buffer = on.createBuffer({ size: Math.max(data.byteLength, 4), usage, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}

/** What other code reads out of a buffer, by its own means. */
async function contentOf(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const staging = gpu().createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
  const encoder = gpu().createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
  gpu().queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_READ);
  const content = staging.getMappedRange().slice(0);
  staging.destroy();
  return content;
}

const floats = async (buffer: GPUBuffer, count: number) => [
  ...new Float32Array(await contentOf(buffer, count * 4)),
];

describe('fromGPUBuffer', () => {
  it('copies what is there, of any dtype and from any place', async () => {
    const buffer = bufferOf(Float32Array.of(1, 2, 3, 4, 5, 6, 7));
    const x = fromGPUBuffer(buffer, { shape: [2, 3] });
    const y = fromGPUBuffer(buffer, { shape: [3], offset: 16 });
    buffer.destroy(); // its owner may
    expect(await x.array()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await y.mul(2).array()).toEqual([10, 12, 14]);
    const words = bufferOf(Int32Array.of(-5, 0, 7));
    expect(await fromGPUBuffer(words, { shape: [3], dtype: 'int32' }).array()).toEqual([-5, 0, 7]);
    expect(await fromGPUBuffer(words, { shape: [3], dtype: 'bool' }).array()).toEqual([true, false, true]);
    const halves = bufferOf(Uint16Array.of(0x3c00, 0xc000, 0x3800, 0)); // 1, −2, 0.5
    const h = fromGPUBuffer(halves, { shape: [3], dtype: 'float16' });
    expect([h.dtype, await h.array()]).toEqual(['float16', [1, -2, 0.5]]);
    for (const b of [words, halves]) b.destroy();
  });

  it('takes the content as it is at this point of the queue', async () => {
    const buffer = bufferOf(Float32Array.of(1, 2), COPY_SRC | COPY_DST);
    const before = fromGPUBuffer(buffer, { shape: [2] });
    gpu().queue.writeBuffer(buffer, 0, Float32Array.of(3, 4));
    const after = fromGPUBuffer(buffer, { shape: [2] });
    expect([await before.array(), await after.array()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    buffer.destroy();
  });

  it('may be of nothing, and is a scalar for shape []', async () => {
    const buffer = bufferOf(Float32Array.of(8));
    expect(await fromGPUBuffer(buffer, { shape: [0, 3] }).array()).toEqual([]);
    expect(await fromGPUBuffer(buffer, { shape: [] }).item()).toBe(8);
    buffer.destroy();
  });

  it('refuses what cannot be taken, before any work', async () => {
    const buffer = bufferOf(Float32Array.of(1, 2, 3));
    const sealed = bufferOf(Float32Array.of(1), STORAGE);
    const mapped = gpu().createBuffer({ size: 16, usage: COPY_SRC, mappedAtCreation: true });
    const before = memory();
    const calls: [() => unknown, new (m: string) => Error, string][] = [
      [
        () => fromGPUBuffer(buffer, { shape: [4] }),
        ShapeError,
        'fromGPUBuffer: float32 [4] needs 16 bytes from 0 on, and the buffer has 12',
      ],
      [
        () => fromGPUBuffer(buffer, { shape: [2], offset: 2 }),
        ArgumentError,
        'fromGPUBuffer: offset must be a multiple of 4 bytes, got 2',
      ],
      [
        () => fromGPUBuffer(sealed, { shape: [1] }),
        ArgumentError,
        'fromGPUBuffer: the buffer must be made with GPUBufferUsage.COPY_SRC',
      ],
      [
        () => fromGPUBuffer(mapped, { shape: [1] }),
        ArgumentError,
        'fromGPUBuffer: the buffer is mapped; call buffer.unmap() first',
      ],
      [
        () => fromGPUBuffer(new Float32Array(2) as never, { shape: [1] }),
        ArgumentError,
        'fromGPUBuffer: takes a GPUBuffer, got a Float32Array',
      ],
      [
        () => fromGPUBuffer(buffer, {} as never),
        ShapeError,
        'fromGPUBuffer: a shape is an array of sizes, got undefined',
      ],
    ];
    for (const [call, kind, message] of calls) expect(call).toThrow(new kind(message));
    expect(memory()).toEqual(before);
    const cpu = await init('cpu');
    await testDevice();
    expect(() => fromGPUBuffer(buffer, { shape: [1], device: cpu })).toThrow(DeviceError);
    for (const b of [buffer, sealed, mapped]) b.destroy();
  });

  it('of another GPUDevice fails the next read', async () => {
    const other = await gpuDevice();
    const x = fromGPUBuffer(bufferOf(Float32Array.of(1, 2), COPY_SRC, other), { shape: [2] });
    await expect(x.data()).rejects.toThrow(/WebGPU refused the work of fromGPUBuffer/);
    expect(await tensor([1]).add(1).array()).toEqual([2]);
    other.destroy();
  });
});

describe('gpuBuffer', () => {
  it('holds the elements in order, whatever the tensor looks at', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await floats(x.gpuBuffer(), 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await floats(x.add(1).gpuBuffer(), 6)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(await floats(x.T.gpuBuffer(), 6)).toEqual([1, 4, 2, 5, 3, 6]);
    expect(await floats(x.slice(1).gpuBuffer(), 3)).toEqual([4, 5, 6]);
    expect(await floats(zeros([4]).add(1).gpuBuffer(), 4)).toEqual([1, 1, 1, 1]);
    const constant = zeros([4]);
    expect(await floats(constant.gpuBuffer(), 4)).toEqual([0, 0, 0, 0]);
    expect(constant.gpuBuffer()).toBe(constant.gpuBuffer());
    const truths = new Int32Array(await contentOf(x.greater(2).gpuBuffer(), 24));
    expect([...truths]).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('leaves nothing behind', () => {
    const { tensors, bytes } = memory();
    scope(() => {
      tensor([[1, 2, 3]]).T.gpuBuffer();
      zeros([5]).gpuBuffer();
    });
    expect([memory().tensors, memory().bytes]).toEqual([tensors, bytes]);
  });

  it('of a variable shows its updates when it is asked for again', async () => {
    const v = variable(tensor([1, 2]));
    const sgd = optimizers.sgd(1);
    sgd.step([v], [tensor([1, 1])]);
    expect(await floats(v.gpuBuffer(), 2)).toEqual([0, 1]);
    sgd.dispose();
    v.dispose();
  });

  it('of a variable that is updated together with others has nothing of theirs', async () => {
    const [v, w] = [variable(tensor([1, 2])), variable(tensor([3, 4, 5]))];
    const sgd = optimizers.sgd(1);
    const step = () => sgd.step([v, w], [tensor([1, 1]), tensor([1, 1, 1])]);
    step();
    const view = w.slice([1, 3]);
    const whole = w.reshape([1, 3]);
    expect(await floats(view.gpuBuffer(), 2)).toEqual([3, 4]);
    expect(await floats(whole.gpuBuffer(), 3)).toEqual([2, 3, 4]);
    expect(await floats(w.gpuBuffer(), 3)).toEqual([2, 3, 4]);
    step();
    expect(await floats(view.gpuBuffer(), 2)).toEqual([3, 4]);
    expect(await floats(w.gpuBuffer(), 3)).toEqual([1, 2, 3]);
    expect(await floats(v.gpuBuffer(), 2)).toEqual([-1, 0]);
    expect(w.gpuBuffer()).toBe(w.gpuBuffer());
    sgd.dispose();
    for (const x of [v, w, view, whole]) x.dispose();
  });

  it('is of WebGPU tensors only, and of living ones', async () => {
    const cpu = await init('cpu');
    await testDevice();
    const there = withDevice(cpu, () => tensor([1]));
    expect(() => there.gpuBuffer()).toThrow(
      new DeviceError(
        'gpuBuffer: this tensor is on the CPU, which has no buffers; move it: await t.to(device)',
      ),
    );
    const gone = tensor([1]);
    gone.dispose();
    expect(() => gone.gpuBuffer()).toThrow(/gpuBuffer: this tensor .* was disposed/);
  });

  it('goes round: out, through a shader of other code, and in again', async () => {
    const x = tensor([1, 2, 3, 4]);
    const module = gpu().createShaderModule({
      code: `@group(0) @binding(0) var<storage, read> x: array<f32>;
        @group(0) @binding(1) var<storage, read_write> y: array<f32>;
        @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = 10 * x[id.x]; }`,
    });
    const pipeline = gpu().createComputePipeline({ layout: 'auto', compute: { module } });
    const out = gpu().createBuffer({ size: 16, usage: STORAGE | COPY_SRC });
    const buffers = [x.add(1).gpuBuffer(), out];
    const encoder = gpu().createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      gpu().createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    );
    pass.dispatchWorkgroups(1);
    pass.end();
    gpu().queue.submit([encoder.finish()]);
    expect(await fromGPUBuffer(out, { shape: [4] }).array()).toEqual([20, 30, 40, 50]);
    out.destroy();
  });
});
