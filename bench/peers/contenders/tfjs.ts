/** @file TensorFlow.js in the race, on its WebGPU and WebAssembly backends, in production mode, with `tidy`. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'; // as the union package does
import { LAYER_NORM_EPSILON } from '../works/rows.ts';
import { CLASSES } from '../works/train.ts';
import { groupsOf, type Input, type Task } from '../works/work.ts';
import { type Calls, callOf, ONE_WAY, type Prepared, type Start, trainingParts } from './contender.ts';

/** Of convolutions in groups it has depthwise ones only, with kernels [kh, kw, in, 1]: as ours lie in memory. */
const has = ({ op, shapes }: Task): boolean =>
  !op.startsWith('conv') || groupsOf(shapes) === 1 || shapes[1]?.[2] === 1;

function conv(x: tf.Tensor, w: tf.Tensor): tf.Tensor4D {
  const [images, kernels] = [x as tf.Tensor4D, w as tf.Tensor4D];
  if (groupsOf([x.shape, w.shape]) === 1) return tf.conv2d(images, kernels, 1, 'same');
  const [kh, kw, , channels] = kernels.shape;
  return tf.depthwiseConv2d(images, tf.reshape(kernels, [kh, kw, channels, 1]), 1, 'same');
}
const convGradients = tf.grads((x, w) => conv(x, w));

const calls: Calls<tf.Tensor> = {
  matmul: ({ transposed: [ta, tb] = [false, false] }, a, b) => tf.matMul(a, b, ta, tb),
  reluAdd: (_, x, b) => tf.relu(tf.add(x, b)),
  sum: (_, x) => tf.sum(x),
  softmax: (_, x) => tf.softmax(x),
  layerNorm(_, x, gamma, beta) {
    const { mean, variance } = tf.moments(x, -1, true); // as its layer does, but for its copies of all four
    const row = (v: tf.Tensor) => tf.reshape(v, [1, -1]) as tf.Tensor2D;
    const rows = x as tf.Tensor2D;
    const [m, v] = [mean, variance] as [tf.Tensor2D, tf.Tensor2D];
    return tf.batchNorm2d(rows, m, v, row(beta), row(gamma), LAYER_NORM_EPSILON);
  },
  argmax: (_, x) => tf.argMax(x, -1),
  transpose: (_, x) => tf.transpose(x),
  conv2d: (_, x, w) => conv(x, w),
  conv2dGradients: (_, x, w, g) => convGradients([x, w], g),
};

function upload({ data, shape }: Input): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

/** A few bytes of the result. */
async function readFirst(x: tf.Tensor): Promise<void> {
  const first = tf.tidy(() =>
    x.rank === 0
      ? tf.clone(x)
      : tf.slice(
          x,
          x.shape.map(() => 0),
          x.shape.map(() => 1),
        ),
  );
  await first.data();
  first.dispose();
}

function prepareCall(task: Task, given: readonly Input[]): Prepared {
  const inputs = given.map(upload);
  const call = callOf(calls, task);
  const once = () => tf.tidy(() => [...call(inputs)]);
  let last: tf.Tensor[] = [];
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) {
        tf.dispose(last);
        last = once();
      }
      await readFirst(last[0] as tf.Tensor);
    },
    async results() {
      if (last.length === 0) last = once();
      return Promise.all(last.map((x) => x.data()));
    },
    dispose: () => tf.dispose([...last, ...inputs]),
  };
}

function prepareTraining(given: readonly Input[]): Prepared {
  const { parameters, batches, adam } = trainingParts(given);
  const variables = parameters.map((input) => tf.tidy(() => tf.variable(upload(input))));
  const data = batches.map(({ x, y }) => ({ x: upload(x), y: upload(y) }));
  const optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon);
  const logits = (x: tf.Tensor): tf.Tensor => {
    let h = x;
    for (let i = 0; i < variables.length; i += 2) {
      const [w, bias] = [variables[i] as tf.Tensor, variables[i + 1] as tf.Tensor];
      const activation = i + 2 < variables.length ? 'relu' : 'linear';
      h = tf.fused.matMul({ a: h, b: w, bias, activation }); // as its dense layer does
    }
    return h;
  };
  let steps = 0;
  let last: tf.Tensor | undefined;
  const once = (): tf.Tensor => {
    const { x, y } = data[steps++ % data.length] as { x: tf.Tensor; y: tf.Tensor };
    last?.dispose();
    last = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(tf.oneHot(y, CLASSES), logits(x)) as tf.Scalar,
      true,
      variables,
    ) as tf.Scalar;
    return last;
  };
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) once();
      await last?.data();
    },
    async results(count) {
      const losses: number[] = [];
      for (let i = 0; i < count; i++) losses.push((await once().data())[0] as number);
      return [losses];
    },
    dispose() {
      last?.dispose();
      tf.dispose([...variables, ...data.flatMap(({ x, y }) => [x, y])]);
      optimizer.dispose();
    },
  };
}

export const start: Start = async (place) => {
  tf.enableProdMode();
  if (place === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else (await import('@tensorflow/tfjs-backend-wasm')).setWasmPaths('/tfjs-wasm/');
  const backend = place === 'webgpu' ? 'webgpu' : 'wasm';
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
  await tf.ready();
  return {
    variants: (task) => (has(task) ? ONE_WAY : []),
    prepare: async (task, inputs) =>
      task.op === 'train' ? prepareTraining(inputs) : prepareCall(task, inputs),
  };
};
