// The page: `npm run demo` serves it from its sources, `npm start` builds and opens it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { assemblyScript } from '../scripts/assembly.ts';
import { digitsFile } from '../scripts/digits-file.ts';
import { withoutShaderComments } from '../scripts/shader-comments.ts';

const bundling = { external: ['webgpu', /^node:/] };

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('.'),
  base: './', // so that the built page works in any folder of any server
  resolve: {
    alias: [
      { find: /^tapegrad$/, replacement: path('../src/index.ts') },
      { find: /^tapegrad\/landscape$/, replacement: path('../src/landscape.ts') },
      { find: /^tapegrad\/onnx$/, replacement: path('../src/onnx.ts') },
      { find: /^tapegrad\/evolve$/, replacement: path('../src/evolve.ts') },
    ],
  },
  plugins: [assemblyScript, withoutShaderComments, digitsFile],
  worker: { format: 'es', plugins: () => [assemblyScript, withoutShaderComments], rolldownOptions: bundling },
  build: {
    target: 'es2023',
    outDir: path('../build/demo'),
    emptyOutDir: true,
    rolldownOptions: bundling,
  },
  optimizeDeps: { exclude: ['webgpu'] },
});
