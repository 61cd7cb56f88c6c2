import { expect, it } from 'vitest';
import { countGpu, countsSince } from '../../scripts/gpu-counter.ts';
import { population } from '../../src/evolve/population.ts';
import { device, profile, tensor } from '../../src/index.ts';
import { onTestDevice } from '../place.ts';
onTestDevice();
const x = Float32Array.from({ length: 64 * 16 }, (_, i) => Math.sin(i * i + 0.3 * i));
const y = Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 3);
it('counts', async () => {
  const counts = countGpu(device().gpu as GPUDevice);
  for (const P of [1, 64]) {
    const nets = population(Array.from({ length: P }, (_, k) => ({ hidden: [{units: 8 + (k % 3), activation: k % 2 ? 'tanh' : 'relu'}, 6], learningRate: 0.001 * k })), { inputs: 16, outputs: 3 });
    const of = async (epochs: number) => {
      const before = { ...counts };
      await nets.fit(x, y, { epochs, batchSize: 16 });
      return countsSince({ ...counts }, before);
    };
    await of(1);
    const [a, b] = [await of(3), await of(5)];
    console.log(P, (b.dispatches - a.dispatches) / 8, a, b);
    const before = performance.now();
    await of(20);
    console.log(P, performance.now() - before);
    if (P === 64) console.log((await profile(() => nets.fit(x, y, {epochs: 1, batchSize: 64}))).toString().slice(0, 3000));
  }
});
