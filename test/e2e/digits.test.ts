// The section of the digits, used as a visitor would.
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { expect, it } from 'vitest';
import { button, oneBrowser, press, servePage, textOf, visit } from './site.ts';

const address = servePage();
const browser = oneBrowser();

const accuracy = '#accuracy';
const steps = '#steps';
const verdict = '#verdict';

const ready = (page: Page) => page.waitForSelector('button.main:not([disabled])');

/** Draws lines between points given in parts of the pad's side. */
async function draw(page: Page, strokes: readonly (readonly (readonly [number, number])[])[]): Promise<void> {
  const pad = await page.waitForSelector('.pad');
  await pad?.scrollIntoView();
  const box = await pad?.boundingBox();
  if (!box) throw new Error('there is no pad');
  for (const points of strokes) {
    for (const [k, [x, y]] of points.entries()) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: k === 0 ? 1 : 4 });
      if (k === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

const circle = Array.from({ length: 17 }, (_, k): [number, number] => [
  0.5 - 0.2 * Math.sin((2 * Math.PI * k) / 16),
  0.5 - 0.32 * Math.cos((2 * Math.PI * k) / 16),
]);

it('trains to 90 % and more, reads what is drawn, and keeps the net in a file', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en&seed=3`);
  await ready(page);
  await textOf(page, '.notice', /WebGPU.*swiftshader|WebGPU/i);
  await press(page, 'Play');
  await textOf(page, accuracy, /^9[0-9]\.[0-9] %$/, 120_000);
  await press(page, 'Pause');
  await button(page, 'Play');

  await draw(page, [
    [
      [0.5, 0.15],
      [0.5, 0.85],
    ],
  ]);
  await textOf(page, verdict, /reads a 1, with/);
  await press(page, 'Clear');
  await textOf(page, verdict, /Draw something/);
  await draw(page, [circle]);
  await textOf(page, verdict, /reads a 0, with/);
  await press(page, 'Clear');

  await page.focus('.pad');
  await page.keyboard.down('Space');
  for (let k = 0; k < 10; k++) await page.keyboard.press('ArrowDown');
  await page.keyboard.up('Space');
  await textOf(page, verdict, /reads a 1, with/);

  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-download-'));
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  const before = await textOf(page, accuracy, /%/);
  for (const [label, format] of [
    ['Save as ONNX', 'onnx'],
    ['Save the model', 'safetensors'],
  ] as const) {
    await press(page, label);
    const named = (file: string) => new RegExp(`^digits-\\d+-steps\\.${format}$`).test(file);
    await expect.poll(() => readdirSync(folder).some(named), { timeout: 20_000 }).toBe(true);
  }
  const name = readdirSync(folder).find((file) => file.endsWith('.safetensors')) as string;

  await press(page, 'New net');
  await textOf(page, steps, /^0$/);
  const file = await page.$('input[type=file]');
  await (file as import('puppeteer').ElementHandle<HTMLInputElement>).uploadFile(join(folder, name));
  await textOf(page, '.notice.warn', /Loaded the net of digits-/);
  await textOf(page, accuracy, new RegExp(`^${before.replace('.', '\\.')}$`));
  expect(complaints).toEqual([]);
  await page.close();
});

it('makes the same net again from its address', async () => {
  const url = `${address()}?lang=en&hidden=16&optimizer=sgd&rate=0.03&seed=7`;
  const results: string[] = [];
  for (let k = 0; k < 2; k++) {
    const { page, complaints } = await visit(browser(), url);
    await ready(page);
    for (let i = 1; i <= 3; i++) {
      await press(page, 'One step');
      await textOf(page, steps, new RegExp(`^${i}$`));
    }
    results.push(await textOf(page, '#weights', /largest/));
    results.push(await textOf(page, accuracy, /%/));
    expect(complaints).toEqual([]);
    await page.close();
  }
  expect(results.slice(2)).toEqual(results.slice(0, 2));
  const { page } = await visit(browser(), url);
  await ready(page);
  await page.select('#activation', 'tanh');
  expect(new URL(page.url()).search).toBe(
    '?lang=en&hidden=16&optimizer=sgd&rate=0.03&seed=7&activation=tanh',
  );
  await page.close();
});

it('shows the digits behind a number', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en`);
  await ready(page);
  const cell = await page.waitForSelector('.confusion button:not([disabled])');
  const count = Number(await cell?.evaluate((element) => element.textContent));
  await cell?.click();
  await textOf(page, '.examples', /^$/);
  expect(await page.$$eval('.examples canvas', (list) => list.length)).toBe(Math.min(count, 24));
  expect(complaints).toEqual([]);
  await page.close();
});

it('changes its language in place', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en`);
  await ready(page);
  await press(page, 'One step');
  await textOf(page, steps, /^1$/);
  await page.select('#language', 'zh');
  expect(await page.$eval('html', (html) => html.lang)).toBe('zh-Hans');
  await textOf(page, 'h2', /手写数字/);
  await textOf(page, steps, /^1$/);
  expect(new URL(page.url()).searchParams.get('lang')).toBe('zh');
  await button(page, '播放');
  expect(complaints).toEqual([]);
  await page.close();
});

it('says what went wrong with the digits, and tries again', async () => {
  const page = await browser().newPage();
  let broken = true;
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    if (broken && request.url().endsWith('digits.bin')) void request.respond({ status: 200, body: 'short' });
    else void request.continue();
  });
  await page.goto(`${address()}?lang=en`);
  await textOf(page, '.notice.warn', /did not load: digits\.bin has 5 bytes instead of 3598000/);
  broken = false;
  await press(page, 'Try again');
  await ready(page);
  await page.close();
});
