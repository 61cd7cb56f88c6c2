/**
 * @file Element types: how they promote and how the host stores them. Pure.
 * Promotion is JAX's without x64: bool < int32 < float32 < float64, and a plain number is weak.
 */
import { DTypeError, OutOfMemoryError } from './errors.ts';
import { didYouMean } from './names.ts';

export type DType = 'bool' | 'int32' | 'float16' | 'float32' | 'float64';
/** What a read-out gives: the host array of each dtype (bool as 0 and 1 in bytes, float16 as float32). */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** In order of promotion. */
export const DTYPES: readonly DType[] = ['bool', 'int32', 'float16', 'float32', 'float64'];

const arrays = {
  bool: Uint8Array,
  int32: Int32Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
};

export function isFloat(dtype: DType): boolean {
  return dtype === 'float16' || dtype === 'float32' || dtype === 'float64';
}

export function checkDType(op: string, dtype: unknown): DType {
  if (DTYPES.includes(dtype as DType)) return dtype as DType;
  throw new DTypeError(
    `${op}: unknown dtype ${didYouMean(dtype, DTYPES)} The dtypes are ${DTYPES.join(', ')}`,
  );
}

/** The smallest dtype that holds both. */
export function promote(a: DType, b: DType): DType {
  return DTYPES.indexOf(a) >= DTYPES.indexOf(b) ? a : b;
}

/** Bytes of one element in a host array. */
export function elementBytes(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** A zero-filled host array of the dtype, for the operation that the error names where there is no memory. */
export function hostArray(dtype: DType, length: number, op?: string): TypedArray {
  try {
    return new arrays[dtype](length);
  } catch (error) {
    throw new OutOfMemoryError(
      `${op === undefined ? '' : `${op}: `}a host array of ${length} elements of ${dtype}: ${(error as Error).message}`,
    );
  }
}

/**
 * One value as the dtype stores it: truncated and saturated for int32 (NaN gives 0), 0 or 1 for bool,
 * rounded for float32 and float16.
 */
export function castValue(value: number, dtype: DType): number {
  switch (dtype) {
    case 'bool':
      return value !== 0 ? 1 : 0;
    case 'int32':
      return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, -2147483648), 2147483647));
    case 'float16':
      return roundToHalf(value);
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
  }
}

/** The nearest number of 11 bits and 5 of exponent (IEEE binary16), halves to the even one; Infinity from 65,520 on. */
function roundToHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size > 0) || size === Infinity) return value;
  if (size >= 65520) return Math.sign(value) * Infinity;
  const step = 2 ** (Math.max(Math.floor(Math.log2(size)), -14) - 10);
  const steps = size / step;
  const low = Math.floor(steps);
  const rest = steps - low;
  const nearest = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  return Math.sign(value) * nearest * step;
}
