// A small net learns, on every device; the same seed gives the same bits; and what nobody asks for is not computed.
import { describe, expect, it } from 'vitest';
import {
  grad,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

type Net = { w: Variable; b: Variable }[];

function net(seed: number, ...widths: number[]): Net {
  const rng = random(seed);
  return widths.slice(1).map((out, k) => {
    const from = widths[k] as number;
    return {
      w: variable(scope(() => rng.normal([from, out], { std: Math.sqrt(2 / from) }))),
      b: variable(zeros([out])),
    };
  });
}

function logits(layers: Net, x: Tensor): Tensor {
  return layers.reduce(
    (h: Tensor, { w, b }, k) => h.dense(w, b, k < layers.length - 1 ? 'relu' : 'linear'),
    x,
  );
}

const dispose = (layers: Net) => {
  for (const { w, b } of layers) for (const v of [w, b]) v.dispose();
};

/** Points of a square in a chequered pattern of 3 × 3 fields: no straight line tells the two colours apart. */
function chequers(count: number, seed: number): { x: Tensor; y: Tensor } {
  const x = random(seed).uniform([count, 2], { low: 0, high: 3 });
  const field = x.astype('int32').sum(1);
  return { x: x.sub(1.5), y: field.sub(field.div(2).astype('int32').mul(2)) };
}

async function train(seed: number, steps: number): Promise<{ layers: Net; losses: number[] }> {
  const layers = net(seed, 2, 64, 32, 2);
  const adam = optimizers.adam(0.01);
  const { x, y } = chequers(512, 7);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const loss = scope(() => {
      const { value, grad: g } = valueAndGrad((p: Net) => logits(p, x).softmaxCrossEntropy(y).mean())(layers);
      adam.step(layers, g);
      return value;
    });
    if (i % 100 === 0 || i === steps - 1) losses.push(await loss.item());
    loss.dispose();
  }
  adam.dispose();
  return { layers, losses };
}

describe('training', () => {
  it('reaches 93 % on a chequered square that no line divides', async () => {
    const { layers, losses } = await train(1, 400);
    const test = chequers(2000, 8);
    const hits = await logits(layers, test.x).argmax(1).equal(test.y).astype('float32').mean().item();
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 3);
    expect(hits).toBeGreaterThan(0.93);
    dispose(layers);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      const { layers } = await train(seed, 30);
      const bits = await Promise.all(layers.flatMap(({ w, b }) => [w.data(), b.data()]));
      dispose(layers);
      return bits;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('runs the operations of a gradient only for the inputs that are asked for', () => {
    const calls: string[] = [];
    const [x, w] = [tensor([[1, 2]]), tensor([[3], [4]])];
    const { device } = x;
    const run = device.run.bind(device);
    Object.defineProperty(device, 'run', {
      configurable: true,
      value: (task: Parameters<typeof run>[0]) => {
        calls.push(task.op);
        run(task);
      },
    });
    try {
      grad((v: Tensor) => x.matmul(v).sum())(w);
    } finally {
      Reflect.deleteProperty(device, 'run');
    }
    // forward: the product and its sum; backward: one product, xᵀ @ g. Nothing by x, no zeros, no copies.
    expect(calls).toEqual(['matmul', 'sum', 'matmul']);
  });
});
