/**
 * @file `npm run landscape`: nets learn digits, and their losses on planes through what they have learnt become pictures. Exits
 * with 0 only if the loss in the middle of each plane is what the net has.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toInputs } from '../src/data/resample.ts';
import { runCommand, say, stopSignal } from './command.ts';
import { readDigits } from './digits.ts';
import { type LandscapeOptions, landscapeCommand } from './landscape/options.ts';
import { landscapeSvg, type Panel } from './landscape/picture.ts';
import type { Drawn, SessionEvent, SessionResult, Speed } from './landscape/session.ts';
import type { PictureName } from './landscape/settings.ts';
import { type Shape, shapeOf } from './landscape/shape.ts';
import { runPage } from './page-host.ts';
import { withSourceModule } from './source-server.ts';

const CLEAR_LINE = '\r\x1b[2K';
const terminal = process.stdout.isTTY === true;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function onEvent(event: SessionEvent): void {
  if (event.type === 'device')
    say(`on ${event.name}${event.software ? ', which is software: a real GPU is far faster' : ''}\n`);
  else if (event.type === 'trained')
    say(
      `${event.net}: loss ${event.loss.toPrecision(3)}, ${percent(event.accuracy)} right, trained in ${event.seconds.toFixed(0)} s`,
    );
  else if (terminal)
    process.stdout.write(
      `${CLEAR_LINE}${event.picture}: ${event.done} of ${event.total} points${event.done === event.total ? CLEAR_LINE : ''}`,
    );
}

function run(options: LandscapeOptions): Promise<SessionResult> {
  const { backend, headed } = options;
  const { images, labels } = readDigits('train');
  if (backend === 'cpu')
    return withSourceModule(
      '/scripts/landscape/session.ts',
      async ({ runSession }: typeof import('./landscape/session.ts')) =>
        runSession('cpu', undefined, options, { inputs: toInputs(images), labels }, onEvent),
    );
  const files = new Map([
    ['/digits/images', images],
    ['/digits/labels', labels],
  ]);
  const page = '/scripts/landscape/page.html';
  return runPage({ page, settings: options, files, headed, signal: stopSignal(), onEvent });
}

/** The files, each with its title and its panels. */
function sheets(
  { drawn }: SessionResult,
  { hidden, depth, width }: LandscapeOptions,
): [file: string, title: string, Panel[]][] {
  const panel = (name: PictureName, title: string, axes: Panel['axes']): Panel[] => {
    const own = drawn.find((d) => d.name === name);
    return own ? [{ drawn: own, title, axes }] : [];
  };
  const random = ['α, along one random direction', 'β, along another'] as const;
  const shares = drawn.find((d) => d.name === 'trajectory')?.variance ?? [0, 0];
  const components = [
    `first component, ${percent(shares[0])} of the variance`,
    `second component, ${percent(shares[1])}`,
  ] as const;
  const net = [256, ...hidden, 10].join('-');
  const every: [string, string, Panel[]][] = [
    [
      'random.svg',
      `Loss of ${net} around its weights`,
      panel('random', 'random directions, filter by filter', random),
    ],
    [
      'trajectory.svg',
      `The way that ${net} took`,
      panel('trajectory', 'principal components of the weights', components),
    ],
    [
      'depth.svg',
      `${depth} layers of ${width} units, without and with skips`,
      [...panel('plain', 'plain', random), ...panel('residual', 'residual', random)],
    ],
  ];
  return every.filter(([, , panels]) => panels.length > 0);
}

/** Lines for a drawing; says where the middle of its plane is not the net's own loss. */
function report({ name, losses, loss, seconds, variance }: Drawn, shape: Shape): string | undefined {
  const speed = `${losses.length} points in ${seconds.toFixed(1)} s, ${Math.round(losses.length / seconds)} a second`;
  if (variance) {
    say(`${name}: ${speed}; the plane has ${percent(variance[0] + variance[1])} of the path's variance`);
    return undefined; // the net lies to one side
  }
  const { middle, minima, falling, better } = shape;
  say(
    `${name}: ${speed}; ${minima} local minima; ${percent(falling)} of the points lie lower than the next one towards the middle; ${percent(better)} are better than guessing`,
  );
  return Math.abs(middle - loss) <= 1e-4 * Math.max(1, loss)
    ? undefined
    : `${name}: the loss in the middle is ${middle}, and evaluate gives ${loss}`;
}

function reportSpeed({ points, together, alone }: Speed): void {
  const way = ({ median, low, high, dispatches }: Speed['together']) =>
    `${median.toFixed(1)} points a second (${low.toFixed(1)} to ${high.toFixed(1)}), ${dispatches} dispatches`;
  say(`a grid of ${points}, many at once: ${way(together)}`);
  say(`one after another: ${way(alone)}; the ratio is ${(together.median / alone.median).toFixed(2)}`);
}

async function draw(options: LandscapeOptions): Promise<number> {
  const started = performance.now();
  const result = await run(options);
  say();
  const shapes = result.drawn.map((own) => shapeOf({ size: options.size, losses: own.losses }));
  const problems = result.drawn.flatMap((own, k) => report(own, shapes[k] as Shape) ?? []);
  if (result.speed) reportSpeed(result.speed);
  const folder = options.out ?? mkdtempSync(join(tmpdir(), 'tapegrad-landscape-'));
  mkdirSync(folder, { recursive: true });
  for (const [file, title, panels] of sheets(result, options)) {
    const path = join(folder, file);
    writeFileSync(path, landscapeSvg(title, panels));
    say(path);
  }
  say(`${((performance.now() - started) / 1000).toFixed(0)} s in all`);
  for (const problem of problems) process.stderr.write(`failed: ${problem}\n`);
  if (options.json) {
    const drawn = result.drawn.map((own, k) => ({ ...own, shape: shapes[k] }));
    const { backend, size, digits, train, epochs, hidden, depth, width, range, deepRange, seed } = options;
    const settings = { backend, size, digits, train, epochs, hidden, depth, width, range, deepRange, seed };
    say(JSON.stringify({ settings, adapter: result.adapter, drawn, speed: result.speed, problems }));
  }
  return problems.length === 0 ? 0 : 1;
}

await runCommand(landscapeCommand, draw, (text) =>
  text.includes('WebGPUUnavailableError') ? 'Without WebGPU: npm run landscape -- --backend cpu' : undefined,
);
