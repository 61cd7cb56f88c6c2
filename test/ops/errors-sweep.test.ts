// Garbage in place of every argument of every public function: each call ends in a typed error that names the function,
// or in a result, and nothing is left of it either way. What the table of bad calls has not thought of is found here.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describe } from '../../src/core/describe.ts';
import { debug, TapegradError } from '../../src/index.ts';
import { CONTENTS, contents, outcome, traced } from '../bad-calls/run.ts';
import { type Given, operands } from '../bad-calls/table.ts';
import { targets } from '../bad-calls/valid.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

let given: Given;
beforeEach(() => {
  given = operands();
});
afterEach(async () => {
  for (const v of [given.p, given.q]) v.dispose();
  debug({ level: 0, nan: false });
  await testDevice();
});

/** No argument is this. Numbers and shapes are small: what is too large is another test's. */
const garbage = (): unknown[] => [
  undefined,
  null,
  Number.NaN,
  -Infinity,
  -1,
  1.5,
  'x',
  '',
  true,
  1n,
  Symbol('s'),
  {},
  Object.create(null),
  new Date(0),
  Promise.resolve(1),
  () => undefined,
  [],
  new Array(2),
  [null],
  ['x'],
  [[]],
  BigInt64Array.of(1n),
  { shape: [2], dtype: 'float32' },
  { storage: 1, strides: [], shape: [] },
  given.gone,
  given.away,
];

/** The arguments as they should be, none, and with garbage in one place: of the arguments, of their options, of their lists. */
function* spoilt(args: unknown[]): Generator<unknown[]> {
  yield args;
  yield [];
  for (const [k, arg] of args.entries())
    for (const waste of garbage()) {
      yield args.with(k, waste);
      if (Array.isArray(arg)) for (const j of arg.keys()) yield args.with(k, arg.with(j, waste));
      else if (typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype)
        for (const name of Object.keys(arg)) yield args.with(k, { ...arg, [name]: waste });
    }
}

/** What is wrong with how a call of garbage ended, or undefined. */
async function fault(call: () => unknown, says: string): Promise<string | undefined> {
  await outcome(call); // what comes to be at the first call only
  const { error, before, after } = await traced(call, given);
  if (error !== undefined && !(error instanceof TapegradError)) return `throws ${String(error)}`;
  if (error && !error.message.startsWith(`${says}: `)) return `does not name itself: ${error.message}`;
  const [tensors, bytes] = [after.tensors - before.tensors, after.bytes - before.bytes];
  return tensors === 0 && bytes === 0 ? undefined : `leaves ${tensors} tensors, ${bytes} bytes`;
}

it.each(targets)('$name', async ({ says, call, args }) => {
  const faults: string[] = [];
  for (const bad of spoilt(args(given))) {
    const found = await fault(() => call(given, bad), says);
    if (found) faults.push(`${describe(bad)} ${found}`);
    await testDevice(); // init() changes it
  }
  expect(faults).toEqual([]);
  expect(await contents(given)).toEqual(CONTENTS);
});
