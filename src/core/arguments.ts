/**
 * @file Checks of arguments that are not tensors: options, numbers, devices, functions that must not be asynchronous.
 * Pure.
 */
import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';
import { didYouMean } from './names.ts';

/** Options are plain objects with known names; anything else is a mistake worth saying. */
export function options<K extends string>(
  op: string,
  value: unknown,
  ...names: K[]
): Partial<Record<K, unknown>> {
  if (value === undefined) return {};
  const prototype = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw new ArgumentError(
      names.length === 0
        ? `${op}: takes no options, got ${describe(value)}`
        : `${op}: options are an object { ${names.join(', ')} }, got ${describe(value)}`,
    );
  for (const key of Object.keys(value as object))
    if (!names.includes(key as K))
      throw new ArgumentError(
        names.length === 0
          ? `${op}: takes no options, got '${key}'`
          : `${op}: unknown option ${didYouMean(key, names)} The options are ${names.join(', ')}`,
      );
  return value as Partial<Record<K, unknown>>;
}

export function integer(op: string, what: string, value: unknown, low = -Infinity, high = Infinity): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  const range =
    low === -Infinity ? '' : high === Infinity ? ` of at least ${low}` : ` from ${low} to ${high}`;
  throw new ArgumentError(`${op}: ${what} must be a whole number${range}, got ${describe(value)}`);
}

/** An option that is true or false, else an error: 1 and 'no' are neither. */
export function flag(op: string, what: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError(`${op}: ${what} must be true or false, got ${describe(value)}`);
}

/** A number that is neither NaN nor infinite. */
export function finite(op: string, what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ArgumentError(`${op}: ${what} must be a finite number, got ${describe(value)}`);
}

/** One of a few names. */
export function oneOf<N extends string>(op: string, what: string, value: unknown, names: readonly N[]): N {
  if (names.includes(value as N)) return value as N;
  throw new ArgumentError(
    `${op}: unknown ${what} ${didYouMean(value, names)} It is one of ${names.join(', ')}`,
  );
}

export function requireDevice(op: string, value: unknown): void {
  if (typeof (value as { upload?: unknown } | null | undefined)?.upload === 'function') return;
  throw new ArgumentError(`${op}: takes a device, as await init() gives it, got ${describe(value)}`);
}

export function requireFunction(op: string, value: unknown): void {
  if (typeof value !== 'function') throw new ArgumentError(`${op}: takes a function, got ${describe(value)}`);
}

/** Refuses the promise of an asynchronous function; what becomes of the abandoned work is nobody's error any more. */
export function refusePromise(op: string, result: unknown, why: string): void {
  if (
    typeof result !== 'object' ||
    result === null ||
    !('then' in result) ||
    typeof result.then !== 'function'
  )
    return;
  Promise.resolve(result).catch(() => undefined);
  throw new ArgumentError(`${op}: the function returned a promise; ${why}`);
}
