// Garbage in place of every argument of every public function: each call ends in a typed error that names the function,
// or in a result, and nothing is left of it either way. What the table of bad calls has not thought of is found here.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { debug } from '../../src/index.ts';
import { CONTENTS, contents } from '../bad-calls/run.ts';
import { faultsOf } from '../bad-calls/sweep.ts';
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

it.each(targets)('$name', async (target) => {
  // init() changes the device
  expect(await faultsOf(target, given, testDevice)).toEqual([]);
  expect(await contents(given)).toEqual(CONTENTS);
});
