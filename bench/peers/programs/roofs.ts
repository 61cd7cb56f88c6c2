/**
 * @file The adapter's roofs, by bare WebGPU and no library: a shader of multiplications and additions in registers, and one
 * that copies a large buffer. What a kernel reaches is held against the lower of the two.
 */
import type { Roofs } from '../results.ts';

const STEPS = 1024;
/** Chains of vec4 that do not depend on each other, each step a multiplication and an addition of four. */
const CHAINS = 8;
const THREADS = 64 * 256;
const ELEMENTS = 2 ** 22;
const SAMPLES = 5;

const chain = (i: number) => `v${i}`;
const each = (write: (name: string, i: number) => string) =>
  Array.from({ length: CHAINS }, (_, i) => write(chain(i), i)).join('\n');

const ARITHMETIC = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let s = vec4f(0.999 + f32(id.x & 7u) * 1e-7);
  ${each((v, i) => `var ${v} = vec4f(f32(id.x) + ${i}.0);`)}
  for (var i = 0; i < ${STEPS}; i++) { ${each((v) => `${v} = fma(${v}, s, s);`)} }
  out[id.x] = ${Array.from({ length: CHAINS }, (_, i) => chain(i)).join(' + ')};
}`;

const COPY = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = x[id.x]; }`;

/** The shortest of several runs, in seconds: a roof is what can be reached. */
async function shortest(
  device: GPUDevice,
  code: string,
  buffers: GPUBuffer[],
  groups: number,
): Promise<number> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= SAMPLES; i++) {
    const from = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    if (i > 0) best = Math.min(best, (performance.now() - from) / 1000); // the first warms up
  }
  return best;
}

async function measure(): Promise<Roofs> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const device = await adapter.requestDevice();
  const buffer = () => device.createBuffer({ size: 4 * ELEMENTS, usage: GPUBufferUsage.STORAGE });
  const [x, y] = [buffer(), buffer()];
  const arithmetic = await shortest(device, ARITHMETIC, [y], THREADS / 64);
  const copy = await shortest(device, COPY, [y, x], ELEMENTS / 4 / 64);
  device.destroy();
  return {
    gflops: (2 * 4 * CHAINS * STEPS * THREADS) / arithmetic / 1e9,
    gigabytes: (2 * 4 * ELEMENTS) / copy / 1e9,
  };
}

declare global {
  interface Window {
    measureRoofs(): Promise<Roofs>;
  }
}

window.measureRoofs = measure;
