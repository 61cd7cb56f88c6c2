/** @file `npm run verify -- --programs N`: random programs in a page of Chrome, or in this process, and what came out. */
import { PLACES } from '../accuracy/host.ts';
import type { Backend } from '../accuracy/options.ts';
import { say } from '../command.ts';
import { runPage } from '../page-host.ts';
import { withSourceModule } from '../source-server.ts';
import type { SessionEvent, Settings } from './session.ts';

function runSessionAt(
  backend: Backend,
  settings: Settings,
  signal: AbortSignal,
  onEvent: (event: SessionEvent) => void,
): Promise<unknown> {
  if (backend === 'webgpu')
    return runPage({ page: '/scripts/programs/page.html', settings, signal, onEvent });
  signal.addEventListener('abort', () => process.exit()); // no browser to close
  return withSourceModule(
    '/scripts/programs/session.ts',
    async ({ runSession }: typeof import('./session.ts')) => {
      if (backend === 'cpu') return runSession('cpu', undefined, settings, onEvent);
      const { create } = await import('webgpu');
      return runSession('webgpu', create([]), settings, onEvent);
    },
  );
}

const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** Runs them, tells what is wrong as soon as it is found, and gives the exit code. */
export async function verifyPrograms(
  settings: Settings,
  backend: Backend,
  signal: AbortSignal,
): Promise<number> {
  const { count, seed, path } = settings;
  say(
    path === undefined
      ? `${count} random programs from seed ${seed} on`
      : `one random program of seed ${seed}`,
  );
  let [programs, elements, loose, failures] = [0, 0, 0, 0];
  await runSessionAt(backend, settings, signal, (event) => {
    if (event.type === 'device') {
      say(`${PLACES[backend]}: ${event.name}`);
      return;
    }
    const { tally, failure } = event;
    programs += tally.programs;
    elements += tally.elements;
    loose += tally.loose;
    if (failure !== undefined) {
      failures++;
      process.stderr.write(`\n${failure}\n\n`);
    }
    if (path === undefined)
      say(`seed ${event.seed}: ${programs} programs so far, ${failures} batches with a wrong one`);
  });
  say(`${elements} results compared in each place, ${percent(loose, elements)} of them with a wide bound`);
  return failures === 0 ? 0 : 1;
}
