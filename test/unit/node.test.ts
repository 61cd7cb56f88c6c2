// The built package in plain Node of every version that we support, on WebGPU through Dawn. A process must compute, and
// end by itself: one that hangs is ended by the timeout, one that crashes by a signal, and both fail.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dawnEnv } from '../../scripts/chrome.ts';

const binary = process.platform === 'win32' ? 'node.exe' : 'node';
const nodes: [version: number, path: string][] = [
  [20, 'test/nodes/20/node_modules'],
  [22, 'test/nodes/22/node_modules'],
  [24, 'node_modules'],
].map(([version, folder]) => [Number(version), resolve(String(folder), 'node/bin', binary)]);

let env: Record<string, string>;

beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('dist/ is not built: run `npm run build` first');
  env = await dawnEnv();
});

/** Runs a program of test/nodes, and gives the lines that it prints. */
function run(
  node: string,
  program: string,
  args: string[] = [],
  extra: Record<string, string> = {},
): string[] {
  const { status, signal, stdout, stderr, error } = spawnSync(
    node,
    ['--expose-gc', join('test/nodes', program), ...args],
    { env: { ...process.env, DEBUG: '', ...env, ...extra }, encoding: 'utf8', timeout: 50_000 },
  );
  if (error || status !== 0)
    throw new Error(`${program} ${args}: ${error?.message ?? signal ?? status}\n${stdout}${stderr}`);
  expect(stderr).not.toMatch(/warn|error/i);
  return stdout.trim().split('\n');
}

describe.each(nodes)('Node %i', (version, node) => {
  const trained = { w: '1.4640' };
  const rejected = { status: 'rejected', name: 'DeviceLostError' };
  it.each([
    ['close', 'that closes the device', [trained]],
    ['open', 'that does not', [trained]],
    ['pending', 'that waits for a read', [trained, { sum: 256 }]],
    ['cut off', 'that closes it while work is pending', [trained, rejected, rejected]],
    ['again', 'that makes another one', [trained, trained]],
  ])(
    'ends a process by itself (%s): one %s',
    (way, _, expected) => {
      const lines = run(node, 'compute.mjs', [way]).map((line) => JSON.parse(line));
      expect(lines).toEqual([{ node: String(version), kind: 'webgpu' }, ...expected]);
    },
    70_000,
  );

  it('loads it in CommonJS', () => {
    expect(run(node, 'require.cjs')).toEqual(['{"kind":"webgpu","sum":6}']);
  });

  it('logs operations under DEBUG=1', () => {
    const lines = run(node, 'require.cjs', [], { DEBUG: '1' });
    expect(lines[0]).toMatch(/^tapegrad: sum: \[3\] float32 → \[\] float32, \d+\.\d+ ms$/);
  });
});
