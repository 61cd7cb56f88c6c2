/** @file What the page and the worker of the landscape say to each other. */
import type { Split } from '../digits/data.ts';
import type { Settings } from '../digits/settings.ts';
import type { Place } from '../ui/place.ts';

export const PLANES = ['trajectory', 'random'] as const;
export const TRAINERS = ['adam', 'sgd'] as const;
export type TrainerName = (typeof TRAINERS)[number];

export interface ToLandscape {
  readonly type: 'look';
  readonly backend: 'auto' | 'cpu';
  /** The net, its seed and its batch. */
  readonly settings: Settings;
  /** To train on; the first of them are what the losses are of. */
  readonly digits: Split;
  readonly plane: (typeof PLANES)[number];
  /** Points along each direction. */
  readonly size: number;
}

/** The way that one training took, seen in the plane. */
export interface Way {
  readonly trainer: TrainerName;
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
  /** At its end, on the digits of the landscape. */
  readonly loss: number;
}

export interface Seen {
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
  /** All α for the first β, then for the next. */
  readonly losses: readonly number[];
  readonly ways: readonly Way[];
  /** Of the ways' variance, in percent, along each direction. */
  readonly variance: readonly [number, number] | undefined;
}

export type FromLandscape =
  | { readonly type: 'device'; readonly place: Place }
  | {
      readonly type: 'training';
      readonly trainer: TrainerName;
      readonly epoch: number;
      readonly loss: number;
    }
  | { readonly type: 'looking'; readonly part: number }
  | { readonly type: 'seen'; readonly seen: Seen }
  | { readonly type: 'failed'; readonly message: string };
