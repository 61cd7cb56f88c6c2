/** @file The plane that a landscape is drawn on: what spans it, and where trainings went in it. */
import { ArgumentError } from '../core/errors.ts';
import { withDevice } from '../init.ts';
import type { Owned } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';
import { type Rng, random } from '../random.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { type Direction, randomDirection } from './directions.ts';
import type { LandscapeSettings, Span } from './landscape_options.ts';
import {
  type Path,
  parametersOf,
  principalPlane,
  projected,
  requireTrajectory,
  varianceAlong,
} from './trajectory.ts';

export type Pair<T> = readonly [T, T];

export interface Plane {
  readonly spans: Pair<Span>;
  readonly paths: readonly Path[];
  /** Undefined without paths. */
  readonly variance: Pair<number> | undefined;
}

const sizeOf = ({ parameters }: Sequential): number => parameters.reduce((sum, { size }) => sum + size, 0);

/** A direction for all parameters, [parameters], as steps for each. */
function asDirection(model: Sequential, flat: Tensor): Direction {
  let at = 0;
  return new Map(
    model.parameters.map((w) => {
      const step = flat.slice([at, at + w.size]).reshape(w.shape);
      at += w.size;
      return [w, step];
    }),
  );
}

/** A direction on the host; 0 for parameters that stay. */
async function onHost(model: Sequential, direction: Direction): Promise<Float64Array> {
  const { parameters } = model;
  const whole = new Float64Array(sizeOf(model));
  let at = 0;
  for (const w of parameters) {
    const step = direction.get(w);
    if (step) whole.set(await step.data(), at);
    at += w.size;
  }
  return whole;
}

/** What the paths take along one direction, the model at 0 too, with a fifth of it to spare at each end. */
function spanOf(coordinates: readonly Float64Array[]): Span {
  const all = coordinates.flatMap((c) => [...c]);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const spare = high > low ? (high - low) / 5 : 1;
  return [low - spare, high + spare];
}

function randomPlane(op: string, model: Sequential, seed: number): Pair<Direction> {
  const [first, second] = (random(seed).split(2) as [Rng, Rng]).map((rng) =>
    randomDirection(op, model, rng),
  ) as [Direction, Direction];
  if (first.size === 0)
    throw new ArgumentError(
      `${op}: the model has no kernel that is trained, so there is nothing to move: random directions leave biases, normalisation and frozen parameters as they are`,
    );
  return [first, second];
}

/** What spans the plane. The tensors belong to `owned`. */
export function directionsOf(
  op: string,
  model: Sequential,
  { directions: kind, paths, seed }: LandscapeSettings,
  owned: Owned,
): Pair<Direction> {
  const size = sizeOf(model);
  if (size < 2)
    throw new ArgumentError(`${op}: a plane needs two parameters at least, and the model has ${size}`);
  for (const path of paths) requireTrajectory(op, path, size);
  const made = withDevice(model.device, () =>
    scope((): Pair<Direction> => {
      if (kind === 'random') return randomPlane(op, model, seed);
      const plane = principalPlane(paths.flatMap(({ snapshots }) => snapshots));
      return [asDirection(model, plane.slice(0)), asDirection(model, plane.slice(1))];
    }),
  );
  for (const direction of made) for (const step of direction.values()) owned.add(step);
  return made;
}

/** Where the trainings went in the plane, and from where to where it goes. */
export async function planeOf(
  model: Sequential,
  directions: Pair<Direction>,
  { paths: given, spans }: LandscapeSettings,
): Promise<Plane> {
  if (given.length === 0) return { spans: spans as Pair<Span>, paths: [], variance: undefined };
  const [origin, first, second] = await Promise.all([
    parametersOf(model),
    onHost(model, directions[0]),
    onHost(model, directions[1]),
  ]);
  const paths = given.map(({ snapshots }) => projected(snapshots, origin, [first, second]));
  return {
    spans: spans ?? [spanOf(paths.map(({ alphas }) => alphas)), spanOf(paths.map(({ betas }) => betas))],
    paths,
    variance: varianceAlong(
      given.flatMap(({ snapshots }) => snapshots),
      [first, second],
    ),
  };
}
