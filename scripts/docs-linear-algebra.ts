// `npm run docs:linalg`: draws the pictures of docs/linear-algebra.md anew, from the examples.
import { mkdirSync, writeFileSync } from 'node:fs';
import { readDigits } from './digits.ts';
import type { drawings } from './docs/linear-algebra.ts';
import { root, withSourceModule } from './source-server.ts';

await withSourceModule('/scripts/docs/linear-algebra.ts', async (module: { drawings: typeof drawings }) => {
  const { images, labels } = readDigits('test');
  mkdirSync(`${root}docs/linear-algebra`, { recursive: true });
  for (const { name, content } of await module.drawings(images, labels)) {
    writeFileSync(`${root}docs/linear-algebra/${name}`, content);
    console.log(`docs/linear-algebra/${name}: ${content.length} bytes`);
  }
});
