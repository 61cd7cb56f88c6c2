/** @file What a training is told: which net, on what, how long. Pure. */

export type Net = 'dense' | 'cnn';

/** Pixels a side of the digits. */
export type Side = 16 | 28;

export interface Settings {
  readonly net: Net;
  readonly size: Side;
  readonly epochs: number;
  /** Sizes of the dense net's hidden layers. */
  readonly hidden: readonly number[];
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** How each net is trained where nothing else is asked for. */
export const trainedBy = {
  dense: { epochs: 5, batch: 64, learningRate: 1e-3 },
  cnn: { epochs: 4, batch: 128, learningRate: 4e-3 },
} as const satisfies Record<Net, Partial<Settings>>;
