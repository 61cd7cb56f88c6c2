/**
 * @file Files in a browser: its database, its own file system, and files that a user has chosen. Who calls makes FileErrors of what
 * it throws.
 */
import { ArgumentError } from '../core/errors.ts';

const settled = <R>(request: IDBRequest<R>): Promise<R> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Runs something on the store `files` of the database `tapegrad`; done when it is on the disk. */
async function onStore<R>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<R>,
): Promise<R> {
  if (typeof indexedDB === 'undefined') throw new Error('there is no IndexedDB here');
  const opening = indexedDB.open('tapegrad', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('files');
  const db = await settled(opening);
  try {
    const transaction = db.transaction('files', mode, { durability: 'strict' });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([settled(work(transaction.objectStore('files'))), done]);
    return result;
  } finally {
    db.close();
  }
}

/** Bytes under names. A transaction is there whole, or not at all. */
export const database = {
  async read(name: string): Promise<Uint8Array> {
    const found: unknown = await onStore('readonly', (store) => store.get(name));
    if (found instanceof Uint8Array) return found;
    throw new Error('there is nothing of this name in the database');
  },
  async write(name: string, bytes: Uint8Array): Promise<void> {
    await onStore('readwrite', (store) => store.put(bytes, name));
  },
};

/** A file of the origin's own file system, its folders made if `create` says so. */
export async function originFile(path: string, create: boolean): Promise<FileSystemFileHandle> {
  const storage = typeof navigator === 'undefined' ? undefined : navigator.storage;
  if (!storage?.getDirectory) throw new Error('there is no OPFS here');
  const folders = path.split('/').filter((part) => part !== '');
  const name = folders.pop();
  if (name === undefined) throw new ArgumentError('a file needs a name, as opfs://net.safetensors');
  let folder = await storage.getDirectory();
  for (const part of folders) folder = await folder.getDirectoryHandle(part, { create });
  return folder.getFileHandle(name, { create });
}

export async function readHandle(handle: FileSystemFileHandle): Promise<Uint8Array> {
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

/** Writes beside the file; it takes the file's place when it is closed. */
export async function writeHandle(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const writable = await handle.createWritable();
  try {
    await writable.write(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    await writable.abort();
    throw error;
  }
  await writable.close();
}
