/** @file What callbacks that watch a number of the logs have in common: whether it got better. */
import { finite, oneOf } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { didYouMean } from '../../core/names.ts';
import type { Logs } from '../history.ts';

export type Mode = 'auto' | 'min' | 'max';

/** Names of numbers that are the better the larger they are. */
const LARGER = /(accuracy|precision|recall|score|auc)$/i;

export class Monitor {
  readonly #larger: boolean;
  #warned = false;

  constructor(
    private readonly op: string,
    readonly name: string,
    mode: Mode,
    private readonly minDelta: number,
  ) {
    if (typeof name !== 'string' || name === '')
      throw new ArgumentError(`${op}: monitor must be a name of the logs, got ${describe(name)}`);
    oneOf(op, 'mode', mode, ['auto', 'min', 'max']);
    finite(op, 'minDelta', minDelta);
    this.#larger = mode === 'max' || (mode === 'auto' && LARGER.test(name));
  }

  /** The number, or undefined with a warning where the logs have none. */
  value(logs: Logs): number | undefined {
    const value = logs[this.name];
    if (typeof value === 'number') return value;
    if (!this.#warned) console.warn(`tapegrad: ${this.op}: ${this.#missing(logs)}`);
    this.#warned = true;
    return undefined;
  }

  #missing(logs: Logs): string {
    if (logs[this.name] !== undefined)
      return `'${this.name}' is no single number, and cannot be watched; f1Score has one with an average`;
    const names = Object.keys(logs);
    return `the logs have no ${didYouMean(this.name, names)} They have ${names.join(', ')}`;
  }

  /** Whether a value is better than another by more than `minDelta`; anything is better than nothing. */
  isBetter(value: number, than: number | undefined): boolean {
    if (than === undefined) return true;
    const delta = Math.abs(this.minDelta);
    return this.#larger ? value - delta > than : value + delta < than;
  }
}
