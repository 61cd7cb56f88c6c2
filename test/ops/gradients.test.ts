// Gradients of every differentiable row by every float operand: on the CPU in float64 against central differences, first
// and second order, at the bounds of PyTorch's gradcheck; on WebGPU in float32 against the CPU in float64.
import { beforeAll, describe, expect, it } from 'vitest';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import {
  type Device,
  DTypeError,
  grad,
  NotDifferentiableError,
  scope,
  type Tensor,
} from '../../src/index.ts';
import { randomRows } from '../../src/ops/random_bits.ts';
import { table } from '../../src/ops/table.ts';
import { testDevice } from '../place.ts';
import { floatsOf, NOT_DIFFERENTIABLE, operandsOf } from '../samples/differentiable.ts';
import {
  firstDifferences,
  firstOrder,
  type Problem,
  problemOf,
  secondDifferences,
  secondOrder,
} from '../samples/differentiate.ts';
import { type Call, callsOf, type SampledOp } from '../samples/inputs.ts';
import {
  apply,
  differs,
  type Fault,
  type Lay,
  layoutsOf,
  read,
  tensorsOf,
  type Where,
  withoutLeak,
} from '../samples/run.ts';
import { opsOf, samples } from '../samples.ts';

let here: Device;
let cpu: Where;
beforeAll(async () => {
  here = await testDevice();
  cpu = { device: here.kind === 'cpu' ? here : new CPUDevice(), float: 'float64' };
});

/** Piecewise constant by every operand. */
const STEPS: readonly SampledOp[] = ['sign', 'floor', 'ceil', 'round', 'trunc', 'floorDivide'];
/** Piecewise constant: the gradient by this operand is 0 everywhere. */
const ZERO: readonly (readonly [SampledOp, number])[] = [
  ...STEPS.map((op) => [op, 0] as const),
  ['floorDivide', 1],
  ['reluGrad', 0],
];

const differentiable = opsOf(samples).filter(
  (op) => !NOT_DIFFERENTIABLE.includes(op) && op !== 'stopGradient',
);
const problems = (op: SampledOp): Problem[] =>
  callsOf(op, samples[op])
    .filter((call) => operandsOf(call).length > 0)
    .filter((call) => call.sample.only !== 'cpu' || here.kind === 'cpu')
    .map((call) => problemOf(call, operandsOf(call), cpu));

async function values(tensors: readonly Tensor[]): Promise<number[][]> {
  const lists = await Promise.all(tensors.map(read));
  return lists.map((list) => [...list]);
}

/**
 * Derivatives in these layouts against numbers; the results' shapes and dtypes are those of the operands. All are on
 * their way before the first is read, since it is waiting for a GPU that takes long.
 */
async function check(
  { call, shapes }: Problem,
  wanted: readonly (readonly number[])[],
  derivatives: (lays: readonly Lay[]) => Tensor[],
  [atol, rtol]: readonly [number, number],
  dtype: string,
  layouts = layoutsOf(call),
): Promise<string[]> {
  const compare = (found: readonly Tensor[], lists: readonly (readonly number[])[]): Fault => {
    const wrong = found.findIndex((g, k) => `${g.shape}` !== `${shapes[k]}` || g.dtype !== dtype);
    if (wrong >= 0) return `the gradient by operand ${wrong} is ${found[wrong]}, wanted [${shapes[wrong]}]`;
    const places = lists.map((list, k) => differs(list, wanted[k] as number[], atol, rtol));
    const first = places.findIndex((p) => p !== undefined);
    return first < 0 ? undefined : `operand ${first}, ${places[first]}`;
  };
  let faults: string[] = [];
  const leak = await withoutLeak(async () => {
    const found = layouts.map(derivatives);
    const lists = await Promise.all(found.map(values));
    faults = layouts.flatMap((lays, k) => {
      const fault = compare(found[k] as Tensor[], lists[k] as number[][]);
      return fault ? [`${call.id}, ${lays.join(' and ')}: ${fault}`] : [];
    });
    return undefined;
  }).catch((error: Error) => `threw ${error}`);
  return leak ? [...faults, `${call.id}: ${leak}`] : faults;
}

const GRADCHECK = [1e-5, 1e-3] as const;
const FLOAT32 = [1e-5, 1e-4] as const;

/** Faults of one row in one order. */
async function faultsOf(op: SampledOp, order: 1 | 2): Promise<string[]> {
  const derive = order === 1 ? firstOrder : secondOrder;
  const plain = (p: Problem) => p.call.inputs.map((): Lay => 'plain');
  const faults: string[] = [];
  let moving = 0;
  for (const problem of problems(op)) {
    const analytic = await values(derive(problem, plain(problem), cpu));
    moving += analytic.flat().filter((v) => v !== 0).length;
    if (here.kind === 'cpu') {
      const numeric =
        problem.call.sample.rounds === true
          ? exactCast(problem, order)
          : (order === 1 ? firstDifferences : secondDifferences)(problem, cpu);
      faults.push(
        ...(await check(problem, numeric, (lays) => derive(problem, lays, cpu), GRADCHECK, 'float64')),
      );
    } else {
      const on: Where = { device: here, float: 'float32' };
      // Kernels meet every layout in the first order; the second runs the same ones, and takes long here.
      const all = layoutsOf(problem.call);
      const layouts = order === 1 ? all : all.filter(([first]) => first === 'strided');
      faults.push(
        ...(await check(problem, analytic, (lays) => derive(problem, lays, on), FLOAT32, 'float32', layouts)),
      );
    }
  }
  expect(moving > 0).toBe(!STEPS.includes(op)); // a row whose derivatives are all 0 would agree with one that forgot its rule
  return faults;
}

/** A cast that rounds to float32 has the gradient of the identity. */
function exactCast({ values, v }: Problem, order: 1 | 2): number[][] {
  const w = values.at(-1) as number[];
  return order === 1 ? [[...w]] : [w.map(() => 0), [...(v[0] as number[])]];
}

/** Asks for the gradient by the float operands through a cast that lets only the message tell where it ended. */
function askFor(call: Call, operands: readonly number[]): () => unknown {
  const where: Where = { device: here, float: 'float32' };
  const plain = call.inputs.map((): Lay => 'plain');
  return () =>
    scope(() => {
      const inputs = tensorsOf(call, plain, where);
      return grad((xs: Tensor[]) => {
        const all = inputs.map((x, k) => (operands.includes(k) ? (xs[operands.indexOf(k)] as Tensor) : x));
        return apply(call.op, all, call.args).astype('float32').sum();
      })(operands.map((k) => inputs[k] as Tensor));
    });
}

describe('gradients', () => {
  it.each(differentiable)('%s: first order', async (op) => {
    expect(await faultsOf(op, 1)).toEqual([]);
  });

  it.each(differentiable)('%s: second order', async (op) => {
    expect(await faultsOf(op, 2)).toEqual([]);
  });

  it('are absent only where samples/differentiable.ts says so', () => {
    const without = Object.entries(table).flatMap(([op, row]) => ('differentiable' in row ? [op] : []));
    const rows = NOT_DIFFERENTIABLE.filter((op) => op in table);
    expect(without.sort()).toEqual([...rows, ...Object.keys(randomRows)].sort());
  });

  it.each(ZERO)('%s: 0 by operand %i', async (op, operand) => {
    const calls = problems(op).filter((problem) => problem.operands.includes(operand));
    for (const problem of calls) {
      const lays = problem.call.inputs.map((): Lay => 'plain');
      const lists = await values(firstOrder(problem, lays, cpu));
      expect(lists[problem.operands.indexOf(operand)]?.every((v) => v === 0)).toBe(true);
    }
    expect(calls.length).toBeGreaterThan(3);
  });

  it('stopGradient: 0, though it passes values on', async () => {
    const calls = callsOf('stopGradient', samples.stopGradient).filter((call) => floatsOf(call).length > 0);
    for (const call of calls) {
      const [list] = await values(firstOrder(problemOf(call, [0], cpu), ['plain'], cpu));
      expect(list?.every((v) => v === 0)).toBe(true);
    }
    expect(calls.length).toBeGreaterThan(3);
  });

  it.each(NOT_DIFFERENTIABLE)('%s: an error that names it', (op) => {
    const calls = callsOf(op, samples[op]).filter(
      (call) => call.sample.only !== 'cpu' || here.kind === 'cpu',
    );
    const kind = op === 'oneHot' ? DTypeError : NotDifferentiableError; // its operand is int32
    for (const call of calls) {
      const operands = op === 'oneHot' ? [0] : floatsOf(call);
      if (operands.length === 0) continue;
      // logicalNot and its like see truth values: the conversion before them is where the gradient ends.
      const [name] = op.split('.').reverse();
      const culprit = op === 'oneHot' ? 'int32' : op === 'countNonzero' ? 'notEqual' : name;
      expect(askFor(call, operands), call.id).toThrow(kind);
      expect(askFor(call, operands), call.id).toThrow(culprit);
    }
    expect(calls.some((call) => op === 'oneHot' || floatsOf(call).length > 0)).toBe(true);
  });

  it.each(['select', 'where'] as const)('%s: an error by a float condition', (op) => {
    const calls = callsOf(op, samples[op]).filter((call) => floatsOf(call).includes(0));
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) expect(askFor(call, [0])).toThrow(NotDifferentiableError);
  });

  it('astype: an error through whole numbers and truth values', () => {
    const calls = callsOf('astype', samples.astype).filter(
      (call) => floatsOf(call).length > 0 && ['int32', 'bool'].includes(String(call.args[0])),
    );
    expect(calls.length).toBeGreaterThan(2);
    for (const call of calls) expect(askFor(call, [0])).toThrow(NotDifferentiableError);
  });
});
