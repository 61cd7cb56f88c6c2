// What a captured step asks of the GPU, counted at the GPUDevice: few dispatches, and nothing made anew.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countGpu, countsSince, type GpuCounts } from '../../scripts/gpu-counter.ts';
import {
  capture,
  type Device,
  init,
  memory,
  optimizers,
  random,
  scope,
  type Tensor,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

freeAfterEach();

let device: Device;
let counts: GpuCounts;

beforeAll(async () => {
  device = await init('webgpu');
  counts = countGpu(device.gpu as GPUDevice);
});
afterAll(async () => {
  device.close();
  await testDevice();
});

it('a captured step of 256-128-64-10 makes 12 dispatches, and one submit serves 16 steps; an uncaptured one makes a submit', async () => {
  const rng = random(1);
  const sizes = [256, 128, 64, 10];
  const net = sizes.slice(1).map((n, i) => ({
    w: variable(rng.normal([sizes[i] as number, n], { std: 0.1 })),
    b: variable(zeros([n])),
  }));
  const [x, y] = [rng.normal([64, 256]), rng.integers(0, 10, [64])];
  const adam = optimizers.adam();
  const loss = (p: typeof net) =>
    p
      .reduce((h: Tensor, { w, b }, i) => h.dense(w, b, i < 2 ? 'relu' : 'linear'), x)
      .softmaxCrossEntropy(y)
      .mean();
  const eager = () => {
    const { value, grad } = valueAndGrad(loss)(net);
    adam.step(net, grad);
    return value;
  };
  const step = capture(eager);
  for (let i = 0; i < 3; i++) step();
  await device.flush();
  const [before, tensors] = [{ ...counts }, memory().tensors];
  const STEPS = 16;
  for (let i = 0; i < STEPS; i++) step();
  await device.flush();
  const found = countsSince(counts, before);
  expect(found.dispatches / STEPS).toBe(12);
  expect(found).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0, maps: 0, submits: 1 });
  expect(memory().tensors).toBe(tensors);
  const uncaptured = { ...counts };
  for (let i = 0; i < STEPS; i++) {
    scope(eager);
    await new Promise((turn) => setTimeout(turn)); // as in a page that draws between steps
  }
  await device.flush();
  const eagerly = countsSince(counts, uncaptured);
  expect(eagerly.submits).toBeLessThanOrEqual(STEPS);
  expect(eagerly).toMatchObject({ pipelines: 0, maps: 0 });
  step.dispose();
  adam.dispose();
  for (const { w, b } of net) for (const v of [w, b]) v.dispose();
});
