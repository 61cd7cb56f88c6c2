/** @file The shortest program with TensorFlow.js: a product. */
import '@tensorflow/tfjs-backend-webgpu';
import { enableProdMode, matMul, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { coldStart, operands, SIZE } from './cold.ts';

coldStart(async () => {
  enableProdMode();
  await setBackend('webgpu');
  const [a, b] = operands();
  const matrix = (data: typeof a) => tensor2d(data, [SIZE, SIZE]);
  const product = await matMul(matrix(a), matrix(b)).data();
  return product[0] as number;
});
