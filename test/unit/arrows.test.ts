// Holds "Who may import whom" of the design against every source file, and the checker itself against
// examples of what it must refuse.
import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenArrows, importsOf } from './arrows.ts';

const files = globSync('{src,demo,bench}/**/*.ts')
  .map((file) => file.split(sep).join('/'))
  .sort();

describe('the source tree', () => {
  it('has sources to look at', () => {
    expect(files).toContain('src/index.ts');
  });

  it('imports downwards only', () => {
    expect(files.flatMap((file) => brokenArrows(file, readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('the checker', () => {
  it.each([
    ['src/core/shape.ts', `import './dtype.ts';`],
    ['src/core/context.ts', `import type { Tensor } from '../tensor.ts';`],
    ['src/device/cpu/cpu.ts', `import { counters } from '../storage.ts';`],
    ['src/device/webgpu/shader.ts', `import math from '../../../shaders/math.wgsl?raw';`],
    ['src/device/cpu/simd.ts', `import { bytes } from '../../../wasm/kernels.ts?wasm';`],
    ['src/device/webgpu/adapter.ts', `const { create } = await import('webgpu');`],
    ['src/data/files.ts', `const fs = await import('node:fs/promises');`],
    ['src/ops/matmul.ts', `import type { Tensor } from '../tensor.ts';`],
    ['src/ops/matmul.ts', `let t: import('../tensor.ts').Tensor;`],
    ['src/ops/dispatch.ts', `import { table } from './table.ts';`],
    ['src/autograd/tape.ts', `import { scope } from '../scope.ts';`],
    ['src/nn/layers.ts', `// import puppeteer from 'puppeteer'\nimport { Tensor } from '../tensor.ts';`],
    ['src/index.ts', `export { init } from './device/webgpu/adapter.ts';`],
    ['demo/main.ts', `import uPlot from 'uplot';\nimport { tensor } from '../src/index.ts';`],
  ])('allows in %s: %s', (path, source) => {
    expect(brokenArrows(path, source)).toEqual([]);
  });

  it.each([
    ['src/core/shape.ts', `import { context } from './context.ts';`, 'core must not import context'],
    ['src/core/context.ts', `import { Tensor } from '../tensor.ts';`, 'as a type it may'],
    ['src/device/device.ts', `import { cpu } from './cpu/cpu.ts';`, 'device must not import cpu'],
    ['src/device/cpu/cpu.ts', `import '../webgpu/adapter.ts';`, 'cpu must not import webgpu'],
    ['src/ops/matmul.ts', `import { Tensor } from '../tensor.ts';`, 'as a type it may'],
    ['src/ops/matmul.ts', `import { type Tensor } from '../tensor.ts';`, 'as a type it may'], // still runs the module
    ['src/ops/matmul.ts', `import { run } from './dispatch.ts';`, 'rows must not import dispatch'],
    ['src/ops/dispatch.ts', `export * from '../autograd/tape.ts';`, 'dispatch must not import autograd'],
    ['src/tensor.ts', `const f = async () => await import('./nn/model.ts');`, 'tensor must not import nn'],
    ['src/scope.ts', `import { grad } from './autograd/tape.ts';`, 'scope must not import autograd'],
    ['src/nn/model.ts', `import { run } from '../ops/dispatch.ts';`, 'nn must not import dispatch'],
    ['src/nn/model.ts', `import { evolve } from '../evolve/evolve.ts';`, 'nn must not import evolve'],
    ['src/linalg/svd.ts', `import { tensor } from '../index.ts';`, 'linalg must not import index'],
    ['src/data/digits.ts', `import { readFileSync } from 'node:fs';`, "static import of 'node:fs'"],
    ['src/data/digits.ts', `import puppeteer from 'puppeteer';`, "static import of 'puppeteer'"],
    ['src/data/digits.ts', `await import('puppeteer');`, "dynamic import of 'puppeteer'"],
    ['src/device/webgpu/adapter.ts', `import { create } from 'webgpu';`, "static import of 'webgpu'"],
    ['src/nn/model.ts', `import { x } from '../../test/samples.ts';`, 'belongs to no layer'],
    ['src/somewhere.ts', ``, 'belongs to no layer'],
    ['demo/main.ts', `import '../bench/matmul.ts';`, 'demo must not import bench'],
  ])('refuses in %s: %s', (path, source, why) => {
    expect(brokenArrows(path, source)).toEqual([expect.stringContaining(why)]);
  });

  it('does not take a file that it cannot read for a clean one', () => {
    expect(() => importsOf('src/index.ts', 'import { from')).toThrow('src/index.ts');
  });
});
