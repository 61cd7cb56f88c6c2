/** @file The nets that `npm run train` can train, and the learning rate of each step. */
import { type Layer, layers, type Sequential, schedules, sequential } from '../../src/index.ts';
import type { Settings, Side } from './settings.ts';

const CLASSES = 10;
const kernelInitializer = 'heNormal';

const dense = (hidden: readonly number[]): Layer[] =>
  hidden.map((units) => layers.dense(units, { activation: 'relu', kernelInitializer }));

/**
 * Three convolutions. Most of the work is done on a quarter of the pixels, and on a sixteenth: an adapter in software
 * takes as long to store a number as for ten multiplications.
 */
function convolutional(size: Side): Layer[] {
  const conv = (filters: number, kernel: number, strides: number) =>
    layers.conv2d(filters, kernel, { strides, padding: 'same', activation: 'relu', kernelInitializer });
  return [
    layers.reshape([size, size, 1]),
    conv(16, 5, 2),
    conv(32, 3, 1),
    layers.maxPooling2d(),
    layers.residual([conv(32, 3, 1)]),
    layers.flatten(),
    layers.dropout(0.3),
  ];
}

export function makeModel({ net, size, hidden, seed }: Settings): Sequential {
  const body = net === 'dense' ? dense(hidden) : convolutional(size);
  const model = sequential([...body, layers.dense(CLASSES, { kernelInitializer })], { seed });
  model.build([size * size]);
  return model;
}

/** The whole rate for the first half of the training, then evenly down to a tenth. */
export function learningRateAt(base: number, progress: number): number {
  return base * (1 - 0.9 * Math.max(0, 2 * progress - 1));
}

/** The rate of each of so many steps. The convolutional net's rises over the first tenth, then falls as half a cosine. */
export function ratesOf({ net, learningRate }: Settings, steps: number): (step: number) => number {
  if (net === 'dense') return (step) => learningRateAt(learningRate, step / steps);
  const warmupSteps = Math.ceil(steps / 10);
  const rate = schedules.cosineDecay({
    initialLearningRate: learningRate / 10,
    warmupTarget: learningRate,
    warmupSteps,
    decaySteps: steps - warmupSteps,
  });
  return (step) => rate.at(step);
}
