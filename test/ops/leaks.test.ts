// Every sample fifty times inside a scope, and its gradient in every layout: the live tensors and bytes are what they were. Nothing is
// read, since values are samples.test.ts's affair, and waiting for a software GPU is what takes long.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Device, grad, scope, type Tensor } from '../../src/index.ts';
import { testDevice } from '../place.ts';
import { NOT_DIFFERENTIABLE, operandsOf } from '../samples/differentiable.ts';
import { type Call, callsOf, type SampledOp } from '../samples/inputs.ts';
import { apply, layoutsOf, outcomes, tensorsOf, withoutLeak } from '../samples/run.ts';
import { opsOf, samples } from '../samples.ts';

/** A gradient is dozens of operations, which are here one by one too: once in each of the layouts must do. */
const TIMES = { value: 50, gradient: 5 };

let device: Device;
beforeAll(async () => {
  device = await testDevice();
});

type Operands = (Tensor | number)[];
type Run = (call: Call, inputs: Operands) => unknown;

/** What is left of so many runs inside a scope, on operands in each of their layouts in turn. */
async function leftBy(calls: readonly Call[], times: number, run: Run): Promise<string[]> {
  const faults: string[] = [];
  for (const call of calls) {
    const left = await withoutLeak(async () => {
      scope(() => repeat(call, times, run));
      return undefined;
    });
    if (left) faults.push(`${call.id} ${left}`);
  }
  return faults;
}

function repeat(call: Call, times: number, run: Run): void {
  const operands = layoutsOf(call).map((lays) => tensorsOf(call, lays, { device, float: 'float32' }));
  for (let k = 0; k < times; k++) run(call, operands[k % operands.length] as Operands);
}

const callsHere = (op: SampledOp) =>
  callsOf(op, samples[op]).filter((call) => call.sample.only !== 'cpu' || device.kind === 'cpu');

/** Those of linear algebra are long, and made of others. */
const tried = opsOf(samples).filter((op) => !op.startsWith('linalg.'));
const differentiable = tried.filter((op) => !NOT_DIFFERENTIABLE.includes(op));

describe('inside a scope', () => {
  it.each(tried)('%s, fifty times, leaves nothing behind', async (op) => {
    const calls = callsHere(op);
    expect(await leftBy(calls, TIMES.value, ({ args }, inputs) => outcomes(op, inputs, args))).toEqual([]);
    expect(calls.length).toBeGreaterThan(2);
  });

  it.each(differentiable)('the gradient of %s leaves nothing behind', async (op) => {
    const calls = callsHere(op).filter((call) => operandsOf(call).length > 0);
    const differentiate = (call: Call, inputs: Operands) => {
      const by = operandsOf(call);
      const f = (xs: Tensor[]) => {
        const all = inputs.map((x, k) => (by.includes(k) ? (xs[by.indexOf(k)] as Tensor) : x));
        return apply(op, all, call.args).sum();
      };
      return grad(f)(by.map((k) => inputs[k] as Tensor));
    };
    expect(await leftBy(calls, TIMES.gradient, differentiate)).toEqual([]);
    expect(calls.length).toBeGreaterThan(1);
  });
});
