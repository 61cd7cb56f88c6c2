/**
 * @file Where a session runs: in a page of Chrome, or in this process. The sources are compiled for both, so that
 * nothing has to be built first.
 */
import { toInputs } from '../../src/data/resample.ts';
import type { Digits } from '../digits.ts';
import { runPage } from '../page-host.ts';
import { withSourceModule } from '../source-server.ts';
import type { SessionEvent, SessionResult, Split } from './session.ts';
import type { Settings } from './settings.ts';

export interface Work {
  readonly settings: Settings;
  readonly train: Digits;
  readonly test: Digits;
  readonly onEvent: (event: SessionEvent) => void;
}

/** The files of page-digits.ts. */
export const filesOf = (train: Digits, test: Digits): Map<string, Uint8Array> =>
  new Map([
    ['/digits/train/images', train.images],
    ['/digits/train/labels', train.labels],
    ['/digits/test/images', test.images],
    ['/digits/test/labels', test.labels],
  ]);

/** Trains in Chrome, on its WebGPU. Aborting closes the browser. */
export function trainInChrome(work: Work, headed: boolean, signal: AbortSignal): Promise<SessionResult> {
  const { settings, train, test, onEvent } = work;
  const files = filesOf(train, test);
  return runPage({ page: '/scripts/train/page.html', settings, files, headed, signal, onEvent });
}

export function toSplit({ images, labels }: Digits): Split {
  return { inputs: toInputs(images), labels };
}

/** Trains in this process: on the CPU, or on WebGPU through Dawn. */
export function trainInNode(work: Work, backend: 'cpu' | 'dawn'): Promise<SessionResult> {
  const { settings, onEvent } = work;
  const [train, test] = [toSplit(work.train), toSplit(work.test)];
  return withSourceModule(
    '/scripts/train/session.ts',
    async ({ runSession }: typeof import('./session.ts')) => {
      if (backend === 'cpu') return runSession('cpu', undefined, settings, train, test, onEvent);
      const { create } = await import('webgpu');
      return runSession('webgpu', create([]), settings, train, test, onEvent);
    },
  );
}
