/** @file The shortest program with jax-js: a product. */
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import { coldStart, operands, SIZE } from './cold.ts';

coldStart(async () => {
  await init('webgpu');
  defaultDevice('webgpu');
  const [a, b] = operands();
  const matrix = (data: typeof a) => np.array(data, { shape: [SIZE, SIZE] });
  const product = await np.matmul(matrix(a), matrix(b)).data();
  return product[0] as number;
});
