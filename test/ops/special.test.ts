// NaN, infinities, signed zeros, the edges of domains, tiny and huge values, and the ends of int32, through every row, as
// IEEE 754 and NumPy have them: on the CPU, and on WebGPU, whose own functions promise nothing of the kind.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Device, DType, Tensor } from '../../src/index.ts';
import frozen from '../fixtures/special.json' with { type: 'json' };
import { testDevice } from '../place.ts';
import { type Call, callsOf } from '../samples/inputs.ts';
import {
  differs,
  dtypeOf,
  type Expected,
  type Fault,
  type Lay,
  layoutsOf,
  type Part,
  partsOf,
  read,
  results,
  withoutLeak,
} from '../samples/run.ts';
import { allCalls, opsOf, specials } from '../samples.ts';

const expected: Readonly<Record<string, Expected | undefined>> = frozen.expected;

let device: Device;
beforeAll(async () => {
  device = await testDevice();
});

/** Rows that give a zero its sign on every device, since they only move bits. */
const MOVES = new Set(
  `alias contiguous reshape permuteDims broadcastTo slice expandDims squeeze concat take stopGradient diagonal gather
  flatten transpose split flip roll repeat tile takeAlongAxis sort stack meshgrid`.split(/\s+/),
);
/** Rows whose zeros IEEE 754 gives a sign; WGSL lets an implementation ignore it, so this is held on the CPU only. */
const SIGNS = new Set(
  `neg abs sqrt reciprocal square tanh add sub mul div embed select where expm1 log1p sin tan asin atan sinh asinh atanh
  erf floor ceil round trunc leakyRelu elu selu gelu silu mish softsign hardSilu remainder floorDivide
  atan2`.split(/\s+/),
);

/**
 * Relative only: a tiny result must have its digits too. But a result (or a step before it) below 2⁻¹²⁶ may be flushed
 * to 0 where float32 is computed, as WGSL allows, which the absolute part lets pass.
 */
const FLOAT32 = [2 ** -126, 1e-4] as const;
const FLOAT64 = [0, 1e-12] as const;

async function check(call: Call, lays: readonly Lay[], float: DType): Promise<Fault> {
  const wanted = expected[call.id];
  if (wanted?.check !== call.check) return 'has no expectation: run test/fixtures/make-samples.py';
  return withoutLeak(async () => {
    const parts = partsOf(wanted);
    const found = results(call, lays, { device, float });
    const faults: Fault[] = [];
    for (const [k, y] of found.entries()) faults.push(await compare(call, y, parts[k], float));
    return found.length === parts.length
      ? faults.find((fault) => fault)
      : `gave ${found.length} tensors, wanted ${parts.length}`;
  });
}

/** Reads a tensor and frees it. */
async function compare(call: Call, y: Tensor, wanted: Part | undefined, float: DType): Promise<Fault> {
  const { dtype } = y;
  const got = await read(y);
  if (!wanted) return 'gave a tensor too many';
  if (dtype !== dtypeOf(wanted.dtype, float)) return `gave ${dtype}, wanted ${wanted.dtype} (${float})`;
  const zeros = MOVES.has(call.op) || (device.kind === 'cpu' && SIGNS.has(call.op));
  const [atol, rtol] = dtype === 'float64' ? FLOAT64 : dtype === 'float32' ? FLOAT32 : [0, 0];
  const values = wanted.values.map((v) => (dtype === 'float32' ? Math.fround(Number(v)) : Number(v)));
  return differs(got, values, atol, rtol, zeros && dtype.startsWith('float'));
}

describe('special values', () => {
  it('are as many as the frozen expectations', () => {
    const ids = allCalls(specials).map((call) => call.id);
    expect(ids.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(opsOf(specials))('%s', async (op) => {
    const floats: DType[] = device.kind === 'cpu' ? ['float32', 'float64'] : ['float32'];
    const faults: string[] = [];
    let checks = 0;
    for (const call of callsOf(op, specials[op]))
      for (const float of floats)
        for (const lays of layoutsOf(call)) {
          checks++;
          const fault = await check(call, lays, float).catch((error: Error) => `threw ${error}`);
          if (fault) faults.push(`${call.id}, ${lays.join(' and ')}, ${float}: ${fault}`);
        }
    expect(faults).toEqual([]);
    expect(checks).toBeGreaterThanOrEqual(3);
  });
});
