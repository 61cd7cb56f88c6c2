// Random programs on the CPU in float64 and float32 and on WebGPU, values and gradients of first and second order. Always
// the same ones; `npm run verify -- --programs 20000` runs others.
import { expect, inject, it } from 'vitest';
import { testDevice } from '../place.ts';
import { placesWith } from './check.ts';
import { type Tally, tryPrograms } from './trials.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const EACH = 250;
/** A wrong program is run again many times while it is made smaller. */
const PATIENCE = 600_000;

const share = (of: (tally: Tally) => number, tally: Tally): number => of(tally) / tally.programs;

it.each(SEEDS)(`${EACH} programs of seed %i give what they should`, { timeout: PATIENCE }, async (seed) => {
  const places = placesWith(await testDevice());
  expect(places.map((place) => place.name)).toContain('WebGPU');
  const { tally, failure } = await tryPrograms({ seed, count: EACH, backend: inject('backend') }, places);
  expect(failure).toBe(undefined);
  expect(tally.programs).toBe(EACH);
  // so that nothing passes for want of something to compare
  expect(share((t) => t.withGradient, tally)).toBeGreaterThan(0.7);
  expect(tally.loose / tally.elements).toBeLessThan(0.05);
});
