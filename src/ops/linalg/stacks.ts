/**
 * @file What the kernels of matrices have in common: stacks of matrices over leading axes, a working copy, and whether one
 * workgroup does a whole matrix or many share every step of it.
 */
import type { DType } from '../../core/dtype.ts';
import { contiguous, type Shape, sizeOf } from '../../core/shape.ts';
import type { Dispatch, GpuContext, Operand } from '../../device/device.ts';
import { mapDispatch } from '../map_plan.ts';

/** The largest side of a matrix that one workgroup does from beginning to end; more take a dispatch for every step. */
export const WHOLE = 64;

/** Threads of a workgroup: few without a GPU, where waiting for each other costs most. */
export const workgroupOf = ({ info }: GpuContext): number => (info.software ? 4 : 64);

export interface Stack {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/** The matrices of a shape [..., rows, columns]. */
export function stackOf(shape: Shape): Stack {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { count: sizeOf(shape.slice(0, -2)), rows, columns };
}

/** The distance from 1 to the next number: what rounding does to a number of that dtype, relatively. */
export function epsilonOf(dtype: DType): number {
  return dtype === 'float64' ? 2 ** -52 : 2 ** -23;
}

export function scratch(context: GpuContext, dtype: DType, shape: Shape): Operand {
  return { ...contiguous(shape), storage: context.scratch(dtype, sizeOf(shape)), dtype };
}

/** Copies an operand into a part of another, or all of it. */
export const copy = (x: Operand, to: Operand, { info }: GpuContext): Dispatch =>
  mapDispatch('a', [x], to, info);

/** Sets every element. */
export const fill = (value: number, to: Operand, { info }: GpuContext): Dispatch =>
  mapDispatch('a', [{ ...to, storage: { ...to.storage, constant: value } }], to, info);

/** The first columns of a contiguous stack of matrices. */
export function firstColumns(y: Operand, columns: number): Operand {
  return { ...y, shape: y.shape.with(-1, columns) };
}
