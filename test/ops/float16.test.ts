// float16 stores: half the memory on a GPU, rounded to nearest even, computed in float32. Expected bits are IEEE 754's.
import { describe, expect, it } from 'vitest';
import { full, grad, memory, random, type Tensor, tensor } from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const half = (values: number[]) => tensor(values, { dtype: 'float16' });

describe('float16', () => {
  it('holds 11 bits, rounding halves to even', async () => {
    const given = [1, -2.5, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2049, 2051, 0.1, 65504, 65519, 65520, 1e9];
    const kept = [1, -2.5, 1, 1 + 2 ** -9, 2048, 2052, 0.0999755859375, 65504, 65504, Infinity, Infinity];
    expect(await half(given).array()).toEqual(kept);
    expect(await half(given.map((v) => -v)).array()).toEqual(kept.map((v) => -v));
  });

  it('keeps small, special and odd-sized values', async () => {
    const least = 2 ** -24;
    const given = [
      0,
      -0,
      least,
      1.5 * least,
      2.5 * least,
      0.5 * least,
      2 ** -14 - least,
      Number.NaN,
      -Infinity,
    ];
    expect(await half(given).array()).toEqual([
      0,
      -0,
      least,
      2 * least,
      2 * least,
      0,
      2 ** -14 - least,
      Number.NaN,
      -Infinity,
    ]);
  });

  it('is computed in float32, in every layout', async () => {
    const x = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype: 'float16' },
    );
    expect(x.dtype).toBe('float16');
    expect(x.add(1).dtype).toBe('float32');
    expect(await x.T.slice([null, null, -1]).array()).toEqual([
      [3, 6],
      [2, 5],
      [1, 4],
    ]);
    expect(await x.matmul(x.T).array()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    expect(await x.sum(1).array()).toEqual([6, 15]);
    expect(await x.astype('int32').array()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await tensor([true, false]).astype('float16').array()).toEqual([1, 0]);
    expect(await full([3], 0.1, { dtype: 'float16' }).array()).toEqual([
      0.0999755859375, 0.0999755859375, 0.0999755859375,
    ]);
  });

  it('takes half the memory on a GPU', () => {
    const x = random(1).normal([1000]);
    const before = memory().bytes;
    const h = x.astype('float16');
    expect(memory().bytes - before).toBe(x.device.kind === 'webgpu' ? 2000 : 4000);
    h.dispose();
  });

  it('lets gradients through', async () => {
    const f = (x: Tensor) => x.astype('float16').square().sum();
    expect(await grad(f)(tensor([1, 2])).array()).toEqual([2, 4]);
    const g = grad((x: Tensor) => x.square().sum())(half([3]));
    expect(g.dtype).toBe('float32');
    expect(await g.array()).toEqual([6]);
  });
});
