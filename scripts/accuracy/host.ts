/** @file Where a session measures: in a page of Chrome, or in this process, on the CPU or on WebGPU through Dawn. */
import { runPage } from '../page-host.ts';
import { withSourceModule } from '../source-server.ts';
import type { Adapter } from './found.ts';
import type { Backend } from './options.ts';
import type { SessionEvent, Settings } from './session.ts';

export const PLACES: Readonly<Record<Backend, string>> = {
  webgpu: 'WebGPU in Chrome',
  dawn: 'WebGPU in Node',
  cpu: 'the CPU device',
};

export function runSessionAt(
  backend: Backend,
  settings: Settings,
  signal: AbortSignal,
  onEvent: (event: SessionEvent) => void,
): Promise<Adapter> {
  if (backend === 'webgpu')
    return runPage({ page: '/scripts/accuracy/page.html', settings, signal, onEvent });
  signal.addEventListener('abort', () => process.exit()); // no browser to close
  return withSourceModule(
    '/scripts/accuracy/session.ts',
    async ({ runSession }: typeof import('./session.ts')) => {
      if (backend === 'cpu') return runSession('cpu', undefined, settings, onEvent);
      const { create } = await import('webgpu');
      return runSession('webgpu', create([]), settings, onEvent);
    },
  );
}
