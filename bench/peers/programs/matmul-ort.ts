/** @file The shortest program with ONNX Runtime Web: a model of one product. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import { onnxModel } from '../contenders/onnx-model.ts';
import { coldStart, operands, SIZE } from './cold.ts';

const shape = [SIZE, SIZE];

coldStart(async () => {
  env.wasm.wasmPaths = '/ort/';
  env.wasm.numThreads = 1;
  const value = (name: string) => ({ name, shape });
  const model = onnxModel({
    inputs: [value('a'), value('b')],
    nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }],
    outputs: [value('y')],
  });
  const session = await InferenceSession.create(model, { executionProviders: ['webgpu'] });
  const [a, b] = operands();
  const matrix = (data: typeof a) => new Tensor('float32', data, shape);
  const { y } = await session.run({ a: matrix(a), b: matrix(b) });
  const product = (await y?.getData()) as Float32Array;
  return product[0] as number;
});
