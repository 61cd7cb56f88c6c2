/**
 * @file The page in which Chrome searches: fetches the digits from the server of scripts/page-host.ts, and runs the session
 * with this browser's WebGPU.
 */
import { runInPage } from '../page-guest.ts';
import { fetchSplit } from '../train/page-digits.ts';
import { runSession, type SessionEvent, type SessionResult, type Settings } from './session.ts';

function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** For who watches with --headed. */
function show(event: SessionEvent): void {
  if (event.type === 'device')
    element('device').textContent = `WebGPU on ${event.name}${event.software ? ' (software)' : ''}`;
  else if (event.type === 'generation') {
    const { strategy, progress } = event;
    const [best] = progress.parents;
    element('log').textContent +=
      `${strategy} ${progress.generation}: ${best?.accuracy.toFixed(4)} with ${best?.parameters} parameters\n`;
  }
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
