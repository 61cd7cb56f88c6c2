/** @file A program of tensors, tape and WebGPU with tapegrad: the first training step. */
import {
  init,
  optimizers,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
} from 'tapegrad';
import type { Input } from '../works/work.ts';
import { coldStart } from './cold.ts';
import { netAndBatch } from './net.ts';

const upload = ({ data, shape }: Input) => tensor(data, { shape });

function loss(net: readonly Tensor[], x: Tensor, y: Tensor): Tensor {
  let h = x;
  for (let i = 0; i < net.length; i += 2)
    h = h.dense(net[i] as Tensor, net[i + 1] as Tensor, i + 2 < net.length ? 'relu' : 'linear');
  return h.softmaxCrossEntropy(y).mean();
}

coldStart(async () => {
  await init('webgpu');
  const { parameters, batches, adam } = netAndBatch();
  const [{ x, y }] = batches;
  const net: readonly Variable[] = parameters.map((input) => variable(upload(input)));
  const optimizer = optimizers.adam({ ...adam, variant: 'torch' });
  const first = scope(() => {
    const { value, grad } = valueAndGrad(loss)(net, upload(x), upload(y));
    optimizer.step(net, grad);
    return value;
  });
  return first.item();
});
