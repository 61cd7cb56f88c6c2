/**
 * @file `npm run bench:page`: how long a visitor waits for the first step of training on the page, and for the page's answer
 * to what they do while it trains. Built and served as visitors get it, in Chrome; a fresh browser for every sample.
 */
import { build, preview } from 'vite';
import { summarize } from '../bench/statistics.ts';
import { launchChrome } from './chrome.ts';
import { say } from './command.ts';

const configFile = 'demo/vite.config.ts';
const SAMPLES = 5;
const CLICKS = 20;
const GOALS = { firstStep: 3000, answer: 100 };

interface Sample {
  /** Milliseconds from the navigation until the page shows that a step is done, with play pressed as soon as it can be. */
  readonly firstStep: number;
  /** Milliseconds from a click to the next paint, the 98th percentile while it trains. */
  readonly answer: number;
}

/** Runs in the page. */
async function watch(clicks: number): Promise<{ firstStep: number; answers: number[] }> {
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((next) => requestAnimationFrame(next));
  };
  const play = () => document.querySelector<HTMLButtonElement>('button.main:not([disabled])');
  await until(() => play() !== null);
  play()?.click();
  await until(() => Number(document.querySelector('#steps')?.textContent?.replace(/\D/g, '')) > 0);
  const firstStep = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const answers: number[] = [];
  const button = document.querySelector<HTMLButtonElement>('.fields .row button');
  for (let k = 0; k < clicks; k++) {
    const from = performance.now();
    document.querySelector<HTMLElement>('summary')?.click();
    button?.focus();
    await new Promise<void>((painted) => requestAnimationFrame(() => setTimeout(painted)));
    answers.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { firstStep, answers };
}

async function sample(address: string): Promise<Sample> {
  const browser = await launchChrome();
  try {
    const page = await browser.newPage();
    await page.goto(`${address}?lang=en`, { waitUntil: 'domcontentloaded' });
    const { firstStep, answers } = await page.evaluate(watch, CLICKS);
    const sorted = answers.toSorted((a, b) => a - b);
    return { firstStep, answer: sorted[Math.ceil(0.98 * sorted.length) - 1] as number };
  } finally {
    await browser.close();
  }
}

await build({ configFile, logLevel: 'error' });
const server = await preview({ configFile, logLevel: 'error', preview: { port: 0 } });
const samples: Sample[] = [];
for (let k = 0; k < SAMPLES; k++) samples.push(await sample(server.resolvedUrls?.local[0] ?? ''));
await server.close();
const middle = (key: keyof Sample) => Math.round(summarize(samples.map((s) => s[key])).median);
const line = (what: string, key: keyof Sample) =>
  say(
    `${what}: ${middle(key)} ms (goal ${GOALS[key]}; samples ${samples.map((s) => Math.round(s[key])).join(', ')})`,
  );
line('navigation to the first training step on screen', 'firstStep');
line('click to next paint while training, 98th percentile', 'answer');
process.exit(0);
