// `npm run docs`: writes docs/ops.md out of the table of operations. test/unit/docs-ops.test.ts holds the page current.
import { readFileSync, writeFileSync } from 'node:fs';
import type { opsPage } from './docs/ops-page.ts';
import { root, withSourceModule } from './source-server.ts';

const source = (name: string) => readFileSync(`${root}src/${name}.ts`, 'utf8');

await withSourceModule('/scripts/docs/ops-page.ts', async (page: { opsPage: typeof opsPage }) => {
  const sources = { tensor: source('tensor'), composite: source('composite'), create: source('create') };
  writeFileSync(`${root}docs/ops.md`, await page.opsPage(sources));
  console.log('docs/ops.md written');
});
