// Indices and labels that lie in tensors. The CPU device looks at them in the call. A GPU finds them out while it works:
// the kernel takes the nearest entry, the status word is set, optimizers change nothing while it is, and the next
// read-out throws the same error as the CPU. Afterwards everything goes on.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  device,
  IndexError,
  optimizers,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { CLASSES, late, whole } from '../bad-calls/late.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

let x: Tensor;
let m: Tensor;
beforeEach(() => {
  x = tensor([10, 20, 30]);
  m = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

/** What the program throws: on the CPU from the call, on a GPU from the first read-out. */
async function thrown(program: () => Promise<unknown>): Promise<unknown> {
  try {
    await program();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(late)('an index out of range in a tensor, of $of: $message', ({ call, message }) => {
  it('is thrown, once', async () => {
    if (device().kind === 'cpu') expect(() => call(x, m)).toThrow(new IndexError(message));
    expect(await thrown(async () => call(x, m).data())).toEqual(new IndexError(message));
    expect(await x.array()).toEqual([10, 20, 30]);
    expect(await m.take(whole([-1])).array()).toEqual([[4, 5, 6]]);
  });

  it('lets optimizers change nothing before, and all afterwards', async () => {
    const [p, q, r] = [variable(x), variable(x), variable(x)];
    const [sgd, adam] = [optimizers.sgd({ learningRate: 1, momentum: 0.5 }), optimizers.adam(1)];
    const [ones, huge] = [tensor([1, 1, 1]), tensor([1e6, -1e6, 1e6])];
    sgd.step([p], [ones]);
    adam.step([q], [ones]);
    const before = [await p.data(), await q.data(), await r.data()];
    const error = await thrown(async () => {
      const y = call(x, m);
      sgd.step([p, r], [huge, huge]); // r for the first time
      adam.step([q], [huge]);
      await y.data();
    });
    expect(error).toEqual(new IndexError(message));
    expect([await p.data(), await q.data(), await r.data()]).toEqual(before);

    sgd.step([p, r], [ones, ones]);
    adam.step([q], [ones]);
    expect(await p.array()).toEqual([7.5, 17.5, 27.5]); // 10 − 1, then by 0.5·1 + 1: the velocity is that of ones alone
    expect(await r.array()).toEqual([9, 19, 29]);
    const moved = (await q.data()).map((v, k) => (before[1]?.[k] as number) - v);
    for (const by of moved) expect(by).toBeGreaterThan(0.5); // of moments that had met 1e6 it would be −0.03
    for (const by of moved) expect(by).toBeLessThan(2);
    for (const t of [p, q, r, sgd, adam]) t.dispose();
  });
});

describe('a training step with a label out of range', () => {
  it('leaves the parameters as they were, and the next one is taken', async () => {
    const p = { w: variable(zeros([3, 3])), b: variable(zeros([3])) };
    const adam = optimizers.adam(0.1);
    const step = async (labels: number[]) => {
      const loss = (q: typeof p) => m.dense(q.w, q.b).softmaxCrossEntropy(whole(labels)).mean();
      const { value, grad: g } = valueAndGrad(loss)(p);
      adam.step(p, g);
      return value.item();
    };
    const wanted = new IndexError(`softmaxCrossEntropy: label 4 ${CLASSES}`);
    expect(await thrown(() => step([0, 4]))).toEqual(wanted);
    expect(await p.w.data()).toEqual(new Float32Array(9));
    expect(await p.b.data()).toEqual(new Float32Array(3));
    const first = await step([0, 2]);
    expect(first).toBeCloseTo(Math.log(3), 6); // of zeros
    expect(await step([0, 2])).toBeLessThan(first);
    for (const t of [p.w, p.b, adam]) t.dispose();
  });
});
