// Each hazard of WebGPU that the design lists, at a device that is watched for it; and the pool, whose buffers are used
// again while recording. What becomes of one invalid buffer in a submit is told in failures.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countGpu, type GpuCounts, intercept } from '../../scripts/gpu-counter.ts';
import {
  type Device,
  init,
  memory,
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
import { freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';
import { watchHazards } from './watch.ts';

freeAfterEach();

let raw: GPUDevice;
let counts: GpuCounts;
let offences: string[];
let device: Device;

beforeAll(async () => {
  raw = await gpuDevice();
  counts = countGpu(raw);
  offences = watchHazards(raw);
  device = await init({ backend: 'webgpu', device: raw });
});
afterAll(async () => {
  device.close();
  raw.destroy();
  await testDevice(); // later files of this process go on with the shared device
});

const turn = () => new Promise<void>((next) => setTimeout(next, 0));

describe('writeBuffer between recording and submit changes what recorded ops read', () => {
  it('so uploads never go into a buffer that recorded work is still to read', async () => {
    const results: Tensor[] = [];
    for (let i = 0; i < 50; i++) {
      const x = tensor([i, i + 1, i + 2]);
      results.push(x.mul(10));
      x.dispose(); // free for use again at once, but the multiplication is not submitted yet
    }
    for (let i = 0; i < 50; i++)
      expect(await results[i]?.array()).toEqual([10 * i, 10 * i + 10, 10 * i + 20]);
    expect(offences).toEqual([]);
  });

  it('and every dispatch has parameters of its own, though they are written last', async () => {
    const x = tensor([1, 2]);
    const shifted = Array.from({ length: 40 }, (_, k) => x.add(k));
    const values = await Promise.all(shifted.map((t) => t.array()));
    expect(values).toEqual(shifted.map((_, k) => [1 + k, 2 + k]));
  });

  it('which the watch would notice', async () => {
    const storage = tensor([1, 2]).storage as unknown as { pooled: { buffer: GPUBuffer } };
    const { buffer } = storage.pooled;
    const commands = raw.createCommandEncoder();
    commands.clearBuffer(buffer, 0, 8);
    raw.queue.writeBuffer(buffer, 0, Float32Array.of(5));
    raw.queue.submit([commands.finish()]);
    expect(offences.splice(0)).toEqual([expect.stringMatching(/bytes was written while recorded work/)]);
  });
});

describe('destroying a buffer before submit is an error', () => {
  it('so destruction waits for submit', async () => {
    const x = tensor(new Float32Array(8192).fill(1));
    const { createBuffer } = raw;
    raw.createBuffer = (request) => {
      const { size, usage } = request;
      return createBuffer.call(raw, size < 2 ** 20 ? request : { size: 2 ** 50, usage }); // no memory for it
    };
    const reading = zeros([2 ** 18])
      .add(x.sum())
      .data();
    const refused = expect(reading).rejects.toThrow(/allocating 1048576 bytes for add/);
    raw.createBuffer = createBuffer;
    const before = counts.destroyed;
    const results: Tensor[] = [];
    while (counts.destroyed === before) {
      // Whenever the failure is heard of, there is recorded work on buffers that are free.
      for (let k = 0; k < 20; k++) {
        const twice = x.mul(2);
        results.push(twice.sum());
        twice.dispose();
      }
      await turn();
    }
    expect(counts.destroyed - before).toBeGreaterThan(0);
    expect(offences).toEqual([]);
    await refused;
    const sums = await Promise.all(results.map((t) => t.item()));
    expect(sums.filter((v) => v !== 16384)).toEqual([]);
  });

  it('which the watch would notice', () => {
    const buffer = raw.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST });
    const commands = raw.createCommandEncoder();
    commands.clearBuffer(buffer, 0, 16);
    buffer.destroy();
    expect(offences.splice(0)).toEqual(['a buffer of 16 bytes was destroyed before the submit that uses it']);
  });
});

describe('one buffer bound read and read_write in one dispatch is an error', () => {
  const gradients: [string, (v: Variable, w: Variable) => Tensor][] = [
    ['itself', (v) => v],
    ['what it was assigned, v.assign(w)', (_, w) => w],
    ['a view of itself', (v) => v.reshape([4]).reshape([2, 2])],
    ['its transpose', (v) => v.T],
    ['its first row, twice', (v) => v.slice(0).broadcastTo([2, 2])],
  ];
  it.each(gradients)('so a variable whose gradient is %s is seen', async (_, gradient) => {
    const values = [
      [1, 2],
      [3, 4],
    ];
    for (const make of [optimizers.sgd, optimizers.adam]) {
      const [v, w] = [variable(zeros([2, 2])), variable(tensor(values))];
      v.assign(w);
      const optimizer = make(1);
      for (let step = 0; step < 2; step++) optimizer.step([v], [gradient(v, w)]);
      expect(await w.array()).toEqual(values);
      expect(await v.array()).not.toEqual(values);
      for (const t of [v, w, optimizer]) t.dispose();
    }
    await device.flush();
    expect(offences).toEqual([]);
  });

  it('so operations whose operands are one tensor only read it', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const found = [x.mul(x), x.matmul(x), x.add(x.T), x.dense(x, x.slice(0))];
    expect(await Promise.all(found.map((t) => t.array()))).toEqual([
      [
        [1, 4],
        [9, 16],
      ],
      [
        [7, 10],
        [15, 22],
      ],
      [
        [2, 5],
        [5, 8],
      ],
      [
        [8, 12],
        [16, 24],
      ],
    ]);
    expect(offences).toEqual([]);
  });

  it('which the watch would notice', async () => {
    const layout = raw.createBindGroupLayout({
      entries: (['storage', 'read-only-storage'] as const).map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
    const buffer = raw.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE });
    raw.createBindGroup({ layout, entries: [0, 1].map((binding) => ({ binding, resource: { buffer } })) });
    buffer.destroy();
    expect(offences.splice(0)).toEqual(['a buffer of 16 bytes is bound for reading and for writing at once']);
  });
});

describe('a command buffer submits once', () => {
  it('so every submit encodes anew, of training with tied weights too', async () => {
    const rng = random(2);
    const w = variable(scope(() => rng.normal([6, 6])));
    const adam = optimizers.adam();
    const before = counts.submits;
    for (let step = 0; step < 10; step++) {
      scope(() => {
        const x = tensor(
          Float32Array.from({ length: 24 }, (_, k) => Math.sin(step + k)),
          { shape: [4, 6] },
        );
        const loss = (p: { w: Variable }) => x.matmul(p.w).tanh().matmul(p.w.T).square().mean();
        const { grad } = valueAndGrad(loss as (p: { w: Tensor }) => Tensor)({ w });
        adam.step({ w }, grad);
      });
      await device.flush();
    }
    expect(counts.submits - before).toBe(10);
    expect(offences).toEqual([]);
    for (const t of [w, adam]) t.dispose();
  });
});

describe('the pool', () => {
  it('gives a storage that was freed during recording out again at once', async () => {
    const x = tensor(new Float32Array(3000).fill(1));
    await device.flush();
    const before = counts.buffers;
    let t = x.add(0);
    for (let k = 0; k < 300; k++) {
      const next = t.add(1);
      t.dispose();
      t = next;
    }
    expect(counts.buffers - before).toBeLessThanOrEqual(2); // one is read, one is written
    expect((await t.data())[2999]).toBe(301);
  });

  it('gives no buffer out twice, while a view, a read or a tape holds it', async () => {
    const x = tensor(new Float32Array(1000).fill(3));
    const view = x.add(1).slice([10, 12]);
    const reading = x.add(2).data();
    const g = valueAndGrad((p: Tensor) =>
      scope(() => {
        const y = p.square().mul(p).sum();
        for (let k = 0; k < 20; k++) zeros([1000]).add(k); // would fall upon what was freed
        return y;
      }),
    )(x);
    for (let k = 0; k < 20; k++) scope(() => x.mul(k));
    expect(await view.array()).toEqual([4, 4]);
    expect((await reading).every((v) => v === 5)).toBe(true);
    expect((await g.grad.data()).every((v) => v === 27)).toBe(true);
  });

  it('allocates at most an eighth above the request, and counts free buffers as allocated', async () => {
    const sizes: number[] = [];
    const other = await gpuDevice();
    intercept(other, 'createBuffer', (result) => {
      const { usage, size } = result as GPUBuffer;
      if (usage & GPUBufferUsage.STORAGE) sizes.push(size);
    });
    const small = await init({ backend: 'webgpu', device: other });
    sizes.length = 0; // of the status word
    const made: Tensor[] = [];
    let requested = 0;
    for (let n = 700; n < 200_000; n = Math.ceil(n * 1.7)) {
      requested += 4 * n;
      made.push(tensor(new Float32Array(n)));
      expect(sizes.at(-1)).toBeGreaterThanOrEqual(4 * n);
      expect(sizes.at(-1)).toBeLessThanOrEqual(4 * n * (9 / 8));
    }
    expect(sizes).toHaveLength(made.length);
    const before = memory();
    expect(before.poolBytes).toBe(0);
    for (const t of made) t.dispose();
    const after = memory();
    expect(before.bytes - after.bytes).toBe(requested);
    expect(after.poolBytes).toBe(sizes.reduce((a, b) => a + b));
    small.close();
    other.destroy();
    await testDevice();
    await init({ backend: 'webgpu', device: raw });
  });
});
