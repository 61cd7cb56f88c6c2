/** @file `npm run verify -- --files N`: wrong files, read in this process, and what came out. */
import { say } from '../command.ts';
import { withSourceModule } from '../source-server.ts';

type Trials = typeof import('../../test/files/trials.ts');

/** Reads them, tells what is wrong, and gives the exit code. */
export async function verifyFiles(count: number, seed: number, signal: AbortSignal): Promise<number> {
  signal.addEventListener('abort', () => process.exit());
  say(`${count} wrong files from seed ${seed} on`);
  return withSourceModule('/test/files/trials.ts', async ({ tryFiles }: Trials) => {
    let told = 0;
    const tell = ({ files, read, failures }: Awaited<ReturnType<typeof tryFiles>>) => {
      for (; told < failures.length; told++) process.stderr.write(`\n${failures[told]}\n\n`);
      say(
        `${files} files so far: ${read} read, ${files - read - failures.length} refused, ${failures.length} at fault`,
      );
    };
    const tally = await tryFiles({ count, seed }, tell);
    tell(tally);
    return tally.failures.length === 0 ? 0 : 1;
  });
}
