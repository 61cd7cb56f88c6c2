/** @file The pictures of docs/convolution.md, drawn by its examples, with a part of the digits on the CPU. */
import { cleanDigits, pictureOf } from '../../examples/autoencoder.ts';
import { digitGenerator, sheet } from '../../examples/generator.ts';
import { png } from '../../examples/png.ts';
import { init } from '../../src/index.ts';

const DIGITS = 12_000;
const EPOCHS = 8;

export async function drawings(): Promise<{ readonly name: string; readonly content: Buffer }[]> {
  await init('cpu');
  const cleaned = await cleanDigits(DIGITS, EPOCHS);
  const { noisy, mean } = cleaned;
  console.log(`mean squares: noisy ${noisy}, cleaned ${cleaned.cleaned}, the mean image ${mean}`);
  const generator = await digitGenerator(DIGITS, EPOCHS);
  console.log(`the generator's loss: ${generator.loss} nats a digit`);
  const drawn = await sheet(generator);
  generator.dispose();
  return [
    { name: 'cleaned.png', content: png(pictureOf(cleaned)) },
    { name: 'drawn.png', content: png(drawn) },
  ];
}
