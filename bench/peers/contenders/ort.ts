/**
 * @file ONNX Runtime Web in the race: a model of one or two nodes a work, inputs and outputs bound to GPU buffers, so
 * that nothing is uploaded or downloaded but the few bytes that all read. It runs models; it does not train.
 */
import * as ort from 'onnxruntime-web/webgpu';
import { LAYER_NORM_EPSILON } from '../works/rows.ts';
import { groupsOf, type Input, type Op, sizeOf, type Task } from '../works/work.ts';
import {
  HWIO_TO_OIHW,
  NCHW_TO_NHWC,
  NHWC_TO_NCHW,
  ONE_WAY,
  type Prepared,
  permuted,
  type Start,
} from './contender.ts';
import { type Graph, type Node, onnxModel } from './onnx-model.ts';

const NAMES = ['a', 'b', 'c'];

type Plan = { readonly nodes: readonly Node[]; readonly shape: readonly number[]; readonly type?: 'int64' };

const simple = (op: string, count: number, attributes: Node['attributes'] = {}): readonly Node[] => [
  { op, inputs: NAMES.slice(0, count), outputs: ['y'], attributes },
];

/** Two axes swapped at the end: as transposed operands of a batched product, and as a copy. */
const swapped = (rank: number) => [...Array(rank - 2).keys(), rank - 1, rank - 2];

function matmul({ shapes, transposed = [false, false] }: Task): Plan {
  const [a, b] = shapes as readonly [readonly number[], readonly number[]];
  const [ta, tb] = transposed;
  const shape = [...a.slice(0, -2), a.at(ta ? -1 : -2) as number, b.at(tb ? -2 : -1) as number];
  if (!ta && !tb) return { nodes: simple('MatMul', 2), shape };
  if (a.length === 2) return { nodes: simple('Gemm', 2, { transA: Number(ta), transB: Number(tb) }), shape };
  const flip = (name: string, yes: boolean): Node[] =>
    yes
      ? [{ op: 'Transpose', inputs: [name], outputs: [`${name}T`], attributes: { perm: swapped(a.length) } }]
      : [];
  const product: Node = { op: 'MatMul', inputs: [ta ? 'aT' : 'a', tb ? 'bT' : 'b'], outputs: ['y'] };
  return { nodes: [...flip('a', ta), ...flip('b', tb), product], shape };
}

const plans: Readonly<Partial<Record<Op, (task: Task, shape: readonly number[]) => Plan>>> = {
  matmul,
  reluAdd: (_, shape) => ({
    nodes: [
      { op: 'Add', inputs: ['a', 'b'], outputs: ['s'] },
      { op: 'Relu', inputs: ['s'], outputs: ['y'] },
    ],
    shape,
  }),
  sum: () => ({ nodes: simple('ReduceSum', 1, { keepdims: 1 }), shape: [1] }),
  softmax: (_, shape) => ({ nodes: simple('Softmax', 1, { axis: -1 }), shape }),
  layerNorm: (_, shape) => ({
    nodes: simple('LayerNormalization', 3, { axis: -1, epsilon: { float: LAYER_NORM_EPSILON } }),
    shape,
  }),
  argmax: (_, [rows = 1]) => ({
    nodes: simple('ArgMax', 1, { axis: -1, keepdims: 0 }),
    shape: [rows],
    type: 'int64',
  }),
  transpose: (_, shape) => ({
    nodes: simple('Transpose', 1, { perm: swapped(shape.length) }),
    shape: [...shape].reverse(),
  }),
  conv2d: ({ shapes }, [n = 1, h = 1, w = 1]) => ({
    nodes: simple('Conv', 2, { pads: [1, 1, 1, 1], strides: [1, 1], group: groupsOf(shapes) }),
    shape: [n, shapes[1]?.[3] as number, h, w],
  }),
};

/** Convolutions take [n, c, h, w] and [out, in, kh, kw] here. */
function inTheirLayout({ op }: Task, inputs: readonly Input[]): readonly Input[] {
  if (op !== 'conv2d') return inputs;
  return inputs.map((input, i) => permuted(input, i === 1 ? HWIO_TO_OIHW : NHWC_TO_NCHW));
}

function graphOf(task: Task, given: readonly Input[]): Graph & { readonly plan: Plan } {
  const inputs = inTheirLayout(task, given).map(({ shape }, i) => ({ name: NAMES[i] as string, shape }));
  const plan = plans[task.op]?.(task, task.shapes[0] ?? []);
  if (!plan) throw new Error(`ONNX Runtime has no ${task.op}`);
  return { inputs, nodes: plan.nodes, outputs: [{ name: 'y', ...plan }], plan };
}

/** Bytes of a buffer on the host. */
async function download(device: GPUDevice, buffer: GPUBuffer, size: number): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}

async function prepareOnGpu(task: Task, given: readonly Input[]): Promise<Prepared> {
  const { plan, ...graph } = graphOf(task, given);
  const session = await ort.InferenceSession.create(onnxModel(graph), { executionProviders: ['webgpu'] });
  const device = await ort.env.webgpu.device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers: GPUBuffer[] = [];
  const bound = (
    shape: readonly number[],
    dataType: 'float32' | 'int64',
    data?: Float32Array | Int32Array,
  ) => {
    const size = sizeOf(shape) * (dataType === 'int64' ? 8 : 4);
    const gpuBuffer = device.createBuffer({ size: Math.ceil(size / 16) * 16, usage });
    if (data) device.queue.writeBuffer(gpuBuffer, 0, data as BufferSource);
    buffers.push(gpuBuffer);
    return ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType, dims: [...shape] });
  };
  const feeds = Object.fromEntries(
    inTheirLayout(task, given).map(({ data, shape }, i) => [
      NAMES[i] as string,
      bound(shape, 'float32', data),
    ]),
  );
  const output = bound(plan.shape, plan.type ?? 'float32');
  const target = buffers.at(-1) as GPUBuffer;
  const size = sizeOf(plan.shape);
  let ran = false;
  const once = async () => {
    await session.run(feeds, { y: output });
    ran = true;
  };
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) await once();
      await download(device, target, 4);
    },
    async results() {
      if (!ran) await once();
      if (plan.type === 'int64') {
        const words = new Int32Array(await download(device, target, 8 * size));
        return [words.filter((_, i) => i % 2 === 0)];
      }
      const data = new Float32Array(await download(device, target, 4 * size));
      return [inOurLayout(task, data, plan.shape)];
    },
    async dispose() {
      for (const buffer of buffers) buffer.destroy();
      await session.release();
    },
  };
}

function inOurLayout({ op }: Task, data: Float32Array<ArrayBuffer>, shape: readonly number[]): Input['data'] {
  return op === 'conv2d' ? permuted({ data, shape }, NCHW_TO_NHWC).data : data;
}

async function prepareOnCpu(task: Task, given: readonly Input[]): Promise<Prepared> {
  const { plan: _, ...graph } = graphOf(task, given);
  const session = await ort.InferenceSession.create(onnxModel(graph), { executionProviders: ['wasm'] });
  const feeds = Object.fromEntries(
    given.map(({ data, shape }, i) => [NAMES[i] as string, new ort.Tensor('float32', data, [...shape])]),
  );
  let last: ort.Tensor | undefined;
  const once = async () => {
    last = (await session.run(feeds)).y as ort.Tensor;
  };
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) await once();
    },
    async results() {
      if (!last) await once();
      return [(await last?.getData()) as Float32Array];
    },
    dispose: () => session.release(),
  };
}

export const start: Start = async (place) => {
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = 1; // more need a cross-origin isolated page
  ort.env.logLevel = 'error';
  return {
    variants: ({ op }) => (plans[op] ? ONE_WAY : []),
    prepare: (task, inputs) => (place === 'webgpu' ? prepareOnGpu(task, inputs) : prepareOnCpu(task, inputs)),
  };
};
