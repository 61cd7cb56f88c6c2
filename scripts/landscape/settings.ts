/** @file What is drawn, and of which nets. Pure. */

export const PICTURES = ['random', 'trajectory', 'plain', 'residual'] as const;
export type PictureName = (typeof PICTURES)[number];

export interface Settings {
  readonly pictures: readonly PictureName[];
  /** Points along each direction. */
  readonly size: number;
  /** Training digits that the loss is of. */
  readonly digits: number;
  /** Training digits that the nets learn. */
  readonly train: number;
  readonly epochs: number;
  readonly hidden: readonly number[];
  /** Hidden layers of the deep nets, and their width. */
  readonly depth: number;
  readonly width: number;
  /** How far random directions go: for the shallow net, and for the deep ones. */
  readonly range: number;
  readonly deepRange: number;
  readonly seed: number;
  /** Whether the ways to compute losses are timed. */
  readonly speed: boolean;
}
