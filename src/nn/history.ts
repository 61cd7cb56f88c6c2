/** @file What a training leaves to look at. */

/** Loss and metrics by name. A metric that is no single number, as a confusion matrix, gives nested arrays. */
export type Logs = { [name: string]: number };

/** A device that was lost on the way, and where the training went on. */
export interface Recovery {
  /** From 0 on: what was done again from here. */
  readonly epoch: number;
  readonly batch: number;
  readonly reason: string;
  /** The kind and name of the new device. */
  readonly device: string;
}

export class History {
  /** A number an epoch: loss, metrics, and with validation data valLoss and the like. */
  readonly history: { [name: string]: number[] } = {};
  /** The epochs, from 0 on. */
  readonly epoch: number[] = [];
  /** Losses of the device that the training has survived. */
  readonly recoveries: Recovery[] = [];

  add(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}
