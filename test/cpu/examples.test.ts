// The examples run, and show what they claim. That of a lost device runs in test/crash.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backpropagate, cost, makeNet } from '../../examples/backpropagation.ts';
import { curve } from '../../examples/curve.ts';
import { custom } from '../../examples/custom.ts';
import { costs, descend, forms } from '../../examples/gradient-descent.ts';
import { line } from '../../examples/line.ts';
import { perceptron } from '../../examples/perceptron.ts';
import { grad, init, random } from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

freeAfterEach();
beforeAll(() => init('cpu'));
afterAll(() => testDevice());

it('a line: y = 2x + 1', async () => {
  const { loss, ten } = await line();
  expect(loss).toBeLessThan(1e-6);
  expect(ten).toBeCloseTo(21, 2);
});

it('a curve: sigmoids and ReLUs fit what lines cannot', async () => {
  const left = await curve(200);
  expect(left.line).toBeGreaterThan(0.1);
  expect(left.sigmoids).toBeLessThan(left.line / 5);
  expect(left.relus).toBeLessThan(left.line / 5);
});

it('a perceptron learns what a line divides, and only that', async () => {
  expect(await perceptron([0, 0, 0, 1])).toBeLessThan(15);
  expect(await perceptron([0, 1, 1, 1])).toBeLessThan(15);
  expect(await perceptron([0, 1, 1, 0])).toBeUndefined();
});

it('gradient descent by batches, mini-batches and single examples, with either cost', async () => {
  const epochs = { batch: 60, miniBatch: 12, stochastic: 2 };
  for (const form of Object.keys(forms) as (keyof typeof forms)[])
    for (const of of Object.keys(costs) as (keyof typeof costs)[]) {
      const { first, last } = await descend(form, of, 'none', epochs[form]);
      expect(last, `${form}, ${of}`).toBeLessThan(first);
    }
});

it('L1 and L2 make weights smaller', async () => {
  const plain = await descend('miniBatch', 'crossEntropy', 'none', 10);
  for (const penalty of ['l1', 'l2'] as const)
    expect((await descend('miniBatch', 'crossEntropy', penalty, 10)).size).toBeLessThan(plain.size);
});

it('backpropagation by hand gives the gradients of the tape', () => {
  for (const sizes of [
    [3, 2],
    [3, 5, 4],
    [2, 6, 5, 3],
  ]) {
    const net = makeNet(sizes, sizes.length);
    const x = random(1).normal([7, sizes[0] as number]);
    const y = random(2).uniform([7, sizes.at(-1) as number]);
    const [byHand, byTape] = [backpropagate(net, x, y), grad(cost)(net, x, y)];
    byHand.forEach(({ w, b }, l) => {
      const other = byTape[l];
      for (const [mine, theirs] of [
        [w, other?.w],
        [b, other?.b],
      ] as const) {
        const want = [...(theirs?.dataSync() ?? [])];
        [...mine.dataSync()].forEach((v, i) => {
          expect(Math.abs(v - (want[i] as number))).toBeLessThanOrEqual(1e-7 + 1e-5 * Math.abs(v));
        });
      }
    });
  }
});

it('a layer and a loss of one’s own', async () => {
  const share = await custom();
  expect(Math.abs(share - 0.9)).toBeLessThan(0.03);
});
