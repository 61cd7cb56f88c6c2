/** @file Starts the page's worker for one of its services. */
import type { Service } from '../worker.ts';

export function startWorker(name: Service): Worker {
  return new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name });
}
