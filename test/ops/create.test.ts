// Constructors, attributes and read-outs.
import { describe, expect, it } from 'vitest';
import {
  arange,
  empty,
  eye,
  full,
  fullLike,
  init,
  linspace,
  memory,
  ones,
  onesLike,
  random,
  tensor,
  zeros,
  zerosLike,
} from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

describe('tensor', () => {
  it('takes its dtype from the data', () => {
    expect(tensor([1, 2]).dtype).toBe('float32');
    expect(tensor(3).shape).toEqual([]);
    expect(tensor([[true], [false]]).dtype).toBe('bool');
    expect(tensor(new Int32Array(2)).dtype).toBe('int32');
    expect(tensor(new Uint8Array(2)).dtype).toBe('int32');
    expect(tensor(new Uint8Array(2), { dtype: 'float32' }).dtype).toBe('float32');
    expect(tensor(new Float64Array(2)).dtype).toBe(tensor(0).device.kind === 'cpu' ? 'float64' : 'float32');
  });

  it('gives back what it was given', async () => {
    expect(
      await tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).array(),
    ).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await tensor(new Float32Array([1, 2, 3, 4]), { shape: [2, 2] }).array()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await tensor([[true, false]]).array()).toEqual([[true, false]]);
    expect(await tensor([true, false]).data()).toEqual(Uint8Array.of(1, 0));
    expect(await tensor(Int32Array.of(-5, 2147483647)).data()).toEqual(Int32Array.of(-5, 2147483647));
    expect(await tensor([Number.NaN, Infinity, -Infinity, -0]).array()).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      -0,
    ]);
    expect(await tensor([]).array()).toEqual([]);
    expect(await tensor([[], []]).array()).toEqual([[], []]);
    expect(await tensor(7).item()).toBe(7);
  });

  it('copies: later changes of the array do not show', async () => {
    const data = new Float32Array([1, 2]);
    const t = tensor(data);
    data[0] = 9;
    expect(await t.array()).toEqual([1, 2]);
  });

  it('has NumPy’s attributes', async () => {
    const t = tensor([[[1, 2, 3]], [[4, 5, 6]]]);
    expect([t.ndim, t.size, t.shape]).toEqual([3, 6, [2, 1, 3]]);
    expect(t.mT.shape).toEqual([2, 3, 1]);
    expect(
      await tensor([
        [1, 2],
        [3, 4],
      ]).T.array(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(String(t)).toMatch(/^Tensor\(float32 \[2, 1, 3\] on (cpu|webgpu)\)$/);
  });
});

describe('from nothing', () => {
  it('fills', async () => {
    expect(await zeros([2, 2]).array()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(await ones([3], { dtype: 'int32' }).data()).toEqual(Int32Array.of(1, 1, 1));
    expect(await full([2], 2.5).array()).toEqual([2.5, 2.5]);
    expect(await full([2], 1, { dtype: 'bool' }).array()).toEqual([true, true]);
    expect(await full([], -Infinity).item()).toBe(-Infinity);
    expect(empty([4]).shape).toEqual([4]);
    expect(await zeros([0, 3]).array()).toEqual([]);
    const like = tensor(Int32Array.of(1, 2));
    expect(await zerosLike(like).data()).toEqual(Int32Array.of(0, 0));
    expect(await onesLike(like).data()).toEqual(Int32Array.of(1, 1));
    expect(await fullLike(like, 7).data()).toEqual(Int32Array.of(7, 7));
  });

  it('takes part in everything like any tensor', async () => {
    const c = full([2, 3], 2);
    expect(await c.matmul(ones([3, 2])).array()).toEqual([
      [6, 6],
      [6, 6],
    ]);
    expect(await c.sum(0).array()).toEqual([4, 4, 4]);
    expect(await c.reshape([3, 2]).T.slice(0).array()).toEqual([2, 2, 2]);
    expect(await c.softmax().array()).toEqual(
      [
        [1, 1, 1],
        [1, 1, 1],
      ].map((r) => r.map(() => expect.closeTo(1 / 3, 6))),
    );
  });

  it('counts', async () => {
    expect(await arange(4).data()).toEqual(Int32Array.of(0, 1, 2, 3));
    expect(await arange(5, 1, -2).data()).toEqual(Int32Array.of(5, 3));
    expect(await arange(0, 1, 0.25).array()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(await linspace(0, 1, 5).array()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(await linspace(2, 9, 1).array()).toEqual([2]);
    expect(await eye(2, 3, { k: 1 }).array()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(await eye(2).array()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('random', () => {
  it('is the same for the same seed, whatever the device', async () => {
    const draw = async (seed: number) => [...(await random(seed).integers(0, 1000, [5]).data())];
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('has the moments of its distributions', async () => {
    const n = 40_000;
    const rng = random(5);
    const moments = (values: ArrayLike<number>) => {
      const list = Array.from(values);
      const mean = list.reduce((a, b) => a + b) / n;
      return { mean, variance: list.reduce((a, b) => a + (b - mean) ** 2, 0) / n };
    };
    const uniform = moments(await rng.uniform([n], { low: -1, high: 1 }).data());
    expect(Math.abs(uniform.mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / n)); // five standard errors
    expect(Math.abs(uniform.variance - 1 / 3)).toBeLessThan(0.01);
    const normal = moments(await rng.normal([n], { mean: 2, std: 3 }).data());
    expect(Math.abs(normal.mean - 2)).toBeLessThan((5 * 3) / Math.sqrt(n));
    expect(Math.abs(normal.variance - 9)).toBeLessThan(0.4);
  });

  it('permutes', async () => {
    const order = [...(await random(9).permutation(1000).data())];
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('splits into streams that differ', async () => {
    const [a, b] = random(1).split(2);
    expect(await a?.uniform([4]).array()).not.toEqual(await b?.uniform([4]).array());
  });
});

describe('views', () => {
  it('cost no memory', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const before = memory().bytes;
    const views = [
      x.T,
      x.reshape([6]),
      x.slice(1),
      x.slice([null, null, -1]),
      x.expandDims(0),
      x.broadcastTo([4, 2, 3]),
    ];
    expect(memory().bytes).toBe(before);
    expect(views.map((v) => v.shape)).toEqual([[3, 2], [6], [3], [2, 3], [1, 2, 3], [4, 2, 3]]);
  });
});

describe('print', () => {
  it('shows what JSON cannot', async () => {
    const lines: string[] = [];
    const log = console.log;
    console.log = (line: string) => lines.push(line);
    try {
      await tensor([
        [Number.NaN, 0.1],
        [Infinity, -2],
      ]).print();
    } finally {
      console.log = log;
    }
    expect(lines[0]).toMatch(/\n\[\[NaN, 0.1\], \[Infinity, -2\]\]$/);
  });
});

describe('whole numbers', () => {
  const whole = (...values: number[]) => tensor(Int32Array.from(values));

  it('beyond int32 make float32, and do not saturate', async () => {
    const top = whole(2147483647);
    expect(await top.equal(2 ** 32).array()).toEqual([false]);
    expect(await whole(1).add(3e9).array()).toEqual([3000000000]);
  });

  it('multiply modulo 2^32 in matrix products', async () => {
    const [a, b] = [whole(2147483647, 123456789), whole(2147483647, 987654321)];
    const exact = BigInt(2147483647) ** 2n + 123456789n * 987654321n;
    expect(await a.matmul(b).item()).toBe(Number(BigInt.asIntN(32, exact)));
  });
});

describe('moved to another device', () => {
  it('a tensor has the same values there, and takes part in what is there', async () => {
    const here = tensor([[1, 2, 3]]);
    const cpu = await init('cpu');
    await testDevice();
    const there = tensor([1, 2, 3], { device: cpu });
    expect(await here.add(await there.to(here.device)).array()).toEqual([[2, 4, 6]]);
    expect(await (await here.to(cpu)).add(there).array()).toEqual([[2, 4, 6]]);
  });

  it('float64 is the CPU’s alone', async () => {
    const cpu = await init('cpu');
    await testDevice();
    expect(await tensor([0.1], { dtype: 'float64', device: cpu }).array()).toEqual([0.1]);
  });
});
