/**
 * @file The end of a device, lost or closed: `lost` settles, whatever waits for the device rejects, and whatever is asked
 * of it from then on throws. Nothing is left to wait for an answer that a crashed GPU never gives.
 */
import { DeviceLostError } from '../core/errors.ts';

export class Loss {
  /** Settles at the end; never rejects. */
  readonly lost: Promise<DeviceLostError>;
  #error: DeviceLostError | undefined;
  #tell: (error: DeviceLostError) => void = () => {};
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  get happened(): boolean {
    return this.#error !== undefined;
  }

  /** Ends the device; of several causes the first one counts. */
  end(message: string): void {
    if (this.#error) return;
    this.#error = new DeviceLostError(message);
    this.#tell(this.#error);
    for (const stop of this.#waiting) stop();
  }

  /** What the end means for one operation. */
  errorOf(op: string): DeviceLostError | undefined {
    return this.#error && new DeviceLostError(`${op}: ${this.#error.message}`, { cause: this.#error });
  }

  /** Throws where the device has ended. */
  requireAlive(op: string): void {
    const error = this.errorOf(op);
    if (error) throw error;
  }

  /**
   * As `work`, or a rejection as soon as the device ends. Racing with `lost` itself would leave a reaction there for every
   * piece of work that ever was.
   */
  async orLost<T>(op: string, work: Promise<T>): Promise<T> {
    let stop = () => {};
    const ended = new Promise<never>((_, reject) => {
      stop = () => reject(this.errorOf(op));
    });
    this.#waiting.add(stop);
    try {
      return await Promise.race([work, ended]);
    } finally {
      this.#waiting.delete(stop);
    }
  }
}

export const CLOSED = 'the device was closed, and its tensors with it; await init() for a new one';

/** What is said of a GPU that was lost, and what to do. */
export function lostMessage({ reason, message }: GPUDeviceLostInfo): string {
  const why = [reason, message.replace(/\.$/, '')].filter(Boolean).join(': ');
  return `the WebGPU device was lost (${why}), and its tensors with it; await init() for a new device, and make them there again from host copies`;
}
