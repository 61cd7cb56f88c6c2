/** @file NumPy's npz format: npy files in a zip archive. Its export, tapegrad/npz, takes the optional package fflate. */
import { zipSync } from 'fflate';
import { options as checked, flag } from '../core/arguments.ts';
import { FormatError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import type { Tensor } from '../tensor.ts';
import { fromTensors, type LoadOptions, loadOptions, type NamedTensors, toTensors } from './host.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { readBytes, type Source, type Target, writeBytes } from './places.ts';
import { unzip } from './zip.ts';

export interface NpzOptions {
  /** Whether the arrays are packed, as by `np.savez_compressed`; false by default. */
  readonly compress?: boolean;
}

/**
 * Writes tensors under names as NumPy's `np.savez` does: to a target (a path, in Node; `indexeddb://name`, `opfs://path` or a file
 * handle in a browser), if there is one. Gives the file's bytes.
 *
 * @example
 * const file = await saveNpz({ x: tensor([1, 2]), y: tensor([3]) });
 * const { x, y } = await loadNpz(file);
 * await x.sum().add(y.sum()).item(); // 6
 */
export function saveNpz(
  tensors: NamedTensors,
  target?: Target,
  options?: NpzOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return inName('saveNpz', async () => {
    const { compress = false } = checked('saveNpz', options, 'compress') as NpzOptions;
    flag('saveNpz', 'compress', compress);
    const arrays = await fromTensors('saveNpz', tensors);
    const files = arrays.map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const);
    const file = zipSync(Object.fromEntries(files), { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
    if (target !== undefined) await writeBytes('saveNpz', target, file);
    return file;
  });
}

/**
 * Reads the arrays of a npz file under their names, in its order.
 *
 * @throws FormatError where the archive or an array in it is not what its format says, FileError where it cannot be read,
 * DTypeError for whole numbers beyond int32.
 */
export function loadNpz(source: Source, options?: LoadOptions): Promise<Record<string, Tensor>> {
  return inName('loadNpz', async () => {
    const given = loadOptions('loadNpz', options);
    const files = unzip(await readBytes('loadNpz', source, given));
    const arrays = Array.from(files, ([file, bytes]) => {
      const name = /^(.*)\.npy$/s.exec(file)?.[1];
      if (name === undefined) throw new FormatError(`${file}: only npy files belong into a npz file`);
      return [name, inName(file, () => decodeNpy(bytes))] as const;
    });
    return toTensors(arrays, given);
  });
}
