// Every sample of every row against what NumPy froze: values, dtype, shape, and the memory that stays. On the CPU
// device in float32 and float64, on WebGPU in float32; in every layout of the operands.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  arange,
  concat,
  type Device,
  type DType,
  scope,
  type Tensor,
  type TypedArray,
  zeros,
} from '../../src/index.ts';
import frozen from '../fixtures/samples.json' with { type: 'json' };
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
  runBare,
  withoutLeak,
} from '../samples/run.ts';
import { allCalls, opsOf, samples } from '../samples.ts';

const expected: Readonly<Record<string, Expected | undefined>> = frozen.expected;

/** Rows that move data or choose among values: not a bit may change. */
const EXACT = new Set(
  `alias contiguous reshape permuteDims broadcastTo slice embed expandDims squeeze concat take oneHot select where
  clip maximum minimum max neg abs sign relu reluGrad astype floor ceil round trunc relu6 remainder floorDivide
  stopGradient diagonal diagonalGrad gather maxPool2d maxPool2dPick flatten transpose split flip roll repeat tile pad
  tril triu takeAlongAxis sort topk stack meshgrid min`.split(/\s+/),
);

let device: Device;
beforeAll(async () => {
  device = await testDevice();
});

/** What is wrong with one sample, in each of its layouts. All is on its way before the first result is read. */
async function check(call: Call, layouts: readonly Lay[][], float: DType): Promise<string[]> {
  const wanted = expected[call.id];
  if (wanted?.check !== call.check) return ['has no expectation: run test/fixtures/make-samples.py'];
  const where = { device, float };
  const bare = await withoutLeak(async () => {
    for (const lays of layouts) runBare(call, lays, where);
    return undefined;
  });
  let faults: string[] = [];
  const leak = await withoutLeak(async () => {
    const found = layouts.map((lays) => results(call, lays, where));
    const lists = await Promise.all(found.map((parts) => Promise.all(parts.map(read))));
    faults = layouts.flatMap((lays, k) => {
      const fault = compare(call, found[k] as Tensor[], lists[k] as TypedArray[], partsOf(wanted), float);
      return fault ? [`${lays.join(' and ')}: ${fault}`] : [];
    });
    return undefined;
  });
  return [...faults, ...(bare ? [`outside of a scope ${bare}`] : []), ...(leak ? [leak] : [])];
}

/** What a call gave, and the values of it, against what it should. */
function compare(
  call: Call,
  found: readonly Tensor[],
  lists: readonly TypedArray[],
  parts: readonly Part[],
  float: DType,
): Fault {
  if (found.length !== parts.length) return `gave ${found.length} tensors, wanted ${parts.length}`;
  const faults = parts.map((wanted, k): Fault => {
    const { shape, dtype } = found[k] as Tensor;
    if (dtype !== dtypeOf(wanted.dtype, float)) return `gave ${dtype}, wanted ${wanted.dtype} (${float})`;
    if (`${shape}` !== `${wanted.shape}` || shape.length !== wanted.shape.length)
      return `gave shape [${shape}], wanted [${wanted.shape}]`;
    const exact = EXACT.has(call.op) || dtype === 'int32' || dtype === 'bool';
    const [atol, rtol] = exact ? [0, 0] : dtype === 'float64' ? [1e-13, 1e-12] : [1e-5, 1e-4];
    return differs(lists[k] as TypedArray, wanted.values.map(Number), atol, rtol);
  });
  return faults.find((fault) => fault);
}

describe('samples', () => {
  it('are as many as the frozen expectations', () => {
    const ids = allCalls(samples).map((call) => call.id);
    expect(ids.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(opsOf(samples))('%s gives what NumPy gives', async (op) => {
    const cpu = device.kind === 'cpu';
    const faults: string[] = [];
    let checks = 0;
    for (const call of callsOf(op, samples[op])) {
      if (call.sample.only === 'cpu' && !cpu) continue;
      for (const float of cpu ? (['float32', 'float64'] as const) : (['float32'] as const)) {
        const layouts = layoutsOf(call);
        checks += layouts.length;
        const found = await check(call, layouts, float).catch((error: Error) => [`threw ${error}`]);
        faults.push(...found.map((fault) => `${call.id}, ${float}, ${fault}`));
      }
    }
    expect(faults).toEqual([]);
    expect(checks).toBeGreaterThanOrEqual(9); // three layouts of at least three inputs
  });
});

// One grid dimension holds 65,535 workgroups of 64: above that a kernel needs the second. No CPU has such a limit.
const BEYOND = 65_536 * 64 + 77;

describe('more than 65,535 workgroups', () => {
  /** The positions 0, 1, ... of an [n] tensor, made on the device by a strided kernel of `columns` · rows elements. */
  const positions = (n: number, columns = 1024): Tensor => {
    const rows = Math.ceil(n / columns);
    const column = arange(0, rows * columns, columns).reshape([rows, 1]);
    return column.add(arange(columns)).reshape([-1]).slice([0, n]);
  };

  /** 0, 1, 0, 1, ... for the positions. */
  const odd = (x: Tensor) => x.sub(x.div(2).astype('int32').mul(2));

  /** Compares every element with a formula of its position. */
  async function expectAll(make: () => Tensor, size: number, wanted: (k: number) => number, tolerance = 0) {
    const got = await read(scope(make));
    expect(got.length).toBe(size);
    const wrong = got.findIndex((v: number, k: number) => !(Math.abs(v - wanted(k)) <= tolerance));
    expect(wrong < 0 ? 'all right' : `at ${wrong}: ${got[wrong]}, not ${wanted(wrong)}`).toBe('all right');
  }

  it('elementwise, strided', () =>
    expectAll(
      () => positions(BEYOND),
      BEYOND,
      (k) => k,
    ));

  it('elementwise, flat', () => {
    const size = 4 * BEYOND; // four elements a thread
    return expectAll(
      () => positions(size).mul(3),
      size,
      (k) => 3 * k,
    );
  });

  it('a reduction', () =>
    expectAll(
      () =>
        positions(3 * BEYOND)
          .reshape([BEYOND, 3])
          .sum(1),
      BEYOND,
      (k) => 9 * k + 3,
    ));

  it('argmax', () => {
    const signs = () => odd(positions(BEYOND)).mul(-2).add(1).reshape([BEYOND, 1]);
    return expectAll(
      () =>
        positions(2 * BEYOND)
          .reshape([BEYOND, 2])
          .mul(signs())
          .argmax(1),
      BEYOND,
      (k) => 1 - (k % 2),
    );
  });

  it('take', () =>
    expectAll(
      () => positions(BEYOND).take(positions(BEYOND).neg().sub(1)),
      BEYOND,
      (k) => BEYOND - 1 - k,
    ));

  it('softmax', () => {
    const logits = () => concat([odd(positions(BEYOND)).reshape([BEYOND, 1]), zeros([BEYOND, 1])], 1);
    return expectAll(
      () => logits().softmax().slice(null, 0),
      BEYOND,
      (k) => (k % 2 === 0 ? 0.5 : 1 / (1 + Math.exp(-1))),
      1e-5,
    );
  });
});
