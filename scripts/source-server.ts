/**
 * @file Vite over the sources of this repository as they stand: TypeScript and shaders in, modules out, nothing
 * built first. For the pages that scripts run in Chrome, and for the sources that they run in Node.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type InlineConfig, type ViteDevServer } from 'vite';
import { assemblyScript } from './assembly.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** No configuration file, no file watching, no prebuilt dependencies. */
export function createSourceServer({ server, plugins = [] }: InlineConfig): Promise<ViteDevServer> {
  return createServer({
    root,
    configFile: false,
    appType: 'custom',
    logLevel: 'error',
    resolve: { alias: { tapegrad: join(root, 'src/index.ts') } }, // as the examples call it
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { hmr: false, watch: null, ...server },
    plugins: [assemblyScript, ...plugins],
  });
}

/** Gives a module, named by its path from the root, to `use` in this process. */
export async function withSourceModule<Module, Result>(
  path: string,
  use: (module: Module) => Promise<Result>,
): Promise<Result> {
  // Without `ws: false`, Vite opens port 24678 in this mode, and two runs at once would meet there.
  const server = await createSourceServer({ server: { middlewareMode: true, ws: false } });
  try {
    return await use((await server.ssrLoadModule(path)) as Module);
  } finally {
    await server.close();
  }
}
