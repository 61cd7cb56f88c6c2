/**
 * @file A curve that no straight line fits, as a sum of sigmoids, then of ReLUs: one hidden layer, whose units are bent lines
 * that the last layer adds up.
 */
import { layers, optimizers, sequential } from 'tapegrad';

/** The mean of squares that is left after training, for hidden units of one kind. */
async function fitWith(activation: 'linear' | 'sigmoid' | 'relu', epochs: number): Promise<number> {
  const x = Array.from({ length: 64 }, (_, i) => i / 32 - 1);
  const y = x.map((v) => Math.sin(4 * v) + v ** 2);
  const model = sequential([layers.dense(16, { activation, inputShape: [1] }), layers.dense(1)], { seed: 1 });
  model.compile({ optimizer: optimizers.adam(0.03), loss: 'meanSquaredError' });
  const { history } = await model.fit(x, y, { epochs, verbose: 0 });
  model.dispose();
  return history.loss?.at(-1) as number;
}

export async function curve(epochs = 300) {
  return {
    line: await fitWith('linear', epochs), // however many: a sum of straight lines is one
    sigmoids: await fitWith('sigmoid', epochs),
    relus: await fitWith('relu', epochs),
  };
}

if (import.meta.main) console.log(await curve());
