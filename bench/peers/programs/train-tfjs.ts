/** @file A program of tensors, gradients and WebGPU with TensorFlow.js: the first training step. */
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'; // as the union package does
import { CLASSES } from '../works/train.ts';
import type { Input } from '../works/work.ts';
import { coldStart } from './cold.ts';
import { netAndBatch } from './net.ts';

const upload = ({ data, shape }: Input) =>
  tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');

coldStart(async () => {
  tf.enableProdMode();
  await tf.setBackend('webgpu');
  const { parameters, batches, adam } = netAndBatch();
  const [{ x, y }] = batches;
  const net = parameters.map((input) => tf.variable(upload(input)));
  const loss = () => {
    let h: tf.Tensor = upload(x);
    for (let i = 0; i < net.length; i += 2) {
      const [b, bias] = [net[i] as tf.Tensor, net[i + 1] as tf.Tensor];
      h = tf.fused.matMul({ a: h, b, bias, activation: i + 2 < net.length ? 'relu' : 'linear' });
    }
    return tf.losses.softmaxCrossEntropy(tf.oneHot(upload(y), CLASSES), h) as tf.Scalar;
  };
  const optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon);
  const first = optimizer.minimize(loss, true, net) as tf.Scalar;
  return (await first.data())[0] as number;
});
