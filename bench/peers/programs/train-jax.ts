/** @file A program of arrays, gradients and WebGPU with jax-js: the first training step, in one `jit`. */
import { defaultDevice, init } from '@jax-js/jax';
import { adamStep, initialState, upload } from '../contenders/jax-training.ts';
import { coldStart } from './cold.ts';
import { netAndBatch } from './net.ts';

coldStart(async () => {
  await init('webgpu');
  defaultDevice('webgpu');
  const { parameters, batches, adam } = netAndBatch();
  const [{ x, y }] = batches;
  const [loss] = adamStep(adam)(initialState(parameters), upload(x), upload(y));
  return (await loss.data())[0] as number; // which has the update computed too: all results of a jit are
});
