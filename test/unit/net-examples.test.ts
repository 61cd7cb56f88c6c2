// The examples of docs/convolution.md, on few digits, learn what the page says, and its pictures are there.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cleanDigits, pictureOf } from '../../examples/autoencoder.ts';
import { readWithConvolutions } from '../../examples/cnn.ts';
import { digitGenerator, sheet } from '../../examples/generator.ts';
import { digits, init, layers, losses, memory, sequential, tensor } from '../../src/index.ts';

await init('cpu');

it('a convolutional net reads digits', async () => {
  const before = memory().tensors;
  const { accuracy } = await readWithConvolutions(1200, 2, 300);
  expect(accuracy).toBeGreaterThan(0.6);
  expect(memory().tensors).toBe(before);
});

it('an autoencoder cleans digits that it has not seen', async () => {
  const found = await cleanDigits(1000, 6);
  // The mean image is what a net draws that has learnt nothing of the single digit.
  expect(found.cleaned).toBeLessThan(0.7 * found.mean);
  expect(found.cleaned).toBeLessThan(0.3 * found.noisy);
  const picture = pictureOf(found);
  expect([picture.length, picture[0]?.length]).toEqual([3 * 64 + 2 * 6, 8 * 64 + 7 * 6]);
});

it('a generator draws the digits that are asked for', async () => {
  const { x, y } = await digits({ split: 'train' });
  const count = 2000;
  const reader = sequential([layers.dense(64, { activation: 'relu', inputShape: [256] }), layers.dense(10)], {
    seed: 1,
  });
  reader.compile({ optimizer: 'adam', loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }) });
  await reader.fit(x.subarray(0, 256 * count), y.subarray(0, count), { epochs: 5, verbose: 0 });

  const generator = await digitGenerator(count, 6);
  const asked = Int32Array.from({ length: 200 }, (_, k) => k % 10);
  const drawn = generator.draw(tensor(asked), 9);
  const read = await (await reader.predict(drawn)).argmax(1).data();
  const right = asked.reduce((n, digit, k) => n + Number(digit === read[k]), 0);
  expect(right).toBeGreaterThan(100); // by chance 20
  // Two pictures of a digit are not the same.
  const [one, other] = [drawn.slice(3), drawn.slice(13)];
  expect(await one.sub(other).abs().max().item()).toBeGreaterThan(0.2);
  const picture = await sheet(generator, 2);
  expect([picture.length, picture[0]?.length]).toEqual([2 * 48 + 4, 10 * 48 + 9 * 4]);
  for (const model of [generator, reader]) model.dispose();
});

describe('docs/convolution.md', () => {
  it('shows pictures and names files that are there', () => {
    const page = readFileSync('docs/convolution.md', 'utf8');
    const files = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => `docs/${path}`);
    expect(files.length).toBeGreaterThan(4);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});
