// What vite.config.ts provides to the tests, and the commands that a test in the browser may give.
import type { Page, Viewport } from 'puppeteer';
import type { PageMemory } from './page-commands.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The place that this run of the suite is for; absent in the `unit` project. */
    backend: 'cpu' | 'webgpu' | 'dawn' | 'baseline';
  }
}

declare module 'vitest/node' {
  interface BrowserCommandContext {
    /** From puppeteer-provider.ts. */
    page: Page;
  }
}

declare module 'vitest/browser' {
  // Declared by the packages of Vitest's own providers, of which none is here.
  export const commands: BrowserCommands;
  interface BrowserCommands {
    __vitest_viewport: (viewport: Viewport) => Promise<void>;
    collectGarbage: () => Promise<void>;
    pageMemory: () => Promise<PageMemory>;
  }
}
