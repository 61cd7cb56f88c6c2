// What README.md and docs/training.md say of training: their snippets run as one types them, from top to bottom, and the tests
// that they name are there.
import { readFileSync } from 'node:fs';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { batches } from '../../src/data.ts';
import * as api from '../../src/index.ts';

beforeAll(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true); // a line an epoch
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
  return api.init('cpu');
});

/** Some digits, in place of 60,000. */
const digits = () => ({
  x: Float32Array.from({ length: 100 * 256 }, (_, i) => Math.sin(i) ** 2),
  y: Int32Array.from({ length: 100 }, (_, i) => i % 10),
});

/** Runs all snippets of a page as one program. */
async function run(page: string): Promise<void> {
  const snippets = [...readFileSync(page, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  expect(snippets.length).toBeGreaterThan(1);
  const code = snippets.join('\n').replaceAll(/^import .*;$/gm, '');
  const given = { ...api, init: () => api.init('cpu'), batches, digits, step: () => undefined };
  const names = Object.keys(given).filter((name) => name !== 'var');
  const body = `export const run = async ({ ${names.join(', ')} }) => {{\n${code}\n}};`;
  const { code: script } = await transformWithOxc(body, 'page.ts');
  const module = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(script)}`);
  await module.run(given);
}

describe.each(['README.md', 'docs/training.md'])('%s', (page) => {
  it('has snippets that run', async () => {
    await expect(run(page)).resolves.toBeUndefined();
  });
});

/** The full names of a file's tests. */
function testsOf(file: string): string[] {
  let group = '';
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      const [, indent, what, name] = /^( *)(describe|it)\('(.*)', /.exec(text) ?? [];
      if (what === 'describe') group = `${name} `;
      if (what !== 'it') return [];
      return [`${indent ? group : ''}${name}`];
    });
}

it('docs/training.md names tests that are there', () => {
  const here = ['fit', 'callbacks'].flatMap((name) => testsOf(`test/cpu/${name}.test.ts`));
  const there = testsOf('test/gpu/fit.test.ts');
  const rows = [...readFileSync('docs/training.md', 'utf8').matchAll(/^\| (.*) \| (.*) …? \|$/gm)];
  expect(rows.length).toBeGreaterThan(12);
  for (const [, behaviour, words] of rows) {
    const tests = behaviour?.endsWith('(GPU)') ? there : here;
    expect(tests.filter((name) => name.startsWith(words as string)).length, words).toBeGreaterThan(0);
  }
});
