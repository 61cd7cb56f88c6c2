// Calls with garbage in place of each argument: what must come out is a typed error that names the function, or a result.
import { describe } from '../../src/core/describe.ts';
import { TapegradError } from '../../src/index.ts';
import { outcome, traced } from './run.ts';
import type { Given } from './table.ts';
import type { Target } from './valid.ts';

/** No argument is this. Numbers and shapes are small: what is too large is another test's. */
const garbage = (given: Given): unknown[] => [
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
function* spoilt(args: unknown[], given: Given): Generator<unknown[]> {
  yield args;
  yield [];
  for (const [k, arg] of args.entries())
    for (const waste of garbage(given)) {
      yield args.with(k, waste);
      if (Array.isArray(arg)) for (const j of arg.keys()) yield args.with(k, arg.with(j, waste));
      else if (typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype)
        for (const name of Object.keys(arg)) yield args.with(k, { ...arg, [name]: waste });
    }
}

/** What is wrong with how a call of garbage ended, or undefined. */
async function fault(call: () => unknown, says: string, given: Given): Promise<string | undefined> {
  await outcome(call); // what comes to be at the first call only
  const { error, before, after } = await traced(call, given);
  if (error !== undefined && !(error instanceof TapegradError)) return `throws ${String(error)}`;
  if (error && !error.message.startsWith(`${says}: `)) return `does not name itself: ${error.message}`;
  const [tensors, bytes] = [after.tensors - before.tensors, after.bytes - before.bytes];
  return tensors === 0 && bytes === 0 ? undefined : `leaves ${tensors} tensors, ${bytes} bytes`;
}

/** What goes wrong when garbage stands in for each of the arguments. */
export async function faultsOf(
  { says, call, args }: Target,
  given: Given,
  afterwards: () => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const faults: string[] = [];
  for (const bad of spoilt(args(given), given)) {
    const found = await fault(() => call(given, bad), says, given);
    if (found) faults.push(`${describe(bad)} ${found}`);
    await afterwards();
  }
  return faults;
}
