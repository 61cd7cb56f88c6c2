// Profiling at a wrapped GPUDevice: its counts are the device's, everything it makes is destroyed, and it works where
// there is no 'timestamp-query'.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { countGpu, countsSince, type GpuCounts } from '../../scripts/gpu-counter.ts';
import { type Device, debug, init, profile, random, scope, type Tensor, tensor } from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { expectValidTrace } from '../trace.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();

/** What was made by these methods and not destroyed. */
function living(device: GPUDevice): Set<object> {
  const alive = new Set<object>();
  for (const name of ['createBuffer', 'createQuerySet'] as const) {
    const make = (device[name] as (descriptor: never) => GPUBuffer | GPUQuerySet).bind(device);
    Object.defineProperty(device, name, {
      configurable: true,
      value: (descriptor: never) => {
        const made = make(descriptor);
        alive.add(made);
        const destroy = made.destroy.bind(made);
        Object.defineProperty(made, 'destroy', {
          configurable: true,
          value: () => {
            alive.delete(made);
            destroy();
          },
        });
        return made;
      },
    });
  }
  return alive;
}

interface Place {
  readonly raw: GPUDevice;
  readonly alive: Set<object>;
  readonly counts: GpuCounts;
  readonly device: Device;
}

async function place(features: GPUFeatureName[]): Promise<Place> {
  const raw = await gpuDevice(features);
  const alive = living(raw);
  const counts = countGpu(raw);
  return { raw, alive, counts, device: await init({ backend: 'webgpu', device: raw }) };
}

describe.each<[string, GPUFeatureName[]]>([
  ['with timestamps', ['timestamp-query']],
  ['without timestamps', []],
])('profile %s', (_, features) => {
  const timestamps = features.length > 0;
  let here: Place;
  beforeAll(async () => {
    here = await place(features);
  });
  afterAll(async () => {
    here.device.close();
    expect(here.alive.size).toBe(0);
    here.raw.destroy();
    await testDevice();
  });

  /** Some work that needs intermediate memory, copies and several dispatches an operation. */
  const work = (x: Tensor, repeats: number): void =>
    scope(() => {
      for (let i = 0; i < repeats; i++) {
        x.relu().sum(); // two dispatches and an intermediate result
        x.mT.reshape([-1]).add(i); // a copy
      }
    });

  it('counts what the device counts, and adds no dispatch and no submit', async () => {
    const { counts, device } = here;
    const x = random(1).normal([48, 48]);
    const during = async (run: (fn: () => void) => Promise<unknown>) => {
      await device.flush();
      const before = { ...counts };
      await run(() => work(x, 5));
      return countsSince(counts, before);
    };
    const plain = await during(async (fn) => {
      fn();
      await device.flush();
    });
    let found: Awaited<ReturnType<typeof profile>> | undefined;
    const profiled = await during(async (fn) => {
      found = await profile(fn);
    });
    expect(profiled.dispatches).toBe(plain.dispatches);
    expect(profiled.passes).toBe(plain.dispatches);
    expect(found?.totals).toMatchObject({ dispatches: profiled.dispatches, submits: profiled.submits });
    expect(profiled.submits).toBe(timestamps ? plain.submits : plain.dispatches);
    expect(found?.kernels.map(({ clock }) => clock)).toEqual(
      found?.kernels.map(() => (timestamps ? 'gpu' : 'wall')),
    );
    expect(found?.totals.untimed).toBe(0);
    if (found) expectValidTrace(found.trace());
  });

  it('goes over many submits', async () => {
    const x = tensor([1, 2, 3, 4]);
    const found = await profile(() =>
      scope(() => {
        let t = x;
        for (let i = 0; i < 2500; i++) t = t.add(i);
        return t;
      }),
    );
    expect(await found.result.array()).toEqual([1, 2, 3, 4].map((v) => v + (2500 * 2499) / 2));
    expect(found.totals).toMatchObject({ dispatches: 2500, submits: timestamps ? 3 : 2500, untimed: 0 });
    expect(found.totals.bytes).toBe(2500 * 2 * 4 * 4);
    expect(found.kernels).toHaveLength(1);
  });

  it('destroys all that it makes', async () => {
    const { alive, device } = here;
    const x = random(1).normal([48, 48]);
    const settled = async () => {
      await device.flush();
      await new Promise<void>((turn) => setTimeout(turn, 20));
      return alive.size;
    };
    await profile(() => work(x, 2));
    const before = await settled();
    for (let i = 0; i < 3; i++) await profile(() => work(x, 2));
    const throws = () => {
      work(x, 2);
      throw new RangeError('mine');
    };
    await expect(profile(throws)).rejects.toThrow('mine');
    await profile(async () => x.sum().item());
    expect(await settled()).toBe(before);
  });

  it('begins and ends a measurement in the middle of recorded work', async () => {
    const x = tensor([1, 2]);
    const a = x.add(1);
    const { result: b } = await profile(() => a.mul(2));
    const c = b.sub(1);
    expect(await c.array()).toEqual([3, 5]);
    const found = await profile(() => scope(() => void c.add(1)));
    expect(found.totals.dispatches).toBe(1);
  });
});

describe('debug({ level: 3 })', () => {
  afterEach(() => {
    debug({ level: 0 });
    vi.restoreAllMocks();
  });

  it.each<[string, GPUFeatureName[], RegExp]>([
    ['on the GPU', ['timestamp-query'], /, [\d.]+ ms on the GPU$/],
    ['until it is done', [], /, [\d.]+ ms until done \(no 'timestamp-query'\)$/],
  ])('logs operations, and what each kernel took %s', async (_, features, time) => {
    const { raw, device, alive } = await place(features);
    const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
    debug({ level: 3 });
    scope(() => void tensor([1, 2]).add(1).exp());
    await device.flush();
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(4));
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines.slice(0, 2).map((line) => line.replace(/, [\d.]+ ms$/, ''))).toEqual([
      'tapegrad: add: [2] float32, [] float32 → [2] float32',
      'tapegrad: exp: [2] float32 → [2] float32',
    ]);
    for (const [k, op] of ['add', 'exp'].entries()) {
      expect(lines[k + 2]).toMatch(time);
      expect(lines[k + 2]).toContain(`tapegrad: ${op}: elementwise`);
    }
    const found = await profile(() => scope(() => void tensor([1, 2]).mul(3))); // both at once
    expect(found.totals).toMatchObject({ dispatches: 1, untimed: 0 });
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(6));
    debug({ level: 0 });
    await tensor([1]).add(1).array();
    expect(log).toHaveBeenCalledTimes(6);
    device.close();
    expect(alive.size).toBe(0);
    raw.destroy();
    await testDevice();
  });
});
