/** @file The error of a step that cannot be captured. */
import { ArgumentError } from './errors.ts';

/** A step that cannot be recorded and replayed; `done` tells whether the call that throws has done its work all the same. */
export class CaptureError extends ArgumentError {
  constructor(
    message: string,
    readonly done: boolean,
  ) {
    super(message);
  }
}
