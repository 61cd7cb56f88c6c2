// The WebAssembly of the CPU device against its plain loops, in both builds: products within 4 √k ε Σ|a||b| of float64,
// elementwise work to the bit. That it really ran is counted: what it leaves to the loops would pass without it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uniforms } from '../../bench/products.ts';
import { context } from '../../src/core/context.ts';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import { type EngineScope, type LoadedSimd, loadSimd, plainLoops } from '../../src/device/cpu/simd.ts';
import type { Simd } from '../../src/device/device.ts';
import { type Device, full, optimizers, type Tensor, tensor, variable, withDevice } from '../../src/index.ts';
import { freeAfterEach } from '../place.ts';

const EPSILON = 2 ** -23;

/** An engine that refuses the module with relaxed SIMD, which is asked for first. */
function withoutRelaxed(): EngineScope {
  let asked = 0;
  return { WebAssembly: Object.create(WebAssembly, { validate: { value: () => asked++ > 0 } }) };
}

let handled: string[] = [];

/** Notes what the module does rather than leaves to the loops. */
function counted({ simd, ...rest }: LoadedSimd): LoadedSimd {
  const noted =
    <A extends readonly unknown[]>(name: string, run: (...args: A) => boolean) =>
    (...args: A): boolean => {
      const done = run(...args);
      if (done) handled.push(name);
      return done;
    };
  const notes: Simd = {
    map: (op, ...args) => noted(op, simd.map)(op, ...args),
    reduce: (op, ...args) => noted(op, simd.reduce)(op, ...args),
    matmul: noted('matmul', simd.matmul),
    adam: noted('adam', simd.adam),
  };
  return { ...rest, simd: notes };
}

const plain = new CPUDevice(undefined, undefined, () => ({ level: 'none', simd: plainLoops }));
const baseline = withoutRelaxed();
const builds: [string, () => LoadedSimd][] = [
  ['relaxed', () => loadSimd()],
  ['baseline', () => loadSimd(baseline)],
];

const random = uniforms(11);
/** Of either sign, none near 0. */
const values = (length: number): Float32Array =>
  Float32Array.from({ length }, () => (random() < 0.5 ? -1 : 1) * (0.1 + random()));

// Around the edges of every format, and numbers whose products and sums round, overflow and fall below the normal ones.
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  1 / 3,
  -2 / 3,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  2 ** -127,
  1.5 * 2 ** -100,
  -3e38,
  3e38,
  1e-30,
  Infinity,
  -Infinity,
  NaN,
];

let before: Device | undefined;
beforeAll(() => {
  before = context.device;
});
afterAll(() => {
  context.device = before;
});
freeAfterEach();
beforeEach(() => {
  handled = [];
});

/** The same tensors on the fast device, in plain float32 loops and in plain float64. */
type Make = (make: (data: Float32Array, shape: number[]) => Tensor) => Tensor;
const places = (fast: Device) => {
  const on = (device: Device, dtype: 'float32' | 'float64') => (f: Make) =>
    withDevice(device, () => f((data, shape) => tensor(data, { shape, dtype }))).dataSync();
  return {
    fast: on(fast, 'float32'),
    plain: on(plain, 'float32'),
    exact: on(plain, 'float64'),
  };
};

function expectSame(got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length).toBe(want.length);
  const wrong = Array.from(want).findIndex((w, i) => !Object.is(got[i], w));
  expect(wrong < 0 ? 'all' : `${got[wrong]} at ${wrong}, not ${want[wrong]}`).toBe('all');
}

describe.each(builds)('WebAssembly, %s', (level, load) => {
  const device = new CPUDevice(undefined, undefined, () => counted(load()));
  const on = places(device);

  it('is what the device says', () => {
    expect(device.info).toEqual({ name: 'CPU', simd: level });
  });

  /** A product, and Σ|a||b| for its bound, of matrices that `f` makes; their absolute values are made likewise. */
  function expectProduct(
    k: number,
    f: (m: (shape: number[], lie?: Lie) => Tensor) => [Tensor, Tensor],
  ): void {
    const made: Float32Array[] = [];
    const run = (place: (make: Make) => ArrayLike<number>, magnitudes: boolean) => {
      let at = 0;
      return place((make) => {
        const [a, b] = f((shape, lie) => {
          const next = at++;
          made[next] ??= values(shape.reduce((x, y) => x * y, 1));
          return laid(make, made[next] as Float32Array, shape, lie);
        });
        return magnitudes ? a.abs().matmul(b.abs()) : a.matmul(b);
      });
    };
    const got = run(on.fast, false);
    const want = run(on.exact, false);
    const scale = run(on.exact, true);
    expect(handled).toEqual(['matmul']);
    expect(got.length).toBe(want.length);
    const factor = 4 * Math.sqrt(k) * EPSILON;
    const wrong = Array.from(want).findIndex(
      (w, i) => !(Math.abs((got[i] as number) - w) <= factor * (scale[i] as number)),
    );
    expect(wrong < 0 ? 'all' : `${got[wrong]} at ${wrong}, not ${want[wrong]}`).toBe('all');
  }

  it.each([
    [16, 16, 16],
    [17, 33, 65],
    [6, 100, 8],
    [2, 5000, 1],
    [2, 70, 90],
    [90, 70, 1],
    [259, 257, 17], // beyond one block of rows, and of what is summed over
    [5, 300, 1030], // beyond two blocks of columns
    [64, 256, 128],
    [263, 258, 515], // several blocks of each
  ])('%i × %i × %i, as it lies, transposed and in steps', (m, k, n) => {
    const lies: [Lie?, Lie?][] = [
      [],
      ['transposed', 'transposed'],
      ['transposed', undefined],
      ['steps', 'steps'],
    ];
    for (const [left, right] of m === 263 ? lies.slice(1, 2) : lies) {
      handled = [];
      expectProduct(k, (make) => [make([m, k], left), make([k, n], right)]);
    }
  });

  it('stacks of matrices, broadcast crosswise', () => {
    expectProduct(40, (make) => [make([2, 1, 13, 40]), make([3, 40, 9], 'transposed')]);
    handled = [];
    expectProduct(40, (make) => [make([40]).broadcastTo([200, 40]), make([40, 30])]);
  });

  it('leaves small products, single rows, other dtypes and empty ones to the loops', () => {
    const shapes = [
      [3, 4, 5],
      [1, 70, 90],
      [64, 0, 64],
      [0, 64, 64],
    ] as const;
    for (const [m, k, n] of shapes)
      expect(on.fast((make) => make(values(m * k), [m, k]).matmul(make(values(k * n), [k, n])))).toHaveLength(
        m * n,
      );
    withDevice(device, () => {
      const x = tensor(values(4096), { shape: [64, 64], dtype: 'float64' });
      x.matmul(x).add(x).sum();
      x.astype('int32').matmul(x.astype('int32')).add(1).max();
    });
    expect(handled).toEqual([]);
  });

  it('keeps NaN and infinities to their rows and columns, and nothing of an earlier product', () => {
    on.fast((make) =>
      make(new Float32Array(1e5).fill(NaN), [250, 400]).matmul(
        make(new Float32Array(1e5).fill(NaN), [400, 250]),
      ),
    );
    const [m, k, n] = [19, 21, 35];
    const a = values(m * k);
    const b = values(k * n);
    a[3 * k + 20] = Infinity;
    b[20 * n + 34] = NaN;
    const got = on.fast((make) => make(a, [m, k]).matmul(make(b, [k, n])));
    got.forEach((x, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      if (column === 34) expect(x).toBeNaN();
      else if (row === 3) expect(x).toBe(Math.sign(b[20 * n + column] as number) * Infinity);
      else expect(Number.isFinite(x)).toBe(true);
    });
    expect(handled).toEqual(['matmul', 'matmul']);
  });

  it.each(['linear', 'relu', 'sigmoid', 'tanh'] as const)(
    'dense with %s, with and without bias',
    (activation) => {
      const [x, w, b] = [values(37 * 300), values(300 * 515), values(515)];
      x.fill(NaN, 0, 300); // the first row of the result
      for (const bias of [true, false]) {
        const run: Make = (make) =>
          make(x, [37, 300]).dense(make(w, [300, 515]), bias ? make(b, [515]) : undefined, activation);
        const [got, want] = [on.fast(run), on.exact(run)];
        const bound = 4 * Math.sqrt(301) * EPSILON * 302 * 1.21;
        got.forEach((y, i) => {
          if (i < 515) expect(y).toBeNaN();
          else if (!(Math.abs(y - (want[i] as number)) <= bound)) expect(y).toBe(want[i]);
        });
        expect(handled.splice(0)).toEqual(['matmul']);
      }
    },
  );

  const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const));
  const maps: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    add: (a, b) => a.add(b),
    sub: (a, b) => a.sub(b),
    mul: (a, b) => a.mul(b),
    relu: (a) => a.relu(),
    reluGrad: (a, b) => (a as Tensor & { reluGrad(g: Tensor): Tensor }).reluGrad(b),
  };

  it.each(Object.entries(maps))('%s to the bit: special values, all sizes, numbers', (name, f) => {
    const [a, b] = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k] as number)) as [
      Float32Array,
      Float32Array,
    ];
    const runs: Make[] = [(make) => f(make(a, [a.length]), make(b, [b.length]))];
    for (const size of [1, 3, 4, 5, 4095, 4096, 4097, 12_345]) {
      const [x, y] = [values(size), values(size)];
      runs.push((make) => f(make(x, [size]), make(y, [size])));
    }
    const x = values(5000);
    for (const number of SPECIAL) {
      runs.push((make) => f(make(x, [50, 100]), make(Float32Array.of(number), [1, 1])));
      runs.push((make) => f(make(Float32Array.of(number), []), make(x, [5000])));
    }
    runs.push((make) => f(make(x, [50, 100]).slice([1, 40]), make(x, [50, 100]).slice([2, 41]))); // at an offset
    for (const run of runs) {
      expectSame(on.fast(run), on.plain(run));
      expect(handled.splice(0)).toEqual([name]);
    }
    const across: Make = (make) => f(make(x, [50, 100]).mT, make(values(1), [1]));
    expect(on.fast(across)).toHaveLength(5000);
    const empty: Make = (make) => f(make(values(0), [0, 3]), make(values(0), [0, 3]));
    expect(on.fast(empty)).toHaveLength(0);
    expect(handled).toEqual([]);
  });

  const layouts: [number[], (number | number[])[]][] = [
    [[1], [0]],
    [[4097], [0]],
    [[20_000], [0]],
    [
      [3, 9001],
      [0, 1],
    ],
    [
      [9001, 3],
      [0, 1],
    ],
    [
      [700, 10],
      [0, 1],
    ],
    [
      [2, 5000, 3],
      [1, [0, 1], [1, 2], [0, 1, 2]],
    ],
    [
      [3, 2, 4100],
      [1, 2],
    ],
    [
      [4, 1, 5, 1, 6],
      [[0, 1, 2], [1, 2, 3], 3, []],
    ],
  ];

  it.each(layouts)('sum, mean and max of %j over %j', (shape, axes) => {
    const x = values(shape.reduce((n, d) => n * d, 1));
    const special = x.map((v) =>
      random() < 0.01 ? (SPECIAL[Math.floor(random() * SPECIAL.length)] as number) : v,
    );
    for (const axis of axes) {
      for (const op of ['sum', 'mean'] as const) {
        const run: Make = (make) => make(x, shape)[op](axis);
        const [got, want] = [on.fast(run), on.exact(run)];
        got.forEach((y, i) => {
          const w = want[i] as number; // rounded once, but for the order of a sum in float64
          if (!(Math.abs(y - w) <= EPSILON * 0.51 * Math.abs(w) + 1e-12)) expect(y).toBe(w);
        });
      }
      for (const data of [x, special])
        expectSame(
          on.fast((make) => make(data, shape).max(axis)),
          on.plain((make) => make(data, shape).max(axis)),
        );
      expect(handled.splice(0)).toEqual(['sum', 'mean', 'max', 'max']);
    }
  });

  it('reductions of special values: NaN wins, +0 is above -0, and sums meet infinities', () => {
    for (const data of [...pairs, ...SPECIAL.map((v) => [v, v, v, v, -1, v])]) {
      const x = Float32Array.from(data);
      for (const op of ['sum', 'max', 'mean'] as const) {
        const rows: Make = (make) => make(x, [1, x.length])[op](1);
        const columns: Make = (make) => make(x, [x.length, 1]).broadcastTo([x.length, 5]).add(0)[op](0);
        for (const run of [rows, columns]) expectSame(on.fast(run), on.plain(run));
      }
    }
  });

  it('reductions of nothing, and over axes that do not lie side by side, are left to the loops', () => {
    expectSame(
      on.fast((make) => make(values(0), [0, 2]).sum(0)),
      [0, 0],
    );
    expectSame(
      on.fast((make) => make(values(0), [2, 0]).mean(1)),
      [NaN, NaN],
    );
    const x = values(60);
    for (const run of [
      (make) => make(x, [3, 4, 5]).max([0, 2]),
      (make) => make(x, [12, 5]).mT.max(0),
    ] satisfies Make[])
      expectSame(on.fast(run), on.plain(run));
    expect(handled).toEqual([]);
  });

  it('Adam, step by step beside the loops', () => {
    const [start, slopes] = [values(4099), values(4099)];
    const run = (where: Device) =>
      withDevice(where, () => {
        const w = variable(tensor(start));
        const adam = optimizers.adam(0.01);
        for (const factor of [1, -0.5, 0.1]) adam.step([w], [tensor(slopes).mul(factor)]);
        const result = w.dataSync();
        adam.dispose();
        w.dispose();
        return result;
      });
    const [got, want] = [run(device), run(plain)];
    got.forEach((y, i) => {
      expect(Math.abs(y - (want[i] as number))).toBeLessThan(4 * EPSILON);
    });
    expect(handled.filter((name) => name === 'adam')).toHaveLength(3);
  });

  it('takes no shortcut where an operand is a number: x · 0 is NaN for NaN and infinities', () => {
    expectSame(
      on.fast((make) => make(Float32Array.of(NaN, Infinity, -1, 1), [4]).mul(full([4], 0))),
      [NaN, NaN, -0, 0],
    );
  });
});

describe('without WebAssembly SIMD', () => {
  const refusing = (message: string): typeof WebAssembly =>
    Object.create(WebAssembly, {
      Module: {
        value: class {
          constructor() {
            throw new WebAssembly.CompileError(message);
          }
        },
      },
    });

  it.each([
    ['no WebAssembly', undefined, 'there is no WebAssembly here'],
    [
      'no SIMD',
      Object.create(WebAssembly, { validate: { value: () => false } }),
      'this WebAssembly has no SIMD',
    ],
    ['a Content Security Policy', refusing("violates 'wasm-unsafe-eval'"), "violates 'wasm-unsafe-eval'"],
  ])('plain loops, and the device tells why: %s', (_, engine, why) => {
    const device = new CPUDevice(undefined, undefined, () => loadSimd({ WebAssembly: engine }));
    expect(device.info).toEqual({ name: 'CPU', simd: 'none', simdMissing: why });
    withDevice(device, () =>
      expect(
        tensor([[1, 2]])
          .matmul(tensor([[3], [4]]))
          .dataSync(),
      ).toEqual(Float32Array.of(11)),
    );
  });
});

type Lie = 'transposed' | 'steps' | undefined;

/** The matrices of these values, as they lie or as a view of other memory. */
function laid(make: Parameters<Make>[0], data: Float32Array, shape: number[], lie: Lie): Tensor {
  if (lie === undefined) return make(data, shape);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  const count = data.length / (rows * columns);
  const length = lie === 'transposed' ? data.length : data.length * 4;
  const memory = new Float32Array(length).fill(NaN);
  for (let p = 0; p < count; p++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const at =
          lie === 'transposed'
            ? (p * columns + j) * rows + i
            : ((p * rows + i) * 2 + 1) * columns * 2 + 2 * j + 1;
        memory[at] = data[(p * rows + i) * columns + j] as number;
      }
  if (lie === 'transposed') return make(memory, [...batch, columns, rows]).mT;
  return make(memory, [count * rows, 2, columns, 2])
    .slice(null, 1, null, 1)
    .reshape([...batch, rows, columns]);
}
