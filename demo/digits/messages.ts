/** @file What the page and its worker say to each other. */
import type { Place } from '../ui/place.ts';
import type { Digits, Split } from './data.ts';
import type { Settings } from './settings.ts';
import type { Measured, Tested } from './trainer.ts';
import type { SavedLayer } from './weights.ts';

export type FileFormat = 'safetensors' | 'onnx';

/** What a file holds of a net. */
export interface NetFile {
  readonly settings: Settings;
  readonly layers: readonly SavedLayer[];
}

export type ToWorker =
  /** First: where to compute, and on what. */
  | {
      readonly type: 'start';
      readonly backend: 'auto' | 'cpu';
      readonly settings: Settings;
      readonly digits: Digits;
    }
  /** A new net, or the weights of a file. */
  | { readonly type: 'reset'; readonly settings: Settings; readonly layers?: readonly SavedLayer[] }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'step' }
  | { readonly type: 'rate'; readonly learningRate: number }
  /** Digits of one's own, to be trained on beside the others. */
  | { readonly type: 'own'; readonly own: Split }
  | { readonly type: 'read'; readonly picture: Float32Array<ArrayBuffer> }
  | { readonly type: 'save'; readonly format: FileFormat }
  | { readonly type: 'open'; readonly name: string; readonly file: Uint8Array<ArrayBuffer> };

export type FromWorker =
  | { readonly type: 'device'; readonly place: Place }
  | {
      readonly type: 'progress';
      readonly steps: number;
      readonly epoch: number;
      readonly train: Measured;
      readonly stepsPerSecond: number;
    }
  | { readonly type: 'tested'; readonly steps: number; readonly epoch: number; readonly test: Tested }
  /** Weights of the first layer: [256, units]. */
  | { readonly type: 'weights'; readonly weights: Float32Array<ArrayBuffer>; readonly units: number }
  | { readonly type: 'probabilities'; readonly probabilities: readonly number[] }
  | {
      readonly type: 'saved';
      readonly format: FileFormat;
      readonly file: Uint8Array<ArrayBuffer>;
      readonly steps: number;
    }
  | ({ readonly type: 'opened'; readonly name: string } & NetFile)
  | { readonly type: 'unreadable'; readonly name: string; readonly reason: string }
  /** The device was lost, and training went on on another. */
  | { readonly type: 'recovered'; readonly place: Place; readonly steps: number }
  | { readonly type: 'paused' }
  /** The loss is not finite any more: training has stopped. */
  | { readonly type: 'diverged'; readonly steps: number }
  | { readonly type: 'failed'; readonly message: string };
