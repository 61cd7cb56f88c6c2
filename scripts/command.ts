/**
 * @file What commands do alike around their work: help, Ctrl-C, errors as one line of text, and exit codes:
 * 0 and 1 as the work says, 1 where it throws, 2 for a wrong option, 130 where it was stopped.
 */
import { type Command, helpText, OptionError, parseOptions } from './options.ts';

const STOPPED = 130; // what shells report after Ctrl-C

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Aborted by Ctrl-C or a request to end; the work must then come to its end. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      process.stderr.write('\nstopped\n');
      process.exitCode = STOPPED;
      abort.abort();
    });
  return abort.signal;
}

/** The message, with the kind of the error where it tells more than the message does. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  return ['Error', 'FormatError'].includes(name) ? message : `${name}: ${message}`;
}

/** Runs the work with the options of this process's command line. `advise` may add a line to an error's text. */
export async function runCommand<Options extends object>(
  command: Command<Options>,
  work: (options: Options) => Promise<number>,
  advise?: (text: string) => string | undefined,
): Promise<void> {
  try {
    const options = parseOptions(command, process.argv.slice(2));
    if (options === 'help') say(helpText(command));
    else process.exitCode = await work(options);
  } catch (error) {
    if (process.exitCode === STOPPED) return; // the work fails when its browser is closed on purpose
    const text = describe(error);
    const wrongOption = error instanceof OptionError;
    process.stderr.write(wrongOption ? `${text}\n` : `\nThe ${command.name} failed: ${text}\n`);
    const advice = advise?.(text);
    if (advice) process.stderr.write(`${advice}\n`);
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = wrongOption ? 2 : 1;
  }
}
