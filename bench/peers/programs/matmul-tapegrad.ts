/** @file The shortest program with tapegrad: a product. */
import { init, tensor } from 'tapegrad';
import { coldStart, operands, SIZE } from './cold.ts';

coldStart(async () => {
  await init('webgpu');
  const [a, b] = operands();
  const matrix = (data: typeof a) => tensor(data, { shape: [SIZE, SIZE] });
  const product = await matrix(a).matmul(matrix(b)).data();
  return product[0] as number;
});
