/** @file Which layer, and which operation in it, made the first NaN or Infinity of a batch: the pass once more, looked at. */
import { valueAndGrad } from '../autograd/tape.ts';
import { NonFiniteError } from '../core/errors.ts';
import { lookingForNaN } from '../debug/debug.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import type { Batch } from './feed.ts';
import type { Sequential } from './model.ts';
import { lossOf } from './step.ts';

export interface Blame {
  readonly what: string | undefined;
  readonly cure: string;
}

export const CURE = 'A smaller learning rate, or clipNorm in the optimizer, may help';

/** Runs `work`, reads what it made, and tells of what was not finite. */
async function finding(work: () => Tensor): Promise<string | undefined> {
  let made: Tensor | undefined;
  try {
    made = scope(work);
    await made.data();
    return undefined;
  } catch (error) {
    if (error instanceof NonFiniteError) return error.message;
    throw error;
  } finally {
    made?.dispose();
  }
}

async function allFinite(x: Tensor): Promise<boolean> {
  const all = scope(() => x.isFinite().all());
  const found = await all.item();
  all.dispose();
  return found !== 0;
}

/**
 * In words, with what may help; what it was is left out where the pass, done again from the same noise on, finds nothing.
 * The model's noise goes on where it stood.
 */
export async function blame(model: Sequential, batch: Batch, noise: number): Promise<Blame> {
  for (const [what, t] of Object.entries({ x: batch.x, y: batch.y, sampleWeight: batch.weight }))
    if (t && !(await allFinite(t)))
      return {
        what: `${what} holds NaN or Infinity in this batch`,
        cure: 'Mend such examples, or leave them out',
      };
  const stood = model.streams.noise.position;
  const what = await culprit(model, batch, noise);
  model.streams.noise.position = stood;
  return { what, cure: CURE };
}

function culprit(model: Sequential, batch: Batch, noise: number): Promise<string | undefined> {
  return lookingForNaN(async () => {
    for (const [k, { name }] of model.chain.entries.entries()) {
      const found = await finding(() => again(model, batch, noise, k + 1));
      if (found) return `layer '${name}': ${found}`;
    }
    const loss = () => lossOf(model, 'fit', batch, again(model, batch, noise));
    const ofLoss = await finding(loss);
    if (ofLoss) return `the loss: ${ofLoss}`;
    const params = model.trainableWeights as Tensor[];
    const ofGradient = await finding(() => {
      const { grad } = valueAndGrad((_: Tensor[]) => loss())(params);
      return grad.reduce((sum: Tensor, g) => sum.add(g.sum().mul(0)), loss().mul(0));
    });
    return ofGradient && `the gradient: ${ofGradient}`;
  });
}

/** The output of the layers, or of the first of them, with the noise that there was. */
function again(model: Sequential, { x }: Batch, noise: number, layers?: number): Tensor {
  model.streams.noise.position = noise;
  return model.pass('fit', x, true, layers).output;
}
