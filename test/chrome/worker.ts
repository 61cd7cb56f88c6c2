// Runs in a Web Worker: trains, reads and fails on WebGPU there, closes the device, and answers with what it got.
import {
  init,
  type NestedArray,
  optimizers,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
} from '../../src/index.ts';

export interface Answer {
  readonly kind: string;
  readonly losses: number[];
  readonly reads: Record<string, NestedArray>;
  /** Names of the errors, by what was done. */
  readonly errors: Record<string, string>;
  readonly lost: string;
}

async function train(): Promise<number[]> {
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
  return losses;
}

async function errorOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return (error as Error).name;
  }
  return 'none';
}

async function visit(): Promise<Answer> {
  const device = await init('webgpu');
  const losses = await train();
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const reads = {
    float32: await x.T.add(0.5).array(),
    int32: await x.argmax(1).array(),
    bool: await x.greater(2).array(),
    float16: await x.astype('float16').array(),
  };
  const errors: Record<string, string> = {
    'a wrong shape': await errorOf(() => x.matmul(tensor([1, 2, 3]))),
    'an index that the GPU finds': await errorOf(() => x.take(tensor(Int32Array.of(5)), 0).data()),
  };
  const pending = errorOf(() => x.data());
  device.close();
  errors['a read that is pending'] = await pending;
  errors['a closed device'] = await errorOf(() => x.add(1));
  return { kind: device.kind, losses, reads, errors, lost: (await device.lost).message };
}

visit().then(
  (answer) => postMessage(answer),
  (error: Error) => postMessage({ failed: String(error) }),
);
