/** @file What the page and the worker of the race say to each other. */
import type { Place } from '../ui/place.ts';

export type ToRace = { readonly type: 'race'; readonly size: number } | { readonly type: 'tape' };

export interface Raced {
  readonly size: number;
  /** GFLOP/s, of the median run. */
  readonly gpu: number | undefined;
  readonly cpu: number;
  /** The largest difference of the two products, and what rounding allows. */
  readonly difference: number;
  readonly bound: number;
  /** The text of the kernel that ran. */
  readonly shader: string;
}

export type FromRace =
  | { readonly type: 'device'; readonly place: Place }
  | { readonly type: 'raced'; readonly raced: Raced }
  | { readonly type: 'tape'; readonly tape: string; readonly profile: string }
  | { readonly type: 'failed'; readonly message: string };
