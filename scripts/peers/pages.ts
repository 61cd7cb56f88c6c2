/**
 * @file Pages for programs that are already bundled: a server on this machine alone, and tabs of Chrome in which the
 * host calls what a program has put on `window`. Whatever goes wrong in a tab fails the call that waits for it.
 */
import type { Browser, Page } from 'puppeteer';
import type { Plugin, ViteDevServer } from 'vite';
import { createSourceServer } from '../source-server.ts';
import type { Files } from './programs.ts';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
  '': 'text/html; charset=utf-8',
};

function serving(files: Files): Plugin {
  return {
    name: 'bundled-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        const body = files.get(pathname);
        if (!body) return next();
        const [, extension = ''] = /\.(\w+)$/.exec(pathname) ?? [];
        response.setHeader('Content-Type', TYPES[extension] ?? 'application/octet-stream');
        response.setHeader('Cache-Control', 'no-store');
        response.end(body);
      });
    },
  };
}

/** Serves the files while `use` runs, which gets the address. */
export async function withServer<Result>(
  files: Files,
  use: (address: string) => Promise<Result>,
): Promise<Result> {
  const server: ViteDevServer = await createSourceServer({
    server: { host: '127.0.0.1', port: 0 },
    plugins: [serving(files)],
  });
  try {
    await server.listen();
    const [address] = server.resolvedUrls?.local ?? [];
    if (!address) throw new Error('the local web server did not start');
    return await use(address);
  } finally {
    await server.close();
  }
}

/** A tab that has loaded a page, and whose errors fail whoever waits for it. */
export class Tab {
  #failed: Error | undefined;
  #fail: (error: Error) => void = () => undefined;

  readonly page: Page;
  readonly name: string;

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
    const fail = (text: string) => {
      this.#failed ??= new Error(`${name}: ${text}`);
      this.#fail(this.#failed);
      if (process.env.DEBUG) process.stderr.write(`${this.#failed.message}\n`);
    };
    page.on('pageerror', (error) => fail(`uncaught: ${error instanceof Error ? error.message : error}`));
    page.on('error', (error) => fail(`the page crashed: ${error.message}`));
    page.on('console', (message) => {
      if (process.env.DEBUG) process.stderr.write(`[${name}] ${message.text()}\n`);
    });
  }

  /** Loads the page and waits until its program has run. */
  static async open(browser: Browser, name: string, url: string): Promise<Tab> {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    const tab = new Tab(page, name);
    await tab.#unlessFailed(page.goto(url));
    return tab;
  }

  /** Calls a function in the page with arguments that survive JSON. */
  async call<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    const told = this.page.evaluate(fn as (...args: unknown[]) => Result, ...args);
    return (await this.#unlessFailed(told)) as Awaited<Result>;
  }

  async #unlessFailed<T>(work: Promise<T>): Promise<T> {
    if (this.#failed) throw this.#failed;
    const failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    try {
      return await Promise.race([work, failure]);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(text.startsWith(`${this.name}: `) ? text : `${this.name}: ${text}`);
    }
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
