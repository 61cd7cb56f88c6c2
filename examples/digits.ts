/** @file Handwritten digits, in Node: 256 pixels in, ten classes out. */
import { callbacks, digits, layers, losses, optimizers, sequential } from 'tapegrad';

/** Trains on the first of the 60,000 digits, and tests on 10,000 others. */
export async function readDigits(count = 60_000, epochs = 5) {
  const train = await digits({ size: 16, split: 'train' });
  const test = await digits({ size: 16, split: 'test' });
  const model = sequential(
    [
      layers.dense(128, { activation: 'relu', kernelInitializer: 'heNormal', inputShape: [256] }),
      layers.dropout(0.1),
      layers.dense(64, { activation: 'relu', kernelInitializer: 'heNormal' }),
      layers.dense(10),
    ],
    { seed: 1 },
  );
  model.compile({
    optimizer: optimizers.adam(1e-3),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  await model.fit(train.x.subarray(0, 256 * count), train.y.subarray(0, count), {
    epochs,
    batchSize: 64,
    validationSplit: 0.1,
    callbacks: [callbacks.earlyStopping({ monitor: 'valAccuracy', patience: 2, restoreBestWeights: true })],
  });
  const found = await model.evaluate(test.x, test.y);
  model.dispose();
  return found;
}

if (import.meta.main) console.log(await readDigits());
