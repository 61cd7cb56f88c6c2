// Every row's samples. The type holds the list complete: an operation without samples does not compile.
import { algorithmSamples } from './samples/algorithms.ts';
import { compositeSamples } from './samples/composites.ts';
import { elementwiseSamples } from './samples/elementwise.ts';
import { type Call, callsOf, type Sample, type SampledOp } from './samples/inputs.ts';
import { linalgSamples, specialLinalgSamples } from './samples/linalg.ts';
import { shapeSamples } from './samples/shape.ts';
import { specialSamples } from './samples/special.ts';
import { specialAlgorithmSamples } from './samples/special-algorithms.ts';

export const samples: Record<SampledOp, Sample[]> = {
  ...elementwiseSamples,
  ...shapeSamples,
  ...algorithmSamples,
  ...compositeSamples,
  ...linalgSamples,
};

/** The same rows on NaN, infinities, signed zeros, the edges of their domains, tiny and huge values. */
export const specials: Record<SampledOp, Sample[]> = {
  ...specialSamples,
  ...specialAlgorithmSamples,
  ...specialLinalgSamples,
};

export const opsOf = (table: Record<SampledOp, Sample[]>) => Object.keys(table) as SampledOp[];

/** All calls of a table, for the tests and for test/fixtures/make-samples.py. */
export function allCalls(table: Record<SampledOp, Sample[]>): Call[] {
  return opsOf(table).flatMap((op) => callsOf(op, table[op]));
}
