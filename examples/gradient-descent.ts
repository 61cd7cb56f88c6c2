/**
 * @file Gradient descent in its forms. How many examples a step sees makes it batch, stochastic or mini-batch; the loss is the
 * quadratic cost or cross-entropy; L1 and L2 keep weights small.
 */
import { layers, losses, optimizers, random, regularizers, scope, sequential, type Tensor } from 'tapegrad';

/** Points in the plane, and whether they lie above a parabola. */
const points = (count: number) =>
  scope(() => {
    const x = random(7).uniform([count, 2], { low: -1, high: 1 });
    const [across, up] = x.split(2, 1) as [Tensor, Tensor];
    return { x, y: up.greater(across.square().mul(2).sub(0.6)).astype('float32') };
  });

export const forms = {
  batch: { batchSize: 200, rate: 3 },
  miniBatch: { batchSize: 10, rate: 1 },
  stochastic: { batchSize: 1, rate: 0.3 },
};

export const costs = {
  /** The mean of squares; its gradient is small where a sigmoid is far off. */
  quadratic: losses.meanSquaredError(),
  crossEntropy: losses.binaryCrossentropy(),
};

export const penalties = {
  none: undefined,
  l1: regularizers.l1(0.002),
  l2: regularizers.l2(0.002),
};

/** The loss of the first and the last epoch, how many points are right, and the mean size of a weight. */
export async function descend(
  form: keyof typeof forms,
  cost: keyof typeof costs = 'quadratic',
  penalty: keyof typeof penalties = 'none',
  epochs = 30,
) {
  const { batchSize, rate } = forms[form];
  const { x, y } = points(200);
  const kernelRegularizer = penalties[penalty];
  const held = kernelRegularizer ? { kernelRegularizer } : {};
  const model = sequential(
    [
      layers.dense(12, { activation: 'sigmoid', inputShape: [2], ...held }),
      layers.dense(1, { activation: 'sigmoid', ...held }),
    ],
    { seed: 2 },
  );
  model.compile({ optimizer: optimizers.sgd(rate), loss: costs[cost], metrics: ['binaryAccuracy'] });
  const { history } = await model.fit(x, y, { epochs, batchSize, verbose: 0 });
  const weights = (await model.getWeights())
    .filter(({ name }) => name.endsWith('kernel'))
    .flatMap((w) => [...w]);
  for (const t of [x, y, model]) t.dispose();
  return {
    first: history.loss?.[0] as number,
    last: history.loss?.at(-1) as number,
    accuracy: history.binaryAccuracy?.at(-1) as number,
    size: weights.reduce((sum, w) => sum + Math.abs(w), 0) / weights.length,
  };
}

if (import.meta.main)
  for (const form of Object.keys(forms) as (keyof typeof forms)[])
    for (const cost of Object.keys(costs) as (keyof typeof costs)[])
      console.log(form, cost, await descend(form, cost));
