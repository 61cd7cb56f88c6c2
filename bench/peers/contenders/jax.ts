/**
 * @file jax-js in the race: functions under `jit`, inputs kept by `.ref`. Its arrays are lazy, and what is disposed before
 * it is read is never computed: every result is submitted first.
 */
import { blockUntilReady, defaultDevice, grad, init, jit, lax, nn, numpy as np, tree } from '@jax-js/jax';
import { LAYER_NORM_EPSILON } from '../works/rows.ts';
import type { Input, Task } from '../works/work.ts';
import {
  type Calls,
  callOf,
  HWIO_TO_OIHW,
  NCHW_TO_NHWC,
  NHWC_TO_NCHW,
  OIHW_TO_HWIO,
  ONE_WAY,
  type Prepared,
  permuted,
  type Start,
  trainingParts,
} from './contender.ts';
import { adamStep, initialState, upload } from './jax-training.ts';

const conv = (x: np.Array, w: np.Array) =>
  lax.convGeneralDilated(x, w, [1, 1], 'SAME', {
    featureGroupCount: (x.shape[1] as number) / (w.shape[1] as number),
  });
const convGradients = grad((x: np.Array, w: np.Array, g: np.Array) => conv(x, w).mul(g).sum(), {
  argnums: [0, 1],
});
const flip = (x: np.Array, yes: boolean) => (yes ? np.matrixTranspose(x) : x);

const calls: Calls<np.Array> = {
  matmul: ({ transposed: [ta, tb] = [false, false] }, a, b) => np.matmul(flip(a, ta), flip(b, tb)),
  reluAdd: (_, x, b) => nn.relu(x.add(b)),
  sum: (_, x) => np.sum(x),
  softmax: (_, x) => nn.softmax(x, -1),
  layerNorm: (_, x, gamma, beta) =>
    nn.standardize(x, -1, { epsilon: LAYER_NORM_EPSILON }).mul(gamma).add(beta),
  argmax: (_, x) => np.argmax(x, -1),
  transpose: (_, x) => np.transpose(x),
  conv2d: (_, x, w) => conv(x, w),
  conv2dGradients: (_, x, w, g) => convGradients(x, w, g) as unknown as np.Array[],
};

/** Convolutions take [n, c, h, w] and [out, in, kh, kw] here. */
function inTheirLayout({ op }: Task, inputs: readonly Input[]): readonly Input[] {
  if (!op.startsWith('conv')) return inputs;
  return inputs.map((input, i) => permuted(input, i === 1 ? HWIO_TO_OIHW : NHWC_TO_NCHW));
}

function inOurLayout({ op }: Task, outputs: readonly Input[]): Input[] {
  if (!op.startsWith('conv')) return [...outputs];
  return outputs.map((output, i) => permuted(output, i === 1 ? OIHW_TO_HWIO : NCHW_TO_NHWC));
}

/**
 * Has lazy results computed without waiting for them: `blockUntilReady` costs a read of each, and is slower or no faster
 * in all works that were tried.
 */
async function submit(results: readonly np.Array[]): Promise<void> {
  for (const x of results)
    if (x.device === 'webgpu') x.ref.gpuBufferSync();
    else await x.blockUntilReady();
}

/** A few bytes of the result. */
async function readFirst(x: np.Array): Promise<void> {
  const first = x.ndim === 0 ? x.ref : x.ref.slice(...x.shape.map((): [number, number] => [0, 1]));
  await first.data();
}

async function prepareCall(task: Task, given: readonly Input[]): Promise<Prepared> {
  const inputs = inTheirLayout(task, given).map(upload);
  await blockUntilReady(inputs);
  const call = callOf(calls, task);
  const compiled = jit((...xs: np.Array[]) => [...call(xs)]);
  let last: np.Array[] = [];
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) {
        tree.dispose(last);
        last = compiled(...inputs.map((x) => x.ref));
        await submit(last);
      }
      await readFirst(last[0] as np.Array);
    },
    async results() {
      if (last.length === 0) last = compiled(...inputs.map((x) => x.ref));
      const read = last.map(async (x): Promise<Input> => {
        const { shape } = x;
        return { data: (await x.ref.data()) as Input['data'], shape };
      });
      return inOurLayout(task, await Promise.all(read)).map(({ data }) => data);
    },
    dispose() {
      tree.dispose(last);
      tree.dispose(inputs);
      compiled.dispose();
    },
  };
}

async function prepareTraining(given: readonly Input[]): Promise<Prepared> {
  const { parameters, batches, adam } = trainingParts(given);
  let state = initialState(parameters);
  const data = batches.map(({ x, y }) => ({ x: upload(x), y: upload(y) }));
  await blockUntilReady([state, data]);
  const step = adamStep(adam);
  let steps = 0;
  let last: np.Array | undefined;
  const once = (): np.Array => {
    const { x, y } = data[steps++ % data.length] as { x: np.Array; y: np.Array };
    last?.dispose();
    [last, state] = step(state, x.ref, y.ref);
    return last;
  };
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) await submit([once()]);
      await last?.ref.data();
    },
    async results(count) {
      const losses: number[] = [];
      for (let i = 0; i < count; i++) losses.push((await once().ref.data())[0] as number);
      return [losses];
    },
    dispose() {
      tree.dispose([state, data]);
      last?.dispose();
      step.dispose();
    },
  };
}

export const start: Start = async (place) => {
  const device = place === 'cpu' ? 'wasm' : place;
  const started = await init(device);
  if (!started.includes(device)) throw new Error(`jax-js has no ${device} here`);
  defaultDevice(device);
  return {
    variants: () => ONE_WAY,
    prepare: (task, inputs) => (task.op === 'train' ? prepareTraining(inputs) : prepareCall(task, inputs)),
  };
};
