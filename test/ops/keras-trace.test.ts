// The printed trace of a course: a 1→4→3→1 linear net fits y = 2x + 1 with MSE and Keras' Adam(0.1). From the printed
// weights at epoch 0 our engine must give the printed weights and predictions; a misplaced epsilon deviates by 5e-6.
import { describe, expect, it } from 'vitest';
import {
  optimizers,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
} from '../../src/index.ts';
import trace from '../fixtures/keras-linear-trace.json' with { type: 'json' };
import { onTestDevice } from '../place.ts';

type Weights = Record<'w1' | 'b1' | 'w2' | 'b2' | 'w3' | 'b3', Variable>;
type Epoch = keyof typeof trace.epochs;

onTestDevice();

function predict(p: Weights, x: Tensor): Tensor {
  return x.dense(p.w1, p.b1).dense(p.w2, p.b2).dense(p.w3, p.b3);
}

async function deviation(found: Tensor, printed: number[] | number[][]): Promise<number> {
  const expected = printed.flat();
  const values = [...(await found.data())];
  expect(values).toHaveLength(expected.length);
  return Math.max(...values.map((v, i) => Math.abs(v - (expected[i] as number))));
}

describe('the course’s linear net', () => {
  it('gives the printed weights and predictions at every printed epoch', async () => {
    const start = trace.epochs['0'].weights;
    const p = Object.fromEntries(
      Object.entries(start).map(([name, values]) => [name, variable(tensor(values as number[][]))]),
    ) as Weights;
    const x = tensor(trace.x).expandDims(1);
    const y = tensor(trace.y).expandDims(1);
    const adam = optimizers.adam({ learningRate: 0.1 });
    const lossOf = (weights: Weights) => predict(weights, x).sub(y).square().mean();

    let checked = 0;
    for (let epoch = 0; epoch <= 500; epoch++) {
      const printed = trace.epochs[String(epoch) as Epoch];
      if (printed) {
        const weights = trace.tolerances.weightsAbs[String(epoch) as Epoch];
        const predictions = trace.tolerances.predictionsAbs[String(epoch) as Epoch];
        for (const [name, values] of Object.entries(printed.weights))
          expect(await deviation(p[name as keyof Weights], values as number[][])).toBeLessThanOrEqual(
            weights,
          );
        const made = scope(() => predict(p, x));
        expect(await deviation(made, printed.predictions)).toBeLessThanOrEqual(predictions);
        made.dispose();
        checked++;
      }
      if (epoch < 500)
        scope(() => {
          const { grad } = valueAndGrad(lossOf)(p);
          adam.step(p, grad);
        });
    }
    expect(checked).toBe(7);
    expect(await scope(() => lossOf(p)).item()).toBeLessThan(trace.tolerances.lossAfter500Max);
    adam.dispose();
    for (const w of Object.values(p)) w.dispose();
  });
});
