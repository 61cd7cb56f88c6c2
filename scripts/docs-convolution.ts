// `npm run docs:convolution`: draws the pictures of docs/convolution.md anew, by its examples. It takes some minutes.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { drawings } from './docs/convolution.ts';
import { root, withSourceModule } from './source-server.ts';

await withSourceModule('/scripts/docs/convolution.ts', async (module: { drawings: typeof drawings }) => {
  mkdirSync(`${root}docs/convolution`, { recursive: true });
  for (const { name, content } of await module.drawings()) {
    writeFileSync(`${root}docs/convolution/${name}`, content);
    console.log(`docs/convolution/${name}: ${content.length} bytes`);
  }
});
