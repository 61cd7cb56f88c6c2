/** @file The way that the weights take in a training: recorded by a callback, and seen in a plane. */
import { options as checked, integer, oneOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { tensor } from '../create.ts';
import { svd } from '../linalg/svd.ts';
import type { Callback, Training } from '../nn/callback.ts';
import type { Sequential } from '../nn/model.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';

export interface TrajectoryOptions {
  /** When to record: after each epoch, or after so many batches; 'epoch' by default. */
  readonly every?: 'epoch' | number;
}

/** A callback for `fit`, and what it has recorded. */
export interface Trajectory extends Callback {
  /** All parameters of the model one after another, from those before the training on. */
  readonly snapshots: readonly Float32Array[];
}

/** All parameters of a model, in one array on the host. */
export async function parametersOf(model: Sequential): Promise<Float32Array> {
  const parts = await Promise.all(model.parameters.map((w) => w.data()));
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part as Float32Array, at);
    at += part.length;
  }
  return whole;
}

const same = (a: Float32Array, b: Float32Array): boolean => a.every((value, k) => Object.is(value, b[k]));

/**
 * Records the weights while a model is trained, for `landscape` to show the way that they take: before the training, and after
 * each epoch or so many batches. A second `fit` with it goes on. Each snapshot holds all parameters on the host.
 *
 * @example
 * const path = trajectory();
 * await model.fit(x, y, { epochs: 4, callbacks: [path] });
 * path.snapshots.length; // 5
 */
export function trajectory(options?: TrajectoryOptions): Trajectory {
  const op = 'trajectory';
  const { every = 'epoch' } = checked(op, options, 'every') as TrajectoryOptions;
  if (typeof every === 'number') integer(op, 'every', every, 1);
  else oneOf(op, 'every', every, ['epoch']);
  const snapshots: Float32Array[] = [];
  let batches = 0;
  const record = async ({ model }: Training) => {
    if (!model.built) return; // the first batch of a stream will build it
    const now = await parametersOf(model);
    const last = snapshots.at(-1);
    if (last && last.length !== now.length)
      throw new ShapeError(
        `${op}: it has recorded a model of ${last.length} parameters, and this one has ${now.length}; make a trajectory for each model`,
      );
    if (!last || !same(last, now)) snapshots.push(now);
  };
  const recordEvery = {
    ...(every === 'epoch'
      ? { onEpochEnd: (_epoch: number, _logs: unknown, training: Training) => record(training) }
      : {
          onBatchEnd: (_batch: number, _logs: unknown, training: Training) =>
            ++batches % every === 0 ? record(training) : undefined,
        }),
  };
  return {
    snapshots,
    onTrainBegin: (_, training) => record(training),
    ...recordEvery,
    onTrainEnd: (_, training) => record(training),
  };
}

/** Refuses what is no recorded trajectory of a model with so many parameters. */
export function requireTrajectory(op: string, value: unknown, size: number): Trajectory {
  const { snapshots } = (value ?? {}) as Partial<Trajectory>;
  if (!Array.isArray(snapshots) || !snapshots.every((s) => s instanceof Float32Array))
    throw new ArgumentError(`${op}: paths are a list of what trajectory() gives, got ${describe(value)}`);
  if (snapshots.length < 3)
    throw new ArgumentError(
      `${op}: a path needs three snapshots at least, got ${snapshots.length}; train longer, or record after fewer batches: trajectory({ every: 10 })`,
    );
  for (const { length } of snapshots)
    if (length !== size)
      throw new ShapeError(`${op}: a path is of a model with ${length} parameters, and this one has ${size}`);
  return value as Trajectory;
}

const numbersOf = (snapshots: readonly Float32Array[]): Float32Array => {
  const [{ length } = { length: 0 }] = snapshots;
  const whole = new Float32Array(snapshots.length * length);
  snapshots.forEach((s, k) => {
    whole.set(s, k * length);
  });
  return whole;
};

/** The first two principal components of the snapshots, [2, parameters]: orthonormal. */
export function principalPlane(snapshots: readonly Float32Array[]): Tensor {
  return scope(() => {
    const rows = tensor(numbersOf(snapshots), { shape: [snapshots.length, snapshots[0]?.length ?? 0] });
    return svd(rows.sub(rows.mean(0))).Vh.slice([0, 2]);
  });
}

/** Where snapshots lie in the plane, by coordinates along its two directions. */
export interface Path {
  readonly alphas: Float64Array;
  readonly betas: Float64Array;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
};

const less = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (value, k) => value - (b[k] as number));

/** The point of the plane through the origin that is nearest to each snapshot. */
export function projected(
  snapshots: readonly Float32Array[],
  origin: Float32Array,
  [u, v]: readonly [ArrayLike<number>, ArrayLike<number>],
): Path {
  const [uu, uv, vv] = [dot(u, u), dot(u, v), dot(v, v)];
  const area = uu * vv - uv * uv;
  const found = snapshots.map((snapshot) => {
    const step = less(snapshot, origin);
    const [su, sv] = [dot(step, u), dot(step, v)];
    return [(su * vv - sv * uv) / area, (sv * uu - su * uv) / area] as const;
  });
  return {
    alphas: Float64Array.from(found, ([alpha]) => alpha),
    betas: Float64Array.from(found, ([, beta]) => beta),
  };
}

/** The share of the snapshots' variance along the first direction, and what the second adds to it. */
export function varianceAlong(
  snapshots: readonly Float32Array[],
  [u, v]: readonly [ArrayLike<number>, ArrayLike<number>],
): [number, number] {
  const { length } = u;
  const mean = new Float64Array(length);
  for (const s of snapshots)
    for (let k = 0; k < length; k++) mean[k] = (mean[k] as number) + (s[k] as number);
  for (let k = 0; k < length; k++) mean[k] = (mean[k] as number) / snapshots.length;
  const overlap = dot(u, v) / dot(u, u);
  const w = Float64Array.from(v, (value, k) => value - overlap * (u[k] as number));
  const steps = snapshots.map((s) => less(s, mean));
  const whole = steps.reduce((sum, step) => sum + dot(step, step), 0);
  const along = (d: ArrayLike<number>) =>
    whole === 0 ? 0 : steps.reduce((sum, step) => sum + dot(step, d) ** 2, 0) / dot(d, d) / whole;
  return [along(u), along(w)];
}
