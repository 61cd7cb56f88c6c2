/** @file Losses, metrics, optimizers and schedules by their names, as `compile` and saved models give them. */
import { oneOf } from '../core/arguments.ts';
import { isPlainObject } from '../tree.ts';

/** What a thing was made from, JSON-able: made anew by its name and its options. */
export interface Described {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The options of what is a function of the user's own: a name alone does not bring it back. */
export const OWN: Described['config'] = Object.freeze({ own: true });

/** Functions that make things of one kind from options, by the things' names. */
export type Makers<T> = Readonly<Record<string, (options: never) => T>>;

/** The thing that a name, or a name with its options, stands for; whatever else is given is for the caller to judge. */
export function madeFrom<T>(op: string, kind: string, makers: Makers<T>, given: unknown): T | undefined {
  if (typeof given === 'string') return named(op, kind, makers, given)(undefined as never);
  if (!isPlainObject(given) || typeof given.name !== 'string' || !isPlainObject(given.config))
    return undefined;
  return named(op, kind, makers, given.name)(given.config as never);
}

function named<T>(op: string, kind: string, makers: Makers<T>, name: string): (options: never) => T {
  return makers[oneOf(op, kind, name, Object.keys(makers))] as (options: never) => T;
}
