/**
 * @file WebGPU tells of its errors later. This brings each back to what it spoils: everything that a refused submit
 * would have written, and whatever was computed from that since. Outcomes are taken in the order in which the work was
 * given, so a submit's own log is needed only until its outcome is known, and earlier submits stay good.
 *
 * Every call that may fail asynchronously runs inside error scopes that are opened and closed at once: errors of other
 * code on the same GPUDevice never get here, and ours never get there.
 */
import { OutOfMemoryError, TapegradError } from '../../core/errors.ts';
import type { PooledBuffer } from './pool.ts';

/** What an error can spoil: a storage, or a read-back. */
export interface Failable {
  failure: TapegradError | undefined;
  /** Whether the submit itself was refused, so that nothing was written. */
  refused?: boolean;
  readonly pooled?: PooledBuffer;
}

/** One dispatch or copy, as far as failures go. */
interface Step {
  /** What it reads and writes. */
  readonly touched: readonly Failable[];
  readonly written: readonly Failable[];
}

/** The error of some work, once it is said what the work was. */
type Refusal = (what: string) => TapegradError;

interface Hooks {
  /** A refused submit used this buffer, and does not say which of its buffers was to blame. */
  suspect(pooled: PooledBuffer): void;
  failed(failure: TapegradError): void;
}

export class Failures {
  #recording: Step[] = [];
  /** The steps of submits whose outcome is not known yet, oldest first. */
  readonly #submitted: Step[][] = [];
  #unreported: TapegradError | undefined;
  #settled: Promise<void> = Promise.resolve();
  constructor(
    private readonly device: GPUDevice,
    private readonly hooks: Hooks,
  ) {}

  /** Resolves when the outcome of everything so far is known; never rejects. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * Notes a step of the submit that is being recorded. False where it works on something failed: then it must not be
   * recorded (it might have good work refused with it), and what it would have written has failed too.
   */
  note(touched: readonly Failable[], written: readonly Failable[]): boolean {
    if (this.spoilt(touched, written)) return false;
    this.#recording.push({ touched, written });
    return true;
  }

  /** Whether a step would work on something failed; what it would write has failed then, too. */
  spoilt(touched: readonly Failable[], written: readonly Failable[]): boolean {
    return inherits({ touched, written });
  }

  /** Marks what is not to be computed, before its work is noted: so nothing else is refused with it. */
  spoil(written: readonly Failable[], failure: TapegradError): void {
    if (written.length > 0 && written.every((target) => target.failure)) return;
    for (const target of written) target.failure ??= failure;
    this.report(failure);
  }

  /** Runs `submit`, which submits what was noted since the last time; `ops` names it. */
  submit(ops: string, submit: () => void): void {
    const steps = this.#recording;
    this.#recording = [];
    this.#submitted.push(steps);
    this.#scoped(submit, (refused) => {
      this.#submitted.shift();
      if (!refused) return;
      const failure = refused(`WebGPU refused the work of ${ops}`);
      for (const { touched, written } of steps) {
        for (const { pooled } of touched) if (pooled) this.hooks.suspect(pooled);
        for (const target of written) {
          target.failure ??= failure;
          target.refused = true;
        }
      }
      this.#failed(failure);
    });
  }

  /** Runs `work`; should it fail later, `spoil` marks what it was for. */
  guard<T>(what: string, work: () => T, spoil: (failure: TapegradError) => void = () => {}): T {
    return this.#scoped(work, (refused) => {
      if (!refused) return;
      const failure = refused(what);
      spoil(failure);
      this.#failed(failure);
    });
  }

  /** Runs `work`, whose result tells of its errors by itself. */
  unheard<T>(work: () => T): T {
    return this.#scoped(work, () => undefined);
  }

  /** Keeps an error for the next read. */
  report(failure: TapegradError): void {
    this.#unreported ??= failure;
  }

  /** An error that nobody has been told of. */
  take(): TapegradError | undefined {
    const failure = this.#unreported;
    this.#unreported = undefined;
    return failure;
  }

  #failed(failure: TapegradError): void {
    for (const steps of [...this.#submitted, this.#recording]) for (const step of steps) inherits(step);
    this.report(failure);
    this.hooks.failed(failure);
  }

  #scoped<T>(work: () => T, outcome: (failure: Refusal | undefined) => void): T {
    const { device } = this;
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    try {
      return work();
    } finally {
      const found = Promise.all([device.popErrorScope(), device.popErrorScope()]).then(
        ([full, invalid]) => refusal(full, invalid),
        () => device.lost.then(() => undefined), // rejects only where it is lost, of which we may hear first
      );
      this.#settled = Promise.all([found, this.#settled]).then(([why]) => outcome(why));
    }
  }
}

/** Hands a failure of what the step touches on to what it writes. */
function inherits({ touched, written }: Step): boolean {
  const failure = touched.find((t) => t.failure)?.failure;
  if (failure) for (const target of written) target.failure ??= failure;
  return failure !== undefined;
}

function refusal(full: GPUError | null, invalid: GPUError | null): Refusal | undefined {
  if (invalid) return (what) => new TapegradError(`${what}: ${invalid.message}`);
  if (full) return (what) => new OutOfMemoryError(`${what}: ${full.message}`);
  return undefined;
}
