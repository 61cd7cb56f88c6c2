/**
 * @file `npm run bench:population`: 64 small nets as a population, against the same nets one after another by `fit`. First it is
 * checked that both come to the same losses; then they are timed in turns, and the ratio of the medians is what counts.
 */
import { again } from './again.ts';
import { dawnEnv } from './chrome.ts';
import { runCommand, say } from './command.ts';
import { ensureBrowser } from './ensure-browser.ts';
import type { race } from './evolve/race.ts';
import { type Command, flag, oneOf, wholeNumber } from './options.ts';
import { withSourceModule } from './source-server.ts';

interface Options {
  readonly backend: 'cpu' | 'dawn';
  readonly nets: number;
  readonly rounds: number;
  readonly json: boolean;
}

const command: Command<Options> = {
  name: 'race',
  about: 'Times one epoch of a population against that of the same nets one after another.',
  usage: 'npm run bench:population -- [options]',
  defaults: { backend: 'dawn', nets: 64, rounds: 5, json: false },
  options: {
    backend: {
      name: '--backend',
      value: 'NAME',
      read: oneOf(['dawn', 'cpu']),
      help: 'where it runs, in Node: dawn (WebGPU, the default) or cpu',
    },
    nets: { name: '--nets', value: 'N', read: wholeNumber(1, 1024), help: 'nets (default 64)' },
    rounds: { name: '--rounds', value: 'N', read: wholeNumber(1, 100), help: 'rounds (default 5)' },
    json: flag('--json', 'the last line of stdout is the result as one JSON object'),
  },
  notes:
    'Exit code 0: both came to the same losses. 1: they did not, or something failed. 2: an option is wrong.',
};

async function compare({ backend, nets, rounds, json }: Options): Promise<number> {
  if (backend === 'dawn') {
    const env = await dawnEnv(ensureBrowser);
    if (Object.keys(env).length > 0) return again(env);
  }
  const result = await withSourceModule('/scripts/evolve/race.ts', async (module: { race: typeof race }) => {
    const gpu = backend === 'dawn' ? (await import('webgpu')).create([]) : undefined;
    return module.race(backend === 'cpu' ? 'cpu' : 'webgpu', gpu, nets, rounds);
  });
  const { adapter, together, apart, ratio, apartBy } = result;
  say(
    `on ${adapter}, ${nets} nets 256-32-16-10, an epoch of ${result.examples} examples in batches of ${result.batch}:`,
  );
  say(`  as a population    ${together.toFixed(1)} ms`);
  say(`  one after another  ${apart.toFixed(1)} ms`);
  say(`  ratio of the medians ${ratio.toFixed(2)}; losses differ by ${apartBy.toExponential(1)} at most`);
  if (json) say(JSON.stringify(result));
  return apartBy < 1e-3 ? 0 : 1;
}

await runCommand(command, compare);
