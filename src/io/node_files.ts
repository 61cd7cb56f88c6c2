/** @file Files in Node. */
import { nodeModule } from '../core/node.ts';

async function pathOf(place: string | URL): Promise<string> {
  if (typeof place === 'string' && !place.startsWith('file:')) return place;
  return (await nodeModule('node:url')).fileURLToPath(place);
}

export async function readPath(place: string | URL): Promise<Uint8Array> {
  const fs = await nodeModule('node:fs/promises');
  return fs.readFile(await pathOf(place));
}

/** Writes a file beside it, makes sure that it is on the disk, and gives it the name: whatever happens, one of both is whole. */
export async function replaceFile(place: string | URL, bytes: Uint8Array): Promise<void> {
  const fs = await nodeModule('node:fs/promises');
  const path = await pathOf(place);
  const beside = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    const file = await fs.open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(beside, path);
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}
