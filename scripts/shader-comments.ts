/** @file The shaders of a build without their comments. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Slots stay: they are comments that mean something. */
export const withoutShaderComments: Plugin = {
  name: 'without-shader-comments',
  apply: 'build',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('.wgsl?raw')) return undefined;
    const source = await readFile(id.replace(/\?raw$/, ''), 'utf8');
    const code = source
      .replace(/^\s*\/\*\*.*\*\/\n/gm, '')
      .replace(/^\s*\/\/(?! @slot).*\n/gm, '')
      .replace(/ *\/\/(?! @slot).*$/gm, '');
    return `export default ${JSON.stringify(code)};`;
  },
};
