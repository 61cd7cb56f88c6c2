/**
 * @file Where files lie: paths in Node, addresses, Blobs, IndexedDB, the browser's own file system (OPFS), bytes at hand. A
 * save that breaks off never leaves half a file in the place of a good one.
 */
import { requireFunction } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, FileError, TapegradError } from '../core/errors.ts';
import { inNode } from '../core/node.ts';
import { database, originFile, readHandle, writeHandle } from './browser.ts';
import { download } from './download.ts';
import { readPath, replaceFile } from './node_files.ts';

/**
 * What is loaded: bytes; a Blob or File; an address; in Node a path; in a browser `indexeddb://name`, `opfs://path`, or a
 * FileSystemFileHandle.
 */
export type Source = string | URL | Blob | FileSystemFileHandle | ArrayBuffer | Uint8Array;

/**
 * Where a file is written: in Node a path; in a browser `indexeddb://name`, `opfs://path`, or a FileSystemFileHandle. What is
 * there already is replaced when all is written.
 */
export type Target = string | URL | FileSystemFileHandle;

export interface Progress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all, where the server says so. */
  readonly total: number | undefined;
}

export interface SourceOptions {
  /** Hears how much of an address is loaded. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the loading of an address. */
  readonly signal?: AbortSignal;
}

export const SOURCE_OPTIONS = ['onProgress', 'signal'] as const;

const isHandle = (value: unknown): value is FileSystemFileHandle =>
  typeof (value as { getFile?: unknown } | null)?.getFile === 'function';

/** The scheme of an address: 'opfs' of 'opfs://x'; a drive's letter is none. */
const schemeOf = (place: string): string | undefined =>
  /^([a-z][a-z\d+.-]+):/i.exec(place)?.[1]?.toLowerCase();

export const isTarget = (value: unknown): value is Target =>
  (typeof value === 'string' && value !== '') || value instanceof URL || isHandle(value);

/** All bytes of a source. */
export async function readBytes(
  op: string,
  source: Source,
  { onProgress, signal }: SourceOptions = {},
): Promise<Uint8Array> {
  if (onProgress !== undefined) requireFunction(op, onProgress);
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function')
    throw new ArgumentError(`${op}: signal must be an AbortSignal, got ${describe(signal)}`);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (isHandle(source)) return attempt(op, 'the file handle', () => readHandle(source));
  if ((typeof source !== 'string' || source === '') && !(source instanceof URL))
    throw new ArgumentError(`${op}: takes a path, an address, a Blob, or bytes, got ${describe(source)}`);
  const place = String(source);
  const rest = place.replace(/^[^:]*:\/\//, '');
  return attempt(op, place, async () => {
    switch (schemeOf(place)) {
      case 'indexeddb':
        return database.read(rest);
      case 'opfs':
        return readHandle(await originFile(rest, false));
      case undefined:
        if (inNode()) return readPath(place);
        break;
      case 'file':
        if (inNode()) return readPath(source);
    }
    return download(place, onProgress, signal);
  });
}

/** Writes all bytes to a target, or leaves what was there. */
export async function writeBytes(op: string, target: Target, bytes: Uint8Array): Promise<void> {
  if (!isTarget(target))
    throw new ArgumentError(
      `${op}: the target must be a path, 'indexeddb://name', 'opfs://path' or a file handle, got ${describe(target)}`,
    );
  if (isHandle(target)) return attempt(op, 'the file handle', () => writeHandle(target, bytes));
  const place = String(target);
  const rest = place.replace(/^[^:]*:\/\//, '');
  const scheme = schemeOf(place);
  return attempt(op, place, async () => {
    if (scheme === 'indexeddb') return database.write(rest, bytes);
    if (scheme === 'opfs') return writeHandle(await originFile(rest, true), bytes);
    if (inNode() && (scheme === undefined || scheme === 'file')) return replaceFile(target, bytes);
    throw new ArgumentError(
      inNode()
        ? `${op}: cannot write to ${scheme}:; without a target ${op} gives the bytes`
        : `${op}: in a browser a target is 'indexeddb://name', 'opfs://path' or a file handle, got ${describe(place)}; without one ${op} gives the bytes`,
    );
  });
}

/** What the system refuses becomes a FileError that names the place. */
async function attempt<R>(op: string, place: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TapegradError || (error as Error | null)?.name === 'AbortError') throw error;
    throw new FileError(`${op}: ${place}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
