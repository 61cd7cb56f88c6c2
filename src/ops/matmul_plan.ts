/**
 * @file f(A·B + bias) for stacks of matrices, as a product in plain numbers. The operands stay where they are: transposed,
 * sliced and broadcast ones are read in place. Pure.
 */
import { collapse } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand } from '../device/device.ts';
import { BATCH_AXES, type Product, productDispatches } from './product.ts';
import type { Activation, Lines, Mask } from './product_slots.ts';
import { chooseVariant, type Variant } from './product_tiles.ts';

interface MatmulMask extends Mask {
  readonly of: 'a' | 'b';
}

export interface MatmulCall {
  /** [..., M, K] of any strides; its batch axes are those of `out`, broadcast ones with stride 0. */
  readonly a: Operand;
  /** [..., K, N], likewise. */
  readonly b: Operand;
  /** [..., M, N], each matrix contiguous; with `sums` a row more. */
  readonly out: Operand;
  /** [N], contiguous, added to each row. */
  readonly bias?: Operand | undefined;
  /** The bias is one more row below each B of the batch. */
  readonly stacked?: boolean | undefined;
  /** [..., N], contiguous from 0 on: the numbers of the columns' activations, for stacked products. */
  readonly kinds?: Operand | undefined;
  readonly activation?: Activation | undefined;
  /** Changes what is read of an operand. */
  readonly mask?: MatmulMask | undefined;
  /** One more row of `out`, behind the product: the sums of B's columns. */
  readonly sums?: boolean | undefined;
  /** Forces a variant, for tests and tuning. */
  readonly variant?: Variant | undefined;
}

/** Whether matmul reads the operand in place: it does so with any strides, 0 and negative ones too. */
export function acceptsMatmul(operand: Operand): boolean {
  return (operand.dtype === 'float32' || operand.dtype === 'int32') && operand.shape.length >= 2;
}

/** Whether a product of this size is worth staging in workgroup memory; `sums` are then a product of their own. */
export function prefersTiles(m: number, n: number, k: number, context: GpuContext, batch = 1): boolean {
  return chooseVariant({ m, n, k, batch }, context) === 'tiled';
}

export function matmulDispatches(call: MatmulCall, context: GpuContext): Dispatch[] {
  return productDispatches(productOf(call), context);
}

function productOf({ a, b, mask, ...call }: MatmulCall): Product {
  const { out } = call;
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = out.shape.at(-1) as number;
  const axes = out.shape.slice(0, -2);
  const { shape, strides } = collapse(axes, [
    a.strides.slice(0, -2),
    b.strides.slice(0, -2),
    out.strides.slice(0, -2),
  ]);
  if (shape.length > BATCH_AXES)
    throw new Error(`matmul: ${shape.length} batch axes after merging; ${BATCH_AXES} are possible`);
  const [aBatch, bBatch, cBatch] = strides as [number[], number[], number[]];
  const [aLine, aStep] = a.strides.slice(-2) as [number, number];
  const [bStep, bLine] = b.strides.slice(-2) as [number, number];
  const maskOf = (name: 'a' | 'b') => (mask?.of === name ? mask : undefined);
  const rows: Lines = { operand: a, count: m, line: aLine, step: aStep, batch: aBatch, mask: maskOf('a') };
  const columns: Lines = { operand: b, count: n, line: bLine, step: bStep, batch: bBatch, mask: maskOf('b') };
  const product = { ...call, m, n, k, batch: shape, rows, columns, cLine: n, cBatch };
  // A column is computed as a row: (A·b)ᵀ = bᵀ·Aᵀ lies in memory as A·b does.
  const turn = n === 1 && m > 1 && !call.bias && !call.sums;
  return turn ? { ...product, m: n, n: m, rows: columns, columns: rows, cLine: m } : product;
}
