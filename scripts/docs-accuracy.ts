/** @file `npm run docs:accuracy`: measures every unary op on the devices asked for, and writes docs/accuracy.md. */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { slug } from '../bench/report.ts';
import { boundOf, POINTS, unaryNames } from '../test/accuracy/ops.ts';
import type { UnaryName } from '../test/accuracy/reference.ts';
import { describeWorst } from '../test/accuracy/worst.ts';
import { type Found, toWorst } from './accuracy/found.ts';
import { PLACES, runSessionAt } from './accuracy/host.ts';
import { type Backend, type DocsOptions, docsCommand } from './accuracy/options.ts';
import { accuracyPage, isComplete, type Survey, ulpText } from './accuracy/report.ts';
import { again } from './again.ts';
import { dawnEnv } from './chrome.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { root } from './source-server.ts';

async function survey(backend: Backend, signal: AbortSignal): Promise<Survey> {
  const ops: Partial<Record<UnaryName, Found>> = {};
  const settings = { task: 'survey', ops: unaryNames } as const;
  const adapter = await runSessionAt(backend, settings, signal, (event) => {
    if (event.type === 'device') say(`\n${PLACES[backend]}: ${event.adapter.name}`);
    else {
      ops[event.op] = event.found;
      say(`${event.op.padEnd(14)}${ulpText(event.found)}`);
    }
  });
  return { adapter, points: POINTS, ops };
}

/** The errors beyond their bounds. */
function objections({ adapter, ops }: Survey): string[] {
  const { kind, software } = adapter;
  return unaryNames.flatMap((name) => {
    const found = ops[name];
    if (!found) return [`${name} was not measured`];
    const bound = boundOf(name, { kind, info: { software } });
    const worst = toWorst(found);
    return worst.ulp <= bound ? [] : [`${describeWorst(name, worst)}, and the bound is ${bound}`];
  });
}

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  say(`written: ${relative(process.cwd(), file)}`);
}

function keptSurveys(): Survey[] {
  return globSync('bench/results/accuracy-*.json', { cwd: root })
    .map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Survey)
    .filter(isComplete);
}

async function main({ backend }: DocsOptions): Promise<number> {
  if (backend === 'dawn') {
    const env = await dawnEnv(ensureBrowser);
    if (Object.keys(env).length > 0) return again(env);
  }
  const signal = stopSignal();
  const measured: Survey[] = [];
  const backends: readonly Backend[] =
    backend === 'both' ? ['cpu', 'webgpu'] : backend === 'none' ? [] : [backend];
  for (const each of backends) measured.push(await survey(each, signal));
  const problems = measured.flatMap(objections);
  for (const problem of problems) process.stderr.write(`failed: ${problem}\n`);
  if (problems.length > 0) return 1;
  say();
  for (const result of measured)
    write(
      `bench/results/accuracy-${slug(result.adapter.name)}.json`,
      `${JSON.stringify(result, undefined, 2)}\n`,
    );
  write('docs/accuracy.md', accuracyPage(keptSurveys()));
  return 0;
}

await runCommand(docsCommand, main, (text) =>
  text.includes('WebGPUUnavailableError')
    ? 'Without WebGPU: npm run docs:accuracy -- --backend cpu'
    : undefined,
);
