// The line and the race, and every section for those who do not see it as most do.
import { expect, it } from 'vitest';
import { barriers, oneBrowser, press, servePage, textOf, tooNarrow, visit } from './site.ts';

const address = servePage();
const browser = oneBrowser();

it('steps through the course’s epochs, all equal to the printed ones', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en#line`);
  for (let epoch = 0; epoch <= 5; epoch++) {
    await textOf(page, '.good', /equal the printed ones/);
    await textOf(page, 'section h3', new RegExp(`^Epoch ${epoch}$`));
    await press(page, 'Next epoch');
  }
  await textOf(page, 'section > p.note', /prints epochs 0 to 5 and 500/);
  await press(page, 'To epoch 500');
  await textOf(page, '.good', /equal the printed ones/);
  expect(new URL(page.url()).searchParams.get('epoch')).toBe('500');
  expect(complaints).toEqual([]);
  await page.close();
});

it('races GPU against CPU, checks both, and shows shader and tape', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en#race`);
  await page.select('#race-size', '64');
  await press(page, 'Run');
  await textOf(page, 'td.good', /✓ largest difference .*bound/);
  await textOf(page, 'pre', /@compute/);
  await textOf(page, '.notice', /WebGPU/);
  await press(page, 'Record a step');
  await textOf(page, '.card:last-child pre', /%0 +dense/);
  await textOf(page, '.card:last-child pre:last-child', /matmul/);
  expect(complaints).toEqual([]);
  await page.close();
});

it('shows the landscape around the net of the address, and turns it', async () => {
  const { page, complaints } = await visit(browser(), `${address()}?lang=en&hidden=8#landscape`);
  await textOf(page, 'section > p.note', /256→8→10/);
  await page.select('#landscape-size', '15');
  await press(page, 'Train and look');
  await textOf(
    page,
    'section ul',
    /Adam .*loss 0\.\d+ on 500 digits.*Gradient descent .*loss \d\.\d+/,
    120_000,
  );
  expect(await page.$$eval('svg.landscape path', (paths) => paths.length)).toBe(20);
  expect(await page.$$eval('svg.landscape polyline', (lines) => lines.length)).toBe(4); // two, each with a rim
  await textOf(page, '.card p.note', /lies along the first direction/);
  const picture = () => page.$eval('canvas.relief', (canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const before = await picture();
  await page.focus('canvas.relief');
  await page.keyboard.press('ArrowLeft');
  const turned = await picture();
  expect(turned).not.toBe(before);
  await page.keyboard.press('ArrowRight');
  expect(await picture()).toBe(before);
  await page.click('summary');
  expect(await page.$$eval('section td', (cells) => cells.length)).toBe(26); // 5 × 5, and the corner
  await page.select('#landscape-plane', 'random');
  await press(page, 'Train and look');
  await page.waitForFunction(
    (old: string) => document.querySelector<HTMLCanvasElement>('canvas.relief')?.toDataURL() !== old,
    { timeout: 120_000 },
    before,
  );
  expect(complaints).toEqual([]);
  await page.close();
});

/** What is there once a section is. */
const sections = {
  digits: 'button.main:not([disabled])',
  line: '.net',
  landscape: 'section select',
  race: '#race-size',
  evolve: '#evolve-doing',
};

it.each(['en', 'zh'])('fits 320 pixels, with targets of 44, %s', async (language) => {
  for (const [section, ready] of Object.entries(sections)) {
    const { page } = await visit(browser(), `${address()}?lang=${language}#${section}`);
    await page.waitForSelector(ready);
    expect(await tooNarrow(page), section).toEqual([]);
    await page.close();
  }
});

it.each(['light', 'dark'])('axe finds nothing serious, %s', async (theme) => {
  for (const [section, ready] of Object.entries(sections)) {
    const { page } = await visit(browser(), `${address()}?lang=en#${section}`);
    await page.waitForSelector(ready);
    expect(await barriers(page, theme), `${section}, ${theme}`).toEqual([]);
    await page.close();
  }
});
