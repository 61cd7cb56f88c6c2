/** @file A straight line through points: y = 2x + 1, found by three linear layers. */
import { layers, optimizers, sequential } from 'tapegrad';

export async function line() {
  const x = [-1, 0, 1, 2, 3, 4];
  const y = [-1, 1, 3, 5, 7, 9];
  const model = sequential([layers.dense(4, { inputShape: [1] }), layers.dense(3), layers.dense(1)], {
    seed: 1,
  });
  model.compile({ optimizer: optimizers.adam(0.1), loss: 'meanSquaredError' });
  const { history } = await model.fit(x, y, { epochs: 500, verbose: 0 });
  const predicted = await model.predict([10]);
  const ten = await predicted.item();
  predicted.dispose();
  model.dispose();
  return { loss: history.loss?.at(-1), ten }; // ten: 2 · 10 + 1
}

if (import.meta.main) console.log(await line());
