// The page without WebGPU, and with a GPU process that dies under it.
import { expect, it } from 'vitest';
import { launchChrome } from '../../scripts/chrome.ts';
import { killGpuProcess } from '../crash/gpu-process.ts';
import { press, servePage, textOf, visit } from './site.ts';

const address = servePage();
const steps = '#steps';

it('goes on on a new device, and then on the CPU, where the GPU process is killed', async () => {
  const browser = await launchChrome();
  try {
    const { page } = await visit(browser, `${address()}?lang=en`);
    await page.waitForSelector('button.main:not([disabled])');
    await press(page, 'Play');
    await textOf(page, steps, /^\d{2,}$/);
    await killGpuProcess(browser);
    await textOf(page, '.notice', /was lost; the training went on from step [\d,]+\. Runs on WebGPU/);
    const at = Number((await textOf(page, steps, /\d/)).replace(',', ''));
    await page.waitForFunction(
      (css: string, from: number) =>
        Number(document.querySelector(css)?.textContent?.replace(',', '')) > from,
      { timeout: 60_000 },
      steps,
      at,
    );
    await killGpuProcess(browser);
    await textOf(
      page,
      '.notice',
      /was lost; the training went on from step [\d,]+\. Runs on the CPU\. .*no adapter/,
    );
    const later = Number((await textOf(page, steps, /\d/)).replace(',', ''));
    await page.waitForFunction(
      (css: string, from: number) =>
        Number(document.querySelector(css)?.textContent?.replace(',', '')) > from,
      { timeout: 60_000 },
      steps,
      later,
    );
  } finally {
    await browser.close();
  }
});

it('says why, and runs on the CPU, where there is no WebGPU', async () => {
  const browser = await launchChrome({ webgpu: false });
  try {
    const { page, complaints } = await visit(browser, `${address()}?lang=en`);
    await page.waitForSelector('button.main:not([disabled])');
    await textOf(page, '.notice.warn', /Runs on the CPU\. init: /);
    await press(page, 'One step');
    await textOf(page, steps, /^1$/);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
