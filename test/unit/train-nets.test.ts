// What `npm run train -- --model cnn` trains, how its learning rate goes, and that a session of it comes to its end.
import { expect, test } from 'vitest';
import { readDigits } from '../../scripts/digits.ts';
import { makeModel, ratesOf } from '../../scripts/train/nets.ts';
import { runSession } from '../../scripts/train/session.ts';
import { type Settings, trainedBy } from '../../scripts/train/settings.ts';
import { toInputs } from '../../src/data/resample.ts';
import { init } from '../../src/index.ts';

await init('cpu');
const cnn: Settings = { net: 'cnn', size: 16, hidden: [128, 64], seed: 1, ...trainedBy.cnn };

test.each([
  // A quarter of 16 x 16, or of 28 x 28, after the strides, and of that again after the pool.
  [16, 416 + 4640 + 9248 + (4 * 4 * 32 + 1) * 10],
  [28, 416 + 4640 + 9248 + (7 * 7 * 32 + 1) * 10],
] as const)('the net for %i pixels a side has as many weights as it should', (size, count) => {
  const model = makeModel({ ...cnn, size });
  expect(model.outputShape).toEqual([10]);
  expect(model.weights.reduce((sum, w) => sum + w.size, 0)).toBe(count);
  model.dispose();
});

test('its learning rate rises over a tenth of the steps, and falls to 0; that of the dense net falls to a tenth', () => {
  const rate = ratesOf({ ...cnn, learningRate: 1 }, 100);
  expect(rate(0)).toBeCloseTo(0.1, 12);
  expect(rate(5)).toBeCloseTo(0.55, 12);
  expect(rate(10)).toBeCloseTo(1, 12);
  expect(rate(55)).toBeCloseTo(0.5, 12);
  expect(rate(100)).toBeCloseTo(0, 12);
  const dense = ratesOf({ ...cnn, net: 'dense', learningRate: 1 }, 100);
  expect([0, 50, 75, 100].map((step) => Number(dense(step).toFixed(12)))).toEqual([1, 1, 0.55, 0.1]);
});

test('a session trains it, and gives all of its weights', async () => {
  const { images, labels } = readDigits('test');
  const split = (from: number, to: number) => ({
    inputs: toInputs(images.subarray(256 * from, 256 * to)),
    labels: labels.subarray(from, to),
  });
  const settings = { ...cnn, epochs: 3, batch: 16 };
  const result = await runSession('cpu', undefined, settings, split(0, 96), split(96, 128), () => undefined);
  expect(result.steps).toBe(18);
  expect(result.losses.at(-1)).toBeLessThan(result.losses[0] as number);
  expect(result.predictions).toEqual(result.cpuPredictions);
  const shapes = 'weights' in result.saved ? result.saved.weights.map(({ shape }) => shape) : [];
  expect(shapes).toEqual([[5, 5, 1, 16], [16], [3, 3, 16, 32], [32], [3, 3, 32, 32], [32], [512, 10], [10]]);
});
