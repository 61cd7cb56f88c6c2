/** @file Starts the page's worker for one of its services. */

export function startWorker(name: 'digits' | 'line' | 'race'): Worker {
  return new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name });
}
