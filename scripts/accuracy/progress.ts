/**
 * @file What a verification has done so far, in a file, so that it can be stopped and go on: of one op, backend and
 * part, and of the sources as they were, since another engine has other errors.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../source-server.ts';
import type { Adapter, Found } from './found.ts';

export interface Progress {
  /** What the errors depend on. */
  readonly sources: string;
  readonly adapter: Adapter;
  /** Inputs tried. */
  readonly done: number;
  readonly worst: Found;
}

/** A fingerprint of the engine and of what it is measured with. */
export function sourcesNow(): string {
  const hash = createHash('sha256');
  for (const file of globSync('{src,shaders,test/accuracy,scripts/accuracy}/**/*.{ts,wgsl}', {
    cwd: root,
  }).sort())
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

export function progressFile(name: string): string {
  return join(root, 'build/verify', `${name}.json`);
}

/** What the file holds of these sources, if anything. */
export function readProgress(file: string, sources: string): Progress | undefined {
  try {
    const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress;
    return progress.sources === sources ? progress : undefined;
  } catch {
    return undefined; // none yet, or not a whole one
  }
}

/** Under a temporary name first: there is never half a file. */
export function writeProgress(file: string, progress: Progress): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(progress, undefined, 2)}\n`);
  renameSync(temporary, file);
}
