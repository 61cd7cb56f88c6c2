// What vite.config.ts provides to the tests, and the command that the browser provider answers.
import type { Viewport } from 'puppeteer';

declare module 'vitest' {
  interface ProvidedContext {
    /** The place that this run of the suite is for; absent in the `unit` project. */
    backend: 'cpu' | 'webgpu' | 'dawn' | 'baseline';
  }
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    __vitest_viewport: (viewport: Viewport) => Promise<void>;
  }
}
