// Convolutions and pools: values and gradients against frozen loops in NumPy (test/fixtures/make-conv.py), derivatives
// against central differences in float64, and on WebGPU against the CPU in float64. Bad calls stand in test/bad-calls/networks.ts.
import { beforeAll, describe, expect, it } from 'vitest';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import {
  type Device,
  type DType,
  grad,
  memory,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '../../src/index.ts';
import type { InternalOps } from '../../src/tensor.ts';
import frozen from '../fixtures/conv.json' with { type: 'json' };
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

type Rows = Tensor & InternalOps;
type Options = Parameters<Tensor['conv2d']>[1] & Parameters<Tensor['maxPool2d']>[0];
interface Plain {
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}
interface Case {
  readonly name: string;
  readonly options: Options;
  readonly x: Plain;
  readonly y: Plain;
  readonly g: Plain;
  readonly dx: Plain;
}
const convolutions = frozen.convolutions as unknown as (Case & { readonly w: Plain; readonly dw: Plain })[];
const pools = frozen.pools as unknown as (Case & {
  readonly h: Plain;
  readonly pick: Plain;
  readonly average?: Plain;
  readonly dAverage?: Plain;
})[];

interface Where {
  readonly device: Device;
  readonly dtype: DType;
}
let here: Where;
let exact: Where;
beforeAll(async () => {
  const device = await testDevice();
  here = { device, dtype: 'float32' };
  exact = { device: device.kind === 'cpu' ? device : new CPUDevice(), dtype: 'float64' };
});

const numbers = ({ values }: Plain): number[] => values.map(Number);

/** As it is; or transposed, behind and between other values: no kernel may read those. */
type Lay = 'plain' | 'offset' | 'strided';
const LAYS: readonly Lay[] = ['plain', 'offset', 'strided'];

function build(
  values: readonly number[],
  shape: readonly number[],
  { device, dtype }: Where,
  lay: Lay,
): Tensor {
  if (lay === 'plain') return tensor(Float64Array.from(values), { shape, dtype, device });
  if (lay === 'offset')
    return tensor(Float64Array.of(Number.NaN, ...values, Number.NaN), { dtype, device })
      .slice([1, values.length + 1])
      .reshape(shape);
  const [n, h, w, c] = shape as [number, number, number, number];
  const storage = new Float64Array(2 * values.length).fill(Number.NaN);
  values.forEach((value, at) => {
    const [k, i, j, d] = [at / (h * w * c), (at / (w * c)) % h, (at / c) % w, at % c].map(Math.floor) as [
      number,
      number,
      number,
      number,
    ];
    storage[2 * (((j * c + d) * n + k) * h + i)] = value;
  });
  return tensor(storage, { shape: [w, c, n, h, 2], dtype, device })
    .slice(null, null, null, null, 0)
    .permuteDims([2, 3, 0, 1]);
}

const of = (plain: Plain, lay: Lay = 'plain', where = here): Rows =>
  build(numbers(plain), plain.shape, where, lay) as Rows;

/** Bit for bit: sums of small whole numbers are exact, and picked values are moved. */
async function same(found: Tensor, wanted: Plain): Promise<void> {
  expect(found.shape).toEqual(wanted.shape);
  expect([...(await found.data())]).toEqual(numbers(wanted));
}

async function near(
  found: Tensor,
  wanted: readonly number[],
  [atol, rtol]: readonly [number, number],
): Promise<void> {
  const values = await found.data();
  expect(values.length).toBe(wanted.length);
  const wrong = wanted.flatMap((w, k) => {
    const v = values[k] as number;
    return Object.is(v, w) || Math.abs(v - w) <= atol + rtol * Math.abs(w) ? [] : [`${k}: ${v}, wanted ${w}`];
  });
  expect(wrong).toEqual([]);
}

const FLOAT32 = [1e-5, 1e-4] as const;
const GRADCHECK = [1e-5, 1e-3] as const;

// --- values ---

/** Gradients of Σ f(x)·g by every operand. */
function gradients(f: (xs: Tensor[]) => Tensor, xs: readonly Tensor[], g: Tensor): Tensor[] {
  return grad((by: Tensor[]) => f(by).mul(g).sum())([...xs]);
}

describe.each(convolutions)('conv2d, $name', ({ options, x, w, y, g, dx, dw }) => {
  it.each(LAYS)('gives the values of NumPy, operands %s', async (lay) => {
    const [images, kernels, gradient] = [of(x, lay), of(w, lay), of(g, lay)];
    await same(images.conv2d(kernels, options), y);
    await same(gradient.conv2dInputGrad(kernels, x.shape, options), dx);
    await same(images.conv2dKernelGrad(gradient, w.shape, options), dw);
  });

  it('has these gradients', async () => {
    const f = ([a, b]: Tensor[]) => (a as Tensor).conv2d(b as Tensor, options);
    const [byX, byW] = gradients(f, [of(x), of(w)], of(g));
    await same(byX as Tensor, dx);
    await same(byW as Tensor, dw);
  });
});

describe.each(pools)('pools, $name', ({ options, x, y, g, dx, h, pick, average, dAverage }) => {
  it.each(LAYS)('maxPool2d gives the values of NumPy, operands %s', async (lay) => {
    await same(of(x, lay).maxPool2d(options), y);
    await same(of(x, lay).maxPool2dGrad(of(g, lay), options), dx);
    await same(of(x, lay).maxPool2dPick(of(h, lay), options), pick);
  });

  it('avgPool2d gives the values of NumPy, or refuses windows of padding alone', async () => {
    if (!average || !dAverage) {
      expect(() => of(h).avgPool2d(options)).toThrow(ShapeError);
      return;
    }
    for (const lay of LAYS) {
      await near(of(h, lay).avgPool2d(options), numbers(average), FLOAT32);
      await near(of(g, lay).avgPool2dGrad(h.shape, options), numbers(dAverage), FLOAT32);
    }
  });

  it('have these gradients', async () => {
    const [max] = gradients(([t]) => (t as Tensor).maxPool2d(options), [of(x)], of(g));
    await same(max as Tensor, dx);
    if (!dAverage) return;
    const [mean] = gradients(([t]) => (t as Tensor).avgPool2d(options), [of(h)], of(g));
    await near(mean as Tensor, numbers(dAverage), FLOAT32);
  });
});

describe('values', () => {
  /** Multiples of 1/64 in [−1, 1], which float32 holds too. */
  const random = (seed: number, count: number): number[] => {
    let state = seed;
    return Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (Math.floor(state / 2 ** 25) - 64) / 64;
    });
  };
  const both = (seed: number, shape: readonly number[]): [Rows, Rows] => {
    const values = random(
      seed,
      shape.reduce((n, d) => n * d, 1),
    );
    return [build(values, shape, here, 'plain') as Rows, build(values, shape, exact, 'plain') as Rows];
  };
  const size = (t: Tensor) => [...t.dataSync()];

  it.each([
    ['four lanes', [3, 40, 33, 8], [3, 3, 8, 16], { padding: 'same' }],
    ['one lane', [3, 40, 33, 3], [5, 3, 3, 5], { strides: 2 }],
    ['groups', [5, 17, 16, 16], [3, 3, 4, 16], { groups: 4, padding: 'same' }],
    ['depthwise', [2, 33, 40, 9], [3, 3, 1, 9], { groups: 9, padding: 'same' }],
    ['many kernels', [1, 4, 4, 64], [3, 3, 64, 128], {}],
    ['four lanes, strides', [2, 11, 10, 8], [3, 3, 8, 4], { strides: [2, 3], padding: 'same' }],
    ['one channel, dilation', [2, 9, 13, 1], [5, 4, 1, 12], { dilation: [1, 2], padding: 'same' }],
    ['one channel to one', [2, 5, 6, 1], [3, 2, 1, 1], { padding: 'same' }],
    ['groups, strides', [2, 7, 8, 12], [3, 2, 4, 9], { groups: 3, strides: 2, padding: 'same' }],
    ['depthwise, four lanes', [2, 9, 8, 8], [3, 3, 1, 8], { groups: 8, strides: 2, padding: 'same' }],
    ['depthwise, pixels in pairs', [2, 17, 13, 4], [3, 3, 1, 4], { groups: 4, padding: 'same' }],
    ['depthwise, by fours and one idle', [2, 9, 23, 8], [3, 3, 1, 8], { groups: 8, dilation: 2 }],
    [
      'depthwise, by fours, strided',
      [2, 20, 31, 8],
      [3, 3, 1, 8],
      { groups: 8, strides: 2, padding: 'same' },
    ],
    ['depthwise, four for each', [2, 9, 8, 3], [3, 3, 1, 12], { groups: 3, padding: 'same' }],
  ] as const)('of larger convolutions agree with float64: %s', async (_, x, w, options) => {
    const [a, ax] = both(1, x);
    const [b, bx] = both(2, w);
    const y = a.conv2d(b, options);
    await near(y, size(ax.conv2d(bx, options)), FLOAT32);
    const [g, gx] = both(3, y.shape);
    await near(g.conv2dInputGrad(b, x, options), size(gx.conv2dInputGrad(bx, x, options)), FLOAT32);
    // Thousands of products in a sum, some of which nearly cancel.
    await near(a.conv2dKernelGrad(g, w, options), size(ax.conv2dKernelGrad(gx, w, options)), [5e-4, 1e-4]);
  });

  it.each([
    ['four lanes', [3, 10, 9, 4], [3, 3, 4, 8], 'relu', { padding: 'same' }],
    ['an odd edge', [2, 7, 5, 3], [2, 3, 3, 5], 'tanh', { strides: [2, 1] }],
    ['no activation', [2, 6, 5, 8], [1, 1, 8, 7], 'linear', {}],
    ['a sum that would be shared', [1, 2, 2, 512], [2, 2, 512, 4], 'sigmoid', {}],
    ['groups', [2, 6, 7, 12], [3, 2, 4, 9], 'sigmoid', { groups: 3, padding: 'same' }],
    ['depthwise', [2, 5, 6, 3], [3, 3, 1, 3], 'relu', { groups: 3, padding: 'same' }],
    ['depthwise, four lanes', [1, 6, 5, 8], [3, 3, 1, 8], 'tanh', { groups: 8, strides: 2 }],
    ['depthwise, by fours', [1, 20, 20, 8], [3, 3, 1, 8], 'relu', { groups: 8, padding: 'same' }],
  ] as const)('with bias and activation are those of three operations: %s', async (_, x, w, name, window) => {
    const shapes = [x, w, [w[3]]];
    const pairs = shapes.map((shape, k) => both(k + 11, shape));
    const [operands, wanted] = [pairs.map(([t]) => t as Tensor), pairs.map(([, t]) => t)];
    operands[2] = build(size(wanted[2] as Tensor), [w[3]], here, 'offset');
    const apart = ([a, b, shift]: Tensor[]) => {
      const z = (a as Tensor).conv2d(b as Tensor, window).add(shift as Tensor);
      return name === 'linear' ? z : z[name]();
    };
    const fused = ([a, b, bias]: Tensor[]) =>
      (a as Tensor).conv2d(b as Tensor, { ...window, bias, activation: name });
    const y = apart(wanted);
    await near(fused(operands), size(y), FLOAT32);
    const [g, gx] = both(14, y.shape);
    const exactly = gradients(apart, wanted, gx);
    for (const [k, found] of gradients(fused, operands, g).entries())
      await near(found, size(exactly[k] as Tensor), [5e-5, 1e-4]);
  });

  it.each([1, 2])('of padding add nothing to infinities and NaN, strides %i', async (strides) => {
    const options = { strides, padding: 'same' } as const;
    const [x, ax] = both(4, [1, 5, 6, 4]);
    const numbers = random(5, 3 * 3 * 4 * 4).map(
      (v, k) => (k % 5 === 0 ? [Infinity, Number.NaN, v][k % 3] : v) as number,
    );
    const w = build(numbers, [3, 3, 4, 4], here, 'plain') as Rows;
    const aw = build(numbers, [3, 3, 4, 4], exact, 'plain') as Rows;
    const y = ax.conv2d(aw, options);
    const found = x.conv2d(w, options);
    await near(found, size(y), FLOAT32);
    const [g, ag] = both(6, y.shape);
    await near(
      g.conv2dInputGrad(w, x.shape, options),
      size(ag.conv2dInputGrad(aw, x.shape, options)),
      FLOAT32,
    );
    await near(
      x.conv2dKernelGrad(found, w.shape, options),
      size(ax.conv2dKernelGrad(y, w.shape, options)),
      FLOAT32,
    );
  });

  it('of more than 65,535 workgroups are all there', async () => {
    const shape = [1, 2100, 2000, 1];
    const values = Float32Array.from({ length: 4.2e6 }, (_, k) => k % 8191);
    const x = tensor(values, { shape }) as Rows;
    const window = { size: 1 };
    const found = [
      x.conv2d(tensor([[[[1]]]])),
      x.conv2dInputGrad(tensor([[[[1]]]]), shape, {}),
      x.maxPool2d(window),
      x.maxPool2dGrad(x, window),
      x.maxPool2dPick(x, window),
      x.avgPool2d(window),
      x.avgPool2dGrad(shape, window),
    ];
    for (const y of found) {
      const data = await y.data();
      expect(data.findIndex((v, k) => v !== values[k])).toBe(-1);
    }
  });

  it('are there for no images, no channels and no pixels', async () => {
    const empty = zeros([0, 4, 4, 2]) as Rows;
    const kernels = ones([3, 3, 2, 5]);
    const y = empty.conv2d(kernels) as Rows;
    expect(y.shape).toEqual([0, 2, 2, 5]);
    expect((await y.data()).length).toBe(0);
    expect(y.conv2dInputGrad(kernels, empty.shape, {}).shape).toEqual([0, 4, 4, 2]);
    await same(empty.conv2dKernelGrad(y, [3, 3, 2, 5], {}), {
      shape: [3, 3, 2, 5],
      values: new Array(90).fill(0),
    });
    for (const pooled of [empty.maxPool2d({ size: 2 }), empty.avgPool2d({ size: 2 })])
      expect(pooled.shape).toEqual([0, 2, 2, 2]);
    expect(empty.maxPool2dGrad(zeros([0, 2, 2, 2]), { size: 2 }).shape).toEqual([0, 4, 4, 2]);

    const hollow = zeros([1, 2, 2, 0]) as Rows;
    await same(hollow.conv2d(zeros([1, 1, 0, 2])), { shape: [1, 2, 2, 2], values: new Array(8).fill(0) });
    expect(ones([1, 2, 2, 1]).conv2d(zeros([1, 1, 1, 0])).shape).toEqual([1, 2, 2, 0]);
    const dx = (zeros([1, 2, 2, 0]) as Rows).conv2dInputGrad(zeros([1, 1, 1, 0]), [1, 2, 2, 1], {});
    await same(dx, { shape: [1, 2, 2, 1], values: [0, 0, 0, 0] });

    for (const padding of [
      'valid',
      'same',
      [
        [1, 0],
        [0, 0],
      ],
    ] as const) {
      const flat = zeros([2, 0, 3, 1]);
      const none = flat.conv2d(ones([2, 2, 1, 4]), { padding, strides: 3 });
      expect(none.shape).toEqual([2, 0, 1, 4]);
      expect(flat.maxPool2d({ size: 2, padding }).shape.slice(0, 2)).toEqual([2, 0]);
      const [byX, byW] = gradients(
        ([a, b]) => (a as Tensor).conv2d(b as Tensor, { padding, strides: 3 }),
        [flat, ones([2, 2, 1, 4])],
        none,
      );
      expect(byX?.shape).toEqual([2, 0, 3, 1]);
      await same(byW as Tensor, { shape: [2, 2, 1, 4], values: new Array(16).fill(0) });
    }
  });

  it('are floats, also of whole numbers, and do not change with the way that options are written', async () => {
    const x = tensor(
      Int32Array.from({ length: 16 }, (_, k) => k),
      { shape: [1, 4, 4, 1] },
    );
    const w = ones([2, 2, 1, 1]);
    const y = x.conv2d(w, { strides: 2 });
    expect(y.dtype).toBe('float32');
    await same(y, { shape: [1, 2, 2, 1], values: [10, 18, 42, 50] });
    expect(x.maxPool2d({ size: 2 }).dtype).toBe('float32');
    expect(x.avgPool2d({ size: 2 }).dtype).toBe('float32');
    const spelt = {
      strides: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1],
      groups: 1,
    } as const;
    await same(x.conv2d(w, spelt), { shape: [1, 2, 2, 1], values: [10, 18, 42, 50] });
  });

  it('leave no memory behind', () => {
    const x = ones([2, 6, 6, 4]);
    const w = ones([3, 3, 4, 4]);
    const before = memory();
    scope(() => {
      grad((t: Tensor[]) =>
        (t[0] as Tensor)
          .conv2d(t[1] as Tensor, { padding: 'same' })
          .maxPool2d({ size: 2 })
          .avgPool2d({ size: 3 })
          .sum(),
      )([x, w]);
    });
    expect([memory().tensors, memory().bytes]).toEqual([before.tensors, before.bytes]);
  });
});

// --- derivatives ---

interface Problem {
  readonly name: string;
  readonly f: (xs: Tensor[]) => Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** The operands, then the weights of the result, then those of the gradients. */
  readonly values: readonly (readonly number[])[];
}

/** Distinct multiples of 1/64, in an order that looks random: no ties, and float32 holds them. */
function scattered(count: number, seed: number): number[] {
  const list = Array.from({ length: count }, (_, k) => (k + 1) / 64);
  let state = seed;
  for (let k = count - 1; k > 0; k--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (k + 1));
    [list[k], list[other]] = [list[other] as number, list[k] as number];
  }
  return list.map((v, k) => (k % 3 === 0 ? v : -v));
}

function problem(name: string, f: Problem['f'], operands: readonly Plain[], y: Plain): Problem {
  const shapes = [...operands, y, ...operands].map((t) => t.shape);
  return {
    name,
    f,
    shapes,
    values: shapes.map((shape, k) =>
      scattered(
        shape.reduce((n, d) => n * d, 1),
        k + 1,
      ),
    ),
  };
}

const fused = convolutions.flatMap(({ name, options, x, w, y }, k) => {
  const activation = (['tanh', 'sigmoid', 'linear'] as const)[k % 3] as 'tanh';
  const bias = { shape: [y.shape[3] as number], values: [] };
  const scaled = (t: Tensor) => t.mul(1 / 64); // where tanh and sigmoid are not flat
  return problem(
    `conv2d with bias, ${activation}, ${name}`,
    ([a, b, c]) =>
      scaled(a as Tensor).conv2d(b as Tensor, { ...options, bias: scaled(c as Tensor), activation }),
    [x, w, bias],
    y,
  );
});

const problems: Problem[] = [
  ...fused,
  ...convolutions.map(({ name, options, x, w, y }) =>
    problem(`conv2d, ${name}`, ([a, b]) => (a as Tensor).conv2d(b as Tensor, options), [x, w], y),
  ),
  ...pools.flatMap(({ name, options, x, y, average }) => [
    problem(`maxPool2d, ${name}`, ([a]) => (a as Tensor).maxPool2d(options).clip(-8), [x], y),
    ...(average ? [problem(`avgPool2d, ${name}`, ([a]) => (a as Tensor).avgPool2d(options), [x], y)] : []),
  ]),
];

/** Σ f(x)·r. */
const loss = (f: Problem['f'], xs: Tensor[], r: Tensor): Tensor => f(xs).mul(r).sum();

/** Σ v·∂loss/∂x over the operands. */
function slope(f: Problem['f'], xs: Tensor[], r: Tensor, v: readonly Tensor[]): Tensor {
  const found = grad((by: Tensor[]) => loss(f, by, r))(xs);
  return found.map((g, k) => g.mul(v[k] as Tensor).sum()).reduce((a, b) => a.add(b));
}

/** The function whose gradient is the derivative of that order, of the operands (and r). */
function target(
  { f, shapes }: Problem,
  order: 1 | 2,
  ts: readonly Tensor[],
): [by: Tensor[], F: Problem['f']] {
  const n = (shapes.length - 1) / 2;
  const [xs, r, v] = [ts.slice(0, n), ts[n] as Tensor, ts.slice(n + 1)];
  if (order === 1) return [xs, (by) => loss(f, by, r)];
  return [[...xs, r], (by) => slope(f, by.slice(0, n), by[n] as Tensor, v)];
}

const tensorsOf = ({ shapes, values }: Problem, where: Where): Tensor[] =>
  values.map((list, k) => build(list, shapes[k] as number[], where, 'plain'));

function derivatives(p: Problem, order: 1 | 2, where: Where): Tensor[] {
  return scope(() => {
    const [by, F] = target(p, order, tensorsOf(p, where));
    return grad(F)(by);
  });
}

/** By central differences, element by element. */
function differences(p: Problem, order: 1 | 2, where: Where): number[][] {
  const EPSILON = 1e-6;
  const at = (k: number, j: number, e: number): number =>
    scope(() => {
      const values = p.values.map((list, m) => (m === k ? list.with(j, (list[j] as number) + e) : list));
      const [by, F] = target(p, order, tensorsOf({ ...p, values }, where));
      return F(by).dataSync()[0] as number;
    });
  const count = (p.shapes.length - 1) / 2 + (order - 1);
  return p.values
    .slice(0, count)
    .map((list, k) => list.map((_, j) => (at(k, j, EPSILON) - at(k, j, -EPSILON)) / (2 * EPSILON)));
}

describe.each(problems)('derivatives: $name', (p) => {
  it.each([1, 2] as const)('of order %i', async (order) => {
    const wanted = derivatives(p, order, exact);
    if (here.device.kind === 'cpu') {
      const numeric = differences(p, order, exact);
      for (const [k, g] of wanted.entries()) await near(g, numeric[k] as number[], GRADCHECK);
      return;
    }
    const found = derivatives(p, order, here);
    for (const [k, g] of found.entries()) await near(g, [...(wanted[k] as Tensor).dataSync()], FLOAT32);
  });
});

describe('derivatives', () => {
  it('close at every order', async () => {
    // Σ conv(s·x, s·w)³ = a·s⁶, Σ pool(s·x)³ = b·s³: the k-th derivatives at s = 1 are known.
    const x = tensor(Float64Array.from(scattered(50, 7)), { shape: [1, 5, 5, 2], dtype: here.dtype });
    const w = tensor(Float64Array.from(scattered(24, 8)), { shape: [2, 3, 2, 2], dtype: here.dtype });
    const options = { padding: 'same', strides: [2, 1] } as const;
    const size = { size: 2, strides: 1, padding: 'same' } as const;
    const cases: [degree: number, f: (s: Tensor) => Tensor][] = [
      [6, (s) => x.mul(s).conv2d(w.mul(s), options).pow(3).sum()],
      [3, (s) => x.mul(s).maxPool2d(size).pow(3).sum()],
      [3, (s) => x.mul(s).avgPool2d(size).pow(3).sum()],
    ];
    for (const [degree, f] of cases) {
      let wanted = await f(tensor(1)).item();
      let nested: (s: Tensor) => Tensor = f;
      for (let order = 0; order < 3; order++) {
        wanted *= degree - order;
        nested = grad(nested) as (s: Tensor) => Tensor;
        const found = await nested(tensor(1)).item();
        expect(Math.abs(found / wanted - 1)).toBeLessThan(1e-4);
      }
    }
  });

  it('of a maximum go to the first NaN, whatever its sign', async () => {
    const bits = Uint32Array.of(0x7f800000, 0xffc00000, 0x7fc00000, 0x7fc00001, 0x7fe00000, 0xffffffff);
    const x = tensor(new Float32Array(bits.buffer), { shape: [1, 1, 6, 1] });
    const f = (t: Tensor) => t.maxPool2d({ size: [1, 3] });
    await same(f(x), { shape: [1, 1, 2, 1], values: ['NaN', 'NaN'] });
    const [g] = gradients(([t]) => f(t as Tensor), [x], ones([1, 1, 2, 1]));
    await same(g as Tensor, { shape: [1, 1, 6, 1], values: [0, 1, 0, 1, 0, 0] });
  });

  it('of a maximum go to the first of equals, and to a NaN', async () => {
    const x = tensor([1, 1, Number.NaN, 2, Number.NaN, 3], { shape: [1, 1, 6, 1] });
    const f = (t: Tensor) => t.maxPool2d({ size: [1, 2] });
    await same(f(x), { shape: [1, 1, 3, 1], values: [1, 'NaN', 'NaN'] });
    const { grad: g } = valueAndGrad((t: Tensor) => f(t).sum())(x);
    await same(g, { shape: [1, 1, 6, 1], values: [1, 0, 1, 0, 1, 0] });
  });
});
