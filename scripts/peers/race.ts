/**
 * @file The race itself: every library in a tab of its own in one Chrome, all tabs opened and warmed before anything is
 * timed, then task by task: check, calibrate, and samples in turns.
 */

import type { Browser } from 'puppeteer';
import type { Entry, Result } from '../../bench/peers/results.ts';
import type { Adapter, MemoryPeaks, Ready } from '../../bench/peers/session.ts';
import type { Place, Task } from '../../bench/peers/works/work.ts';
import { interleave, roundsWithin } from '../../bench/statistics.ts';
import { Tab } from './pages.ts';

export interface Runner {
  /** Its name in the results. */
  readonly library: string;
  /** The program of its page. */
  readonly program: string;
  readonly place: Place;
}

export const RUNNERS: readonly Runner[] = [
  { library: 'tapegrad', program: 'race-tapegrad', place: 'webgpu' },
  { library: 'jax-js', program: 'race-jax', place: 'webgpu' },
  { library: 'tfjs', program: 'race-tfjs', place: 'webgpu' },
  { library: 'ort', program: 'race-ort', place: 'webgpu' },
  { library: 'tapegrad', program: 'race-tapegrad', place: 'cpu' },
  { library: 'jax-js-wasm', program: 'race-jax', place: 'cpu' },
  { library: 'tfjs-wasm', program: 'race-tfjs', place: 'cpu' },
  { library: 'ort-wasm', program: 'race-ort', place: 'cpu' },
];

export interface RaceSettings {
  readonly browser: Browser;
  readonly address: string;
  readonly seed: number;
  readonly rounds: number;
  readonly libraries: readonly string[];
  readonly onResult: (result: Result) => void;
  readonly onProblem: (text: string) => void;
}

/** Seconds for the rounds of one task; slow ones get fewer rounds. */
const BUDGET = 20;
const LEAST_ROUNDS = 3;

interface Lane extends Runner {
  readonly tab: Tab;
}

async function openLane({ browser, address }: RaceSettings, runner: Runner, query = ''): Promise<Lane> {
  const tab = await Tab.open(browser, runner.library, `${address}${runner.program}/${query}`);
  await tab.call((place: Place) => window.race.open(place), runner.place);
  return { ...runner, tab };
}

interface Starter {
  readonly lane: Lane;
  readonly variant: string;
  readonly ready: Ready;
}

/** The ways of all libraries that do the task and do it right. */
async function starters(lanes: readonly Lane[], task: Task, settings: RaceSettings): Promise<Starter[]> {
  const out: Starter[] = [];
  for (const lane of lanes) {
    const variants = await lane.tab.call((t: Task) => window.race.variants(t), task);
    for (const variant of variants) {
      const where = `${task.name} with ${lane.library}`;
      try {
        const ready = await lane.tab.call(
          (t: Task, s: number, v: string) => window.race.prepare(t, s, v),
          task,
          settings.seed,
          variant,
        );
        if (ready.wrong) settings.onProblem(`${where}: ${ready.wrong}`);
        else out.push({ lane, variant, ready });
      } catch (error) {
        settings.onProblem(`${where}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return out;
}

async function raceTask(lanes: readonly Lane[], task: Task, settings: RaceSettings): Promise<Result> {
  const all = await starters(lanes, task, settings);
  const seconds = all.reduce((sum, { ready }) => sum + ready.seconds, 0);
  const least = Math.min(LEAST_ROUNDS, settings.rounds);
  const rounds = roundsWithin(BUDGET, seconds, least, settings.rounds);
  const samples = await interleave(
    all.map(
      ({ lane, variant }) =>
        () =>
          lane.tab.call((v: string) => window.race.sample(v), variant),
    ),
    rounds,
  );
  for (const lane of lanes)
    for (const wrong of await lane.tab.call(() => window.race.close()))
      settings.onProblem(`${task.name} with ${lane.library}, after the timing: ${wrong}`);
  const { name: work, group, op, unit, operations, bytes } = task;
  const entries = all.map(({ lane, variant, ready }, i): Entry => {
    const { repetitions, counts } = ready;
    const rates = (samples[i] ?? []).map((s) => (repetitions * task.amount) / s);
    return {
      library: lane.library,
      ...(variant === 'default' ? {} : { variant }),
      samples: rates.map((rate) => Number(rate.toPrecision(5))),
      repetitions,
      ...(counts ? { counts } : {}),
    };
  });
  const traffic = { ...(operations ? { operations } : {}), ...(bytes ? { bytes } : {}) };
  return { work, group, op, unit, ...traffic, entries };
}

/** Races all tasks; a task that a library does wrong is not timed for it. */
export async function race(tasks: readonly Task[], settings: RaceSettings): Promise<Result[]> {
  const results: Result[] = [];
  for (const place of ['webgpu', 'cpu'] as const) {
    const here = tasks.filter((task) => task.place === place);
    if (here.length === 0) continue;
    const lanes: Lane[] = [];
    for (const runner of RUNNERS)
      if (runner.place === place && settings.libraries.includes(runner.library))
        lanes.push(await openLane(settings, runner));
    for (const task of here) {
      const result = await raceTask(lanes, task, settings);
      results.push(result);
      settings.onResult(result);
    }
    for (const { tab } of lanes) await tab.close();
  }
  return results;
}

/** The adapter of all of them. */
export async function adapterOf(settings: Pick<RaceSettings, 'browser' | 'address'>): Promise<Adapter> {
  const tab = await Tab.open(settings.browser, 'adapter', `${settings.address}race-tapegrad/`);
  const adapter = await tab.call(() => window.race.adapter());
  await tab.close();
  return adapter;
}

/** Peaks of a few steps in a fresh page of each library. */
export async function memoryPeaks(
  task: Task,
  settings: RaceSettings,
): Promise<(MemoryPeaks & { readonly library: string; readonly variant: string })[]> {
  const out: (MemoryPeaks & { readonly library: string; readonly variant: string })[] = [];
  for (const runner of RUNNERS) {
    if (runner.place !== 'webgpu' || !settings.libraries.includes(runner.library)) continue;
    let variants: readonly string[] | undefined;
    for (let i = 0; i === 0 || i < (variants?.length ?? 0); i++) {
      const { tab } = await openLane(settings, runner, '?memory');
      variants = await tab.call((t: Task) => window.race.variants(t), task);
      const variant = variants[i];
      if (variant !== undefined) {
        const peaks = await tab.call(
          (t: Task, s: number, v: string) => window.race.memory(t, s, v),
          task,
          settings.seed,
          variant,
        );
        out.push({ library: runner.library, variant, ...peaks });
      }
      await tab.close();
    }
  }
  return out;
}
