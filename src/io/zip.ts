/** @file Zip archives, by fflate, and what it does not look at: lengths that lie, parts that overlap, checksums. */
import { unzipSync } from 'fflate';
import { FormatError } from '../core/errors.ts';

/** Deflate makes no more than this many bytes of one. */
const MOST = 1032;

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function checksum(bytes: Uint8Array): number {
  let c = ~0;
  for (const byte of bytes) c = (TABLE[(c ^ byte) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

/** Names and checksums of the central directory, in its order. */
function directoryOf(file: Uint8Array): [name: string, crc: number][] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let end = file.length - 22;
  for (const last = Math.max(0, end - 65_535); end >= last && view.getUint32(end, true) !== 0x06054b50; )
    end--;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50)
    throw new FormatError('no zip archive, or cut off: its directory is missing');
  const found: [string, number][] = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50)
      throw new FormatError('the directory of the archive is broken');
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const utf8 = view.getUint16(at + 8, true) & 0x800;
    const text = new TextDecoder(utf8 ? 'utf-8' : 'latin1').decode(file.subarray(at + 46, at + 46 + name));
    found.push([text, view.getUint32(at + 16, true)]);
    at += 46 + name + extra + comment;
  }
  return found;
}

/** The files of an archive, in its order. */
export function unzip(file: Uint8Array): Map<string, Uint8Array> {
  const directory = directoryOf(file);
  const names = new Set(directory.map(([name]) => name));
  if (names.size < directory.length) throw new FormatError('two files of the archive have the same name');
  let packed = 0;
  const filter = ({
    name,
    size,
    originalSize,
    compression,
  }: {
    name: string;
    size: number;
    originalSize: number;
    compression: number;
  }) => {
    packed += size;
    if (packed > file.length) throw new FormatError(`${name}: the files of the archive overlap`);
    if (originalSize > (compression === 0 ? size : MOST * size))
      throw new FormatError(`${name}: ${size} bytes cannot unpack to ${originalSize}`);
    return true;
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(file, { filter });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`the archive is broken: ${(error as Error).message}`);
  }
  return new Map(
    directory.map(([name, crc]) => {
      const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
      if (!bytes || checksum(bytes) !== crc) throw new FormatError(`${name}: its checksum does not fit`);
      return [name, bytes];
    }),
  );
}
