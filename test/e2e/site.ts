// The page as visitors get it: built, served, and opened in a browser whose console is watched.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, ElementHandle, Page } from 'puppeteer';
import { build, preview } from 'vite';
import { afterAll, beforeAll, expect } from 'vitest';
import { launchChrome } from '../../scripts/chrome.ts';

const configFile = 'demo/vite.config.ts';

/** Builds and serves the page for the tests of a file; gives its address. */
export function servePage(): () => string {
  let address = '';
  let close: () => Promise<void> = async () => {};
  beforeAll(async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'tapegrad-page-'));
    await build({ configFile, logLevel: 'error', build: { outDir } });
    const server = await preview({ configFile, logLevel: 'error', build: { outDir }, preview: { port: 0 } });
    address = server.resolvedUrls?.local[0] ?? '';
    close = async () => {
      await server.close();
      rmSync(outDir, { recursive: true });
    };
  });
  afterAll(() => close());
  return () => address;
}

/** A browser for the tests of a file. */
export function oneBrowser(launch: Parameters<typeof launchChrome>[0] = {}): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChrome(launch);
  });
  afterAll(() => browser?.close());
  return () => browser as Browser;
}

export interface Visit {
  readonly page: Page;
  /** What the console warned of, and what was thrown. */
  readonly complaints: string[];
}

export async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

/** The button of this name that is to be seen. */
export async function button(page: Page, name: string): Promise<ElementHandle<Element>> {
  return (await page.waitForSelector(
    `main > :not([hidden]) >>> ::-p-aria([name="${name}"][role="button"])`,
  )) as ElementHandle<Element>;
}

export async function press(page: Page, name: string): Promise<void> {
  await (await button(page, name)).click();
}

/** Waits until the text of an element holds; gives the text. */
export async function textOf(page: Page, selector: string, holds: RegExp, timeout = 60_000): Promise<string> {
  await page.waitForFunction(
    (css: string, source: string) => new RegExp(source).test(document.querySelector(css)?.textContent ?? ''),
    { timeout },
    selector,
    holds.source,
  );
  const text = (await page.$eval(selector, (element) => element.textContent)) ?? '';
  expect(text).toMatch(holds);
  return text;
}

/** What does not fit a page of 320 pixels, or is less than 44 high or wide though it can be pressed. */
export async function tooNarrow(page: Page): Promise<string[]> {
  await page.setViewport({ width: 320, height: 640 });
  // What is drawn to measure is so by the second frame.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  const width = await page.evaluate(() => document.scrollingElement?.scrollWidth);
  const small = await page.$$eval('button, select, summary, input[type=number], nav a', (all) =>
    all
      .filter((element) => element.checkVisibility())
      .map((element) => ({
        text: element.outerHTML.slice(0, 80),
        ...element.getBoundingClientRect().toJSON(),
      }))
      .filter(({ width, height }) => Math.min(width, height) < 43.9)
      .map(({ text, width, height }) => `${text}: ${width} × ${height}`),
  );
  return width === 320 ? small : [`the page is ${width} wide`, ...small];
}

/** What axe finds in a theme that is a serious barrier to somebody. */
export async function barriers(page: Page, theme: string): Promise<string[]> {
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return violations
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`)
    .filter((line) => /^(serious|critical)/.test(line));
}
