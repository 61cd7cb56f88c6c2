/** @file Handwritten digits by a small convolutional net, on WebGPU where Node has it (npm install webgpu). */
import { device, digits, init, layers, losses, optimizers, schedules, sequential } from 'tapegrad';

/** Trains on the first of the 60,000 digits, and tests on the first of 10,000 others. */
export async function readWithConvolutions(count = 60_000, epochs = 3, testCount = 10_000) {
  const train = await digits({ size: 16, split: 'train' });
  const test = await digits({ size: 16, split: 'test' });
  const like = { padding: 'same', kernelInitializer: 'heNormal' } as const;
  const model = sequential(
    [
      layers.reshape([16, 16, 1], { inputShape: [256] }),
      layers.conv2d(8, 5, { ...like, strides: 2, activation: 'relu' }),
      layers.conv2d(16, 3, { ...like, useBias: false }),
      layers.maxPooling2d(),
      layers.batchNormalization({ momentum: 0.9 }), // after the pool there is a quarter left to normalise
      layers.activation('relu'),
      layers.residual([layers.conv2d(16, 3, { ...like, activation: 'relu' })]),
      layers.flatten(),
      layers.dropout(0.2),
      layers.dense(10),
    ],
    { seed: 1 },
  );
  const batchSize = 64;
  const decaySteps = epochs * Math.ceil(count / batchSize);
  model.compile({
    optimizer: optimizers.adam(schedules.cosineDecay({ initialLearningRate: 4e-3, decaySteps })),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  await model.fit(train.x.subarray(0, 256 * count), train.y.subarray(0, count), { epochs, batchSize });
  const found = await model.evaluate(test.x.subarray(0, 256 * testCount), test.y.subarray(0, testCount));
  model.dispose();
  return found;
}

if (import.meta.main) {
  await init();
  console.log(await readWithConvolutions());
  device().close();
}
