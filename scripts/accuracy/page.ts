/** @file The page in which Chrome measures; it tells what it finds to scripts/accuracy/host.ts. */
import { runInPage } from '../page-guest.ts';
import type { Adapter } from './found.ts';
import { runSession, type SessionEvent, type Settings } from './session.ts';

const log = document.getElementById('log') as HTMLElement;

void runInPage<Settings, SessionEvent, Adapter>((settings, tell) =>
  runSession('webgpu', undefined, settings, (event) => {
    tell(event);
    log.textContent =
      event.type === 'device'
        ? event.adapter.name
        : `${event.op}: ${event.found.ulp} ULP at ${event.found.x}`;
  }),
);
