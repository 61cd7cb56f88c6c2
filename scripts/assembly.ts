/**
 * @file The Vite plugin behind `import { bytes } from '.../wasm/kernels.ts?wasm'`: compiles AssemblyScript when a module
 * asks for it, in a process of its own, and keeps what came out in build/wasm until the sources change.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Plugin } from 'vitest/config';

const CACHE = fileURLToPath(new URL('../build/wasm', import.meta.url));
const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json');

/** A fixed memory of 2 MiB, no runtime, no imports. */
const FLAGS =
  '-O3 --noAssert --runtime stub --use abort= --initialMemory 32 --maximumMemory 32 --enable simd'.split(' ');

/** The source file and the features of WebAssembly that an import asks for. */
function requestOf(id: string): { file: string; features: readonly string[] } | undefined {
  const [file = '', query] = id.split('?');
  const match = /^wasm(?:=(.+))?$/.exec(query ?? '');
  return match ? { file, features: match[1]?.split(',') ?? [] } : undefined;
}

/** The compiled module. Projects and processes that compile the same at once do not meet before it is whole. */
async function compiled(
  file: string,
  sources: readonly string[],
  features: readonly string[],
): Promise<Buffer> {
  const flags = [...FLAGS, ...features.flatMap((feature) => ['--enable', feature])];
  const hash = createHash('sha256').update(flags.join(' '));
  for (const source of [compiler, ...sources]) hash.update(readFileSync(source));
  const kept = join(CACHE, `${hash.digest('hex').slice(0, 16)}.wasm`);
  if (!existsSync(kept)) {
    await mkdir(CACHE, { recursive: true });
    const fresh = `${kept}.${randomUUID()}`;
    await promisify(execFile)(
      process.execPath,
      [join(dirname(compiler), 'bin/asc.js'), file, ...flags, '-o', fresh],
      { cwd: dirname(CACHE) },
    );
    await rename(fresh, kept);
  }
  return readFile(kept);
}

export const assemblyScript: Plugin = {
  name: 'assemblyscript',
  enforce: 'pre',
  // Vitest keeps what it has transformed by the content of the one file that was imported.
  configureVitest({ defineCacheKeyGenerator }) {
    defineCacheKeyGenerator(({ id }) => (requestOf(id) ? false : undefined));
  },
  load: {
    filter: { id: /\?wasm(=|$)/ },
    async handler(id) {
      const request = requestOf(id);
      if (!request) return undefined;
      const sources = globSync(join(dirname(request.file), '*.ts')).sort();
      for (const source of sources) this.addWatchFile(source);
      const module = await compiled(request.file, sources, request.features);
      return { code: `export const bytes = [${module.join()}];`, moduleType: 'js' };
    },
  },
};
