/**
 * @file `npm run docs:page`: pictures of the page for docs/screenshots, one of which the README shows. With `--all` both languages,
 * light and dark, at 360, 768 and 1440 pixels, into build/screenshots, to be looked at; `--only=race` is for one section.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { build, preview } from 'vite';
import { launchChrome } from './chrome.ts';
import { say } from './command.ts';

const configFile = 'demo/vite.config.ts';
const SECTIONS = ['digits', 'line', 'landscape', 'race', 'evolve'] as const;
type Section = (typeof SECTIONS)[number];

interface View {
  readonly section: Section;
  readonly width: number;
  readonly language: 'en' | 'zh';
  readonly theme: 'light' | 'dark';
}

const all: readonly View[] = SECTIONS.flatMap((section) =>
  [360, 768, 1440].flatMap((width) =>
    (['en', 'zh'] as const).flatMap((language) =>
      (['light', 'dark'] as const).map((theme) => ({ section, width, language, theme })),
    ),
  ),
);

/** Waits until a page's expression holds. */
const until = (page: Page, holds: string) => page.waitForFunction(holds, { timeout: 300_000, polling: 200 });

/** What a visitor would do first. */
const prepare: Readonly<Record<Section, (page: Page) => Promise<unknown>>> = {
  async digits(page) {
    await (await page.waitForSelector('button.main:not([disabled])'))?.click();
    await until(page, `parseFloat(document.querySelector('#accuracy').textContent) > 85`);
    await page.click('button.main');
    const pad = await page.$('.pad');
    await pad?.scrollIntoView();
    const box = await pad?.boundingBox();
    if (!box) return;
    const points = [
      [0.3, 0.25],
      [0.68, 0.25],
      [0.45, 0.85],
    ].map(([x = 0, y = 0]) => [box.x + x * box.width, box.y + y * box.height] as const);
    for (const [k, [x, y]] of points.entries()) {
      await page.mouse.move(x, y, { steps: 8 });
      if (k === 0) await page.mouse.down();
    }
    await page.mouse.up();
    await until(page, `/7/.test(document.querySelector('#verdict').textContent)`);
  },
  async line(page) {
    await page.waitForSelector('.net');
    for (let k = 0; k < 3; k++)
      await page.click('section .row button.main, section .row button:nth-child(3)');
  },
  async landscape(page) {
    await page.click('section button.main');
    await until(page, `document.querySelector('svg.landscape')`);
  },
  async race(page) {
    await page.select('#race-size', '256');
    await page.click('section button.main');
    await until(page, `document.querySelector('td.good') && document.querySelector('pre')`);
  },
  async evolve(page) {
    await (await page.waitForSelector('section button.main:not([disabled])'))?.click();
    await until(page, `Number(document.querySelector('#generations').textContent) >= 6`);
    await page.click('section button.main');
  },
};

async function take(
  browser: Browser,
  address: string,
  view: View,
  path: string,
  fullPage: boolean,
): Promise<void> {
  const { section, width, language, theme } = view;
  const page = await browser.newPage();
  await page.setViewport({ width, height: 1400, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  await page.goto(`${address}?lang=${language}#${section}`);
  await page.waitForSelector('section h2');
  await prepare[section](page);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path as `${string}.png`, fullPage });
  await page.close();
  say(path);
}

await build({ configFile, logLevel: 'error' });
const server = await preview({ configFile, logLevel: 'error', preview: { port: 0 } });
const address = server.resolvedUrls?.local[0] as string;
const browser = await launchChrome();
try {
  const every = process.argv.includes('--all');
  const folder = every ? 'build/screenshots' : 'docs/screenshots';
  mkdirSync(folder, { recursive: true });
  const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);
  const some = SECTIONS.map((section): View => ({ section, width: 1200, language: 'en', theme: 'light' }));
  const views = (every ? all : some).filter(({ section }) => only === undefined || section === only);
  for (const view of views) {
    const { section, width, language, theme } = view;
    const name = every ? `${section}-${width}-${language}-${theme}` : section;
    await take(browser, address, view, join(folder, `${name}.png`), every);
  }
} finally {
  await browser.close();
  await server.close();
}
