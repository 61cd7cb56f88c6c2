/**
 * @file The page in which Chrome trains: fetches the digits from the server of scripts/page-host.ts, and runs the
 * session with this browser's WebGPU.
 */
import { toInputs } from '../../src/data/resample.ts';
import { runInPage } from '../page-guest.ts';
import { runSession, type SessionEvent, type SessionResult, type Split } from './session.ts';
import type { Settings } from './settings.ts';

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function fetchSplit(name: 'train' | 'test'): Promise<Split> {
  const [images, labels] = await Promise.all([
    fetchBytes(`/digits/${name}/images`),
    fetchBytes(`/digits/${name}/labels`),
  ]);
  return { inputs: toInputs(images), labels };
}

function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** For who watches with --headed. */
function show(event: SessionEvent): void {
  if (event.type === 'device') {
    element('device').textContent = `WebGPU on ${event.name}${event.software ? ' (software)' : ''}`;
    return;
  }
  const { epoch, epochs, step, steps, loss, accuracy, stepsPerSecond } = event.progress;
  (element('bar') as HTMLProgressElement).value = (epoch - 1 + step / steps) / epochs;
  const line = `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${(accuracy * 100).toFixed(2)} %  ${stepsPerSecond.toFixed(0)} steps/s`;
  const lines = (element('log').textContent ?? '').split('\n');
  lines[epoch - 1] = line;
  element('log').textContent = lines.join('\n');
}

void runInPage<Settings, SessionEvent, SessionResult>(async (settings, tell) => {
  // Where a browser has no WebGPU at all, init() is left to say so.
  const gpu = navigator.gpu as GPU | undefined;
  const [train, test] = await Promise.all([fetchSplit('train'), fetchSplit('test')]);
  return runSession('webgpu', gpu, settings, train, test, (event) => {
    show(event);
    tell(event);
  });
});
