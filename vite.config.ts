// The library build, and the places that the tests run in: plain logic in Node, pages that lose their GPU, the op suite on
// the CPU device, in headless Chrome, and on Dawn in Node on a device without anything beyond WebGPU's portable baseline;
// what concerns the GPU alone on Dawn, and the page end to end. No place skips: without an adapter its tests fail.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { assemblyScript } from './scripts/assembly.ts';
import { dawnEnv } from './scripts/chrome.ts';
import { withoutShaderComments } from './scripts/shader-comments.ts';
import { pageCommands } from './test/page-commands.ts';
import { puppeteerProvider } from './test/puppeteer-provider.ts';

const ops = ['test/ops/**/*.test.ts'];
const cpu = ['test/cpu/**/*.test.ts'];
const gpu = [...ops, 'test/gpu/**/*.test.ts'];
const chrome = [...gpu, ...cpu, 'test/chrome/**/*.test.ts'];
/** The exports of the package. */
const entries = {
  index: 'src/index.ts',
  data: 'src/data.ts',
  evolve: 'src/evolve.ts',
  npz: 'src/npz.ts',
  onnx: 'src/onnx.ts',
  landscape: 'src/landscape.ts',
};
const patience = { testTimeout: 60_000, hookTimeout: 60_000 }; // a software GPU on two busy cores is slow
const dawnVariables = process.env.VITEST ? await dawnEnv() : {};
const report = process.env.TEST_REPORT; // a file for the counts, as JSON

/** Tests on Dawn in Node: on all that the adapter offers, or on what every adapter has. */
const dawnProject = (backend: 'dawn' | 'baseline', include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: {
    name: backend,
    include,
    exclude,
    provide: { backend },
    ...patience,
    env: dawnVariables,
    pool: 'forks' as const, // the environment must be there when the process starts; threads would not get it
    isolate: false,
    fileParallelism: false,
  },
});

export default defineConfig({
  plugins: [assemblyScript, withoutShaderComments],
  resolve: {
    // as the examples call it
    alias: Object.entries({ ...entries, tapegrad: entries.index }).map(([name, file]) => ({
      find: new RegExp(`^${name === 'tapegrad' ? name : `tapegrad/${name}`}$`),
      replacement: fileURLToPath(new URL(file, import.meta.url)),
    })),
  },
  build: {
    target: 'es2023',
    minify: false,
    sourcemap: true,
    lib: { entry: entries, formats: ['es'] },
    rolldownOptions: { external: ['webgpu', 'fflate', /^@bufbuild\/protobuf/, /^node:/] },
  },
  optimizeDeps: { exclude: ['webgpu'] }, // Node's Dawn, which src imports by name where there is no navigator.gpu
  test: {
    ...(report ? { reporters: ['default', 'json'], outputFile: report } : {}),
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text', 'html'] },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...patience },
      },
      {
        extends: true,
        test: { name: 'crash', include: ['test/crash/**/*.test.ts'], ...patience },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: { name: 'cpu', include: [...ops, ...cpu], provide: { backend: 'cpu' as const }, ...patience },
      },
      {
        extends: true,
        test: {
          name: 'chrome',
          include: chrome,
          provide: { backend: 'webgpu' as const },
          ...patience,
          isolate: false,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            ui: false,
            screenshotFailures: false,
            provider: puppeteerProvider(),
            commands: pageCommands,
            instances: [{ browser: 'chrome' }],
          },
        },
      },
      // Chrome runs the op suite with all that the adapter offers, Dawn without: together that is every kernel in each place.
      dawnProject('dawn', [
        'test/gpu/**/*.test.ts',
        'test/programs/*.test.ts',
        'test/ops/{capture,leaks,soak}.test.ts',
      ]),
      dawnProject('baseline', ops, ['test/ops/{leaks,soak}.test.ts']),
    ],
  },
});
