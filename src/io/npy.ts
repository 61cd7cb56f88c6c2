/**
 * @file NumPy's npy format, versions 1 to 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a magic
 * string, the length of a header, the header as a Python dictionary, the elements.
 */

import { describe } from '../core/describe.ts';
import type { DType } from '../core/dtype.ts';
import { FormatError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../tensor.ts';
import { type ElementName, elementBytes, elementTypes, readElements } from './elements.ts';
import { fromTensor, type HostArray, type LoadOptions, loadOptions, toTensor } from './host.ts';
import { readBytes, type Source, type Target, writeBytes } from './places.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy itself reads none longer than 10,000 by default. */
const LONGEST_HEADER = 65_536;
/** Room that NumPy leaves for the first size to grow in place. */
const GROWTH = 21;

const NAMES: Readonly<Record<string, ElementName>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

const WRITTEN: Readonly<Record<DType, string>> = {
  bool: '|b1',
  int32: '<i4',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
};

/** The file of an array, as NumPy would write it, byte for byte. */
export function encodeNpy({ dtype, shape, data }: HostArray): Uint8Array<ArrayBuffer> {
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const room = shape.length === 0 ? 0 : GROWTH - String(shape[0]).length;
  const dictionary = `{'descr': '${WRITTEN[dtype]}', 'fortran_order': False, 'shape': ${sizes}, }${' '.repeat(room)}`;
  const begin = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const text = new TextEncoder().encode(`${dictionary.padEnd(begin - 11)}\n`);
  const values = elementBytes(data, dtype);
  const file = new Uint8Array(begin + values.length);
  file.set([...MAGIC, 1, 0, text.length & 255, text.length >> 8]);
  file.set(text, 10);
  file.set(values, begin);
  return file;
}

function headerOf(file: Uint8Array): { text: string; begin: number } {
  if (MAGIC.some((byte, k) => file[k] !== byte))
    throw new FormatError('no npy file: it does not begin with \\x93NUMPY');
  const version = file[6] ?? 0;
  const wide = version > 1;
  const first = wide ? 12 : 10;
  if (file.length < first) throw new FormatError(`cut off after ${file.length} bytes`);
  if (version < 1 || version > 3)
    throw new FormatError(`version ${version} of the format is not known; 1 to 3 are`);
  const view = new DataView(file.buffer, file.byteOffset);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > Math.min(LONGEST_HEADER, file.length - first))
    throw new FormatError(`the header should take ${length} bytes, and the file has ${file.length}`);
  const bytes = file.subarray(first, first + length);
  try {
    const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1', { fatal: true }).decode(bytes);
    return { text, begin: first + length };
  } catch {
    throw new FormatError('the header is not UTF-8');
  }
}

const ENTRY = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^'\\]*'|True|False|\([\d\s,L]*\))\s*(,|$)/y;

interface Header {
  readonly element: ElementName;
  readonly bigEndian: boolean;
  readonly columnMajor: boolean;
  readonly shape: number[];
}

/** What the dictionary says, which may be written in any way that Python has for it. */
function parseHeader(text: string): Header {
  const whole = text.trim();
  const inside = whole.startsWith('{') && whole.endsWith('}') ? whole.slice(1, -1).trimEnd() : undefined;
  const found = new Map<string, string>();
  ENTRY.lastIndex = 0;
  while (inside !== undefined && ENTRY.lastIndex < inside.length) {
    const [, key, value] = ENTRY.exec(inside) ?? [];
    if (key === undefined || value === undefined || found.has(key)) break;
    found.set(key, value);
    if (ENTRY.lastIndex === inside.length && found.size === 3) return headerFrom(found, text);
  }
  throw new FormatError(
    `the header must be { 'descr': a simple type, 'fortran_order': a bool, 'shape': a tuple }, got ${describe(text.trimEnd())}`,
  );
}

function headerFrom(found: ReadonlyMap<string, string>, text: string): Header {
  const [, order, code] = /^'([<>|=])([a-zA-Z]\d*)'$/.exec(found.get('descr') ?? '') ?? [];
  const fortran = found.get('fortran_order');
  const sizes = /^\((?:\s*(?:\d+L?\s*,\s*)*\d+L?\s*,?\s*|\s*)\)$/.test(found.get('shape') ?? '')
    ? ((found.get('shape') as string).match(/\d+/g) ?? [])
    : undefined;
  if (code === undefined || !Object.hasOwn(NAMES, code))
    throw new FormatError(
      `elements of type ${found.get('descr')} are not read; of ${Object.keys(NAMES).join(', ')}`,
    );
  if ((fortran !== 'True' && fortran !== 'False') || !sizes)
    throw new FormatError(`the header says what cannot be: ${describe(text.trimEnd())}`);
  return {
    element: NAMES[code] as ElementName,
    bigEndian: order === '>',
    columnMajor: fortran === 'True',
    shape: sizes.map(Number),
  };
}

/** A copy with the bytes of each element the other way round. */
function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}

/** What a file holds; it may be a view of its bytes. */
export function decodeNpy(file: Uint8Array): HostArray {
  const { text, begin } = headerOf(file);
  const { element, bigEndian, columnMajor, shape } = parseHeader(text);
  const { bytes, dtype } = elementTypes[element];
  const count = sizeOf(shape);
  if (!shape.every(Number.isSafeInteger) || begin + count * bytes !== file.length)
    throw new FormatError(
      `${element} of shape ${describe(shape)} take ${count * bytes} bytes, and the file has ${file.length - begin}`,
    );
  const data = bigEndian
    ? readElements(element, swapped(file.subarray(begin), bytes), 0, count)
    : readElements(element, file, begin, count);
  return { dtype, shape, data, columnMajor };
}

/**
 * Writes a tensor as NumPy's `np.save` does: to a target (a path, in Node; `indexeddb://name`, `opfs://path` or a file handle in a
 * browser), if there is one. Gives the file's bytes.
 *
 * @example
 * const file = await saveNpy(tensor([[1, 2], [3, 4]]));
 * const x = await loadNpy(file);
 * await x.sum().item(); // 10
 */
export function saveNpy(x: Tensor, target?: Target): Promise<Uint8Array<ArrayBuffer>> {
  return inName('saveNpy', async () => {
    const file = encodeNpy(await fromTensor('saveNpy', x));
    if (target !== undefined) await writeBytes('saveNpy', target, file);
    return file;
  });
}

/**
 * Reads a npy file, as `np.load` does: bytes, a Blob, a path in Node, an address, ... In either byte order; arrays in Fortran's
 * order are a transposed view. Whole numbers become int32, float64 becomes float32 where the device has none.
 *
 * @throws FormatError where the file is not what the format says, or holds objects, text or complex numbers; FileError where
 * it cannot be read; DTypeError for whole numbers beyond int32.
 */
export function loadNpy(source: Source, options?: LoadOptions): Promise<Tensor> {
  return inName('loadNpy', async () => {
    const given = loadOptions('loadNpy', options);
    return toTensor(decodeNpy(await readBytes('loadNpy', source, given)), given);
  });
}
