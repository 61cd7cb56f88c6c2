/**
 * @file A generator of digits: the decoder of a conditional variational autoencoder (Kingma and Welling 2013; Sohn et al.
 * 2015). Which digit it shall be goes in beside eight random numbers, which say how it is written. The loop is written out:
 * two models, one loss, one captured step. docs/convolution.md shows what it draws.
 */
import { writeFileSync } from 'node:fs';
import {
  batches,
  capture,
  concat,
  digits,
  layers,
  optimizers,
  random,
  scope,
  sequential,
  type Tensor,
  tensor,
  valueAndGrad,
} from 'tapegrad';
import { enlarged, type Grey, mosaic, png } from './png.ts';

const CODE = 8;

export interface Generator {
  /** Pictures [classes, 256], ink being 1, of the digits in `classes`, int32. */
  draw(classes: Tensor, seed: number): Tensor;
  /** What the pictures of the last epoch's digits cost: their errors and their codes' information, in nats. */
  readonly loss: number;
  dispose(): void;
}

/** Trains on so many digits. */
export async function digitGenerator(count = 60_000, epochs = 15): Promise<Generator> {
  const encoder = sequential(
    [layers.dense(128, { activation: 'relu', inputShape: [266] }), layers.dense(2 * CODE)],
    { seed: 1 },
  );
  const decoder = sequential(
    [layers.dense(128, { activation: 'relu', inputShape: [CODE + 10] }), layers.dense(256)],
    { seed: 2 },
  );
  const weights = [...encoder.trainableWeights, ...decoder.trainableWeights];
  const adam = optimizers.adam(3e-3);
  const noise = random(3);

  const loss = (x: Tensor, y: Tensor): Tensor => {
    const which = y.oneHot(10);
    const [mean, logVariance] = encoder.apply(concat([x, which], 1)).split(2, 1) as [Tensor, Tensor];
    const code = mean.add(logVariance.mul(0.5).exp().mul(noise.normal(mean.shape)));
    const logits = decoder.apply(concat([code, which], 1));
    const drawing = logits.softplus().sub(logits.mul(x)).sum(1); // binary cross-entropy of every pixel
    const information = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).sum(1).mul(0.5);
    return drawing.add(information).mean();
  };
  const step = capture((x: Tensor, y: Tensor) => {
    const { value, grad } = valueAndGrad((_: Tensor[]) => loss(x, y))(weights);
    adam.step(weights, grad);
    return value;
  });

  const { x, y } = await digits({ split: 'train' });
  const images = tensor(x.subarray(0, 256 * count), { shape: [count, 256] });
  const list = batches(images, y.subarray(0, count), { batchSize: 32, shuffle: true, rng: random(4) });
  let last = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const sums: number[] = [];
    for (const [images, labels] of list) sums.push(await step(images, labels).item());
    last = sums.reduce((a, b) => a + b, 0) / sums.length;
  }
  step.dispose();
  images.dispose();
  return {
    loss: last,
    draw: (classes, seed) =>
      scope(() => {
        const code = random(seed).normal([classes.size, CODE]);
        return decoder.apply(concat([code, classes.oneHot(10)], 1)).sigmoid();
      }),
    dispose() {
      for (const one of [encoder, decoder, adam]) one.dispose();
    },
  };
}

/** A column for each digit, with so many pictures of it. */
export async function sheet(generator: Generator, each = 5): Promise<Grey> {
  const classes = tensor(Int32Array.from({ length: 10 * each }, (_, k) => k % 10));
  const drawn = generator.draw(classes, 5);
  const list = (await drawn.reshape([10 * each, 16, 16]).array()) as number[][][];
  const onPaper = list.map((digit) =>
    enlarged(
      digit.map((line) => line.map((v) => 1 - v)),
      3,
    ),
  );
  return mosaic(onPaper, 10, 4);
}

if (import.meta.main) {
  const generator = await digitGenerator();
  console.log(generator.loss);
  writeFileSync('drawn.png', png(await sheet(generator)));
}
