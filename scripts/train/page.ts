/**
 * @file The page in which Chrome trains: fetches the digits from the server of scripts/train.ts, runs the
 * session with this browser's WebGPU, and tells the script about it through the function that it exposed.
 */
import { toInputs } from '../../src/data/resample.ts';
import type { PageMessage } from './host.ts';
import { runSession, type SessionEvent, type Settings, type Split } from './session.ts';

declare global {
  interface Window {
    /** Exposed by scripts/train.ts. */
    tellHost(message: PageMessage): Promise<void>;
  }
}

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

async function main(): Promise<void> {
  const settings = JSON.parse(new URLSearchParams(location.search).get('settings') as string) as Settings;
  // Where a browser has no WebGPU at all, init() is left to say so.
  const gpu = navigator.gpu as GPU | undefined;
  const [train, test] = await Promise.all([fetchSplit('train'), fetchSplit('test')]);
  const result = await runSession('webgpu', gpu, settings, train, test, (event) => {
    show(event);
    void window.tellHost({ type: 'event', event });
  });
  await window.tellHost({ type: 'result', result });
}

main().catch(async (error: unknown) => {
  // The kinds of the engine's own errors are worth naming; String() names every kind.
  const text = error instanceof Error && error.name === 'Error' ? error.message : String(error);
  element('log').textContent += `\n${text}`;
  await window.tellHost({ type: 'failure', text });
});
