// Server-side rendering: an application that is built for a server has the library in its bundle, and may be loaded where
// there is neither a browser nor Node around it. Importing must look for nothing there; computing works on the CPU.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build, type Rolldown } from 'vite';
import { beforeAll, expect, it } from 'vitest';

type Application = typeof import('./ssr/entry.ts');

let code: string;

/** Vite's build for servers, in one file without imports. */
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('dist/ is not built: run `npm run build` first');
  const { output } = (await build({
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: { tapegrad: resolve('dist/index.js') } },
    ssr: { noExternal: true },
    build: {
      ssr: 'test/unit/ssr/entry.ts',
      write: false,
      rolldownOptions: { output: { format: 'cjs' } },
    },
  })) as Rolldown.RolldownOutput;
  expect(output).toHaveLength(1);
  ({ code } = output[0]);
});

/** Loads a bundle into a realm that has what the language brings and nothing else. */
function load(bundle: string): { application: Application; missed: Set<string> } {
  const realm = createContext({});
  const language = new Set(runInContext('Object.getOwnPropertyNames(globalThis)', realm) as string[]);
  const missed = new Set<string>();
  const everything = new Proxy(
    {},
    {
      has(_, name) {
        if (typeof name === 'string' && !language.has(name)) missed.add(name);
        return false;
      },
    },
  );
  const asFunction = `(everything) => (function () { with (everything) { return (exports) => {\n${bundle}\n}; } })()`;
  const application = {} as Application;
  runInContext(asFunction, realm)(everything)(application);
  return { application, missed };
}

it('looks for no global while it is imported, but for an environment variable', () => {
  expect([...load(code).missed]).toEqual(['process']);
});

it('computes in a place that has nothing', async () => {
  const { application, missed } = load(code);
  expect(await application.render()).toMatch(/^<p>14 on cpu: init: this browser has no WebGPU/);
  expect([...missed].sort()).toEqual(['navigator', 'process']);
});

it('would break where a global is looked for without care', () => {
  expect(() => load(`${code}\nnavigator.gpu;`)).toThrow(/navigator is not defined/);
});
