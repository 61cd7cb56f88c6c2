/** @file What the functions of this folder begin with: a compiled model, and the examples that its loss is of. */
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, show } from '../core/shape.ts';
import { withDevice } from '../init.ts';
import { requireExamples, shapesOf } from '../nn/evaluate.ts';
import { type Batch, type Data, isStream, load, type Owned } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';

/** Refuses what is no model. */
export function requireModel(op: string, model: unknown): asserts model is Sequential {
  if (typeof (model as Partial<Sequential> | undefined)?.chain !== 'object')
    throw new ArgumentError(`${op}: takes a model, as sequential gives it, got ${describe(model)}`);
}

/** The examples on the model's device; the model is built for them. */
export async function loadExamples(
  op: string,
  model: Sequential,
  x: Data,
  y: Data,
  owned: Owned,
): Promise<Batch> {
  if (isStream(x))
    throw new ArgumentError(`${op}: x is examples that are there whole, not a stream of batches`);
  model.compiledFor(op); // before any work
  const data = await load(op, [x, y], model.device, shapesOf(model), owned);
  requireExamples(op, data.x);
  if (!model.built) withDevice(model.device, () => model.build(data.x.shape.slice(1)));
  if (!sameShape(data.x.shape.slice(1), model.inputShape))
    throw new ShapeError(
      `${op}: the model takes examples of shape ${show(model.inputShape)}, and x is ${show(data.x.shape)}`,
    );
  return data;
}

/** Evenly from one end to the other; in the middle of a range that is even about it lies 0. */
export const evenly = ([from, to]: readonly [number, number], count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => (from * (count - 1 - k) + to * k) / (count - 1));
