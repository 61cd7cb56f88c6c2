/** @file Keeps the host from running away from the GPU, and lets the event loop turn: a page stays alive while it trains. */
import { inOrder } from '../core/in_order.ts';
import { turn } from '../core/turn.ts';
import type { Device } from '../device/device.ts';

/** Milliseconds of steps after which the event loop should have had a turn. */
const SHORT = 16;
const LONG = 32;

export class Pace {
  /** Submits that are under way: two at most. */
  readonly #underWay: Promise<unknown>[] = [];
  /** Steps before the next pause. It decides when work is submitted, and nothing of what it gives. */
  #chunk = 1;
  #steps = 0;
  #last = performance.now();

  /**
   * `pending` reads something small, which comes when the work so far is done, and tells what the GPU's checks have found
   * (`flush` waits longer: Dawn in Node looks every 16 ms). At most `most` steps go by between two pauses.
   */
  constructor(
    private readonly device: Device,
    private readonly pending: () => Promise<unknown>,
    private readonly most = 256,
  ) {}

  /** After a step; where there is nothing to wait for it returns nothing. */
  step(): Promise<void> | undefined {
    return ++this.#steps < this.#chunk ? undefined : this.#pause();
  }

  async #pause(): Promise<void> {
    this.#steps = 0;
    if (this.device.kind === 'cpu') {
      if (performance.now() - this.#last < LONG) return;
      await turn();
      this.#last = performance.now();
      return;
    }
    const pending = this.pending();
    pending.catch(() => undefined); // awaited below, or the training has ended with an error of its own
    this.#underWay.push(pending);
    if (this.#underWay.length > 1) await this.#underWay.shift();
    const now = performance.now();
    const took = now - this.#last;
    this.#last = now;
    if (took < SHORT) this.#chunk = Math.min(2 * this.#chunk, this.most);
    else if (took > LONG) this.#chunk = Math.max(1, this.#chunk >> 1);
  }

  /** When all is done. */
  async end(): Promise<void> {
    await inOrder(this.#underWay.splice(0));
  }
}
