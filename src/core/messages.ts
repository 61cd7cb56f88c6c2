/**
 * @file Errors that host data, the CPU device and the status word of the GPU have in common, so that a program reads
 * the same sentence wherever it ran. Pure.
 */
import { IndexError, LinAlgError, NonFiniteError } from './errors.ts';

/** An index that counts from the end where it is negative. */
export function indexError(op: string, index: number, entries: number): IndexError {
  return new IndexError(
    entries === 0
      ? `${op}: index ${index} is out of range: there are no entries to choose from`
      : `${op}: index ${index} is out of range for ${entries} entries; it must lie in [${-entries}, ${entries - 1}]`,
  );
}

/** A class, which does not count from the end. */
export function labelError(op: string, label: number, classes: number): IndexError {
  return new IndexError(
    `${op}: label ${label} is out of range for ${classes} classes; it must lie in [0, ${classes - 1}]`,
  );
}

/** A watched value that was not finite at a step. */
export function watchedError(what: string, step: number): NonFiniteError {
  const error = new NonFiniteError(`${what} became NaN or infinite at step ${step}`);
  error.step = step;
  return error;
}

/** An operation that made a NaN or Infinity; what it was is a sentence already. */
export function nonFiniteError(finding: string): NonFiniteError {
  return new NonFiniteError(finding);
}

/** An iteration that takes longer than any should. */
export function convergenceError(op: string, sweeps: number): LinAlgError {
  return new LinAlgError(`${op}: did not converge in ${sweeps} sweeps`);
}

/** One matrix, or one of a stack. */
const which = (matrix: number): string => (matrix < 0 ? 'the matrix' : `matrix ${matrix} of the stack`);

/** Of a matrix of a stack, or of the only one (−1). */
export function singularError(op: string, pivot: number, matrix: number): LinAlgError {
  return new LinAlgError(
    `${op}: ${which(matrix)} is singular: pivot ${pivot} is 0, as far as its digits go; linalg.pinv takes any matrix`,
  );
}

export function indefiniteError(op: string, pivot: number, matrix: number): LinAlgError {
  return new LinAlgError(
    `${op}: ${which(matrix)} is not positive definite: pivot ${pivot} is not above 0, as far as its digits go`,
  );
}
