/**
 * @file The safetensors format (https://huggingface.co/docs/safetensors): eight bytes with the length of a header in JSON, the
 * header, the tensors' bytes without a gap. What it does not allow is refused before memory is taken for it.
 */
import { options as checked } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError, FormatError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../tensor.ts';
import { isPlainObject } from '../tree.ts';
import { type ElementName, elementBytes, elementTypes, readElements } from './elements.ts';
import {
  fromTensors,
  type HostArray,
  type LoadOptions,
  loadOptions,
  type NamedTensors,
  toTensors,
} from './host.ts';
import { requireUniqueKeys } from './json.ts';
import { readBytes, type Source, type Target, writeBytes } from './places.ts';

/** Texts that a file carries along. */
export type Metadata = Readonly<Record<string, string>>;

const NAMES: Readonly<Record<string, ElementName>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/** The dtypes of tensors, in the order in which the reference implementation lays them out: what needs most alignment first. */
const WRITTEN: readonly (readonly [dtype: DType, name: string])[] = [
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['int32', 'I32'],
  ['float16', 'F16'],
  ['bool', 'BOOL'],
];

const METADATA = '__metadata__';
/** The reference implementation's limit. */
const LONGEST_HEADER = 100_000_000;

const rank = ({ dtype }: HostArray): number => WRITTEN.findIndex(([name]) => name === dtype);

/** The file of arrays under names, as the reference implementation would write it, byte for byte. */
export function encodeSafetensors(
  arrays: readonly (readonly [name: string, array: HostArray])[],
  metadata: Metadata = {},
): Uint8Array<ArrayBuffer> {
  const names = new Set([METADATA]);
  for (const [name] of arrays) {
    if (names.has(name)) throw new ArgumentError(`two tensors would be called '${name}'`);
    requireText('a name', name);
    names.add(name);
  }
  const sorted = [...arrays].sort(([a, x], [b, y]) => rank(x) - rank(y) || (a < b ? -1 : 1));
  const header: [string, unknown][] = [];
  const texts = Object.entries(metadata);
  if (texts.length > 0) header.push([METADATA, metadata]);
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const bytes = elementBytes(data, dtype);
    const [, written] = WRITTEN.find(([own]) => own === dtype) as (typeof WRITTEN)[number];
    header.push([name, { dtype: written, shape, data_offsets: [end, end + bytes.length] }]);
    parts.push(bytes);
    end += bytes.length;
  }
  // Put together by hand: an object would move names that are numbers to the front.
  const json = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const begin = 8 + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(begin + end).fill(0x20, 0, begin);
  new DataView(file.buffer).setBigUint64(0, BigInt(begin - 8), true);
  file.set(text, 8);
  let at = begin;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Text that UTF-8 can hold. */
function requireText(what: string, text: unknown): void {
  if (typeof text !== 'string')
    throw new ArgumentError(`${what} of the metadata must be text, got ${describe(text)}`);
  if (/\p{Surrogate}/u.test(text))
    throw new ArgumentError(`${what} holds half of a character: ${describe(text)}`);
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function headerOf(file: Uint8Array): { header: Record<string, unknown>; begin: number } {
  if (file.length < 8) throw new FormatError(`a file of ${file.length} bytes is too short for safetensors`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(LONGEST_HEADER, file.length - 8)))
    throw new FormatError(
      `no safetensors, or cut off: the header should take ${length} bytes, and the file has ${file.length}`,
    );
  const begin = 8 + Number(length);
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, begin));
    header = JSON.parse(text);
    requireUniqueKeys(text);
  } catch (error) {
    throw new FormatError(`the header is not what it should be: ${(error as Error).message}`);
  }
  if (!isPlainObject(header) || file[8] !== 0x7b)
    throw new FormatError('the header must be an object in JSON, and begin with {');
  return { header, begin };
}

function entryOf(name: string, value: unknown): Entry {
  const shown = describe(name);
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (isPlainObject(value) ? value : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets))
    throw new FormatError(`${shown}: must have dtype, shape and data_offsets`);
  if (!Object.hasOwn(NAMES, dtype))
    throw new FormatError(
      `${shown}: elements of ${describe(dtype)} are not read; of ${Object.keys(NAMES).join(', ')}`,
    );
  if (!shape.every(isCount))
    throw new FormatError(`${shown}: sizes must be whole numbers, got ${describe(shape)}`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || !isCount(begin) || !isCount(end) || begin > end)
    throw new FormatError(`${shown}: data_offsets must be [begin, end], got ${describe(offsets)}`);
  const bytes = sizeOf(shape) * elementTypes[NAMES[dtype] as ElementName].bytes;
  if (bytes !== end - begin)
    throw new FormatError(
      `${shown}: ${dtype} ${describe(shape)} takes ${bytes} bytes, its data_offsets say ${end - begin}`,
    );
  return { name, type: dtype, shape, begin, end };
}

function metadataOf(value: unknown): Metadata {
  if (value === undefined) return {};
  if (!isPlainObject(value) || !Object.values(value).every((text) => typeof text === 'string'))
    throw new FormatError(`${METADATA} must hold texts under names`);
  return value as Metadata;
}

/** What a file holds; its arrays may be views of its bytes. */
export function decodeSafetensors(file: Uint8Array): {
  arrays: Map<string, HostArray>;
  metadata: Metadata;
} {
  const { header, begin } = headerOf(file);
  const { [METADATA]: texts, ...rest } = header;
  const metadata = metadataOf(texts);
  const entries = Object.entries(rest).map(([name, value]) => entryOf(name, value));
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end)
      throw new FormatError(
        `${describe(entry.name)}: begins at byte ${entry.begin}, ${entry.begin < end ? 'within another tensor' : `behind a gap from byte ${end} on`}`,
      );
    end = entry.end;
  }
  if (begin + end !== file.length)
    throw new FormatError(`the tensors take ${end} bytes, and the file has ${file.length - begin} for them`);
  const arrays = new Map(
    entries.map(({ name, type, shape, begin: first }) => {
      const element = NAMES[type] as ElementName;
      const data = inName(describe(name), () => readElements(element, file, begin + first, sizeOf(shape)));
      return [name, { dtype: elementTypes[element].dtype, shape, data }] as const;
    }),
  );
  return { arrays, metadata };
}

/**
 * Writes tensors as safetensors: to a target (a path, in Node; `indexeddb://name`, `opfs://path` or a file handle in a browser),
 * if there is one. Gives the file's bytes.
 *
 * @example
 * const file = await saveSafetensors({ w: tensor([1, 2]) }, undefined, { metadata: { from: 'me' } });
 * const { tensors, metadata } = await loadSafetensors(file);
 * await tensors.w.sum().item(); // 3
 */
export function saveSafetensors(
  tensors: NamedTensors,
  target?: Target,
  options?: { readonly metadata?: Metadata },
): Promise<Uint8Array<ArrayBuffer>> {
  return inName('saveSafetensors', async () => {
    const { metadata = {} } = checked('saveSafetensors', options, 'metadata') as { metadata?: Metadata };
    if (!isPlainObject(metadata))
      throw new ArgumentError(`metadata are texts under names, got ${describe(metadata)}`);
    for (const pair of Object.entries(metadata)) for (const text of pair) requireText('a text', text);
    const file = encodeSafetensors(await fromTensors('saveSafetensors', tensors), metadata);
    if (target !== undefined) await writeBytes('saveSafetensors', target, file);
    return file;
  });
}

/**
 * Reads a safetensors file: bytes, a Blob, a path in Node, an address, ... Whole numbers of any size become int32, if they are;
 * bfloat16 becomes float32, and float64 does where the device has none.
 *
 * @throws FormatError where the file is not what the format says, FileError where it cannot be read, DTypeError for whole
 * numbers beyond int32.
 */
export function loadSafetensors(
  source: Source,
  options?: LoadOptions,
): Promise<{ tensors: Record<string, Tensor>; metadata: Metadata }> {
  return inName('loadSafetensors', async () => {
    const given = loadOptions('loadSafetensors', options);
    const { arrays, metadata } = decodeSafetensors(await readBytes('loadSafetensors', source, given));
    return { tensors: toTensors(arrays, given), metadata };
  });
}
