// Files both ways, against what NumPy and the reference implementation of safetensors wrote: test/fixtures/make-files.py.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DTypeError,
  FormatError,
  init,
  loadNpy,
  loadSafetensors,
  saveNpy,
  saveSafetensors,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { loadNpz, saveNpz } from '../../src/npz.ts';

beforeAll(() => init('cpu'));

const FOLDER = 'test/fixtures/files';
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));
type Nested = number | boolean | string | Nested[];
const expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, 'utf8')) as Record<
  'npy' | 'npz' | 'safetensors',
  Record<string, Nested>
>;

/** What JSON has no numbers for stands there as text. */
const numbers = (value: Nested): unknown =>
  Array.isArray(value)
    ? value.map(numbers)
    : typeof value === 'string'
      ? Number(value.replace('inf', 'Infinity'))
      : value;
const wanted = (kind: keyof typeof expected, name: string) => numbers(expected[kind][name] as Nested);

const DTYPES: Record<string, string> = {
  BOOL: 'bool',
  F16: 'float16',
  BF16: 'float32',
  F32: 'float32',
  F64: 'float64',
};
const dtypeOf = (name: string) => DTYPES[name] ?? 'int32';

describe('npy', () => {
  it.each(Object.keys(expected.npy))('reads %s', async (name) => {
    const x = await loadNpy(file(`${name}.npy`));
    expect(await x.array()).toEqual(wanted('npy', name));
    if (/^[A-Z]/.test(name)) expect(x.dtype).toBe(dtypeOf(name));
  });

  it.each(['BOOL', 'I32', 'F16', 'F32', 'F64', 'scalar', 'empty', 'one'])(
    'writes %s as NumPy does, byte for byte',
    async (name) => {
      const bytes = file(`${name}.npy`);
      expect(await saveNpy(await loadNpy(bytes))).toEqual(bytes);
    },
  );

  it('writes views in order', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await (await loadNpy(await saveNpy(x.T))).array()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(await (await loadNpy(await saveNpy(x.slice(1, [0, 3, 2])))).array()).toEqual([4, 6]);
  });

  it('reads at any place in memory', async () => {
    const bytes = file('bigFortran.npy');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(await (await loadNpy(shifted.subarray(3))).array()).toEqual(wanted('npy', 'bigFortran'));
    const plain = new Uint8Array([9, ...file('F32.npy')]).subarray(1);
    expect(await (await loadNpy(plain)).array()).toEqual(wanted('npy', 'F32'));
  });

  it.each([
    ['object', /elements of type '\|O' are not read/],
    ['complex', /elements of type '<c16' are not read/],
    ['text', /elements of type '<U2' are not read/],
    ['structured', /the header must be/],
  ])('refuses an array of %s', async (name, message) => {
    await expect(loadNpy(file(`bad-${name}.npy`))).rejects.toThrow(FormatError);
    await expect(loadNpy(file(`bad-${name}.npy`))).rejects.toThrow(message);
  });

  it('refuses whole numbers beyond int32', async () => {
    await expect(loadNpy(file('bad-beyond.npy'))).rejects.toThrow(
      new DTypeError(
        'loadNpy: 2147483648 at position 0 is not an int32, the only whole numbers that tensors have',
      ),
    );
  });
});

describe('npz', () => {
  it.each(['stored', 'packed'])('reads what is %s', async (name) => {
    const arrays = await loadNpz(file(`${name}.npz`));
    expect(Object.keys(arrays)).toEqual(['w', 'n', 's', 'f', 'zeros']);
    for (const [key, x] of Object.entries(arrays)) expect(await x.array()).toEqual(wanted('npz', key));
  });

  it('names arrays without names as NumPy does', async () => {
    expect(Object.keys(await loadNpz(file('positional.npz')))).toEqual(['arr_0', 'arr_1']);
  });

  it.each([false, true])('writes and reads again, packed: %s', async (compress) => {
    const given = {
      'a/b': tensor([1, 2]),
      ü: tensor([true]),
      '3': tensor(5),
      z: tensor(new Float32Array(4000)),
    };
    const bytes = await saveNpz(given, undefined, { compress });
    expect(bytes.length > 16_000).toBe(!compress);
    const found = await loadNpz(bytes);
    for (const [key, x] of Object.entries(given)) expect(await found[key]?.array()).toEqual(await x.array());
  });

  it('sees what has changed on the way', async () => {
    const bytes = file('stored.npz');
    const at = bytes.length - 900;
    bytes[at] = (bytes[at] as number) ^ 1;
    await expect(loadNpz(bytes)).rejects.toThrow(FormatError);
  });
});

describe('safetensors', () => {
  it('reads every dtype, and the metadata', async () => {
    const { tensors, metadata } = await loadSafetensors(file('every.safetensors'));
    expect(metadata).toEqual({ format: 'np', quote: 'a "b" é \n' });
    expect(Object.keys(tensors).length).toBe(13);
    for (const [name, x] of Object.entries(tensors)) {
      expect(x.dtype).toBe(dtypeOf(name));
      expect(await x.array()).toEqual(wanted('safetensors', name));
    }
  });

  it('writes what the reference implementation does, byte for byte', async () => {
    const bytes = file('ours.safetensors');
    const { tensors, metadata } = await loadSafetensors(bytes);
    expect(await saveSafetensors(tensors)).toEqual(bytes);
    expect(metadata).toEqual({});
    const none = file('none.safetensors');
    expect(await saveSafetensors((await loadSafetensors(none)).tensors)).toEqual(none);
  });

  it('keeps every float16', async () => {
    const values = Float32Array.from({ length: 65_536 }, (_, pattern) => halfOf(pattern));
    const x = tensor(values, { dtype: 'float16' });
    const bytes = await saveSafetensors({ x });
    const patterns = new Uint16Array(bytes.buffer, bytes.length - 2 * 65_536);
    expect([...patterns].filter((p, k) => p !== k && !Number.isNaN(values[k]))).toEqual([]);
    const again = (await loadSafetensors(bytes)).tensors.x as Tensor;
    expect(await again.data()).toEqual(values);
  });
});

/** By its definition. */
function halfOf(pattern: number): number {
  const [sign, e, f] = [pattern >> 15, (pattern >> 10) & 31, pattern % 1024];
  const size =
    e === 31 ? (f ? Number.NaN : Infinity) : e === 0 ? f * 2 ** -24 : (1 + f / 1024) * 2 ** (e - 15);
  return sign ? -size : size;
}
