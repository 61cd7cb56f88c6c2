// The garbage collector at a test's command, and what the process takes: in Node by a flag of V8, in Chrome through the
// browser provider. What the collector finds is given back in a task of its own, so that waiting is part of it.
import { inject } from 'vitest';
import { turn } from '../src/core/turn.ts';
import { memory } from '../src/index.ts';

const inChrome = () => inject('backend') === 'webgpu';

/** Runs the collector once. */
export async function collectNow(): Promise<void> {
  if (inChrome()) {
    const { commands } = await import('vitest/browser');
    return commands.collectGarbage();
  }
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import('node:v8'),
    import('node:vm'),
  ]);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/**
 * Collects until nothing more comes back: what a tensor held may have to be found in turn, and finalizers run in a task behind
 * the one in which the collector ran. Without bounds on purpose: every round takes at least one tensor out of those that are
 * left.
 */
export async function collectGarbage(): Promise<void> {
  for (let before = Infinity; memory().tensors < before; ) {
    before = memory().tensors;
    await collectNow();
    for (let k = 0; k < 3; k++) await turn();
  }
}

export interface ProcessMemory {
  /** Bytes of JavaScript objects, and in Node of the typed arrays that they hold. */
  readonly heap: number;
  /** Resident bytes of the process that holds the device's memory: Node's own, or the browser's GPU process. Where the system tells. */
  readonly resident: number | undefined;
}

/** What the process takes; after `collectGarbage`, what it needs. */
export async function processMemory(): Promise<ProcessMemory> {
  if (inChrome()) {
    const { commands } = await import('vitest/browser');
    const { heap, gpuProcess } = await commands.pageMemory();
    return { heap, resident: gpuProcess };
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}
