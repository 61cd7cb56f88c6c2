/**
 * @file The table of operations: every row once, under its public name. The type holds it complete against the
 * signatures in tensor.ts.
 */
import type { InternalOps, TensorOps } from '../tensor.ts';
import { elementwiseRows } from './elementwise.ts';
import { indexingRows } from './indexing.ts';
import { matmulRows } from './matmul.ts';
import { nnRows } from './nn.ts';
import type { Row } from './op.ts';
import { reduceRows } from './reduce.ts';
import { viewRows } from './view.ts';

/** Rows whose first argument is a list: functions, not methods. */
type ListOps = 'concat';
export type OpName = keyof TensorOps | keyof InternalOps | ListOps;

export const table = {
  ...elementwiseRows,
  ...reduceRows,
  ...viewRows,
  ...indexingRows,
  ...matmulRows,
  ...nnRows,
} satisfies Record<OpName, Row>;
