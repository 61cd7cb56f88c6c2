/** @file The worker of the race: products on both devices, checked against each other and then timed; a step's tape. */

import {
  type Device,
  init,
  profile,
  random,
  scope,
  showTape,
  type Tensor,
  valueAndGrad,
  variable,
  warmup,
  withDevice,
  zeros,
} from 'tapegrad';
import { placeOf } from '../ui/place.ts';
import type { FromRace, Raced, ToRace } from './messages.ts';

const post = (message: FromRace): void => self.postMessage(message);
/** Runs of each device, of which the median counts. */
const RUNS = 5;
/** A run lasts about this long, in milliseconds. */
const RUN_MS = 80;

interface Places {
  readonly cpu: Device;
  readonly gpu: Device | undefined;
}

/** Texts of shaders, by the names of their files, as they were given to the device last. */
const shaders = new Map<string, string>();

function listen(gpu: GPUDevice): void {
  const make = gpu.createShaderModule.bind(gpu);
  gpu.createShaderModule = (descriptor) => {
    shaders.set(descriptor.label ?? '', descriptor.code);
    return make(descriptor);
  };
}

async function open(): Promise<Places> {
  const cpu = await init('cpu');
  const found = await init('auto');
  post({ type: 'device', place: placeOf(found) });
  if (found.gpu) listen(found.gpu);
  return { cpu, gpu: found.kind === 'webgpu' ? found : undefined };
}

let opened: Promise<Places> | undefined;

/** GFLOP/s of a product. */
async function rate(device: Device, a: Tensor, b: Tensor, size: number): Promise<number> {
  await warmup(() => a.matmul(b)); // of the default device, which is the GPU's if there is one
  const time = async (repetitions: number): Promise<number> => {
    const from = performance.now();
    for (let i = 0; i < repetitions; i++) a.matmul(b).dispose();
    await device.flush();
    return performance.now() - from;
  };
  const once = await time(1);
  const repetitions = Math.max(1, Math.min(200, Math.round(RUN_MS / once)));
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push((await time(repetitions)) / repetitions);
  times.sort((x, y) => x - y);
  return (2 * size ** 3) / ((times[Math.floor(RUNS / 2)] as number) * 1e6);
}

async function race(size: number): Promise<Raced> {
  opened ??= open();
  const { cpu, gpu } = await opened;
  const [x, y] = withDevice(cpu, () => {
    const rng = random(size);
    return [rng.uniform([size, size], { low: -1, high: 1 }), rng.uniform([size, size], { low: -1, high: 1 })];
  }) as [Tensor, Tensor];
  const product = x.matmul(y);
  let difference = 0;
  let gpuRate: number | undefined;
  if (gpu) {
    const [a, b] = [await x.to(gpu), await y.to(gpu)];
    const c = a.matmul(b);
    const [found, expected] = [await c.data(), product.dataSync()];
    difference = [...found].reduce((most, v, i) => Math.max(most, Math.abs(v - (expected[i] as number))), 0);
    gpuRate = await rate(gpu, a, b, size);
    for (const t of [a, b, c]) t.dispose();
  }
  const cpuRate = await rate(cpu, x, y, size);
  for (const t of [x, y, product]) t.dispose();
  // Both round n sums of terms below 1, which grow as √n, and n such errors add up as a random walk: √n · √n.
  const bound = 8 * size * 2 ** -24;
  return {
    size,
    gpu: gpuRate,
    cpu: cpuRate,
    difference,
    bound,
    shader: shaders.get('matmul') ?? shaders.get('matmul_tiled') ?? '',
  };
}

async function tape(): Promise<void> {
  opened ??= open();
  const { cpu, gpu } = await opened;
  const device = gpu ?? cpu;
  const made = withDevice(device, () =>
    scope(() => {
      const rng = random(1);
      const sizes = [256, 64, 32, 10];
      return {
        x: rng.uniform([64, 256]),
        y: rng.integers(0, 10, [64]),
        net: sizes.slice(1).map((n, i) => ({
          w: variable(rng.normal([sizes[i] as number, n], { std: 0.1 })),
          b: variable(zeros([n])),
        })),
      };
    }),
  );
  const { x, y, net } = made;
  const loss = (p: typeof net) =>
    p
      .reduce((h: Tensor, { w, b }, i) => h.dense(w, b, i < p.length - 1 ? 'relu' : 'linear'), x)
      .softmaxCrossEntropy(y)
      .mean();
  const report = String(withDevice(device, () => showTape(loss)(net)));
  const step = () => scope(() => void valueAndGrad(loss)(net));
  await warmup(step);
  const measured = await profile(step);
  post({ type: 'tape', tape: report, profile: String(measured) });
  for (const { w, b } of net) for (const v of [w, b]) v.dispose();
  x.dispose();
  y.dispose();
}

let last: Promise<void> = Promise.resolve();

export function serveRace(): void {
  self.addEventListener('message', ({ data }: MessageEvent<ToRace>) => {
    last = last
      .then(async () => {
        if (data.type === 'tape') await tape();
        else post({ type: 'raced', raced: await race(data.size) });
      })
      .catch((error: Error) => post({ type: 'failed', message: error.message }));
  });
}
