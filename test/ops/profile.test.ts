// profile(fn) in every place: what it counts for programs whose kernels, bytes and order are known, that it changes no
// result and leaves nothing behind, and what it refuses. Times are only held to be finite and not negative.
import { describe, expect, it } from 'vitest';
import { context } from '../../src/core/context.ts';
import {
  ArgumentError,
  concat,
  device,
  grad,
  keep,
  memory,
  optimizers,
  type Profile,
  profile,
  random,
  scope,
  TapegradError,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';
import { expectValidTrace } from '../trace.ts';

onTestDevice();

const float = 4;
const onGpu = () => device().kind === 'webgpu';

/** The table without times, by operation. */
const rows = ({ kernels }: Profile) =>
  kernels
    .map(({ op, count, bytes }) => `${op} ${count} ${bytes}`)
    .sort()
    .join(', ');

function expectSaneTimes({ kernels, operations, totals }: Profile): void {
  const { ms, hostMs, wallMs } = totals;
  for (const time of [ms, hostMs, wallMs, ...kernels.map((k) => k.ms), ...operations.map((o) => o.hostMs)]) {
    expect(time).toBeGreaterThanOrEqual(0);
    expect(time).toBeLessThan(Infinity);
  }
  const shares = kernels.reduce((sum, { share }) => sum + share, 0);
  expect(shares === 0 || Math.abs(shares - 1) < 1e-9).toBe(true);
  expect(kernels.map((k) => k.ms)).toEqual(kernels.map((k) => k.ms).sort((a, b) => b - a));
}

describe('what it counts', () => {
  it('kernels with their bytes, as layouts show them', async () => {
    const rng = random(1);
    const [x, y, row] = [rng.normal([64, 32]), rng.normal([64, 32]), rng.normal([32])];
    await device().flush(); // what is recorded before is no part of it
    const found = await profile(() =>
      scope(() => {
        for (let i = 0; i < 3; i++) x.add(y); // three of 64·32 each
        x.mul(row); // the row is repeated by its layout, not in memory
        x.slice([0, 8]).exp(); // an eighth of x
        x.mT.matmul(y); // [32, 64] @ [64, 32]
        x.sum(1);
      }),
    );
    const n = 64 * 32;
    expect(rows(found)).toBe(
      [
        `add 3 ${3 * 3 * n * float}`,
        `exp 1 ${2 * 8 * 32 * float}`,
        `matmul 1 ${(2 * n + 32 * 32) * float}`,
        `mul 1 ${(2 * n + 32) * float}`,
        `sum 1 ${(n + 64) * float}`,
      ].join(', '),
    );
    // Without the GPU's own clock each dispatch is submitted alone.
    const timed = device().gpu?.features.has('timestamp-query') ?? false;
    expect(found.totals).toMatchObject({ dispatches: 7, untimed: 0, submits: onGpu() ? (timed ? 1 : 7) : 0 });
    expect(found.totals.bytes).toBe(found.kernels.reduce((sum, { bytes }) => sum + bytes, 0));
    expectSaneTimes(found);
    const kernels = new Set(found.kernels.map(({ kernel }) => kernel));
    if (onGpu()) expect(kernels).toContain('reduce');
    else expect([...kernels]).toEqual(['cpu']);
  });

  it('an operand once, however many dispatches of an operation share it', async () => {
    const parts = [1, 2, 3].map((n) => random(n).normal([n, 8]));
    const [a, b, c] = parts as [Tensor, Tensor, Tensor];
    const found = await profile(() => concat([a, b, c], 0).dispose());
    expect(found.totals.bytes).toBe(2 * 6 * 8 * float);
  });

  it('what lies between two dispatches in both', async () => {
    const x = random(1).normal([64, 32]);
    const { totals } = await profile(() => x.sum().dispose());
    const whole = (64 * 32 + 1) * float;
    expect(totals.dispatches).toBe(onGpu() ? 2 : 1); // partial sums, then their sum
    expect(totals.bytes - whole).toBe(onGpu() ? 2 * 64 * float : 0);
  });

  it('an update in place as reading and writing', async () => {
    const [w, g] = [variable(zeros([100])), random(1).normal([100])];
    const sgd = optimizers.sgd(0.1);
    const found = await profile(() => sgd.step([w], [g]));
    const update = found.kernels.find(({ op }) => op === 'sgd');
    expect(update).toMatchObject({ count: 1, bytes: 3 * 100 * float }); // w twice, g once
    expect(found.operations.at(-1)).toMatchObject({ op: 'sgd', output: { shape: [100] } });
    w.dispose();
  });

  it('operations in order, with shapes and the kernels of each; a view has none', async () => {
    const x = random(1).normal([4, 6]);
    const found = await profile(() => scope(() => x.permuteDims([1, 0]).relu().matmul(x)));
    expect(found.operations.map(({ op }) => op)).toEqual(['permuteDims', 'relu', 'matmul']);
    expect(found.operations[2]).toMatchObject({
      inputs: [
        { shape: [6, 4], dtype: 'float32' },
        { shape: [4, 6], dtype: 'float32' },
      ],
      output: { shape: [6, 6], dtype: 'float32' },
      bytes: (24 + 24 + 36) * float,
    });
    expect(found.operations.map(({ kernels }) => kernels.length > 0)).toEqual([false, true, true]);
    expect(found.operations.flatMap(({ kernels }) => kernels)).toHaveLength(found.totals.dispatches);
    found.result.dispose();
  });

  it('the most bytes that lived at a time', async () => {
    const x = random(1).normal([1000]);
    const before = memory().bytes;
    const found = await profile(() => scope(() => x.add(x).mul(x).sum()));
    expect(found.totals.peakBytes).toBeGreaterThanOrEqual(before + 2000 * float);
    expect(found.totals.peakBytes).toBeLessThan(before + 3000 * float);
  });

  it('nothing of nothing', async () => {
    const found = await profile(() => 7);
    expect(found.result).toBe(7);
    expect(found.kernels).toEqual([]);
    expect(found.totals).toMatchObject({ dispatches: 0, bytes: 0, ms: 0, submits: 0 });
    expect(String(found)).toMatch(/^operation +kernel +count +ms +share +bytes\ntotal +0 +0\.000 +0\n/);
  });
});

describe('what it says', () => {
  it('is a table in columns', async () => {
    const x = random(1).normal([64, 64]);
    const lines = String(await profile(() => scope(() => void x.matmul(x).relu().sum(1)))).split('\n');
    expect(lines[0]).toMatch(/^operation +kernel +count +ms +share +bytes$/);
    for (const line of lines.slice(1, -2))
      expect(line).toMatch(/^\w+ +\w+ +1 +\d+\.\d{3} +\d+\.\d % +[\d,]+$/);
    expect(new Set(lines.slice(0, -1).map((line) => line.length)).size).toBe(1);
    expect(lines.at(-1)).toMatch(
      /^kernels timed by (the GPU|the host's clock); 3 operations, [\d.]+ ms on the host; [\d.]+ ms in all; submits: \d; peak: [\d,]+ bytes$/,
    );
  });

  it('is a trace that opens elsewhere', async () => {
    const net = parameters();
    const found = await profile(() => scope(() => train(net, 3)));
    const trace = found.trace();
    expectValidTrace(trace);
    const events = trace.traceEvents.filter(({ ph }) => ph === 'X');
    expect(events.filter(({ cat }) => cat === 'operation')).toHaveLength(found.operations.length);
    expect(events.filter(({ cat }) => cat === 'kernel')).toHaveLength(found.totals.dispatches);
    release(net);
  });
});

// --- a small net, for what must not change ---

type Net = Readonly<Record<'w1' | 'b1' | 'w2' | 'b2', Variable>>;

function parameters(): Net {
  const rng = random(5);
  return {
    w1: variable(rng.normal([6, 8])),
    b1: variable(zeros([8])),
    w2: variable(rng.normal([8, 3])),
    b2: variable(zeros([3])),
  };
}

const release = (net: Net) => {
  for (const w of Object.values(net)) w.dispose();
};

function train(net: Net, steps: number): Tensor {
  const rng = random(2);
  const [x, labels] = [rng.normal([10, 6]), rng.integers(0, 3, [10])];
  const adam = optimizers.adam();
  let last: Tensor | undefined;
  for (let i = 0; i < steps; i++)
    last = scope(() => {
      const { value, grad: g } = valueAndGrad((p: Net) =>
        x.dense(p.w1, p.b1, 'tanh').dense(p.w2, p.b2).softmaxCrossEntropy(labels).mean(),
      )(net);
      adam.step(net, g);
      return value;
    });
  adam.dispose();
  return last as Tensor;
}

describe('what it leaves as it was', () => {
  it('results and gradients, bit by bit', async () => {
    const run = async (around: (fn: () => Tensor) => Promise<Tensor>) => {
      const net = parameters();
      const loss = await around(() => scope(() => train(net, 4)));
      const values = await Promise.all([loss, ...Object.values(net)].map((t) => t.array()));
      release(net);
      return values;
    };
    const plain = await run(async (fn) => fn());
    expect(await run(async (fn) => (await profile(fn)).result)).toEqual(plain);
  });

  it('memory', async () => {
    const x = random(1).normal([16, 16]);
    await profile(() => scope(() => void x.matmul(x).sum()));
    const before = memory();
    for (let i = 0; i < 5; i++) await profile(() => scope(() => void x.matmul(x).sum()));
    const { tensors, bytes } = memory();
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });

  it('what the function returns is the caller’s', async () => {
    const { result } = await profile(() => keep(tensor([1, 2]).add(1)));
    expect(await result.array()).toEqual([2, 3]);
    result.dispose();
  });
});

describe('how it is used', () => {
  it('takes asynchronous functions', async () => {
    const x = tensor([1, 2, 3]);
    const found = await profile(async () => {
      const sum = await x.sum().item();
      return x
        .mul(x)
        .add(x)
        .array()
        .then((values) => [sum, values]);
    });
    expect(found.result).toEqual([6, [2, 6, 12]]);
    expect(found.operations.map(({ op }) => op)).toEqual(['sum', 'mul', 'add']);
  });

  it('begins at once', () => {
    let began = false;
    const done = profile(() => {
      began = true;
    });
    expect(began).toBe(true);
    return done;
  });

  it('sees gradients', async () => {
    const x = random(1).normal([5]);
    const found = await profile(() => grad((t: Tensor) => t.tanh().sum())(x));
    expect(found.operations.map(({ op }) => op)).toEqual(expect.arrayContaining(['tanh', 'sum', 'tanhGrad']));
    found.result.dispose();
  });

  it('does not nest', async () => {
    const refusal = 'profile: another profile is under way; profiles do not nest: await it first';
    await expect(profile(() => profile(() => 1))).rejects.toThrow(new TapegradError(refusal));
    const first = profile(async () => (await tensor([1]).add(1).array()) as number[]);
    await expect(profile(() => 1)).rejects.toThrow(refusal);
    expect((await first).result).toEqual([2]);
    expect((await profile(() => 1)).result).toBe(1);
  });

  it('is off again when the function throws', async () => {
    const thrown = new RangeError('mine');
    const throws = () => {
      tensor([1]).add(1);
      throw thrown;
    };
    await expect(profile(throws)).rejects.toBe(thrown);
    expect(context.probes).toEqual([]);
    await expect(profile(async () => throws())).rejects.toBe(thrown);
    expect(context.probes).toEqual([]);
    expect((await profile(() => tensor([2]).exp().dispose())).totals.dispatches).toBe(1);
  });

  it('takes functions only', async () => {
    await expect(profile(3 as never)).rejects.toThrow(new ArgumentError('profile: takes a function, got 3'));
  });
});
