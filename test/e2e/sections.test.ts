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

/** What is there once a section is. */
const sections = {
  digits: 'button.main:not([disabled])',
  line: '.net',
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
