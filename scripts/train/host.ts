/**
 * @file Where a session runs: in a page of Chrome, or in this process. Vite compiles the sources for both,
 * so that nothing has to be built first. Whatever goes wrong in the page ends the run with its text.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'puppeteer';
import { createServer, type InlineConfig, type Plugin } from 'vite';
import { toInputs } from '../../src/data/resample.ts';
import { launchChrome } from '../chrome.ts';
import type { Digits } from '../digits.ts';
import type { runSession, SessionEvent, SessionResult, Settings } from './session.ts';

export type PageMessage =
  | { readonly type: 'event'; readonly event: SessionEvent }
  | { readonly type: 'result'; readonly result: SessionResult }
  | { readonly type: 'failure'; readonly text: string };

export interface Work {
  readonly settings: Settings;
  readonly train: Digits;
  readonly test: Digits;
  readonly onEvent: (event: SessionEvent) => void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = '/scripts/train/page.html';

/** No configuration file, no file watching, no prebuilt dependencies: sources in, modules out. */
const vite = {
  root,
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true, include: [] },
} satisfies InlineConfig;

/** Serves the page as it is, and the digits as bytes. */
function pageAndDigits({ train, test }: Work): Plugin {
  const bytes = new Map([
    ['/digits/train/images', train.images],
    ['/digits/train/labels', train.labels],
    ['/digits/test/images', test.images],
    ['/digits/test/labels', test.labels],
  ]);
  return {
    name: 'page-and-digits',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        const body = bytes.get(pathname);
        if (body) {
          response.setHeader('Content-Type', 'application/octet-stream');
          response.end(body);
        } else if (pathname === PAGE) {
          response.setHeader('Content-Type', 'text/html; charset=utf-8');
          readFile(new URL('page.html', import.meta.url)).then((html) => response.end(html), next);
        } else next();
      });
    },
  };
}

async function runPage(browser: Browser, url: string, onEvent: Work['onEvent']): Promise<SessionResult> {
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
    page.on('close', () => fail('the page was closed before the training ended'));
    browser.on('disconnected', () => fail('the browser ended before the training did'));
    const hear = (message: PageMessage) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'result') resolve(message.result);
      else fail(message.text);
    };
    page
      .exposeFunction('tellHost', hear)
      .then(() => page.goto(url))
      .catch((error: Error) => fail(error.message));
  });
}

/** Trains in Chrome, on its WebGPU. Aborting closes the browser. */
export async function trainInChrome(
  work: Work,
  headed: boolean,
  signal: AbortSignal,
): Promise<SessionResult> {
  const server = await createServer({
    ...vite,
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    plugins: [pageAndDigits(work)],
  });
  try {
    await server.listen();
    const [address] = server.resolvedUrls?.local ?? [];
    if (!address) throw new Error('the local web server did not start');
    const browser = await launchChrome({ headed });
    const close = () => void browser.close();
    signal.addEventListener('abort', close);
    try {
      signal.throwIfAborted();
      const query = new URLSearchParams({ settings: JSON.stringify(work.settings) });
      return await runPage(browser, new URL(`${PAGE}?${query}`, address).href, work.onEvent);
    } finally {
      signal.removeEventListener('abort', close);
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

/** Trains in this process: on the CPU, or on WebGPU through Dawn. */
export async function trainInNode(work: Work, backend: 'cpu' | 'dawn'): Promise<SessionResult> {
  const server = await createServer({
    ...vite,
    server: { middlewareMode: true, hmr: false, watch: null },
  });
  try {
    const module = await server.ssrLoadModule('/scripts/train/session.ts');
    const run = module.runSession as typeof runSession;
    const { settings, train, test, onEvent } = work;
    const splits = [train, test].map(({ images, labels }) => ({ inputs: toInputs(images), labels }));
    const [trainSplit, testSplit] = splits as [Parameters<typeof run>[3], Parameters<typeof run>[4]];
    if (backend === 'cpu') return await run('cpu', undefined, settings, trainSplit, testSplit, onEvent);
    const { create } = await import('webgpu');
    return await run('webgpu', create([]), settings, trainSplit, testSplit, onEvent);
  } finally {
    await server.close();
  }
}
