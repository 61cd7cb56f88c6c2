/** @file What the page and the worker of the structure search say to each other. */
import type { Individual } from 'tapegrad/evolve';
import type { Digits } from '../digits/data.ts';
import type { SavedLayer } from '../digits/weights.ts';
import type { Place } from '../ui/place.ts';

export interface Task {
  /** `train` is what nets learn from, `test` what they are judged by. */
  readonly digits: Digits;
  readonly seed: number;
  /** Accuracy that a parameter must bring. */
  readonly cost: number;
}

export type ToEvolve =
  | { readonly type: 'start'; readonly backend: 'auto' | 'cpu'; readonly task: Task }
  /** Goes on to this generation, exclusively. */
  | { readonly type: 'run'; readonly until: number }
  | { readonly type: 'pause' }
  | { readonly type: 'weights'; readonly id: number };

export type FromEvolve =
  | { readonly type: 'device'; readonly place: Place }
  | {
      readonly type: 'generation';
      readonly generation: number;
      readonly children: readonly Individual[];
      /** The next parents, the fittest first. */
      readonly parents: readonly number[];
      /** Nets that no smaller one equals, the smallest first. */
      readonly front: readonly number[];
      /** Nets whose weights the worker has. */
      readonly kept: readonly number[];
      readonly seconds: number;
    }
  | { readonly type: 'paused' }
  /** The device was lost, and the search goes on on another. */
  | { readonly type: 'recovered'; readonly place: Place; readonly generation: number }
  | { readonly type: 'weights'; readonly id: number; readonly layers: readonly SavedLayer[] }
  | { readonly type: 'failed'; readonly message: string };
