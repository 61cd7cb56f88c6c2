/** @file The page in which Chrome runs random programs; it tells what it finds to scripts/programs/host.ts. */
import { runInPage } from '../page-guest.ts';
import { runSession, type SessionEvent, type Settings } from './session.ts';

const log = document.getElementById('log') as HTMLElement;

void runInPage<Settings, SessionEvent, null>(async (settings, tell) => {
  await runSession('webgpu', undefined, settings, (event) => {
    tell(event);
    log.textContent =
      event.type === 'device' ? event.name : `seed ${event.seed}: ${event.failure ?? 'right'}`;
  });
  return null;
});
