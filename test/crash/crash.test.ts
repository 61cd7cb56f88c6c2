// The GPU process of a browser is killed under a page that computes. A browser of its own for every test: after a second
// crash Chrome gives no adapter any more, until it is started anew. That is a case of its own.
import { expect, it, onTestFinished } from 'vitest';
import { runPage } from '../../scripts/page-host.ts';
import { killGpuProcess } from './gpu-process.ts';
import type { Settings } from './page.ts';
import type { Pending, Recovered, Trained } from './scenarios.ts';

function runScenario<Result>(settings: Settings): Promise<Result> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort()); // where it hangs
  return runPage<'kill', Result>({
    page: '/test/crash/page.html',
    settings,
    signal: abort.signal,
    onEvent: (_, browser) => killGpuProcess(browser),
  });
}

const close = (got: readonly number[], want: readonly number[]) => {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries())
    expect(Math.abs(value - (want[i] ?? Number.NaN))).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(value));
};

it('rejects what is pending, and gives a new device at once', async () => {
  const seen = await runScenario<Pending>({ scenario: 'pending' });
  expect(seen.lost.name).toBe('DeviceLostError');
  expect(seen.lost.message).toMatch(/the WebGPU device was lost \(unknown.*await init\(\) for a new device/);
  expect(Object.keys(seen.broken)).toHaveLength(6);
  for (const [what, { name, message, pending }] of Object.entries(seen.broken)) {
    expect(name, `${what}: ${message}`).toBe('DeviceLostError');
    expect(message).toContain(seen.lost.message);
    expect(pending, `${what} was pending`).toBe(true);
  }
  expect(Object.keys(seen.later)).toHaveLength(6);
  for (const [op, { name, message }] of Object.entries(seen.later)) {
    expect(name, `${op}: ${message}`).toBe('DeviceLostError');
    expect(message).toBe(`${op}: ${seen.lost.message}`);
  }
  expect([seen.tensors, seen.bytes, seen.poolBytes]).toEqual([0, 0, 0]);
  expect(seen.unhandled).toEqual([]);
  expect(seen.results.after).toEqual(seen.results.before);
  close(seen.results.after, seen.results.cpu);
});

it('goes on from host copies on the new device', async () => {
  const seen = await runScenario<Recovered>({ scenario: 'recover', crashes: 1 });
  expect(seen.kinds).toEqual(['webgpu', 'webgpu', 'webgpu', 'webgpu', 'webgpu']);
  expect(seen.tensors).toBe(0);
  expect(seen.fallbackReason).toBeUndefined();
  close(seen.weights, seen.expected);
});

it('goes on on the CPU, and says why, where no adapter is left', async () => {
  const seen = await runScenario<Recovered>({ scenario: 'recover', crashes: 2 });
  expect(seen.kinds).toEqual(['webgpu', 'webgpu', 'cpu', 'cpu', 'cpu']);
  expect(seen.tensors).toBe(0);
  expect(seen.fallbackReason).toMatch(/WebGPU is here, but gives no adapter.*crashes of its GPU process/);
  expect(seen.insisting).toEqual({ name: 'WebGPUUnavailableError', message: seen.fallbackReason });
  close(seen.weights, seen.expected);
});

it('fit takes a new device and goes on from its last checkpoint', async () => {
  const seen = await runScenario<Trained>({ scenario: 'train' });
  expect(seen.recoveries).toHaveLength(1);
  expect(seen.recoveries[0]).toMatchObject({ epoch: 1, batch: 0, device: `webgpu: ${seen.adapter}` });
  expect(seen.recoveries[0]?.reason).toMatch(/the WebGPU device was lost/);
  expect(seen.warnings).toEqual([
    `tapegrad: fit: the device was lost; training goes on with epoch 2, batch 1, on webgpu: ${seen.adapter}`,
  ]);
  expect(seen.epochs).toEqual([0, 1, 2, 3]);
  expect(seen.tensors).toBe(0);
  close(seen.weights, seen.expected);
});
