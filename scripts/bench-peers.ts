/**
 * @file `npm run bench:peers`: tapegrad against its peers in headless Chrome, on the same adapter. Builds and bundles the
 * programs, races them, prints the rows, and exits with 0 only if every result was right.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lineOf } from '../bench/peers/report.ts';
import { allRows, OURS, type Outcome, type Result, rowsOf } from '../bench/peers/results.ts';
import { tasks } from '../bench/peers/works/all.ts';
import { leastBytes, memoryTask } from '../bench/peers/works/train.ts';
import { slug, threeDigits } from '../bench/report.ts';
import { launchChrome } from './chrome.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { bundleSizes } from './peers/bundles.ts';
import { coldPrograms, coldStarts } from './peers/cold.ts';
import { type Chosen, type PeersOptions, peersCommand } from './peers/options.ts';
import { Tab, withServer } from './peers/pages.ts';
import { pageWith, runtimeFiles, versionOf, withPackage } from './peers/programs.ts';
import { adapterOf, memoryPeaks, type RaceSettings, RUNNERS, race } from './peers/race.ts';
import { root } from './source-server.ts';

const PACKAGES: Readonly<Record<string, string>> = {
  'jax-js': '@jax-js/jax',
  tfjs: '@tensorflow/tfjs-core',
  ort: 'onnxruntime-web',
};
const MIB = 2 ** 20;
/** A hundred training steps of the slowest peer take ten seconds on two free cores, and minutes on busy ones. */
const PATIENCE = 20 * 60_000;

/** The programs of all pages that the chosen works need. */
async function programFiles(
  entry: string,
  needed: (group: Chosen) => boolean,
): Promise<Map<string, Uint8Array>> {
  const names = new Set([
    ...RUNNERS.map(({ program }) => program),
    ...(needed('cold') ? coldPrograms.map(({ name }) => name) : []),
    'roofs',
  ]);
  const files = runtimeFiles();
  for (const name of names)
    for (const [path, content] of await pageWith({ entry, name, program: `bench/peers/programs/${name}.ts` }))
      files.set(path, content);
  return files;
}

async function memoryResults(settings: RaceSettings): Promise<Result[]> {
  const peaks = await memoryPeaks(memoryTask, settings);
  const ways = peaks.map(({ library, variant, ...peak }) => ({
    library,
    ...(variant === 'default' ? {} : { variant }),
    ...peak,
  }));
  const requested: Result = {
    work: 'memory: peak of a training step, as requested, over what it needs',
    group: 'memory',
    unit: '×',
    entries: ways.flatMap(({ allocated: _, requested: bytes, ...way }) =>
      bytes === undefined ? [] : [{ ...way, samples: [Number((bytes / leastBytes).toFixed(4))] }],
    ),
  };
  const allocated: Result = {
    work: 'memory: GPU buffers at the peak of a training step',
    group: 'memory',
    unit: 'MiB',
    entries: ways.map(({ allocated: bytes, requested: _, ...way }) => ({
      ...way,
      samples: [Number((bytes / MIB).toFixed(4))],
    })),
  };
  for (const result of [requested, allocated]) settings.onResult(result);
  return [requested, allocated];
}

/** New results in the places of old ones of the same adapter; the whole outcome is the new one's but for those. */
function merged(old: Outcome | undefined, found: Outcome): Outcome {
  if (!old) return found;
  const fresh = new Map(found.results.map((result) => [result.work, result]));
  const kept = old.results.map((result) => fresh.get(result.work) ?? result);
  const known = new Set(kept.map(({ work }) => work));
  return {
    ...found,
    ...((found.roofs ?? old.roofs)
      ? { roofs: found.roofs ?? (old.roofs as NonNullable<Outcome['roofs']>) }
      : {}),
    results: [...kept, ...found.results.filter(({ work }) => !known.has(work))],
  };
}

function save(found: Outcome, all: boolean): void {
  const folder = join(root, 'bench/results');
  const file = join(folder, `peers-${slug(found.adapter)}.json`);
  const old = all || !existsSync(file) ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Outcome);
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(file, `${JSON.stringify({ date, ...merged(old, found) }, undefined, 1)}\n`);
  say(`kept: ${relative(process.cwd(), file)}; npm run bench:report writes the page`);
}

async function run(options: PeersOptions, entry: string): Promise<Outcome> {
  const signal = stopSignal();
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const chosen = (group: Chosen) => options.only.includes(group);
  const results: Result[] = [];
  const problems: string[] = [];
  const libraries = [OURS, ...options.peers, ...options.peers.map((peer) => `${peer}-wasm`)];
  const onResult = (result: Result) => {
    for (const row of rowsOf(result)) say(lineOf(row));
  };
  const onProblem = (text: string) => {
    problems.push(text);
    process.stderr.write(`failed: ${text}\n`);
  };
  if (chosen('bundle')) results.push(...(await bundleSizes(entry, libraries, onResult)));
  const files = await programFiles(entry, chosen);
  return withServer(files, async (address) => {
    const browser = await launchChrome({ headed: options.headed, patience: PATIENCE });
    const close = () => void browser.close();
    signal.addEventListener('abort', close);
    try {
      signal.throwIfAborted();
      const { rounds, headed } = options;
      const adapter = await adapterOf({ browser, address });
      say(`adapter: ${adapter.name}`);
      if (adapter.software) say('software adapter: this says nothing about a real GPU');
      const settings = { browser, address, seed, rounds, headed, libraries, signal, onResult, onProblem };
      const tab = await Tab.open(browser, 'roofs', `${address}roofs/`);
      const roofs = await tab.call(() => window.measureRoofs());
      await tab.close();
      say(`bare shaders: ${threeDigits(roofs.gflops)} GFLOP/s, ${threeDigits(roofs.gigabytes)} GB/s`);
      if (chosen('memory')) results.push(...(await memoryResults(settings)));
      results.push(
        ...(await race(
          tasks.filter(({ group }) => chosen(group)),
          settings,
        )),
      );
      if (chosen('cold')) results.push(...(await coldStarts(settings)));
      return {
        adapter: adapter.name,
        software: adapter.software,
        browser: await browser.version(),
        seed,
        versions: Object.fromEntries(options.peers.map((peer) => [peer, versionOf(PACKAGES[peer] ?? peer)])),
        roofs,
        results,
        problems,
      };
    } finally {
      signal.removeEventListener('abort', close);
      await browser.close();
    }
  });
}

async function peers(options: PeersOptions): Promise<number> {
  const started = performance.now();
  say('tapegrad against its peers, in Chrome; every result is checked against float64 before it is timed');
  const outcome = await withPackage((entry) => run(options, entry));
  const rows = allRows(outcome);
  say();
  for (const row of rows.filter(({ work }) => work.startsWith('matmul, '))) say(lineOf(row));
  const right = outcome.problems.length === 0;
  say(right ? 'Every result was right, before the timing and after.' : 'Failed, as told above.');
  say(`The same data again: --seed ${outcome.seed}`);
  if (outcome.software) say('software adapter: this says nothing about a real GPU');
  if (options.save && right) save(outcome, options.only === peersCommand.defaults.only);
  else if (options.save) process.stderr.write('failed: with wrong results nothing is kept\n');
  say(`${((performance.now() - started) / 1000).toFixed(0)} s in all`);
  if (options.json) {
    const { results: _, ...about } = outcome;
    say(JSON.stringify({ ...about, rows: rows.map((row) => ({ ...row, ratio: row.ratio ?? null })) }));
  }
  return right ? 0 : 1;
}

await runCommand(peersCommand, peers);
