// What landscape, interpolate and trajectory refuse, and how they end before they are done.
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  init,
  layers,
  memory,
  OutOfMemoryError,
  type Sequential,
  sequential,
  zeros,
} from '../../src/index.ts';
import {
  interpolate,
  type LandscapeOptions,
  landscape,
  type Trajectory,
  trajectory,
} from '../../src/landscape.ts';
import { freeAfterEach, testDevice } from '../place.ts';

freeAfterEach();
beforeAll(() => init('cpu'));

const made: Sequential[] = [];
function modelOf(...units: number[]): Sequential {
  const model = sequential(
    units.map((n, k) => layers.dense(n, k === 0 ? { inputShape: [2] } : {})),
    { seed: 1 },
  );
  model.compile({ loss: 'meanSquaredError' });
  made.push(model);
  return model;
}
afterEach(() => {
  for (const model of made.splice(0)) model.dispose();
});

const x = [
  [0, 1],
  [2, 3],
  [4, 5],
];
const y = [[1], [0], [1]];
const path = (...snapshots: number[][]): Trajectory =>
  ({ snapshots: snapshots.map((s) => Float32Array.from(s)) }) as unknown as Trajectory;
const three = path([0, 0, 0], [1, 0, 0], [1, 2, 0]);

describe('landscape', () => {
  it.each<[string, unknown, string]>([
    ['an option it does not know', { siz: 5 }, "unknown option 'siz', did you mean 'size'?"],
    ['one point', { size: 1 }, 'size must be a whole number from 2 to 4096, got 1'],
    ['no range', { range: 0 }, 'range must be greater than 0, got 0'],
    [
      'half a range',
      { range: { alphas: [0, 1] } },
      'range is a number, or { alphas: [from, to], betas: [from, to] }, got ',
    ],
    ['a range backwards', { range: { alphas: [1, 0], betas: [0, 1] } }, 'range is a number, or'],
    ['other directions', { directions: 'hessian' }, "unknown directions 'hessian'"],
    [
      'a plane of no path',
      { directions: 'trajectory' },
      "directions 'trajectory' need paths: what trajectory() has recorded",
    ],
    ['what is no path', { paths: [[1, 2]] }, 'paths are a list of what trajectory() gives, got '],
    [
      'a path of two',
      { paths: [path([0, 0, 0], [1, 0, 0])] },
      'a path needs three snapshots at least, got 2; ',
    ],
    [
      'a path of others',
      { paths: [path([0], [1], [2])] },
      'a path is of a model with 1 parameters, and this one has 3',
    ],
    ['what hears nothing', { onProgress: 1 }, 'onProgress: takes a function, got 1'],
    ['what aborts nothing', { signal: true }, 'signal must be an AbortSignal, got true'],
    ['chunks of nothing', { chunkBytes: 0 }, 'chunkBytes must be a number above 0, got 0'],
    ['a way by text', { stacked: 'no' }, 'stacked must be true or false, got '],
  ])('refuses %s', async (_, options, message) => {
    const before = memory().tensors;
    const model = modelOf(1);
    await expect(landscape(model, x, y, options as LandscapeOptions)).rejects.toThrow(
      `landscape: ${message}`,
    );
    model.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('refuses what is no model, what is not compiled, examples that do not fit, streams, and models without kernels', async () => {
    await expect(landscape({} as Sequential, x, y)).rejects.toThrow(
      'landscape: takes a model, as sequential gives it',
    );
    const bare = sequential([layers.dense(1, { inputShape: [2] })]);
    await expect(landscape(bare, x, y)).rejects.toThrow('landscape: the model is not compiled');
    await expect(landscape(modelOf(1), [] as never, y)).rejects.toThrow('landscape: ');
    await expect(landscape(modelOf(1), [[1, 2, 3]], [[1]])).rejects.toThrow(
      'landscape: the model takes examples of shape [2], and x is [1, 3]',
    );
    const stream = function* () {};
    await expect(landscape(modelOf(1), stream as never, y)).rejects.toThrow(
      'landscape: x is examples that are there whole, not a stream of batches',
    );
    const norm = sequential([layers.layerNormalization({ inputShape: [2] })]);
    norm.compile({ loss: 'meanSquaredError' });
    await expect(landscape(norm, x, x)).rejects.toThrow('landscape: the model has no kernel that is trained');
    for (const model of [bare, norm]) model.dispose();
  });

  it('refuses to stack what cannot be stacked', async () => {
    const model = sequential([
      layers.reshape([2, 1, 1], { inputShape: [2] }),
      layers.conv2d(1, [2, 1]),
      layers.flatten(),
    ]);
    model.compile({ loss: 'meanSquaredError' });
    await expect(landscape(model, x, y, { size: 3, stacked: true })).rejects.toThrow(
      'landscape: stacked: true is for dense layers, without penalties, and a loss of the library',
    );
    model.dispose();
  });

  it('goes along a path that does not fill a plane', async () => {
    const straight = path([0, 0, 0], [1, 1, 0], [2, 2, 0]);
    const { variance, losses } = await landscape(modelOf(1), x, y, { size: 3, paths: [straight] });
    expect(variance?.[0]).toBeCloseTo(1, 6);
    expect(variance?.[1]).toBeCloseTo(0, 6);
    expect(losses.every(Number.isFinite)).toBe(true);
    await landscape(modelOf(1), x, y, { size: 3, paths: [three, straight] });
  });

  it('goes by its seed, and takes a loss of one’s own', async () => {
    const model = modelOf(4, 1);
    const seeded = await landscape(model, x, y, { size: 3, seed: 1 });
    const named = await landscape(model, x, y, { size: 3 });
    expect(seeded.at(0, 0)).not.toBe(named.at(0, 0));
    model.compile({ loss: (t, p) => t.sub(p).square().mean() });
    const own = await landscape(model, x, y, { size: 3 });
    for (const [k, value] of own.losses.entries()) expect(value).toBeCloseTo(named.losses[k] as number, 4);
  });

  it('tells how far it is, and ends when it is told to', async () => {
    const model = modelOf(1);
    const told: number[] = [];
    const options = { size: 4, chunkBytes: 200, onProgress: (done: number) => told.push(done) };
    await landscape(model, x, y, options);
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)).toBe(16);
    const before = memory().tensors;
    const abort = new AbortController();
    const reason = new Error('enough');
    const heard = landscape(model, x, y, {
      ...options,
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    });
    await expect(heard).rejects.toBe(reason);
    expect(memory().tensors).toBe(before);
  });

  it('takes smaller chunks where memory is short, and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = modelOf(64, 1);
    const wanted = await landscape(model, x, y, { size: 9 });
    model.dispose();
    const device = await init({ backend: 'cpu', memoryBudget: 40_000 });
    const tight = modelOf(64, 1);
    const found = await landscape(tight, x, y, { size: 9 });
    for (const [k, value] of found.losses.entries())
      expect(value / (wanted.losses[k] as number)).toBeCloseTo(1, 5);
    expect(warn.mock.calls[0]?.[0]).toMatch(
      /^tapegrad: landscape: there is less memory than expected; chunks are of \d+ points now$/,
    );
    const much = zeros([9000]).add(1);
    await expect(landscape(tight, x, y, { size: 3 })).rejects.toThrow(OutOfMemoryError);
    much.dispose();
    tight.dispose();
    device.close();
    warn.mockRestore();
    await testDevice();
    await init('cpu');
  });
});

describe('interpolate', () => {
  it('refuses models that differ', async () => {
    const [a, b, c] = [modelOf(1), modelOf(2, 1), modelOf(2)];
    await expect(interpolate(a, b, x, y)).rejects.toThrow(
      'interpolate: the models have 2 and 4 weights; their layers must be the same',
    );
    await expect(interpolate(a, c, x, y)).rejects.toThrow(
      'interpolate: dense/kernel has shape [2, 1] in the one model, and [2, 2] in the other',
    );
    await expect(interpolate(a, a, x, y, { points: 1 })).rejects.toThrow('interpolate: points must be');
    await expect(interpolate(a, a, x, y, { range: 2 as never })).rejects.toThrow(
      'interpolate: range must be [from, to], got 2',
    );
  });
});

describe('trajectory', () => {
  it('refuses what is no rate, and a second model of another size', async () => {
    expect(() => trajectory({ every: 0 })).toThrow(
      'trajectory: every must be a whole number of at least 1, got 0',
    );
    expect(() => trajectory({ every: 'batch' as 'epoch' })).toThrow("trajectory: unknown every 'batch'");
    const recorded = trajectory();
    const fit = (model: Sequential) => model.fit(x, y, { epochs: 2, verbose: 0, callbacks: [recorded] });
    await fit(modelOf(1));
    expect(recorded.snapshots.length).toBe(3);
    await expect(fit(modelOf(2, 1))).rejects.toThrow('trajectory: it has recorded a model of 3 parameters');
  });
});
