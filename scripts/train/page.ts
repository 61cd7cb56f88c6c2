/**
 * @file The page in which Chrome trains: fetches the digits from the server of scripts/page-host.ts, and runs the
 * session with this browser's WebGPU.
 */
import { runInPage } from '../page-guest.ts';
import { fetchSplit } from './page-digits.ts';
import { runSession, type SessionEvent, type SessionResult } from './session.ts';
import type { Settings } from './settings.ts';

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
