// Real digits through sequential, compile, fit, evaluate and predict, in Node on the CPU device.
import { afterAll, expect, it } from 'vitest';
import { readDigits } from '../../examples/digits.ts';
import { digits, layers, losses, memory, optimizers, sequential } from '../../src/index.ts';

const train = await digits({ split: 'train' });
const test = await digits({ split: 'test' });
const before = memory();
afterAll(() => expect(memory().tensors).toBe(before.tensors));

it('reads 60,000 digits and 10,000 others as 16 × 16 pixels of 0 to 1', () => {
  expect([train.x.length, train.y.length]).toEqual([60_000 * 256, 60_000]);
  expect([test.x.length, test.y.length]).toEqual([10_000 * 256, 10_000]);
  const [low, high] = [Math.min(...test.x.subarray(0, 25_600)), Math.max(...test.x.subarray(0, 25_600))];
  expect([low, high]).toEqual([0, 1]);
});

it('is the example of docs/training.md', async () => {
  const { accuracy } = await readDigits(3000, 3);
  expect(accuracy).toBeGreaterThan(0.85);
});

it('learns digits, and tells the same by evaluate and by predict', async () => {
  const model = sequential([layers.dense(32, { activation: 'relu', inputShape: [256] }), layers.dense(10)], {
    seed: 1,
  });
  model.compile({
    optimizer: optimizers.adam(3e-3),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const [x, y] = [train.x.subarray(0, 6000 * 256), train.y.subarray(0, 6000)];
  const { history, epoch } = await model.fit(x, y, {
    epochs: 3,
    batchSize: 64,
    validationSplit: 0.1,
    verbose: 0,
  });
  expect(epoch).toEqual([0, 1, 2]);
  expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
  expect(history.loss?.at(-1)).toBeLessThan((history.loss?.[0] as number) / 2);
  expect(history.valAccuracy?.at(-1)).toBeGreaterThan(0.9);
  const { loss, accuracy } = await model.evaluate(test.x, test.y);
  expect(accuracy).toBeGreaterThan(0.88);
  expect(loss).toBeLessThan(0.5);
  const logits = await model.predict(test.x);
  expect(logits.shape).toEqual([10_000, 10]);
  const read = logits.argmax(-1);
  const answers = await read.data();
  const right = test.y.reduce((sum, label, i) => sum + Number(label === answers[i]), 0);
  expect(right / 10_000).toBeCloseTo(accuracy as number, 6);
  for (const t of [logits, read]) t.dispose();
  model.dispose();
});
