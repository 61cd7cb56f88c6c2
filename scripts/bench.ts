/**
 * @file `npm run bench`: matrix products on WebGPU against the CPU, in headless Chrome. Runs the page, prints the
 * table, draws the plot, and exits with 0 only if every product was right.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchSettings } from '../bench/matmul.ts';
import { plotSvg } from '../bench/plot.ts';
import { type BenchEvent, type Outcome, slug, tableHead, tableRow } from '../bench/report.ts';
import { type BenchOptions, benchCommand } from './bench/options.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { runPage } from './page-host.ts';

const RESULTS = fileURLToPath(new URL('../bench/results', import.meta.url));

function onEvent(event: BenchEvent): void {
  if (event.type === 'device') {
    say(`adapter: ${event.adapter}`);
    if (event.software) say('software adapter: this says nothing about a real GPU');
    say(`\n${tableHead()}`);
  } else if (event.type === 'row') say(tableRow(event.row));
  else process.stderr.write(`failed: ${event.text}\n`);
}

/** The plot, and where they are to be kept the figures; says where they are. */
function write(outcome: Outcome, seed: number, save: boolean): void {
  const folder = save ? RESULTS : mkdtempSync(join(tmpdir(), 'tapegrad-bench-'));
  const base = join(folder, `matmul-${slug(outcome.adapter)}`);
  if (save) {
    mkdirSync(folder, { recursive: true });
    const date = new Date().toISOString().slice(0, 10);
    const { problems: _, ...figures } = outcome;
    writeFileSync(`${base}.json`, `${JSON.stringify({ date, seed, ...figures }, undefined, 2)}\n`);
  }
  writeFileSync(`${base}.svg`, plotSvg(outcome));
  if (save) say(`kept: ${relative(process.cwd(), base)}.json and .svg`);
  else say(`plot: ${base}.svg (--save keeps it in bench/results, with the figures)`);
}

async function bench(options: BenchOptions): Promise<number> {
  const started = performance.now();
  const { products, rounds, headed, json, save } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  say('Matrix products in float32, WebGPU in Chrome against the CPU device');
  const settings: BenchSettings = { products, rounds, seed };
  const signal = stopSignal();
  const outcome: Outcome = await runPage({
    page: '/scripts/bench/page.html',
    settings,
    headed,
    signal,
    onEvent,
  });
  const { rows, problems } = outcome;
  const right = problems.length === 0;
  say();
  if (rows.length > 0) say('GFLOP/s are medians, with quartiles; WebGPU/CPU is the ratio of the medians.');
  say(
    right
      ? 'Every product was within 4 √k ε Σ|a||b| of float64 before it was timed, and after.'
      : 'Failed, as told above.',
  );
  say(`The same data again: --seed ${seed}`);
  if (outcome.software) say('software adapter: this says nothing about a real GPU');
  if (rows.length > 0) write(outcome, seed, save && right);
  if (save && !right) process.stderr.write('failed: with wrong results nothing is kept\n');
  say(`${((performance.now() - started) / 1000).toFixed(0)} s in all`);
  if (json) say(JSON.stringify({ ...outcome, seed }));
  return right ? 0 : 1;
}

await runCommand(benchCommand, bench);
