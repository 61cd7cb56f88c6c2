// Files that lie, each in one way, and 2,000 that are wrong at random; `npm run verify -- --files 100000` tries others.
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { FormatError, init, loadNpy, loadSafetensors, memory } from '../../src/index.ts';
import { loadNpz } from '../../src/npz.ts';
import { tryFiles } from '../files/trials.ts';

beforeAll(() => init('cpu'));

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A file of a header as it stands, and so many bytes behind it; its length as it is, or as it is given out to be. */
function safetensors(header: string, data = 0, length: number | bigint = utf8(header).length): Uint8Array {
  const text = utf8(header);
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  return file;
}

const one = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') =>
  JSON.stringify({ w: { dtype, shape, data_offsets: offsets } });
const two = (first: number[], second: number[]) =>
  `{"a":{"dtype":"U8","shape":[${(first[1] as number) - (first[0] as number)}],"data_offsets":[${first}]},"b":{"dtype":"U8","shape":[${(second[1] as number) - (second[0] as number)}],"data_offsets":[${second}]}}`;

const refuses = async (call: Promise<unknown>, message: string) => {
  const before = memory();
  await expect(call).rejects.toThrow(FormatError);
  await expect(call).rejects.toThrow(message);
  expect(memory().tensors).toBe(before.tensors);
};

describe('safetensors that are none', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'a file of 0 bytes is too short'],
    ['no header', safetensors('', 0, 0), 'the header is not what it should be'],
    ['a header longer than the file', safetensors('{}', 0, 3), 'should take 3 bytes, and the file has 10'],
    ['a huge header', safetensors('{}', 0, 2n ** 63n), 'should take 9223372036854775808 bytes'],
    ['a header of 4 GB', safetensors('{}', 0, 2 ** 32), 'should take 4294967296 bytes'],
    ['no JSON', safetensors('{"w":'), 'the header is not what it should be'],
    ['no UTF-8', Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0xff]), 'the header is not what it should be'],
    ['a byte-order mark', safetensors('\ufeff{}'), 'the header is not what it should be'],
    ['spaces in front', safetensors('  {}'), 'begin with {'],
    ['a list', safetensors('[]'), 'the header must be an object'],
    ['null', safetensors('null'), 'the header must be an object'],
    ['deep lists', safetensors('['.repeat(200_000)), 'the header is not what it should be'],
    ['deep objects', safetensors(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`), "'a': must have dtype"],
    [
      'the same tensor twice',
      safetensors(`{"a":${one([0], [0, 0]).slice(5, -1)},"\\u0061":1}`),
      'stands twice',
    ],
    [
      'the same field twice',
      safetensors('{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1),
      'stands twice',
    ],
    ['no object', safetensors('{"w":1}'), "'w': must have dtype, shape and data_offsets"],
    ['no shape', safetensors('{"w":{"dtype":"F32","data_offsets":[0,4]}}', 4), "'w': must have dtype"],
    ['an unknown dtype', safetensors(one([1], [0, 4], 'F31'), 4), "'w': elements of 'F31' are not read"],
    ['a dtype of the prototype', safetensors(one([1], [0, 4], 'toString'), 4), "elements of 'toString'"],
    ['a negative size', safetensors(one([-1], [0, 4]), 4), 'sizes must be whole numbers'],
    ['half a size', safetensors(one([0.5], [0, 2]), 2), 'sizes must be whole numbers'],
    ['a size as text', safetensors(one(['1'], [0, 4]), 4), 'sizes must be whole numbers'],
    ['a size beyond all', safetensors(one([2 ** 53], [0, 4]), 4), 'sizes must be whole numbers'],
    ['sizes whose product is beyond all', safetensors(one([2 ** 40, 2 ** 40], [0, 4]), 4), 'takes 4.8'],
    [
      'a gigabyte that is not there',
      safetensors(one([2 ** 28], [0, 2 ** 30]), 4),
      'the tensors take 1073741824 bytes, and the file has 4',
    ],
    [
      'offsets that are not its size',
      safetensors(one([2], [0, 4]), 4),
      'takes 8 bytes, its data_offsets say 4',
    ],
    ['offsets the other way round', safetensors(one([1], [4, 0]), 4), 'data_offsets must be [begin, end]'],
    ['negative offsets', safetensors(one([1], [-4, 0]), 4), 'data_offsets must be'],
    ['three offsets', safetensors(one([1], [0, 4, 8]), 8), 'data_offsets must be'],
    ['offsets of text', safetensors(one([1], '04'), 4), 'must have dtype'],
    ['an overlap', safetensors(two([0, 4], [3, 6]), 6), "'b': begins at byte 3, within another tensor"],
    ['two in the same place', safetensors(two([0, 4], [0, 4]), 4), 'within another tensor'],
    ['a gap', safetensors(two([0, 4], [5, 8]), 8), "'b': begins at byte 5, behind a gap from byte 4 on"],
    ['a gap in front', safetensors(two([1, 4], [4, 8]), 8), 'behind a gap from byte 0 on'],
    ['too few bytes', safetensors(two([0, 4], [4, 8]), 7), 'take 8 bytes, and the file has 7'],
    ['too many bytes', safetensors(two([0, 4], [4, 8]), 9), 'take 8 bytes, and the file has 9'],
    ['bytes for nothing', safetensors('{}', 1), 'take 0 bytes, and the file has 1'],
    ['metadata that are no texts', safetensors('{"__metadata__":{"a":1}}'), 'must hold texts'],
    ['metadata that are a list', safetensors('{"__metadata__":[]}'), 'must hold texts'],
    [
      'a bool of 2',
      Uint8Array.from([...safetensors(one([1], [0, 1], 'BOOL')), 2]),
      "'w': 2 at position 0 is no bool",
    ],
  ])('%s', (_, file, message) => refuses(loadSafetensors(file), message));

  it('but reads a name that objects have already', async () => {
    const { tensors } = await loadSafetensors(
      safetensors('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    );
    expect(Object.keys(tensors)).toEqual(['__proto__']);
  });
});

/** A file of version 1 with this dictionary, and so many bytes behind it. */
function npy(text: string, data = 0, version = 1): Uint8Array {
  const header = utf8(`${text}\n`);
  const file = new Uint8Array(10 + header.length + data);
  file.set([0x93, ...utf8('NUMPY'), version, 0, header.length & 255, header.length >> 8]);
  file.set(header, 10);
  return file;
}
const dictionary = (descr: string, shape: string, order = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('npy files that are none', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'does not begin with'],
    ['another file', utf8('PK\x03\x04 and so on'), 'does not begin with'],
    ['only the magic', npy('').subarray(0, 6), 'cut off after 6 bytes'],
    ['an unknown version', npy('{}', 0, 4), 'version 4'],
    ['a header longer than the file', npy('{}').subarray(0, 12), 'should take 3 bytes, and the file has 12'],
    ['no dictionary', npy('()'), 'the header must be'],
    ['an empty dictionary', npy('{}'), 'the header must be'],
    ['code', npy(dictionary("__import__('os')", '(1,)'), 4), 'the header must be'],
    [
      'an unknown key',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'a': True}", 4),
      'the header must be',
    ],
    ['a key twice', npy("{'descr': '<f4', 'shape': (), 'shape': ()}", 4), 'the header must be'],
    ['an unknown type', npy(dictionary("'<q4'", '()'), 4), 'are not read'],
    ['a type of the prototype', npy(dictionary("'<constructor'", '()'), 4), 'are not read'],
    ['a shape of bools', npy(dictionary("'<f4'", 'True'), 4), 'says what cannot be'],
    ['an order as text', npy(dictionary("'<f4'", '()', "'C'"), 4), 'says what cannot be'],
    ['commas alone', npy(dictionary("'<f4'", '(,,)'), 4), 'says what cannot be'],
    ['too few bytes', npy(dictionary("'<f4'", '(2,)'), 7), 'take 8 bytes, and the file has 7'],
    ['too many bytes', npy(dictionary("'<f4'", '(2,)'), 9), 'take 8 bytes, and the file has 9'],
    ['a size beyond all', npy(dictionary("'<f4'", '(99999999999999999999, 0)'), 0), 'float32 of shape'],
    [
      'terabytes',
      npy(dictionary("'<f4'", '(1000000, 1000000)'), 4),
      'take 4000000000000 bytes, and the file has 4',
    ],
  ])('%s', (_, file, message) => refuses(loadNpy(file), message));

  it('but reads a dictionary written in another way', async () => {
    const text = `{ 'shape' : ( 2L , 1 ),'fortran_order':False , 'descr':'<f4'}`;
    expect((await loadNpy(npy(text, 8))).shape).toEqual([2, 1]);
  });
});

const inner = npy(dictionary("'<f4'", '(2,)'), 8);
/** The archive with a number in its directory changed. */
function zip(change: (view: DataView, directory: number) => void, level: 0 | 6 = 0): Uint8Array {
  const file = zipSync({ 'a.npy': inner, 'b.npy': inner }, { level });
  const view = new DataView(file.buffer);
  change(view, view.getUint32(file.length - 6, true));
  return file;
}

describe('npz files that are none', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'no zip archive'],
    ['zeros', new Uint8Array(100), 'no zip archive'],
    ['no directory', zip(() => undefined).subarray(0, 80), 'no zip archive'],
    [
      'a directory elsewhere',
      zip((view) => view.setUint32(view.byteLength - 6, 2 ** 31, true)),
      'the directory of the archive is broken',
    ],
    [
      'more files than there are',
      zip((view) => view.setUint16(view.byteLength - 12, 999, true)),
      'the directory of the archive is broken',
    ],
    [
      'a file that unpacks to 4 GB',
      zip((view, at) => view.setUint32(at + 24, 2 ** 32 - 2, true), 6),
      'cannot unpack to 4294967294',
    ],
    ['files that overlap', zip((view, at) => view.setUint32(at + 20, view.byteLength, true)), 'overlap'],
    ['an unknown compression', zip((view, at) => view.setUint16(at + 10, 77, true)), 'the archive is broken'],
    [
      'a wrong checksum',
      zip((view, at) => view.setUint32(at + 16, 1, true)),
      'a.npy: its checksum does not fit',
    ],
    ['two of a name', zip((view, at) => view.setUint8(at + 46 + 5 + 46, 97)), 'the same name'],
    ['another file in it', zipSync({ 'a.txt': utf8('a') }), 'a.txt: only npy files'],
    ['no npy in it', zipSync({ 'a.npy': utf8('a') }), 'a.npy: no npy file'],
  ])('%s', (_, file, message) => refuses(loadNpz(file), message));
});

describe('files that are wrong at random', () => {
  it('give a result or a typed error', async () => {
    const { files, read, failures } = await tryFiles({ count: 2000, seed: 1 });
    expect(failures).toEqual([]);
    expect(files).toBe(2000);
    expect(read).toBeGreaterThan(20); // some are right all the same
    expect(read).toBeLessThan(1000);
  });
});
