/** @file `interpolate`: the loss on the straight line between two models. */
import { options as checked, finite, integer } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, DeviceError, ShapeError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import { sameShape, show } from '../core/shape.ts';
import { withDevice } from '../init.ts';
import { type Data, Owned } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';
import type { Tensor } from '../tensor.ts';
import { Blend } from './blend.ts';
import { evenly, loadExamples, requireModel } from './ground.ts';
import { checkLossesOptions, LOSSES_OPTIONS, type LossesOptions, lossesAt } from './losses.ts';

export interface InterpolateOptions extends LossesOptions {
  /** Points, both ends among them; 51 by default. */
  readonly points?: number;
  /** From where to where; [0, 1] by default, from the one model to the other. */
  readonly range?: readonly [from: number, to: number];
}

/** The losses at (1 − t)·a + t·b. */
export interface Interpolation {
  readonly ts: Float64Array;
  readonly losses: Float64Array;
}

/** The weights of the one, with those of the other in the same place. */
function pairsOf(op: string, a: Sequential, b: Sequential): ReadonlyMap<Tensor, Tensor> {
  const [left, right] = [a.namedWeights, b.namedWeights];
  if (left.length !== right.length)
    throw new ShapeError(
      `${op}: the models have ${left.length} and ${right.length} weights; their layers must be the same`,
    );
  return new Map(
    left.map(({ name, variable: w }, k) => {
      const other = (right[k] as (typeof right)[number]).variable;
      if (!sameShape(w.shape, other.shape))
        throw new ShapeError(
          `${op}: ${name} has shape ${show(w.shape)} in the one model, and ${show(other.shape)} in the other`,
        );
      if (w.device !== other.device)
        throw new DeviceError(
          `${op}: the models are on different devices (${w.device.kind}, ${other.device.kind})`,
        );
      return [w, other];
    }),
  );
}

/**
 * The loss along the straight line from one model to another of the same layers (Goodfellow et al. 2015), all weights
 * (1 − t)·a + t·b, moving averages too: at t = 0 and 1 it is what `evaluate` gives for the one and the other. Loss and layers
 * are those of the first.
 *
 * @example
 * const { ts, losses } = await interpolate(model, other, x, y, { points: 5 });
 * @throws ShapeError where the models' weights differ in number or shape.
 */
export function interpolate(
  a: Sequential,
  b: Sequential,
  x: Data,
  y: Data,
  options?: InterpolateOptions,
): Promise<Interpolation> {
  const op = 'interpolate';
  return inName(op, async () => {
    const given = checked(op, options, 'points', 'range', ...LOSSES_OPTIONS) as InterpolateOptions;
    const { points = 51, range = [0, 1], ...how } = given;
    integer(op, 'points', points, 2, 2 ** 20);
    if (!Array.isArray(range) || range.length !== 2)
      throw new ArgumentError(`${op}: range must be [from, to], got ${describe(range)}`);
    for (const end of range) finite(op, 'range', end);
    checkLossesOptions(op, how);
    for (const model of [a, b]) requireModel(op, model);
    const owned = new Owned();
    try {
      const data = await loadExamples(op, a, x, y, owned);
      const pairs = pairsOf(op, a, b);
      const blend = withDevice(a.device, () => new Blend(op, a, owned, (w) => [w, pairs.get(w) as Tensor]));
      const ts = evenly(range, points);
      const coefficients = Float32Array.from([...ts].flatMap((t) => [1 - t, t]));
      return { ts, losses: await lossesAt(op, blend, data, how, coefficients) };
    } finally {
      owned.dispose();
    }
  });
}
