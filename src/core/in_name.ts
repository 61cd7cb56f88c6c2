/** @file Errors under the name of the method that was called: what an operation, a layer or a loss says comes behind it. */
import { TapegradError } from './errors.ts';

function renamed(op: string, error: unknown): unknown {
  if (error instanceof TapegradError && !error.message.startsWith(`${op}: `))
    error.message = `${op}: ${error.message}`;
  return error;
}

/** What the work gives; errors of the library begin with the name. */
export function inName<R>(op: string, work: () => R): R {
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw renamed(op, error);
    }) as R;
  } catch (error) {
    throw renamed(op, error);
  }
}
