// WebGPU in a Dedicated Worker: the library reaches for nothing that only a page has.
import { expect, it } from 'vitest';

it('trains in a Web Worker', async () => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const answer = await new Promise<{ kind: string; losses: number[] }>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  expect(answer.kind).toBe('webgpu');
  // w ← w − 0.1 · 2(w − 3) from 0: w − 3 shrinks by 0.8, the loss by 0.64.
  [9, 5.76, 3.6864].forEach((loss, k) => {
    expect(answer.losses[k]).toBeCloseTo(loss, 4);
  });
});
