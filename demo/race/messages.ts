/** @file What the page and the worker of the race say to each other. */

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
  | {
      readonly type: 'place';
      readonly kind: 'webgpu' | 'cpu';
      readonly name: string;
      readonly software: boolean;
      readonly reason: string;
    }
  | { readonly type: 'raced'; readonly raced: Raced }
  | { readonly type: 'tape'; readonly tape: string; readonly profile: string }
  | { readonly type: 'failed'; readonly message: string };
