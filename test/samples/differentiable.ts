// Which operands of which samples have a gradient.
import type { Call, SampledOp } from './inputs.ts';

/** No gradient at all: asking for one is an error that names the row. */
export const NOT_DIFFERENTIABLE: readonly SampledOp[] = [
  'argmax',
  'argmin',
  'argsort',
  'all',
  'any',
  'countNonzero',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
  'logicalNot',
  'isNaN',
  'isInf',
  'isFinite',
  'oneHot',
  'linalg.matrixRank',
];
/** Operands that only choose: a float condition is turned into truth values, which have no gradient. */
const CONDITIONS: Readonly<Partial<Record<SampledOp, number>>> = { select: 0, where: 0 };

/** Results of dense, which linear and relu only choose by. */
const RESULTS: Readonly<Partial<Record<SampledOp, number>>> = { denseInputGrad: 1, denseKernelGrad: 2 };
const masks = ([activation]: readonly unknown[]) => activation === 'linear' || activation === 'relu';

export const floatsOf = ({ inputs }: Call): number[] =>
  inputs.flatMap((x, k) => (typeof x !== 'number' && x.kind === 'float' ? [k] : []));

/** The operands that a call is differentiated by: all floats that reach the result as floats. */
export function operandsOf(call: Call): number[] {
  if (call.op === 'astype' && ['int32', 'bool'].includes(String(call.args[0]))) return [];
  return floatsOf(call).filter(
    (k) => CONDITIONS[call.op] !== k && !(masks(call.args) && RESULTS[call.op] === k),
  );
}
