/**
 * @file The IDX format in which MNIST is published: two zero bytes, a type byte, a rank byte, the sizes as
 * big-endian 32-bit integers, then the elements. Pure; a file that is not what it says is a FormatError.
 */
import { FormatError } from '../core/errors.ts';

export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major; a view of the file's bytes. */
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}

/** Reads an IDX file of unsigned bytes with `rank` axes; `name` is for the messages. */
export function parseIdx(file: Uint8Array, rank: number, name = 'IDX file'): IdxArray {
  const header = 4 + 4 * rank;
  const magic = file.subarray(0, 4);
  const expected = Uint8Array.of(0, 0, UNSIGNED_BYTE, rank);
  if (magic.length === 4 && magic.some((b, i) => b !== expected[i]))
    throw new FormatError(
      `${name}: begins with ${hex(magic)} instead of ${hex(expected)} (unsigned bytes, ${rank} ${rank === 1 ? 'axis' : 'axes'})${
        magic[0] === 0x1f && magic[1] === 0x8b ? '; it is gzipped: unpack it first' : ''
      }`,
    );
  if (file.length < header)
    throw new FormatError(`${name}: only ${file.length} bytes, its header alone takes ${header}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  const size = shape.reduce((a, b) => a * b, 1);
  if (file.length !== header + size)
    throw new FormatError(
      `${name}: the header says ${shape.join(' x ')}, so ${header + size} bytes; the file has ${file.length}`,
    );
  return { shape, data: file.subarray(header) };
}

/** Square images of `side` pixels and as many labels below `classes`. */
export function parseIdxPair(
  images: Uint8Array,
  labels: Uint8Array,
  expected: { side: number; classes: number; names?: readonly [images: string, labels: string] },
): { images: Uint8Array; labels: Uint8Array; count: number } {
  const [imagesName, labelsName] = expected.names ?? ['images', 'labels'];
  const x = parseIdx(images, 3, imagesName);
  const y = parseIdx(labels, 1, labelsName);
  const [count, height, width] = x.shape;
  if (height !== expected.side || width !== expected.side)
    throw new FormatError(
      `${imagesName}: images of ${height} x ${width} pixels instead of ${expected.side} x ${expected.side}`,
    );
  if (y.shape[0] !== count)
    throw new FormatError(`${labelsName}: ${y.shape[0]} labels for the ${count} images of ${imagesName}`);
  const bad = y.data.findIndex((label) => label >= expected.classes);
  if (bad >= 0)
    throw new FormatError(
      `${labelsName}: label ${bad} is ${y.data[bad]}; labels lie in [0, ${expected.classes - 1}]`,
    );
  return { images: x.data, labels: y.data, count: count as number };
}
