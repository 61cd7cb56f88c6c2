/**
 * @file Command lines as pure functions: out of one table of options come the parser, its errors and the help text.
 * Everything is checked before the work begins, so that a typing mistake costs no time and no half-done work.
 */
import { didYouMean } from '../src/core/names.ts';

/** A command line that says something impossible: exit code 2. */
export class OptionError extends Error {}

/** What a value means; throws an OptionError that names the option and what it takes. */
export type Reader<T> = (text: string, option: string) => T;

export interface Option<T> {
  /** As it is typed: '--epochs'. */
  readonly name: string;
  /** What the help calls its value: 'N'. Flags have none. */
  readonly value?: string;
  /** A flag reads ''. */
  readonly read: Reader<T>;
  /** Its lines in the help text. */
  readonly help: string;
}

export interface Command<Options> {
  /** 'The <name> failed'. */
  readonly name: string;
  /** What the help text begins with. */
  readonly about: string;
  readonly usage: string;
  readonly options: { readonly [K in keyof Options]: Option<Options[K]> };
  readonly defaults: Options;
  /** What no option can see by itself; throws OptionError. */
  readonly check?: (options: Options) => void;
  /** What the help text ends with. */
  readonly notes: string;
}

const HELP = flag('--help', 'this text');

/** An option without a value. */
export function flag(name: string, help: string): Option<boolean> {
  return { name, read: () => true, help };
}

/** `'--epohcs', did you mean '--epochs'?` The beginning of a name is meant too, however much of it is missing. */
function nearest(typed: string, names: readonly string[]): string {
  const begun = names.filter((name) => typed.length > 2 && name.startsWith(typed));
  const [shortest] = begun.sort((a, b) => a.length - b.length);
  return shortest ? `'${typed}', did you mean '${shortest}'?` : didYouMean(typed, names);
}

/** Digits only: no sign, no point, no exponent. */
export function wholeNumber(low: number, high: number): Reader<number> {
  return (text, option) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new OptionError(`${option} takes a whole number from ${low} to ${high}, got '${text}'`);
  };
}

export function positiveNumber(most = Number.MAX_VALUE): Reader<number> {
  return (text, option) => {
    const value = Number(text); // an empty text is 0, and refused like it
    if (value > 0 && value <= most) return value;
    const limit = most < Number.MAX_VALUE ? ` and at most ${most}` : '';
    throw new OptionError(`${option} takes a number above 0${limit}, got '${text}'`);
  };
}

export function oneOf<T extends string>(choices: readonly T[]): Reader<T> {
  return (text, option) => {
    const choice = choices.find((c) => c === text);
    if (choice !== undefined) return choice;
    throw new OptionError(`${option} takes ${choices.join(', ')}, got ${nearest(text, choices)}`);
  };
}

/** Several between commas. */
export function listOf<T>(read: Reader<T>): Reader<T[]> {
  return (text, option) => text.split(',').map((part) => read(part.trim(), `${option}, between commas,`));
}

/** The options of a command line; throws OptionError. `--name value` and `--name=value` mean the same. */
export function parseOptions<Options extends object>(
  command: Command<Options>,
  args: readonly string[],
): Options | 'help' {
  const table = [...Object.entries<Option<unknown>>(command.options), ['help', HELP] as const];
  const { help: wantsHelp, ...options } = { help: false, ...command.defaults, ...readAll(table, args) };
  if (wantsHelp) return 'help';
  const complete = options as unknown as Options; // the defaults have every key, and the readers their types
  command.check?.(complete);
  return complete;
}

function readAll(
  table: readonly (readonly [key: string, option: Option<unknown>])[],
  args: readonly string[],
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith('-')) throw new OptionError(`unexpected argument '${arg}'. See --help.`);
    const equals = arg.indexOf('=');
    const name = arg === '-h' ? HELP.name : equals < 0 ? arg : arg.slice(0, equals);
    const found = table.find(([, option]) => option.name === name);
    if (!found) {
      const names = table.map(([, option]) => option.name);
      throw new OptionError(`unknown option ${nearest(name, names)} See --help.`);
    }
    const [key, option] = found;
    let text = '';
    if (option.value !== undefined) {
      text = (equals < 0 ? args[++i] : arg.slice(equals + 1)) ?? '';
      if (text === '' || (equals < 0 && text.startsWith('--')))
        throw new OptionError(`${name} needs a value. See --help.`);
    } else if (equals >= 0) throw new OptionError(`${name} takes no value, got '${arg}'`);
    out[key] = option.read(text, name);
  }
  return out;
}

/** What --help prints: every option with its lines beside it. */
export function helpText<Options>({ about, usage, options, notes }: Command<Options>): string {
  const all = [...Object.values<Option<unknown>>(options), HELP];
  const heads = all.map(({ name, value }) => `  ${[name, value].filter(Boolean).join(' ')}`);
  const width = Math.max(...heads.map((head) => head.length)) + 3;
  const lines = all.flatMap(({ help }, i) =>
    help.split('\n').map((line, j) => (j === 0 ? (heads[i] as string) : '').padEnd(width) + line),
  );
  return [about, '', `Usage: ${usage}`, '', ...lines, '', notes].join('\n');
}
