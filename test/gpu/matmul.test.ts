// Every variant of the matrix product against float64, at the bound that summation in any order meets:
// |error| <= 4 sqrt(K) eps (|A|·|B| + |bias|), on random data without zeros, in buffers filled with NaN around it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broadcastLayout, contiguousStrides, type Layout, type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Dispatch, Operand } from '../../src/device/device.ts';
import { acceptsMatmul, type MatmulCall, matmulDispatches } from '../../src/ops/matmul_plan.ts';
import type { Variant } from '../../src/ops/product_tiles.ts';
import { gpuDevice } from './device.ts';
import { type HostStorage, hostStorage, planContext, runDispatches } from './run-dispatch.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await gpuDevice();
});
afterAll(() => device?.destroy());

interface HostOperand extends Operand {
  readonly storage: HostStorage;
}

/** Uniform in ±[0.1, 1.1): no zero that could hide an element left out. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = state / 2 ** 32;
    return x < 0.5 ? -0.1 - 2 * x : 2 * x - 0.9;
  };
}

/** How a matrix lies in its storage. */
interface Lie {
  readonly transposed?: boolean;
  /** Elements between two lines, beyond their length. */
  readonly gap?: number;
  readonly offset?: number;
  /** The batch axes that it has in memory; 1 where it is broadcast. */
  readonly batch?: Shape;
  /** Any element stride for the innermost axis. */
  readonly step?: number;
}

/** An operand of this shape, with NaN in all elements of its storage that do not belong to it. */
function operand(shape: Shape, lie: Lie, random: () => number): HostOperand {
  const { transposed = false, gap = 0, offset = 0, step = 1, batch = shape.slice(0, -2) } = lie;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const length = (transposed ? rows : columns) * step + gap;
  const inner = transposed ? [step, length] : [length, step];
  const size = (transposed ? columns : rows) * length;
  const own: Layout = {
    shape: [...batch, rows, columns],
    strides: [...contiguousStrides([...batch, size]).slice(0, -1), ...inner],
    offset,
  };
  const data = new Float32Array(offset + sizeOf(batch) * size).fill(Number.NaN);
  each(own, (place) => {
    data[place] = random();
  });
  return { ...broadcastLayout(own, shape), dtype: 'float32', storage: hostStorage(data, 'float32') };
}

function each({ shape, strides, offset }: Layout, visit: (place: number) => void, axis = 0, place = offset) {
  if (axis === shape.length) visit(place);
  else
    for (let i = 0; i < (shape[axis] as number); i++)
      each({ shape, strides, offset }, visit, axis + 1, place + i * (strides[axis] as number));
}

function result(shape: Shape, offset: number, dtype: 'float32' | 'int32' = 'float32'): HostOperand {
  const length = offset + sizeOf(shape) + 8;
  const data = dtype === 'int32' ? new Int32Array(length).fill(-77) : new Float32Array(length).fill(-77);
  return { shape, strides: contiguousStrides(shape), offset, dtype, storage: hostStorage(data, dtype) };
}

/** The elements of a [..., rows, columns] operand, in order. */
function values(x: HostOperand): Float64Array {
  const list: number[] = [];
  each(x, (place) => {
    list.push(x.storage.data[place] as number);
  });
  return Float64Array.from(list);
}

interface Case {
  readonly name: string;
  /** Not for the tiled variant, whose workgroup memory takes SwiftShader half a second to compile. */
  readonly brief?: true;
  readonly batch?: Shape;
  readonly size: readonly [m: number, k: number, n: number];
  readonly a?: Lie;
  readonly b?: Lie;
  readonly offset?: number;
  readonly bias?: boolean;
  readonly relu?: boolean;
}

/** Runs a case and gives the worst error in units of the bound. */
async function check(c: Case, variant: Variant | undefined, software: boolean): Promise<void> {
  const { batch = [], size, offset = 0 } = c;
  const [m, k, n] = size;
  const random = randomNumbers(m * 7919 + k * 131 + n);
  const a = operand([...batch, m, k], c.a ?? {}, random);
  const b = operand([...batch, k, n], c.b ?? {}, random);
  const bias = c.bias ? operand([1, n], { offset: 3 }, random) : undefined;
  const out = result([...batch, m, n], offset);
  const call: MatmulCall = {
    a,
    b,
    out,
    variant,
    ...(bias && { bias: { ...bias, shape: [n], strides: [1] } }),
    ...(c.relu && {
      activation: {
        expression: 'positive(x)',
        functions: 'fn positive(x: f32) -> f32 { return max(x, 0.0); }',
      },
    }),
  };
  const dispatches = matmulDispatches(call, planContext(software));
  expect(dispatches[0]?.work).toBe(2 * m * k * n * sizeOf(batch));
  if (variant)
    expect(dispatches[0]?.shader).toBe(
      { register: 'matmul', tiled: 'matmul_tiled', simple: 'matmul_simple' }[variant],
    );
  const got = await runDispatches(device, dispatches, out.storage);
  // Which of the two pipelines runs is a matter of time, so it must not matter to the result.
  const quick = dispatches[0] as Dispatch;
  if (quick.faster)
    expect(
      await runDispatches(device, [{ ...quick, ...quick.faster }, ...dispatches.slice(1)], out.storage),
    ).toEqual(got);

  const [x, y, shift] = [values(a), values(b), bias ? values(bias) : new Float64Array(n)];
  const bound = 4 * Math.sqrt(Math.max(k, 1)) * 2 ** -23;
  let worst = 0;
  let wrong = '';
  for (let p = 0, at = offset; p < sizeOf(batch); p++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++, at++) {
        let sum = 0;
        let scale = Math.abs(shift[j] as number);
        for (let q = 0; q < k; q++) {
          const term = (x[(p * m + i) * k + q] as number) * (y[(p * k + q) * n + j] as number);
          sum += term;
          scale += Math.abs(term);
        }
        const z = sum + (shift[j] as number);
        const want = c.relu ? Math.max(z, 0) : z;
        const error = Math.abs((got[at] as number) - want);
        if (!(error <= bound * scale) && wrong === '')
          wrong = `[${p}, ${i}, ${j}]: ${got[at]}, expected ${want}`;
        worst = Math.max(worst, scale === 0 ? 0 : error / (bound * scale));
      }
  expect(wrong).toBe('');
  expect(worst).toBeLessThanOrEqual(1);
  const outside = [...got.subarray(0, offset), ...got.subarray(offset + sizeOf(out.shape))];
  expect(outside.every((v) => v === -77)).toBe(true);
}

const transposed = { transposed: true };
const cases: Case[] = [
  { name: 'aligned', brief: true, size: [32, 16, 48] },
  { name: 'aligned, several tiles of every variant', size: [128, 32, 80] },
  { name: 'odd', size: [37, 29, 43] },
  { name: 'aligned but for k', brief: true, size: [16, 18, 16] },
  { name: 'aligned but for m', brief: true, size: [19, 16, 16] },
  { name: 'one element', brief: true, size: [1, 1, 1] },
  { name: 'a row times a matrix', brief: true, size: [1, 20, 36] },
  { name: 'a matrix times a column', brief: true, size: [36, 20, 1] },
  { name: 'a matrix times a column, odd', brief: true, size: [37, 21, 1], a: { offset: 1 } },
  { name: 'a matrix times a column, transposed', brief: true, size: [36, 20, 1], a: transposed, relu: true },
  { name: 'a matrix times a column, bias', brief: true, size: [20, 12, 1], bias: true },
  {
    name: 'batched, a broadcast matrix times columns',
    brief: true,
    batch: [2, 3],
    size: [9, 8, 1],
    a: { batch: [1, 3] },
  },
  { name: 'a column times a row', brief: true, size: [33, 1, 20] },
  { name: 'a few columns times rows', brief: true, size: [40, 3, 36] },
  { name: 'a few columns times rows, odd', brief: true, size: [41, 5, 35], b: { gap: 2 }, bias: true },
  { name: 'a row times a column', brief: true, size: [1, 100, 1] },
  { name: 'long inner axis', brief: true, size: [4, 1000, 4] },
  { name: 'longer inner axis', brief: true, size: [19, 4099, 18], a: { offset: 2 }, b: transposed },
  { name: 'longer inner axis, batched', brief: true, batch: [3], size: [1, 2048, 12], b: { batch: [1] } },
  { name: 'three rows', brief: true, size: [3, 8, 64] },
  { name: 'ten columns', brief: true, size: [64, 64, 10] },
  { name: 'ten columns, bias, relu', size: [64, 64, 10], bias: true, relu: true },
  { name: 'no inner axis', brief: true, size: [5, 0, 8] },
  { name: 'no inner axis, bias, relu', size: [5, 0, 9], bias: true, relu: true },
  { name: 'bias', size: [20, 12, 24], bias: true },
  { name: 'bias, relu, odd', brief: true, size: [21, 13, 23], bias: true, relu: true },
  { name: 'relu', brief: true, size: [24, 12, 20], relu: true },
  { name: 'A transposed', size: [48, 24, 32], a: transposed },
  { name: 'B transposed', size: [48, 24, 32], b: transposed },
  { name: 'both transposed', brief: true, size: [48, 24, 32], a: transposed, b: transposed },
  { name: 'both transposed, odd', size: [47, 23, 31], a: transposed, b: transposed },
  { name: 'gradient of ten columns: a weight', brief: true, size: [64, 64, 10], a: transposed },
  { name: 'gradient of ten columns: an input', brief: true, size: [64, 10, 64], b: transposed },
  { name: 'gaps of four between lines', size: [19, 17, 18], a: { gap: 3 }, b: { gap: 2 } },
  {
    name: 'gaps of four, transposed',
    size: [19, 17, 18],
    a: { ...transposed, gap: 1 },
    b: { ...transposed, gap: 3 },
  },
  { name: 'odd gaps', size: [24, 16, 20], a: { gap: 1 }, b: { ...transposed, gap: 3 } },
  { name: 'offsets', brief: true, size: [24, 16, 20], a: { offset: 4 }, b: { offset: 8 }, offset: 12 },
  { name: 'odd offsets', size: [24, 16, 20], a: { offset: 1 }, b: { offset: 3 }, offset: 5, bias: true },
  { name: 'every second element', size: [12, 11, 13], a: { step: 2 }, b: { ...transposed, step: 3 } },
  { name: 'batched', brief: true, batch: [3], size: [17, 9, 12] },
  { name: 'batched, aligned, bias', brief: true, batch: [3], size: [16, 8, 12], bias: true },
  { name: 'batched, A broadcast', brief: true, batch: [5], size: [16, 12, 8], a: { batch: [1] } },
  {
    name: 'batched, B broadcast and transposed',
    brief: true,
    batch: [2, 3],
    size: [9, 8, 7],
    b: { ...transposed, batch: [1, 1] },
  },
  {
    name: 'four batch axes, crosswise broadcast',
    batch: [2, 3, 2, 3],
    size: [5, 4, 6],
    a: { batch: [2, 1, 2, 1] },
    b: { batch: [1, 3, 1, 3], offset: 2 },
  },
];

const variants: [string, Variant, boolean][] = [
  ['register, for a software adapter', 'register', true],
  ['register, for a GPU', 'register', false],
  ['tiled', 'tiled', false],
  ['simple', 'simple', false],
];

describe.each(variants)('matmul: %s', (_, variant, software) => {
  const fit = cases.filter((c) => !(c.brief && variant === 'tiled'));
  it.each(fit.map((c) => [c.name, c] as const))('%s', (_, c) => check(c, variant, software));
});

describe('matmul', () => {
  it.each([
    [[64, 256, 128], true, 'matmul'],
    [[1024, 64, 1024], true, 'matmul'],
    [[1024, 64, 1024], false, 'matmul_tiled'],
    [[64, 256, 128], false, 'matmul'],
    [[100_000, 64, 4], false, 'matmul'],
  ] as const)('chooses by shape and adapter: %j, software %s', ([m, k, n], software, shader) => {
    const shapes = [
      [m, k],
      [k, n],
      [m, n],
    ];
    const storage = hostStorage(new Float32Array(0), 'float32');
    const [a, b, out] = shapes.map((shape): Operand => {
      return { shape, strides: contiguousStrides(shape), offset: 0, dtype: 'float32', storage };
    }) as [Operand, Operand, Operand];
    expect(matmulDispatches({ a, b, out }, planContext(software))[0]?.shader).toBe(shader);
  });

  it.each([
    [[16, 4096, 16], true],
    [[16, 4096, 16], false],
    [[1, 8192, 64], false],
    [[64, 8192, 1], false],
  ] as const)('shares a long sum: %j, software %s', ([m, k, n], software) => {
    const random = randomNumbers(1);
    const [a, b] = [operand([m, k], {}, random), operand([k, n], {}, random)];
    const shaders = (more: Partial<MatmulCall>) =>
      matmulDispatches({ a, b, out: result([m, n], 0), ...more }, planContext(software)).map((d) => d.shader);
    expect(shaders({})).toEqual(['matmul', 'reduce']);
    // What happens to the sum has no place behind partial ones.
    expect(shaders({ activation: { expression: 'x' } })).toEqual(['matmul']);
    expect(shaders({ bias: operand([1, n], {}, random) })).toEqual(['matmul']);
  });

  it('reads one column through a mask, and adds the sums of the columns to long sums', async () => {
    for (const [m, k, n, sums] of [
      [9, 7, 1, false],
      [6, 4100, 5, true],
    ] as const) {
      const random = randomNumbers(6);
      const a = operand([m, k], { transposed: true }, random);
      const b = operand([k, n], { offset: 4 }, random);
      const y = operand([k, n], {}, random);
      const out = result([m + Number(sums), n], 0);
      const mask = { of: 'b', y, expression: 'g * y' } as const;
      const plan = matmulDispatches({ a, b, out, sums, mask }, planContext(true));
      const got = await runDispatches(device, plan, out.storage);
      const [av, bv, yv] = [values(a), values(b), values(y)];
      for (let i = 0; i < m + Number(sums); i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          let scale = 0;
          for (let q = 0; q < k; q++) {
            const masked = (bv[q * n + j] as number) * (yv[q * n + j] as number);
            const term = (i < m ? (av[i * k + q] as number) : 1) * masked;
            sum += term;
            scale += Math.abs(term);
          }
          expect(Math.abs((got[i * n + j] as number) - sum)).toBeLessThan(
            4 * Math.sqrt(k) * 2 ** -23 * scale,
          );
        }
    }
  });

  it.each([
    ['rows', [], [0, 3, 4]],
    ['columns', [], [2, 3, 0]],
    ['matrices', [0], [2, 3, 4]],
  ] as const)('dispatches nothing without %s', (_, batch, [m, k, n]) => {
    const random = randomNumbers(1);
    const a = operand([...batch, m, k], {}, random);
    const b = operand([...batch, k, n], {}, random);
    expect(matmulDispatches({ a, b, out: result([...batch, m, n], 0) }, planContext(true))).toEqual([]);
  });

  it.each(variants)('finds its place in a grid of two dimensions: %s', async (_, variant, software) => {
    const random = randomNumbers(3);
    const a = operand([7, 3, 64], {}, random);
    const b = operand([7, 64, 5], {}, random);
    const out = result([7, 3, 5], 0);
    const plan = matmulDispatches({ a, b, out, variant }, planContext(software));
    const flat = await runDispatches(device, plan, out.storage);
    const square = plan.map((d) => ({ ...d, workgroups: [2, Math.ceil(d.workgroups[0] / 2)] as const }));
    expect(await runDispatches(device, square, out.storage)).toEqual(flat);
  });

  it('runs more workgroups than one dimension holds', async () => {
    const random = randomNumbers(4);
    const count = 300_000;
    const a = operand([count, 1, 1], {}, random);
    const b = operand([count, 1, 1], { batch: [1] }, random);
    const out = result([count, 1, 1], 0);
    const plan = matmulDispatches({ a, b, out, variant: 'register' }, planContext(true));
    expect(plan[0]?.workgroups).toEqual([37_500, 2]);
    const got = await runDispatches(device, plan, out.storage);
    const factor = b.storage.data[0] as number;
    expect(got.subarray(0, count)).toEqual((a.storage.data as Float32Array).map((x) => x * factor));
    const tiled = matmulDispatches({ a, b, out, variant: 'tiled' }, planContext(false));
    expect(tiled[0]?.workgroups).toEqual([60_000, 5]);
  });

  it('multiplies integers, which wrap around', async () => {
    const data = Int32Array.from({ length: 64 }, (_, i) => Math.imul(i + 1, 0x1234567));
    const storage = hostStorage(data, 'int32');
    const a: Operand = { shape: [5, 7], strides: [7, 1], offset: 2, dtype: 'int32', storage };
    const b: Operand = { shape: [7, 6], strides: [1, 7], offset: 9, dtype: 'int32', storage };
    const out = result([5, 6], 0, 'int32');
    expect(acceptsMatmul(a)).toBe(true);
    const got = await runDispatches(device, matmulDispatches({ a, b, out }, planContext(true)), out.storage);
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 6; j++) {
        let sum = 0;
        for (let k = 0; k < 7; k++)
          sum = (sum + Math.imul(data[2 + 7 * i + k] as number, data[9 + k + 7 * j] as number)) | 0;
        expect(got[6 * i + j]).toBe(sum);
      }
  });

  it('passes infinities and NaN on, also beside the end of a ragged inner axis', async () => {
    for (const variant of ['register', 'tiled', 'simple'] as const) {
      const random = randomNumbers(5);
      const a = operand([6, 5], { gap: 3 }, random);
      const b = operand([5, 7], { gap: 1 }, random);
      a.storage.data[4] = Infinity; // [0, 4]
      b.storage.data[4 * 8 + 2] = Number.NaN; // [4, 2]
      const out = result([6, 7], 0);
      const got = await runDispatches(
        device,
        matmulDispatches({ a, b, out, variant }, planContext(true)),
        out.storage,
      );
      for (let i = 0; i < 6; i++)
        for (let j = 0; j < 7; j++) {
          const x = got[7 * i + j] as number;
          if (j === 2) expect(x).toBeNaN();
          else if (i === 0) expect(x).toBe(Infinity * (b.storage.data[4 * 8 + j] as number));
          else expect(Number.isFinite(x)).toBe(true);
        }
    }
  });
});
