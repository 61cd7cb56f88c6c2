// What a test in a page cannot do by itself: have the garbage collected, and read how much memory the page and the
// browser's GPU process take. It calls these by name, and they run in Node, with the page that puppeteer-provider.ts gives.
import { existsSync, readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'puppeteer';
import type { BrowserCommandContext } from 'vitest/node';

export interface PageMemory {
  /** Bytes of the page's JavaScript heap that are in use. */
  readonly heap: number;
  /** Bytes of memory that the browser's GPU process has resident; undefined where the system does not say. */
  readonly gpuProcess: number | undefined;
}

async function withSession<R>(page: Page, use: (session: CDPSession) => Promise<R>): Promise<R> {
  const session = await page.createCDPSession();
  try {
    return await use(session);
  } finally {
    await session.detach();
  }
}

async function collectGarbage({ page }: BrowserCommandContext): Promise<void> {
  await withSession(page, (session) => session.send('HeapProfiler.collectGarbage'));
}

async function pageMemory({ page }: BrowserCommandContext): Promise<PageMemory> {
  const { metrics } = await withSession(page, async (session) => {
    await session.send('Performance.enable');
    return session.send('Performance.getMetrics');
  });
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value;
  if (heap === undefined) throw new Error('Chrome does not tell the size of the heap');
  return { heap, gpuProcess: await gpuProcessBytes(page) };
}

/** Resident bytes of the GPU process, which holds the buffers of a software adapter; Linux only. */
async function gpuProcessBytes(page: Page): Promise<number | undefined> {
  const session = await page.browser().target().createCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const gpu = processInfo.find(({ type }) => type === 'GPU');
    const status = `/proc/${gpu?.id}/status`;
    if (!existsSync(status)) return undefined;
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } finally {
    await session.detach();
  }
}

export const pageCommands = { collectGarbage, pageMemory };
