/** @file `landscape`: the loss on a plane through a model's weights. */
import { integer } from '../core/arguments.ts';
import { inName } from '../core/in_name.ts';
import { zerosLike } from '../create.ts';
import { withDevice } from '../init.ts';
import { type Data, Owned } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';
import { Blend } from './blend.ts';
import type { Direction } from './directions.ts';
import { evenly, loadExamples, requireModel } from './ground.ts';
import { type LandscapeOptions, landscapeSettings } from './landscape_options.ts';
import { lossesAt } from './losses.ts';
import { directionsOf, type Pair, planeOf } from './plane.ts';
import type { Path } from './trajectory.ts';

/** The losses at the weights w + α·d₁ + β·d₂. */
export class Landscape {
  constructor(
    /** Points along each direction. */
    readonly size: number,
    /** The coordinates α along the first direction, and β along the second; the model is at (0, 0). */
    readonly alphas: Float64Array,
    readonly betas: Float64Array,
    /** size · size losses: all α for the first β, then for the next. */
    readonly losses: Float64Array,
    /** Where the snapshots of each path lie in the plane. */
    readonly paths: readonly Path[],
    /** The share of the paths' variance that lies along the first direction, and what the second adds; none without paths. */
    readonly variance: readonly [number, number] | undefined,
  ) {}

  /** The loss at alphas[i], betas[j]. */
  at(i: number, j: number): number {
    for (const k of [i, j]) integer('landscape: at', 'an index', k, 0, this.size - 1);
    return this.losses[j * this.size + i] as number;
  }
}

/** The rows (1, α, β) of all points. */
function coefficientsOf(alphas: Float64Array, betas: Float64Array): Float32Array {
  const rows: number[] = [];
  for (const beta of betas) for (const alpha of alphas) rows.push(1, alpha, beta);
  return Float32Array.from(rows);
}

/** The weights w, and a step along each direction, as corners. */
function blendOf(op: string, model: Sequential, directions: Pair<Direction>, owned: Owned): Blend {
  return new Blend(op, model, owned, (w) => {
    const steps = directions.map((direction) => direction.get(w));
    return steps.some(Boolean) ? [w, ...steps.map((step) => step ?? zerosLike(w))] : undefined;
  });
}

/**
 * The loss of a compiled model on a grid in a plane through its weights, as Li et al. 2018 draw it: the loss at (0, 0) is that of
 * `evaluate` on the same examples. The plane is spanned by two random directions, each filter of them (a column of a dense
 * kernel, an output channel of a convolution) as long as the model's, while biases, norms and frozen parameters stay; or, for
 * `paths`, by the first two principal components of the weights that trainings went through, which are of length 1.
 *
 * Nets of dense layers are evaluated many at a time. The model is not changed, and may be trained meanwhile. Losses that
 * overflow are Infinity or NaN.
 *
 * @example
 * const { losses, alphas, betas } = await landscape(model, x, y, { size: 5, range: 0.5, seed: 1 });
 *
 * const path = trajectory();
 * await model.fit(x, y, { epochs: 3, callbacks: [path] });
 * const { paths, variance } = await landscape(model, x, y, { size: 5, paths: [path] });
 * @throws ArgumentError where the model is not compiled, has no kernels, or x is a stream.
 */
export function landscape(
  model: Sequential,
  x: Data,
  y: Data,
  options?: LandscapeOptions,
): Promise<Landscape> {
  const op = 'landscape';
  return inName(op, async () => {
    const settings = landscapeSettings(op, options);
    requireModel(op, model);
    const owned = new Owned();
    try {
      const data = await loadExamples(op, model, x, y, owned);
      const directions = directionsOf(op, model, settings, owned);
      // Of the weights as they are now: the model may be trained meanwhile.
      const blend = withDevice(model.device, () => blendOf(op, model, directions, owned));
      const { spans, paths, variance } = await planeOf(model, directions, settings);
      const { size, how } = settings;
      const [alphas, betas] = [evenly(spans[0], size), evenly(spans[1], size)];
      const found = await lossesAt(op, blend, data, how, coefficientsOf(alphas, betas));
      return new Landscape(size, alphas, betas, found, paths, variance);
    } finally {
      owned.dispose();
    }
  });
}
