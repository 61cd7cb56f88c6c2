/** @file Functions that carry a name and what they were made of, for messages and for saving; and finding one by its name. */
import { options as checked, oneOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';

export type Config = Readonly<Record<string, unknown>>;

export interface Named {
  readonly name: string;
  readonly config: Config;
}

type AnyFunction = (...args: never[]) => unknown;

/** The function under a name, with the options that it was made with. */
export function named<F extends AnyFunction>(name: string, config: Config, f: F): F & Named {
  return Object.defineProperties(f, {
    name: { value: name },
    config: { value: config },
  }) as F & Named;
}

const OWN = 'function:';

/** How a function of the user's own is told from those of the library, in configurations. */
export const ownName = ({ name }: AnyFunction): string => `${OWN}${name}`;

export const isOwn = (name: unknown): boolean => typeof name === 'string' && name.startsWith(OWN);

/** A function as it is, or the one that a name stands for, or a name with its options. */
export function byName<F extends AnyFunction, N extends string>(
  op: string,
  what: string,
  wanted: F | N | Named,
  table: Readonly<Record<N, (options?: never) => F>>,
): F {
  if (typeof wanted === 'function') return wanted;
  const { name, config }: Partial<Named> =
    typeof wanted === 'object' ? ((wanted ?? {}) as Partial<Named>) : { name: wanted };
  if (typeof name !== 'string')
    throw new ArgumentError(`${op}: ${what} must be a name or a function, got ${describe(wanted)}`);
  return table[oneOf(op, what, name as N, Object.keys(table) as N[])](config as never);
}

/** Options, known by name, of which the numbers must be finite. */
export function numbers<K extends string>(
  op: string,
  value: unknown,
  defaults: Readonly<Record<K, number>>,
): Record<K, number> {
  const names = Object.keys(defaults) as K[];
  const given = checked(op, value, ...names);
  return Object.fromEntries(
    names.map((name) => {
      const number = given[name] === undefined ? defaults[name] : given[name];
      if (typeof number !== 'number' || !Number.isFinite(number))
        throw new ArgumentError(`${op}: ${name} must be a finite number, got ${describe(number)}`);
      return [name, number];
    }),
  ) as Record<K, number>;
}
