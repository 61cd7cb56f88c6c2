// Large elementwise work computed together: how many dispatches it takes, and that nothing but their number changes,
// whatever happens to operands and results meanwhile. Wanted values come from the same operations kept apart, to the bit,
// and those have samples of their own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countGpu, countsSince, type GpuCounts } from '../../scripts/gpu-counter.ts';
import {
  capture,
  type Device,
  debug,
  grad,
  init,
  profile,
  random,
  scope,
  type Tensor,
  variable,
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

const SHAPE = [512, 512];
const large = (seed: number) => random(seed).normal(SHAPE);

/** The values that `make` gives with its operations kept apart. */
async function apart(make: () => Tensor): Promise<ArrayLike<number>> {
  debug({ fuse: false });
  try {
    return await scope(make).data();
  } finally {
    debug({ fuse: true });
  }
}

async function expectFused(make: () => Tensor, dispatches: number): Promise<void> {
  const wanted = await apart(make);
  await device.flush();
  const before = { ...counts };
  const got = scope(make);
  await device.flush();
  expect(countsSince(counts, before).dispatches).toBe(dispatches);
  expect(await got.data()).toEqual(wanted);
}

describe('computed together', () => {
  it('a function of a sum that nobody keeps', async () => {
    const [x, b] = [large(1), random(2).normal([512])];
    await expectFused(() => x.add(b).relu(), 1);
    await expectFused(() => x.mul(b).exp().sqrt(), 1);
    await expectFused(() => x.add(3).tanh(), 1);
    await expectFused(() => x.T.sub(b).relu(), 1);
    await expectFused(() => x.sub(b).flatten().relu(), 1);
  });

  it('not sums of products, which a compiler might round otherwise', async () => {
    const [x, b] = [large(1), random(2).normal([512])];
    await expectFused(() => x.mul(b).add(b), 2);
    await expectFused(() => x.mul(b).add(b).relu(), 2);
  });

  it('but not left out where nobody asks for it', async () => {
    const x = large(1);
    await device.flush();
    const before = { ...counts };
    scope(() => {
      x.relu();
    });
    await device.flush();
    expect(countsSince(counts, before).dispatches).toBe(1);
  });

  it('beside a value between that is kept', async () => {
    const [x, b] = [large(1), large(2)];
    const wanted = [await apart(() => x.add(b)), await apart(() => x.add(b).relu())];
    const sum = x.add(b);
    const y = sum.relu();
    expect([await sum.data(), await y.data()]).toEqual(wanted);
    const kept = x.add(b);
    const z = kept.relu();
    await null;
    expect([await z.data(), await kept.data()]).toEqual([wanted[1], wanted[0]]);
  });

  it('only the same elements in the same order', async () => {
    const x = large(1);
    await expectFused(() => x.neg().T.relu(), 2);
    await expectFused(() => x.neg().slice([0, 511]).relu(), 2);
  });

  it('small ones apart', () => expectFused(() => random(1).normal([8]).neg().relu(), 3));
});

describe('what happens meanwhile', () => {
  it('an operand is disposed', async () => {
    const wanted = await apart(() => large(1).neg().relu());
    const x = large(1);
    const y = x.neg();
    x.dispose();
    const other = large(5); // may take its memory
    const z = y.relu();
    y.dispose();
    other.dispose();
    expect(await z.data()).toEqual(wanted);
  });

  it('a variable is assigned', async () => {
    const wanted = await apart(() => large(1).neg().relu());
    const v = variable(large(1));
    const y = v.neg();
    v.assign(large(2));
    const z = y.relu();
    expect(await z.data()).toEqual(wanted);
    const again = v.neg().relu();
    v.assign(large(1));
    expect(await again.data()).toEqual(await apart(() => large(2).neg().relu()));
    v.dispose();
  });

  it('the result is used by other operations, and by views', async () => {
    const [x, b] = [large(1), random(2).normal([512])];
    const make = () => {
      const y = x.add(b);
      return y
        .relu()
        .matmul(y.T)
        .add(y.slice([0, 512]).sum());
    };
    expect(await scope(make).data()).toEqual(await apart(make));
  });

  it('a gradient is taken', async () => {
    const [x, b] = [large(1), random(2).normal([512])];
    const make = () => grad((p: Tensor) => x.mul(p).sigmoid().sum())(b);
    expect(await scope(make).data()).toEqual(await apart(make));
  });

  it('a step is captured and replayed', async () => {
    const v = variable(large(1));
    const step = capture((x: Tensor) => {
      v.assign(v.add(x).relu());
      return v.sum();
    });
    const x = large(2);
    const sums: number[] = [];
    const seen: ArrayLike<number>[] = [];
    for (let i = 0; i < 4; i++) {
      const before = v.neg().relu(); // waits while the step changes v
      step(x);
      seen.push(await before.data());
      sums.push(await v.sum().item());
    }
    const w = variable(large(1));
    debug({ fuse: false });
    for (let i = 0; i < 4; i++) {
      expect(seen[i]).toEqual(await w.neg().relu().data());
      w.assign(w.add(x).relu());
      expect(sums[i]).toBe(await w.sum().item());
    }
    debug({ fuse: true });
    for (const each of [v, w]) each.dispose();
  });

  it('its buffer is asked for', async () => {
    const x = large(1);
    const wanted = await apart(() => x.neg().relu());
    const y = x.neg().relu();
    expect(y.gpuBuffer().size).toBeGreaterThanOrEqual(4 * 512 * 512);
    expect(await y.data()).toEqual(wanted);
  });

  it('somebody measures', async () => {
    const x = large(1);
    const { operations, result } = await profile(() => x.neg().relu());
    expect(operations.map(({ op }) => op)).toEqual(['neg', 'relu']);
    expect(await result.data()).toEqual(await apart(() => x.neg().relu()));
  });
});
