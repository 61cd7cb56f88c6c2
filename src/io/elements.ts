/**
 * @file Elements as files hold them, little-endian, and as tensors do. Pure. Typed arrays have the machine's byte order,
 * which is little-endian wherever JavaScript runs.
 */
import type { DType, TypedArray } from '../core/dtype.ts';
import { DTypeError, FormatError } from '../core/errors.ts';
import { fromBrain, fromHalf, toHalf } from './half.ts';

/** A type of elements in files. */
export interface ElementType {
  /** Of one element. */
  readonly bytes: number;
  /** What a tensor of them is. */
  readonly dtype: DType;
  /** Values of bytes that begin where such an element may lie. */
  read(buffer: ArrayBufferLike, begin: number, count: number): TypedArray;
}

type Reader<V extends ArrayLike<number | bigint>> = new (
  buffer: ArrayBufferLike,
  begin: number,
  count: number,
) => V;

/** Whole numbers, as int32. */
function whole(Type: Reader<ArrayLike<number | bigint>> & { BYTES_PER_ELEMENT: number }): ElementType {
  return {
    bytes: Type.BYTES_PER_ELEMENT,
    dtype: 'int32',
    read(buffer, begin, count) {
      const values = new Type(buffer, begin, count);
      const found = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const value = values[i] as number | bigint;
        if (value < -2147483648 || value > 2147483647)
          throw new DTypeError(
            `${value} at position ${i} is not an int32, the only whole numbers that tensors have`,
          );
        found[i] = Number(value);
      }
      return found;
    },
  };
}

const as = (dtype: DType, Type: Reader<TypedArray> & { BYTES_PER_ELEMENT: number }): ElementType => ({
  bytes: Type.BYTES_PER_ELEMENT,
  dtype,
  read: (buffer, begin, count) => new Type(buffer, begin, count),
});

const short = (dtype: DType, value: (pattern: number) => number): ElementType => ({
  bytes: 2,
  dtype,
  read: (buffer, begin, count) => Float32Array.from(new Uint16Array(buffer, begin, count), value),
});

export const elementTypes = {
  bool: {
    bytes: 1,
    dtype: 'bool',
    read(buffer, begin, count) {
      const values = new Uint8Array(buffer, begin, count);
      const bad = values.findIndex((value) => value > 1);
      if (bad >= 0) throw new FormatError(`${values[bad]} at position ${bad} is no bool, which is 0 or 1`);
      return values;
    },
  } as ElementType,
  uint8: whole(Uint8Array),
  int8: whole(Int8Array),
  uint16: whole(Uint16Array),
  int16: whole(Int16Array),
  uint32: whole(Uint32Array),
  int32: as('int32', Int32Array),
  uint64: whole(BigUint64Array),
  int64: whole(BigInt64Array),
  float16: short('float16', fromHalf),
  bfloat16: short('float32', fromBrain),
  float32: as('float32', Float32Array),
  float64: as('float64', Float64Array),
};

export type ElementName = keyof typeof elementTypes;

/** So many elements of a file, from a byte on; the bytes are there. */
export function readElements(name: ElementName, file: Uint8Array, begin: number, count: number): TypedArray {
  const type = elementTypes[name];
  const at = file.byteOffset + begin;
  if (at % type.bytes === 0) return type.read(file.buffer, at, count);
  const aligned = file.slice(begin, begin + count * type.bytes);
  return type.read(aligned.buffer, aligned.byteOffset, count);
}

/** Values of a tensor as bytes of a file. */
export function elementBytes(values: TypedArray, dtype: DType): Uint8Array {
  const stored = dtype === 'float16' ? Uint16Array.from(values, toHalf) : values;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
