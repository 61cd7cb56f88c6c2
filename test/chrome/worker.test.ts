// WebGPU in a Dedicated Worker: the library reaches for nothing that only a page has.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from './worker.ts';

let worker: Worker;
let answer: Answer;

beforeAll(async () => {
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ('failed' in data ? reject(new Error(data.failed)) : resolve(data));
    worker.onerror = ({ message }) => reject(new Error(message));
  });
});
afterAll(() => worker.terminate());

it('trains', () => {
  expect(answer.kind).toBe('webgpu');
  // w ← w − 0.1 · 2(w − 3) from 0: w − 3 shrinks by 0.8, the loss by 0.64.
  [9, 5.76, 3.6864].forEach((loss, k) => {
    expect(answer.losses[k]).toBeCloseTo(loss, 4);
  });
});

it('reads tensors of every dtype', () => {
  expect(answer.reads).toEqual({
    float32: [
      [1.5, 3.5],
      [2.5, 4.5],
    ],
    int32: [1, 1],
    bool: [
      [false, false],
      [true, true],
    ],
    float16: [
      [1, 2],
      [3, 4],
    ],
  });
});

it('throws typed errors, at the call and at the next read', () => {
  expect(answer.errors).toEqual({
    'a wrong shape': 'ShapeError',
    'an index that the GPU finds': 'IndexError',
    'a read that is pending': 'DeviceLostError',
    'a closed device': 'DeviceLostError',
  });
});

it('closes its device', () => {
  expect(answer.lost).toMatch(/the device was closed/);
});
