// The structure search, used as a visitor would: on the CPU, which is several times as fast as a software GPU; and with a GPU
// process that dies under it.
import { expect, it } from 'vitest';
import { launchChrome } from '../../scripts/chrome.ts';
import { killGpuProcess } from '../crash/gpu-process.ts';
import { barriers, button, oneBrowser, press, servePage, textOf, tooNarrow, visit } from './site.ts';

const address = servePage();
const browser = oneBrowser();

it('breeds nets, shows their families, and hands the winner with its weights to the digits', async () => {
  const { page, complaints } = await visit(
    browser(),
    `${address()}?lang=en&device=cpu&searchDigits=1000#evolve`,
  );
  await page.waitForSelector('section button.main:not([disabled])');
  await press(page, 'Start');
  await textOf(page, '#generations', /^2$/);
  await press(page, 'Pause');
  await button(page, 'Go on');
  await textOf(page, '#evolve-doing', /^Paused after generation 2\.$/);
  await textOf(page, '.unseen[role=status]', /^Generation 2: the fittest net reads \d\d\.\d % right/);
  const best = await textOf(page, '#best', /^\d\d\.\d %$/);

  expect(await page.$$eval('.nets button', (all) => all.length)).toBe(12);
  expect(await page.$$eval('.scatter .latest', (all) => all.length)).toBeGreaterThanOrEqual(12);
  const bred = '.nets button:last-child';
  await page.click(bred);
  expect(await page.$eval(bred, (element) => element.ariaPressed)).toBe('true');
  await textOf(page, '#chosen .family', /drawn at random.*Net \d+/);
  await page.click('#chosen .family button');
  await textOf(page, '#chosen .family', /^Net \d+\d\d?\.\d % · drawn at random$/);
  await page.click('section:has(#evolve-heading) summary');
  await page.waitForSelector('tbody tr:nth-child(24):last-child');
  for (const theme of ['light', 'dark']) expect(await barriers(page, theme), theme).toEqual([]);
  expect(await tooNarrow(page)).toEqual([]);

  await page.click('tbody button'); // the first is the fittest
  const structure = await page.$eval('#chosen dd', (element) => element.textContent ?? '');
  const widths = structure.match(/\d+/g)?.slice(1, -1);
  await button(page, 'Train the winner further');
  await press(page, 'Go on'); // which the next one pauses
  await page.click('#chosen button.main');
  await textOf(
    page,
    '[aria-labelledby=digits-heading] .notice:last-child',
    new RegExp(`with its weights: there it read ${best} of 1,000`),
  );
  const { searchParams, hash } = new URL(page.url());
  expect([hash, searchParams.get('hidden')]).toEqual(['#digits', widths?.join()]);
  const read = await textOf(page, '#accuracy', /^[3-9]\d\.\d %$/); // and not by chance
  expect(Math.abs(Number.parseFloat(read) - Number.parseFloat(best))).toBeLessThan(6);
  await textOf(page, '#steps', /^0$/);
  expect(complaints).toEqual([]);
  await page.close();
});

it('goes on on a new device, and then on the CPU, where the GPU process is killed', async () => {
  const own = await launchChrome();
  try {
    const { page } = await visit(own, `${address()}?lang=en&searchDigits=1000#evolve`);
    await page.waitForSelector('section button.main:not([disabled])');
    await textOf(page, '.notice', /^Runs on WebGPU/);
    await press(page, 'Start');
    await textOf(page, '#evolve-doing', /^Generation 1: 12 nets are being trained/);
    await killGpuProcess(own);
    await textOf(page, '.notice', /was lost; the search goes on with generation 1\. Runs on WebGPU/);
    await killGpuProcess(own);
    await textOf(
      page,
      '.notice',
      /was lost; the search goes on with generation 1\. Runs on the CPU\. .*no adapter/,
    );
    await textOf(page, '#generations', /^1$/);
    await textOf(page, '#best', /%/);
  } finally {
    await own.close();
  }
});
