/** @file The page in which Chrome draws landscapes: fetches the digits from scripts/page-host.ts, and runs the session. */
import { toInputs } from '../../src/data/resample.ts';
import { runInPage } from '../page-guest.ts';
import { runSession, type SessionEvent, type SessionResult } from './session.ts';
import type { Settings } from './settings.ts';

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

void runInPage<Settings, SessionEvent, SessionResult>(async (settings, tell) => {
  const [images, labels] = await Promise.all([fetchBytes('/digits/images'), fetchBytes('/digits/labels')]);
  const gpu = navigator.gpu as GPU | undefined; // where there is none at all, init() is left to say so
  return runSession('webgpu', gpu, settings, { inputs: toInputs(images), labels }, (event) => {
    (document.getElementById('log') as HTMLElement).textContent = JSON.stringify(event);
    tell(event);
  });
});
