/** @file What is used of Node, where the library runs there: found at run time, so that bundlers for browsers see nothing of it. */

interface NodeModules {
  'node:fs/promises': {
    readFile(path: string): Promise<Uint8Array>;
    writeFile(path: string, text: string): Promise<void>;
    appendFile(path: string, text: string): Promise<void>;
    open(path: string, flags: 'wx'): Promise<OpenFile>;
    stat(path: string): Promise<{ readonly size: number }>;
    rename(from: string, to: string): Promise<void>;
    rm(path: string, options: { force: boolean }): Promise<void>;
  };
  'node:url': { fileURLToPath(url: string | URL): string };
  'node:module': { createRequire(from: string): { resolve(name: string): string } };
}

interface OpenFile {
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const inNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node);

/** A module of Node. */
export function nodeModule<N extends keyof NodeModules>(name: N): Promise<NodeModules[N]> {
  const specifier: string = name;
  return import(/* @vite-ignore */ specifier);
}
