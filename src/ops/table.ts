/**
 * @file The table of operations: every row once, under its public name. The type holds it complete against the
 * signatures in tensor.ts.
 */
import type { InternalOps, PrimitiveOps } from '../tensor.ts';
import { activationRows } from './activation.ts';
import { binaryRows } from './binary.ts';
import { choiceRows } from './choice.ts';
import { convRows } from './conv.ts';
import { denseGradRows } from './dense_grad.ts';
import { gatherRows } from './gather.ts';
import { indexingRows } from './indexing.ts';
import { matmulRows } from './matmul.ts';
import { nnRows } from './nn.ts';
import { normRows } from './norm.ts';
import type { Row } from './op.ts';
import { poolRows } from './pool.ts';
import { randomRows } from './random_bits.ts';
import { reduceRows } from './reduce.ts';
import { sortRows } from './sort.ts';
import { unaryRows } from './unary.ts';
import { viewRows } from './view.ts';

/** Rows that are functions, not methods: their first argument is a list, or no tensor at all. */
export const FUNCTIONS_ONLY = [
  'concat',
  'randomBits',
  'randomUniform',
  'randomNormal',
  'randomTruncatedNormal',
  'randomIntegers',
  'randomBernoulli',
] as const;
export type OpName = keyof PrimitiveOps | keyof InternalOps | (typeof FUNCTIONS_ONLY)[number];

export const table = {
  ...unaryRows,
  ...activationRows,
  ...binaryRows,
  ...choiceRows,
  ...reduceRows,
  ...viewRows,
  ...indexingRows,
  ...matmulRows,
  ...denseGradRows,
  ...nnRows,
  ...normRows,
  ...convRows,
  ...poolRows,
  ...sortRows,
  ...gatherRows,
  ...randomRows,
} satisfies Record<OpName, Row>;
