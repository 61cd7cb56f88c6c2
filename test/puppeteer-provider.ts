// Vitest's browser mode needs someone to open its pages; Puppeteer does, with the same Chrome and the same
// flags as everything else here. One browser per run, one context per session.
import { defineBrowserProvider } from '@vitest/browser';
import type { Browser, Page } from 'puppeteer';
import type { BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node';
import { launchChrome } from '../scripts/chrome.ts';

function createProvider(project: TestProject): BrowserProvider {
  let browser: Promise<Browser> | undefined;
  const pages = new Map<string, Page>();

  project.browser?.registerCommand('__vitest_viewport', async ({ sessionId }, viewport) => {
    await pages.get(sessionId)?.setViewport(viewport);
  });

  return {
    name: 'puppeteer',
    supportsParallelism: true,
    getCommandsContext: (sessionId) => ({ page: pages.get(sessionId) }),
    async openPage(sessionId, url) {
      browser ??= launchChrome({ headed: !project.config.browser.headless });
      const context = await (await browser).createBrowserContext();
      const page = await context.newPage();
      pages.set(sessionId, page);
      page.on('error', (error) => project.vitest.logger.error(`the test page crashed: ${error.message}`));
      await page.goto(url, { timeout: 0 });
    },
    // v8 coverage asks the page for its counters through this.
    async getCDPSession(sessionId) {
      const page = pages.get(sessionId);
      if (!page) throw new Error(`no page for session ${sessionId}`);
      const session = await page.createCDPSession();
      return {
        send: session.send.bind(session),
        on: session.on.bind(session),
        off: session.off.bind(session),
        once: session.once.bind(session),
      };
    },
    async close() {
      const open = browser;
      browser = undefined;
      pages.clear();
      await (await open)?.close();
    },
  };
}

export function puppeteerProvider(): BrowserProviderOption {
  return defineBrowserProvider({ name: 'puppeteer', providerFactory: createProvider });
}
