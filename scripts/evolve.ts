/** @file `npm run evolve`: looks for small nets that read digits well, and says honestly what came of it. */
import { writeFileSync } from 'node:fs';
import { again } from './again.ts';
import { dawnEnv } from './chrome.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { type Digits, readDigits } from './digits.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { type EvolveCommandOptions, evolveCommand } from './evolve/options.ts';
import { frontPlot } from './evolve/plot.ts';
import { closingLines, comparisonTable, generationLine, resultOf } from './evolve/report.ts';
import type { SessionEvent, SessionResult, Settings } from './evolve/session.ts';
import { runPage } from './page-host.ts';
import { withSourceModule } from './source-server.ts';
import { filesOf, toSplit } from './train/host.ts';

interface Work {
  readonly settings: Settings;
  readonly train: Digits;
  readonly test: Digits;
  readonly onEvent: (event: SessionEvent) => void;
}

function inChrome({ settings, train, test, onEvent }: Work, headed: boolean): Promise<SessionResult> {
  const signal = stopSignal();
  return runPage({
    page: '/scripts/evolve/page.html',
    settings,
    files: filesOf(train, test),
    headed,
    signal,
    onEvent,
  });
}

function inNode({ settings, train, test, onEvent }: Work, backend: 'cpu' | 'dawn'): Promise<SessionResult> {
  return withSourceModule(
    '/scripts/evolve/session.ts',
    async ({ runSession }: typeof import('./evolve/session.ts')) => {
      const splits = [toSplit(train), toSplit(test)] as const;
      if (backend === 'cpu') return runSession('cpu', undefined, settings, ...splits, onEvent);
      const { create } = await import('webgpu');
      return runSession('webgpu', create([]), settings, ...splits, onEvent);
    },
  );
}

async function search(options: EvolveCommandOptions): Promise<number> {
  const { backend, headed, json, save, ...settings } = options;
  if (backend === 'dawn') {
    const env = await dawnEnv(ensureBrowser);
    if (Object.keys(env).length > 0) return again(env);
  }
  const onEvent = (event: SessionEvent) => {
    if (event.type === 'device')
      say(`on ${event.name}${event.software ? ', which is software: a real GPU is far faster' : ''}\n`);
    else if (event.type === 'generation')
      say(generationLine(event.strategy, settings.generations, event.progress));
    else say(`\ntraining ${event.nets} nets on all digits, to compare them`);
  };
  const work: Work = { settings, train: readDigits('train'), test: readDigits('test'), onEvent };
  const found = backend === 'webgpu' ? await inChrome(work, headed) : await inNode(work, backend);
  const result = resultOf(settings, found);
  say(`\n${comparisonTable(found.comparison)}\n\n${closingLines(result)}`);
  if (save !== undefined) {
    writeFileSync(`${save}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
    writeFileSync(`${save}.svg`, frontPlot(found));
    say(`written: ${save}.json, ${save}.svg`);
  }
  if (json) say(JSON.stringify(result));
  return 0;
}

await runCommand(evolveCommand, search, (text) =>
  text.includes('WebGPUUnavailableError') ? 'Without WebGPU: npm run evolve -- --backend cpu' : undefined,
);
