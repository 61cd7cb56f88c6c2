/**
 * @file A denoising autoencoder (Vincent et al. 2008): convolutions press a noisy digit into 32 numbers, out of which the
 * digit without the noise is drawn. It never sees a label. docs/convolution.md shows what it draws.
 */
import { writeFileSync } from 'node:fs';
import {
  digits,
  layers,
  optimizers,
  random,
  type Sequential,
  sequential,
  type Tensor,
  tensor,
} from 'tapegrad';
import { enlarged, type Grey, mosaic, png } from './png.ts';

const NOISE = 0.5;

function autoencoder(): Sequential {
  const conv = (filters: number) =>
    layers.conv2d(filters, 3, { strides: 2, padding: 'same', activation: 'relu' });
  return sequential(
    [
      layers.gaussianNoise(NOISE, { inputShape: [256] }), // in training only, and different at each step
      layers.reshape([16, 16, 1]),
      conv(8), // [8, 8, 8]
      conv(16), // [4, 4, 16]
      layers.flatten(),
      layers.dense(32, { activation: 'tanh', name: 'code' }),
      layers.dense(128, { activation: 'relu' }),
      layers.dense(256, { activation: 'sigmoid' }),
    ],
    { seed: 1 },
  );
}

export interface Cleaned {
  /** Mean squares of what is left to the originals: of the noisy digits, of the cleaned ones, and of the mean image. */
  readonly noisy: number;
  readonly cleaned: number;
  readonly mean: number;
  /** Of the first digits: noisy, cleaned, original. */
  readonly pictures: readonly (readonly [noisy: Grey, cleaned: Grey, original: Grey])[];
}

const SHOWN = 8;

/** Trains on so many digits, cleans others, and says how well. */
export async function cleanDigits(count = 60_000, epochs = 10): Promise<Cleaned> {
  const train = (await digits({ split: 'train' })).x.subarray(0, 256 * count);
  const model = autoencoder();
  model.compile({ optimizer: optimizers.adam(3e-3), loss: 'binaryCrossentropy' });
  await model.fit(train, train, { epochs, batchSize: 32, verbose: 0 });

  const original = tensor((await digits({ split: 'test' })).x.subarray(0, 256 * 500), { shape: [500, 256] });
  const noisy = original.add(random(7).normal(original.shape, { std: NOISE }));
  const cleaned = await model.predict(noisy);
  const mean = tensor(train, { shape: [count, 256] }).mean(0);
  const error = (guess: Tensor) => guess.sub(original).square().mean().item();
  const drawn = await Promise.all(
    [noisy, cleaned, original].map(async (t) => (await t.reshape([500, 16, 16]).array()) as number[][][]),
  );
  model.dispose();
  return {
    noisy: await error(noisy),
    cleaned: await error(cleaned),
    mean: await error(mean),
    pictures: Array.from(
      { length: SHOWN },
      (_, k) => drawn.map((list) => list[k]) as unknown as [Grey, Grey, Grey],
    ),
  };
}

/** Noisy above, cleaned below, the originals at the bottom; ink is black. */
export function pictureOf({ pictures }: Cleaned): Grey {
  const rows = [0, 1, 2].flatMap((row) => pictures.map((three) => three[row] as Grey));
  const onPaper = rows.map((digit) => digit.map((line) => line.map((v) => 1 - v)));
  return mosaic(
    onPaper.map((digit) => enlarged(digit, 4)),
    pictures.length,
    6,
  );
}

if (import.meta.main) {
  const found = await cleanDigits();
  console.log(found.noisy, found.cleaned, found.mean);
  writeFileSync('cleaned.png', png(pictureOf(found)));
}
