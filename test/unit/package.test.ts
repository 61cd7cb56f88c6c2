// What users install is the packed package, not this folder: it must load and compute in plain Node without
// the optional `webgpu`, and its declarations must type-check in a project with settings of its own.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
let project: string; // a scratch project outside the repository, so that nothing resolves by accident

/** Runs a command in the scratch project; a failure shows everything that it printed. */
function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}

beforeAll(() => {
  if (!existsSync('dist/index.js') || !existsSync('dist/index.d.ts')) {
    throw new Error('dist/ is not built, so there is no package to test: run `npm run build` first');
  }
  project = mkdtempSync(join(tmpdir(), 'tapegrad-package-'));
  const installed = join(project, 'node_modules/tapegrad');
  mkdirSync(installed, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', project], {
    stdio: 'pipe',
    shell: process.platform === 'win32',
  });
  const tarballs = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  run('tar', ['-xzf', ...tarballs, '-C', installed, '--strip-components', '1']);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}, 60_000);

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true });
});

describe('the packed package', () => {
  it('computes on the CPU device in Node, without webgpu', () => {
    writeFileSync(
      join(project, 'use.js'),
      `
      import { init, tensor } from 'tapegrad';
      await import('webgpu').then(() => { throw new Error('webgpu is installed'); }, () => {});
      const device = await init('cpu');
      const sum = await tensor([1, 2]).add(1).array();
      device.close();
      console.log(JSON.stringify(sum));
      `,
    );
    expect(JSON.parse(run(process.execPath, ['use.js']))).toEqual([2, 3]);
  }, 30_000);

  it('has exports that work by themselves, and need their packages for nothing else', () => {
    const modules = join(project, 'node_modules');
    const load = (name: string) =>
      `await import('tapegrad/${name}').then(() => 'loads', ({ message }) => message)`;
    writeFileSync(join(project, 'without.js'), `console.log(${load('npz')}); console.log(${load('onnx')});`);
    expect(run(process.execPath, ['without.js'])).toMatch(/'fflate'.*\n.*'@bufbuild\/protobuf'/);
    mkdirSync(join(modules, '@bufbuild'));
    for (const name of ['fflate', '@bufbuild/protobuf'])
      symlinkSync(resolve('node_modules', name), join(modules, name), 'junction');
    writeFileSync(
      join(project, 'npz.js'),
      `
      import { loadNpz, saveNpz } from 'tapegrad/npz';
      const { f } = await loadNpz(${JSON.stringify(resolve('test/fixtures/files/stored.npz'))});
      console.log(JSON.stringify(await f.slice(0).array()), (await saveNpz({ f })).length > 0);
      `,
    );
    expect(run(process.execPath, ['npz.js'])).toBe('[0,0.125,0.25,0.375] true\n');
    writeFileSync(
      join(project, 'onnx.js'),
      `
      import { layers, sequential, Tensor } from 'tapegrad';
      import { exportOnnx } from 'tapegrad/onnx';
      import { loadNpz } from 'tapegrad/npz';
      import { population } from 'tapegrad/evolve';
      const model = sequential([layers.dense(1, { inputShape: [2] })]);
      const { f } = await loadNpz(${JSON.stringify(resolve('test/fixtures/files/stored.npz'))});
      const nets = population([{ hidden: [3] }], { inputs: 2, outputs: 2 });
      await nets.fit([[0, 1], [1, 0]], [0, 1]);
      const evolved = await nets.model(0);
      console.log((await exportOnnx(model)).length > 100, f instanceof Tensor, evolved instanceof model.constructor);
      `,
    );
    expect(run(process.execPath, ['onnx.js'])).toBe('true true true\n');
    writeFileSync(
      join(project, 'landscape.js'),
      `
      import { layers, sequential } from 'tapegrad';
      import { landscape } from 'tapegrad/landscape';
      const model = sequential([layers.dense(1, { inputShape: [1], kernelInitializer: 'ones' })]);
      model.compile({ loss: 'meanSquaredError' });
      const { losses } = await landscape(model, [[1]], [[1]], { size: 3 });
      console.log(losses.length, losses[4]);
      `,
    );
    expect(run(process.execPath, ['landscape.js'])).toBe('9 0\n');
  }, 30_000);

  it('runs the README’s example and prints what it says', () => {
    const example = /```ts\n(.*?)```/s.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
    const promised = [...example.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
    expect(promised.length).toBeGreaterThan(0);
    writeFileSync(join(project, 'readme.ts'), example);
    expect(run(process.execPath, ['readme.ts']).trim().split('\n')).toEqual(promised);
  }, 30_000);

  /** What callbacks, losses and layers of one's own are called with, their types tell. */
  const trains = `
    import { type Layer, layers, ones, sequential, type Tensor } from 'tapegrad';
    import { batches } from 'tapegrad/data';
    const scale: Layer<{ factor: Tensor }> = {
      name: 'scale',
      build: (inputShape) => ({ params: { factor: ones(inputShape) }, outputShape: inputShape }),
      apply: ({ params }, x, { training }) => (training ? x.mul(params.factor) : x),
    };
    const model = sequential([scale, layers.dense(1, { activation: (x) => x.mul(2) })], { seed: 1 });
    model.compile({ optimizer: 'adam', loss: (yTrue, yPred) => yTrue.sub(yPred).abs().mean(-1) });
    const history = await model.fit(batches([[1, 2], [3, 4]], [[1], [2]], { batchSize: 1 }), {
      epochs: 3,
      verbose: 0,
      callbacks: [{ onEpochEnd: (epoch, logs, run) => { if (epoch === 1 && (logs.loss ?? 0) > 0) run.model.stopTraining = true; } }],
    });
    console.log(history.epoch.length);
  `;

  it('trains, with types for what it calls', () => {
    writeFileSync(join(project, 'fit.ts'), trains);
    expect(run(process.execPath, ['fit.ts']).trim()).toBe('2');
  }, 30_000);

  it('type-checks in a strict project', () => {
    writeFileSync(
      join(project, 'use.ts'),
      `
      import { type Device, init, layers, sequential, type Tensor, tensor } from 'tapegrad';
      import { type EvolveResult, evolve, population } from 'tapegrad/evolve';
      import { loadNpz } from 'tapegrad/npz';
      import { exportOnnx } from 'tapegrad/onnx';
      import { type LandscapeOptions, landscape } from 'tapegrad/landscape';
      const device: Device = await init('cpu');
      const sum: Tensor = tensor([1, 2]).add(1);
      // @ts-expect-error: the declarations are really there, not \`any\`
      sum.noSuchOperation();
      console.log(device.kind, await sum.array());
      const file: Uint8Array = await exportOnnx(sequential([layers.dense(1, { inputShape: [2] })]));
      const nets = population([{ hidden: [4] }], { inputs: 2, outputs: 2 });
      const tried = (found: EvolveResult) => [found.best.accuracy, evolve];
      console.log(nets.parameters, tried);
      const options: LandscapeOptions = { size: 5 };
      // @ts-expect-error: nor are those of the other exports
      const arrays: number = await loadNpz(file);
      `,
    );
    writeFileSync(join(project, 'fit.ts'), trains);
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          skipLibCheck: true,
          noEmit: true,
          target: 'es2023',
          lib: ['es2023', 'esnext.disposable', 'dom'],
          module: 'nodenext',
          types: [],
        },
        files: ['use.ts', 'readme.ts', 'fit.ts'],
      }),
    );
    run(process.execPath, [tsc, '-p', '.']);
  }, 60_000);

  it('brings what is built and nothing else', () => {
    const files = readdirSync(join(project, 'node_modules/tapegrad'));
    const expected = ['LICENSE', 'README.md', 'dist', 'package.json'];
    expect(files.filter((name) => !expected.includes(name))).toEqual([]);
  });
});
