/**
 * @file `npm run verify`: a unary op over all 2^32 float32 numbers on a device, against float64; or random programs, or wrong
 * files. The former can be stopped at any time, and goes on where it was. Exits with 0 only if no error is beyond the bound.
 */
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { boundOf } from '../test/accuracy/ops.ts';
import type { UnaryName } from '../test/accuracy/reference.ts';
import { describeWorst, type Worst } from '../test/accuracy/worst.ts';
import { type Adapter, type Found, toWorst } from './accuracy/found.ts';
import { PLACES, runSessionAt } from './accuracy/host.ts';
import { opList, type VerifyOptions, verifyCommand } from './accuracy/options.ts';
import { countOf, EXPONENTS, type Part } from './accuracy/part.ts';
import { type Progress, progressFile, readProgress, sourcesNow, writeProgress } from './accuracy/progress.ts';
import { again } from './again.ts';
import { dawnEnv } from './chrome.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { verifyFiles } from './files/host.ts';
import { verifyPrograms } from './programs/host.ts';

const CLEAR_LINE = '\r\x1b[2K';
const terminal = process.stdout.isTTY === true;
const NOTHING: Found = { ulp: '0', x: '0', got: '0', want: '0' };

const millions = (n: number): string => (n / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 });

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `exponents -10 to 3, share 1/64`, or '' for all. */
function partText({ from, to, share: [i, n] }: Part): string {
  const texts = [];
  if (from > EXPONENTS.lowest || to < EXPONENTS.highest) texts.push(`exponents ${from} to ${to}`);
  if (n > 1) texts.push(`share ${i}/${n}`);
  return texts.join(', ');
}

/** How the file of a run is called: `tanh-dawn-from-10-to-3-share-1-of-64`. */
function runName(op: UnaryName, backend: string, { from, to, share: [i, n] }: Part): string {
  const exponents = from > EXPONENTS.lowest || to < EXPONENTS.highest ? [`from${from}`, `to${to}`] : [];
  return [op, backend, ...exponents, ...(n > 1 ? [`share${i}of${n}`] : [])].join('-');
}

/** Tells what came out, and gives the exit code. */
function conclude(op: UnaryName, { kind, software }: Adapter, worst: Worst): number {
  const bound = boundOf(op, { kind, info: { software } });
  const text = worst.ulp === 0 ? `${op}: every result is exact` : `the worst: ${describeWorst(op, worst)}`;
  say(text);
  if (worst.ulp <= bound) {
    say(`within the bound of ${bound} ULP`);
    return 0;
  }
  process.stderr.write(`failed: the bound is ${bound} ULP\n`);
  return 1;
}

interface Run {
  readonly file: string;
  readonly sources: string;
  readonly count: number;
  readonly before: Progress | undefined;
}

/** Counts the batches, and writes what is done after each; `worst` tells the largest error so far. */
function keepCount({ file, sources, count, before }: Run) {
  const started = performance.now();
  const begin = before?.done ?? 0;
  let progress: Progress | undefined = before;
  let tenths = Math.floor((10 * begin) / count);

  const tell = (done: number, worst: Worst): void => {
    const seconds = (performance.now() - started) / 1000;
    const left = (seconds / (done - begin)) * (count - done);
    const line = `${((100 * done) / count).toFixed(1)} %, ${duration(left)} left, worst so far ${worst.ulp.toPrecision(4)} ULP`;
    if (terminal) process.stdout.write(CLEAR_LINE + (done < count ? line : ''));
    else if (Math.floor((10 * done) / count) > tenths) {
      tenths = Math.floor((10 * done) / count);
      say(line);
    }
  };

  return {
    worst: () => toWorst(progress?.worst ?? NOTHING),
    add(adapter: Adapter, inputs: number, found: Found): void {
      const { done, worst } = progress ?? { done: 0, worst: NOTHING };
      const worse = Number(found.ulp) > Number(worst.ulp);
      progress = { sources, adapter, done: done + inputs, worst: worse ? found : worst };
      writeProgress(file, progress);
      tell(progress.done, toWorst(progress.worst));
    },
  };
}

async function verify(options: VerifyOptions): Promise<number> {
  const { op, backend, list, fresh, programs, files, seed, path, ...part } = options;
  if (list) {
    say(opList());
    return 0;
  }
  const first = seed ?? Math.floor(Math.random() * 2 ** 30);
  if (files !== undefined) return verifyFiles(files, first, stopSignal());
  if (backend === 'dawn') {
    const env = await dawnEnv(ensureBrowser);
    if (Object.keys(env).length > 0) return again(env);
  }
  if (op === undefined) {
    const count = path === undefined ? (programs ?? 0) : 1;
    return verifyPrograms({ count, seed: first, path, backend }, backend, stopSignal());
  }
  const file = progressFile(runName(op, backend, part));
  const sources = sourcesNow();
  if (fresh) rmSync(file, { force: true });
  const before = readProgress(file, sources);
  const count = countOf(part);
  say([`${op}: ${millions(count)} million inputs`, partText(part)].filter(Boolean).join(', '));
  if (before && before.done >= count) {
    say(`all of it was done before, on ${before.adapter.name}, by the same sources; --fresh repeats it`);
    return conclude(op, before.adapter, toWorst(before.worst));
  }
  if (before) say(`going on after ${millions(before.done)} million`);
  else say(`what is done is kept in ${relative(process.cwd(), file)}; the same command goes on from there`);
  const run = keepCount({ file, sources, count, before });
  const settings = {
    task: 'verify',
    op,
    part,
    done: before?.done ?? 0,
    adapter: before?.adapter.name,
  } as const;
  const adapter = await runSessionAt(backend, settings, stopSignal(), (event) => {
    if (event.type === 'device') say(`${PLACES[backend]}: ${event.adapter.name}`);
    else run.add(event.adapter, event.inputs, event.found);
  });
  return conclude(op, adapter, run.worst());
}

await runCommand(verifyCommand, verify, (text) =>
  text.includes('WebGPUUnavailableError') ? 'Without WebGPU: npm run verify -- --backend cpu' : undefined,
);
