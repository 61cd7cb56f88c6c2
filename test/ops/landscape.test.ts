// The loss landscape against evaluate, whichever way it is computed, and against NumPy (test/fixtures/make-landscape.py).
import { describe, expect, it } from 'vitest';
import {
  type Layer,
  layers,
  losses,
  memory,
  type Rng,
  random,
  regularizers,
  type Sequential,
  sequential,
  tensor,
} from '../../src/index.ts';
import { randomDirection } from '../../src/landscape/directions.ts';
import { principalPlane, projected, varianceAlong } from '../../src/landscape/trajectory.ts';
import { interpolate, landscape, trajectory } from '../../src/landscape.ts';
import fixture from '../fixtures/landscape.json';
import { onTestDevice } from '../place.ts';

onTestDevice();

const x = Array.from({ length: 7 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 7, i % 2]);
const y = [0, 3, 1, 2, 2, 0, 3];

function modelOf(middle: readonly Layer[], seed = 3): Sequential {
  const model = sequential(
    [layers.dense(5, { activation: 'relu', inputShape: [4] }), ...middle, layers.dense(4)],
    { seed },
  );
  model.compile({
    optimizer: 'adam',
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
  });
  return model;
}

const residual = () => [
  layers.residual([layers.dense(5, { activation: 'gelu' }), layers.batchNormalization(), layers.dense(5)]),
  layers.activation('tanh'),
];

/** Convolution, norms and a penalty: nothing that many points could share. */
const convolutional = () => [
  layers.reshape([5, 1, 1]),
  layers.conv2d(2, [3, 1], { kernelRegularizer: regularizers.l2(0.1), activation: 'relu' }),
  layers.batchNormalization(),
  layers.flatten(),
];

const lossOf = async (model: Sequential): Promise<number> => (await model.evaluate(x, y)).loss as number;

const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, digits = 5) => {
  expect(got.length).toBe(wanted.length);
  for (let k = 0; k < got.length; k++) expect(got[k] as number).toBeCloseTo(wanted[k] as number, digits);
};

describe('landscape', () => {
  it('is the same for many points at once and one by one, in chunks of points and of examples', async () => {
    const model = modelOf(residual());
    const loss = await lossOf(model);
    const before = memory();
    const options = { size: 3, range: 0.5 };
    const alone = await landscape(model, x, y, { ...options, stacked: false });
    const whole = await landscape(model, x, y, options);
    const parts = await landscape(model, x, y, { ...options, chunkBytes: 1800 });
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    expect(whole.at(1, 1)).toBeCloseTo(loss, 6);
    expect([...whole.alphas]).toEqual([-0.5, 0, 0.5]);
    expect(new Set(whole.losses).size).toBe(9);
    close(whole.losses, alone.losses);
    close(parts.losses, alone.losses);
    model.dispose();
  });

  it.each([
    ['dense', residual],
    ['convolutional', convolutional],
  ])('is what evaluate gives for a %s model of those weights', async (_, middle) => {
    const model = modelOf(middle());
    const seed = 5;
    const found = await landscape(model, x, y, { size: 3, range: 0.4, seed });
    const [first, second] = random(seed).split(2) as [Rng, Rng];
    const steps = [randomDirection('', model, first), randomDirection('', model, second)] as const;
    const there = modelOf(middle());
    there.setWeights(
      model.weights.map((w) => {
        const [d, e] = [steps[0].get(w), steps[1].get(w)];
        return d && e ? w.add(d.mul(0.4)).sub(e.mul(0.4)) : w;
      }),
    );
    expect(found.at(2, 0)).toBeCloseTo(await lossOf(there), 5);
    expect(found.at(1, 1)).toBeCloseTo(await lossOf(model), 5);
    model.dispose();
    there.dispose();
  });

  it('goes in random directions that are as long as the model’s filters, and leaves the rest', async () => {
    const frozen = layers.dense(5, { trainable: false });
    const model = modelOf([frozen, layers.layerNormalization(), ...convolutional()]);
    const direction = randomDirection('', model, random(1));
    const names = model.namedWeights
      .filter(({ variable }) => direction.has(variable))
      .map(({ name }) => name);
    expect(names).toEqual(['dense/kernel', 'conv2d/kernel', 'dense_2/kernel']);
    for (const [w, step] of direction) {
      const length = (t: typeof step) =>
        t
          .square()
          .reshape([-1, t.shape.at(-1) as number])
          .sum(0)
          .sqrt()
          .array();
      close((await length(step)) as number[], (await length(w)) as number[]);
    }
    model.dispose();
  });
});

describe('a trajectory', () => {
  const snapshots = fixture.snapshots.map((s) => Float32Array.from(s));
  const origin = snapshots.at(-1) as Float32Array;

  it('lies in the plane that NumPy finds', async () => {
    const plane = (await principalPlane(snapshots).array()) as [number[], number[]];
    for (const k of [0, 1] as const) close(plane[k], fixture.components[k] as number[]);
    const { alphas, betas } = projected(snapshots, origin, plane);
    close(alphas, fixture.coordinates[0] as number[], 4);
    close(betas, fixture.coordinates[1] as number[], 4);
    close(varianceAlong(snapshots, plane), fixture.variance);
  });

  it('is seen in planes whose directions are not orthogonal', () => {
    const { directions, coordinates, variance } = fixture.oblique;
    const plane = directions as [number[], number[]];
    const { alphas, betas } = projected(snapshots, origin, plane);
    close(alphas, coordinates[0] as number[]);
    close(betas, coordinates[1] as number[]);
    close(varianceAlong(snapshots, plane), variance);
  });

  it('is recorded by fit, ends at the model, and spans the plane', async () => {
    const model = modelOf([]);
    const path = trajectory({ every: 2 });
    await model.fit(x, y, { epochs: 1, batchSize: 1, verbose: 0, callbacks: [path] });
    expect(path.snapshots.length).toBe(1 + 3 + 1); // before, after 2, 4 and 6 batches, and after the seventh
    const {
      paths,
      variance,
      alphas,
      betas,
      losses: found,
    } = await landscape(model, x, y, { size: 3, paths: [path] });
    expect(paths[0]?.alphas.at(-1)).toBeCloseTo(0, 6);
    expect((variance?.[0] as number) + (variance?.[1] as number)).toBeLessThanOrEqual(1 + 1e-6);
    for (const [k, axis] of [alphas, betas].entries())
      for (const at of paths[0]?.[k === 0 ? 'alphas' : 'betas'] ?? [])
        expect(at > (axis[0] as number) && at < (axis[2] as number)).toBe(true);
    expect(found.every(Number.isFinite)).toBe(true);
    const random = await landscape(model, x, y, { size: 3, directions: 'random', paths: [path] });
    expect(random.at(1, 1)).toBeCloseTo(await lossOf(model), 5);
    expect(random.variance?.[0]).toBeLessThan(variance?.[0] as number);
    model.dispose();
  });
});

describe('interpolate', () => {
  it('goes from the one model to the other, moving averages too', async () => {
    const [a, b, half] = [3, 4, 5].map((seed) => modelOf(convolutional(), seed)) as [
      Sequential,
      Sequential,
      Sequential,
    ];
    await b.fit(x, y, { epochs: 2, verbose: 0 });
    const before = memory();
    const { ts, losses: found } = await interpolate(a, b, x, y, { points: 5, range: [0, 2] });
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    half.setWeights(a.weights.map((w, k) => w.add(b.weights[k] as typeof w).div(2)));
    expect([...ts]).toEqual([0, 0.5, 1, 1.5, 2]);
    close(found.slice(0, 3), [await lossOf(a), await lossOf(half), await lossOf(b)]);
    for (const model of [a, b, half]) model.dispose();
  });

  it('moves dense layers many points at once, biases too', async () => {
    const [a, b] = [3, 4].map((seed) => modelOf([], seed)) as [Sequential, Sequential];
    await b.fit(tensor(x), y, { epochs: 2, verbose: 0 });
    const { losses: found } = await interpolate(a, b, x, y, { points: 3 });
    const { losses: alone } = await interpolate(a, b, x, y, { points: 3, stacked: false });
    close([found[0] as number, found[2] as number], [await lossOf(a), await lossOf(b)]);
    close(found, alone);
    for (const model of [a, b]) model.dispose();
  });
});
