// Runs in a Web Worker: trains a few steps on WebGPU there and answers with what it got.
import { init, optimizers, scope, type Tensor, tensor, valueAndGrad, variable } from '../../src/index.ts';

async function train(): Promise<{ kind: string; losses: number[] }> {
  const device = await init('webgpu');
  const w = variable(tensor([0]));
  const sgd = optimizers.sgd(0.1);
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const loss = scope(() => {
      const { value, grad } = valueAndGrad((v: Tensor) => v.sub(3).square().sum())(w);
      sgd.step(w, grad);
      return value;
    });
    losses.push(await loss.item());
  }
  device.close();
  return { kind: device.kind, losses };
}

train().then(
  (answer) => postMessage(answer),
  (error: Error) => postMessage({ error: error.message }),
);
