/**
 * @file Runs a page of this repository in Chrome: Vite serves it from its sources, the page tells what it does
 * by scripts/page-guest.ts, and whatever goes wrong in it ends the run with its text.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'puppeteer';
import type { Plugin } from 'vite';
import { launchChrome } from './chrome.ts';
import type { PageMessage } from './page-guest.ts';
import { createSourceServer, root } from './source-server.ts';

export interface PageRun<Event> {
  /** The HTML file, as a path from the root of the repository: '/scripts/bench/page.html'. */
  readonly page: string;
  /** For the page, as JSON in its address. */
  readonly settings: unknown;
  /** Bytes that the page may fetch, by path. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  readonly headed?: boolean;
  /** Whether the page shows canvases that WebGPU draws on. */
  readonly draws?: boolean;
  /** Aborting closes the browser. */
  readonly signal: AbortSignal;
  /** Where it throws or rejects, the run fails. */
  readonly onEvent: (event: Event, browser: Browser) => void | Promise<void>;
}

/** Serves the page as it stands, and the files. */
function pageAndFiles(page: string, files: ReadonlyMap<string, Uint8Array>): Plugin {
  return {
    name: 'page-and-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        const body = files.get(pathname);
        if (body) {
          response.setHeader('Content-Type', 'application/octet-stream');
          response.end(body);
        } else if (pathname === page) {
          response.setHeader('Content-Type', 'text/html; charset=utf-8');
          readFile(join(root, page)).then((html) => response.end(html), next);
        } else next();
      });
    },
  };
}

async function listen<Event, Result>(
  browser: Browser,
  url: string,
  onEvent: PageRun<Event>['onEvent'],
): Promise<Result> {
  const page = await browser.newPage();
  const warnings: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (text: string) => reject(new Error([text, ...warnings.slice(0, 10)].join('\n  ')));
    page.on('console', (message) => {
      if (message.type() === 'error') fail(`the page reports an error: ${message.text()}`);
      else if (message.type() === 'warn') warnings.push(message.text());
    });
    page.on('pageerror', (error) =>
      fail(`uncaught in the page: ${error instanceof Error ? error.message : error}`),
    );
    page.on('error', (error) => fail(`the page crashed: ${error.message}`));
    page.on('close', () => fail('the page was closed before it was done'));
    browser.on('disconnected', () => fail('the browser ended before the page was done'));
    const hear = async (message: PageMessage<Event, Result>) => {
      if (message.type === 'event') await onEvent(message.event, browser);
      else if (message.type === 'result') resolve(message.result);
      else fail(message.text);
    };
    page
      .exposeFunction('tellHost', hear)
      .then(() => page.goto(url))
      .catch((error: Error) => fail(error.message));
  });
}

/** Opens the page in Chrome, and gives the result that it tells. */
export async function runPage<Event, Result>(run: PageRun<Event>): Promise<Result> {
  const { page, settings, files = new Map(), headed = false, draws = false, signal, onEvent } = run;
  const server = await createSourceServer({
    server: { host: '127.0.0.1', port: 0 },
    plugins: [pageAndFiles(page, files)],
  });
  try {
    await server.listen();
    const [address] = server.resolvedUrls?.local ?? [];
    if (!address) throw new Error('the local web server did not start');
    const browser = await launchChrome({ headed, draws });
    const close = () => void browser.close();
    signal.addEventListener('abort', close);
    try {
      signal.throwIfAborted();
      const query = new URLSearchParams({ settings: JSON.stringify(settings) });
      return await listen(browser, new URL(`${page}?${query}`, address).href, onEvent);
    } finally {
      signal.removeEventListener('abort', close);
      await browser.close();
    }
  } finally {
    await server.close();
  }
}
