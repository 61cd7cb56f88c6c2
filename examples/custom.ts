/**
 * @file A layer and a loss of one's own. The layer has a slope for each feature on either side of 0 (a parametric ReLU); the
 * loss is a quantile's: it costs more to be below than above, so that nine tenths of the targets lie below the prediction.
 */
import { full, type Layer, layers, optimizers, random, sequential, type Tensor, where } from 'tapegrad';

export const parametricRelu = (): Layer<{ alpha: Tensor }> => ({
  name: 'parametricRelu',
  build: (inputShape) => ({ params: { alpha: full(inputShape, 0.25) }, outputShape: inputShape }),
  apply: ({ params }, x) => where(x.greater(0), x, x.mul(params.alpha)),
});

/** A loss gives a value for each example, or one for all. */
export const quantile = (share: number) => (yTrue: Tensor, yPred: Tensor) => {
  const missing = yTrue.sub(yPred);
  return missing
    .mul(share)
    .maximum(missing.mul(share - 1))
    .mean(-1);
};

/** The share of noisy targets below the prediction: near 0.9. */
export async function custom(epochs = 60): Promise<number> {
  const rng = random(3);
  const x = rng.uniform([400, 1], { low: -1, high: 1 });
  const y = x.square().add(rng.normal([400, 1], { std: 0.2 }));
  const model = sequential([layers.dense(16, { inputShape: [1] }), parametricRelu(), layers.dense(1)], {
    seed: 1,
  });
  model.compile({ optimizer: optimizers.adam(0.02), loss: quantile(0.9) });
  await model.fit(x, y, { epochs, verbose: 0 });
  const predicted = await model.predict(x);
  const below = y.less(predicted).astype('float32').mean();
  const share = await below.item();
  for (const t of [x, y, predicted, below, model]) t.dispose();
  return share;
}

if (import.meta.main) console.log(await custom());
