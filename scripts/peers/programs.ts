/**
 * @file The programs of the race as pages load them: this package built as it is published, then every program bundled
 * and minified alike, whichever library is in it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { root } from '../source-server.ts';

/** Files of a page by their paths, as in `/race-jax/index.js`. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Runs `use` with the path of this package's main entry, built as `npm run build` does. */
export async function withPackage<Result>(use: (entry: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-built-'));
  try {
    await build({ root, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    return await use(join(folder, 'index.js'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Bundling {
  /** The main entry of this package, for `import 'tapegrad'`. */
  readonly entry: string;
  /** Where the program lies: a path from the root of the repository. */
  readonly program: string;
  /** The folder of its files in their paths. */
  readonly name: string;
}

/** One program, bundled and minified. Assets that it names by `new URL` are files of their own. */
export async function bundle({ entry, program, name }: Bundling): Promise<Map<string, Uint8Array>> {
  const result = (await build({
    root,
    configFile: false,
    logLevel: 'error',
    base: `/${name}/`,
    resolve: { alias: { tapegrad: entry } },
    build: {
      write: false,
      target: 'es2023',
      minify: true,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: join(root, program),
        external: ['webgpu', /^node:/],
        output: { entryFileNames: 'index.js' },
      },
    },
  })) as Rolldown.RolldownOutput;
  const files = new Map<string, Uint8Array>();
  for (const file of result.output) {
    const content = file.type === 'chunk' ? file.code : file.source;
    files.set(`/${name}/${file.fileName}`, typeof content === 'string' ? Buffer.from(content) : content);
  }
  return files;
}

const page = (name: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,"></head>
<body><script type="module" src="/${name}/index.js"></script></body></html>
`;

/** The program and a page that loads it, `/name/`. */
export async function pageWith(bundling: Bundling): Promise<Map<string, Uint8Array>> {
  const files = await bundle(bundling);
  return files.set(`/${bundling.name}/`, Buffer.from(page(bundling.name)));
}

const packageFile = (path: string) => readFileSync(join(root, 'node_modules', path));

/** What peers fetch at run time, out of their own packages: nothing comes from the network. */
export function runtimeFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const kind of ['', '-simd', '-threaded-simd'])
    files.set(
      `/tfjs-wasm/tfjs-backend-wasm${kind}.wasm`,
      packageFile(`@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm${kind}.wasm`),
    );
  for (const kind of ['', '.asyncify'])
    for (const extension of ['mjs', 'wasm']) {
      const file = `ort-wasm-simd-threaded${kind}.${extension}`;
      files.set(`/ort/${file}`, packageFile(`onnxruntime-web/dist/${file}`));
    }
  return files;
}

export const versionOf = (name: string): string =>
  (JSON.parse(packageFile(`${name}/package.json`).toString()) as { version: string }).version;
