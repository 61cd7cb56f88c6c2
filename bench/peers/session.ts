/**
 * @file The end of the race that lies in a library's page: it opens the library, makes a task's inputs, holds the results
 * against float64, and takes samples when the host says so. One task is prepared at a time.
 */
import { objection, uniforms } from '../products.ts';
import { moreRepetitions } from '../statistics.ts';
import type { Prepared, Start } from './contenders/contender.ts';
import { countWork, type WorkCounts, watchBuffers } from './counts.ts';
import { works } from './works/all.ts';
import { CHECKED_STEPS, trainingIsOff } from './works/train.ts';
import type { Input, Place, Task } from './works/work.ts';

export interface Adapter {
  readonly name: string;
  readonly software: boolean;
}

export interface Ready {
  /** What is wrong with the results; nothing is timed then. */
  readonly wrong?: string;
  readonly repetitions: number;
  /** How long a sample takes, in seconds. */
  readonly seconds: number;
  /** Per call; none on the CPU. */
  readonly counts?: WorkCounts;
}

/** What the host calls. */
export interface Session {
  adapter(): Promise<Adapter>;
  open(place: Place): Promise<void>;
  variants(task: Task): readonly string[];
  prepare(task: Task, seed: number, variant: string): Promise<Ready>;
  /** Seconds for all repetitions and the read. */
  sample(variant: string): Promise<number>;
  /** Holds the last results of all variants against float64 once more, and gives everything back. */
  close(): Promise<string[]>;
  memory(task: Task, seed: number, variant: string): Promise<MemoryPeaks>;
}

export interface MemoryPeaks {
  /** GPU buffers as allocated. */
  readonly allocated: number;
  /** Tensors as requested, by the library's own account. */
  readonly requested?: number;
}

declare global {
  interface Window {
    race: Session;
  }
}

/** A sample lasts at least this long, in seconds, so that the clock and the wait for the GPU weigh little. */
const SAMPLE_SECONDS = 0.06;
const MOST_REPETITIONS = 2000;
const STEPS_OF_MEMORY = 30;

interface Current {
  readonly task: Task;
  readonly inputs: readonly Input[];
  readonly prepared: Map<string, { readonly work: Prepared; repetitions: number; steps: number }>;
}

export function serveSession(start: Start): void {
  const peak = new URLSearchParams(location.search).has('memory') ? watchBuffers() : undefined;
  let contender: Awaited<ReturnType<Start>> | undefined;
  let current: Current | undefined;

  const opened = () => {
    if (!contender) throw new Error('the library has not been opened');
    return contender;
  };
  const entry = (variant: string) => {
    const found = current?.prepared.get(variant);
    if (!found) throw new Error(`no ${variant} is prepared`);
    return found;
  };

  async function sample(variant: string): Promise<number> {
    const one = entry(variant);
    const from = performance.now();
    await one.work.run(one.repetitions);
    one.steps += one.repetitions;
    return (performance.now() - from) / 1000;
  }

  /** Repetitions that last long enough; the better of two measurements counts, as the first may meet cold code. */
  async function calibrate(variant: string): Promise<number> {
    const one = entry(variant);
    for (;;) {
      const first = await sample(variant);
      const seconds = first > 4 * SAMPLE_SECONDS ? first : Math.min(first, await sample(variant));
      if (current?.task.repetitions !== undefined) return seconds;
      if (seconds >= SAMPLE_SECONDS || one.repetitions >= MOST_REPETITIONS) return seconds;
      const more = moreRepetitions(one.repetitions, seconds, SAMPLE_SECONDS);
      one.repetitions = Math.min(MOST_REPETITIONS, more);
    }
  }

  async function wrongAt(variant: string): Promise<string | undefined> {
    if (!current) return 'nothing is prepared';
    const { task, inputs } = current;
    const one = entry(variant);
    if (task.op === 'train' && one.steps > 0) return trainingIsOff(await one.work.results(1));
    const expected = works[task.op].expected(task, inputs);
    const results = await one.work.results(CHECKED_STEPS);
    if (results.length !== expected.length) return `${results.length} results instead of ${expected.length}`;
    if (task.op === 'train') one.steps += CHECKED_STEPS;
    for (const [i, each] of expected.entries()) {
      const wrong = objection(results[i] as ArrayLike<number>, each);
      if (wrong) return expected.length > 1 ? `result ${i}: ${wrong}` : wrong;
    }
    return undefined;
  }

  async function begin(task: Task, seed: number, variant: string): Promise<void> {
    current ??= { task, inputs: works[task.op].inputs(task, uniforms(seed)), prepared: new Map() };
    const work = await opened().prepare(task, current.inputs, variant);
    current.prepared.set(variant, { work, repetitions: task.repetitions ?? 1, steps: 0 });
  }

  window.race = {
    async adapter() {
      const adapter = await navigator.gpu?.requestAdapter();
      if (!adapter) throw new Error('there is no WebGPU adapter');
      const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
      const software = isFallbackAdapter || architecture === 'swiftshader';
      return { name: [vendor, architecture].filter(Boolean).join(' ') || description, software };
    },
    async open(place) {
      contender = await start(place);
    },
    variants: (task) => opened().variants(task),
    async prepare(task, seed, variant) {
      await begin(task, seed, variant);
      const one = entry(variant);
      const wrong = await wrongAt(variant).catch((error: unknown) => String(error));
      if (wrong) {
        current?.prepared.delete(variant);
        await one.work.dispose();
        return { wrong, repetitions: 0, seconds: 0 };
      }
      const seconds = await calibrate(variant);
      if (task.place === 'cpu') return { repetitions: one.repetitions, seconds };
      const counted = Math.min(one.repetitions, 10);
      const { dispatches, submits } = await countWork(() => one.work.run(counted));
      const counts = { dispatches: dispatches / counted, submits: submits / counted };
      return { repetitions: one.repetitions, seconds, counts };
    },
    sample,
    async close() {
      const problems: string[] = [];
      for (const [variant, { work }] of current?.prepared ?? []) {
        const late = await wrongAt(variant);
        if (late) problems.push(late);
        await work.dispose();
      }
      current = undefined;
      return problems;
    },
    async memory(task, seed, variant) {
      await begin(task, seed, variant);
      const { work } = entry(variant);
      await work.run(STEPS_OF_MEMORY);
      const requested = work.peakBytes?.();
      return { allocated: peak?.() ?? 0, ...(requested === undefined ? {} : { requested }) };
    },
  };
}
