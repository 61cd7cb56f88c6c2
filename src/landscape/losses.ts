/**
 * @file The losses of a model at many combinations of its weights: in chunks of points that fit into memory, many at once where
 * the layers allow it, else one after another, as a step that is captured.
 */
import { type Captured, capture } from '../capture.ts';
import { stack } from '../composite.ts';
import { flag, requireFunction } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, OutOfMemoryError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { turn } from '../core/turn.ts';
import { tensor } from '../create.ts';
import { withDevice } from '../init.ts';
import { type Batch, Owned, part } from '../nn/feed.ts';
import type { Layer } from '../nn/layer.ts';
import type { Sequential } from '../nn/model.ts';
import { OWN } from '../nn/named.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import type { Blend } from './blend.ts';
import { canStack, inside, passStacked } from './stacked.ts';

/** How the losses are computed; none of it changes what they are. */
export interface LossesOptions {
  /** Aborted, it ends the work: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears how many of the points are done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Bytes of one chunk, about: 64 MiB by default. Where there is less memory the chunks become smaller by themselves. */
  readonly chunkBytes?: number;
  /** Whether many points are computed at once: by default where the layers, and the loss, allow it. For tests and benches. */
  readonly stacked?: boolean;
}

export const LOSSES_OPTIONS = ['signal', 'onProgress', 'chunkBytes', 'stacked'] as const;

const CHUNK_BYTES = 64 * 2 ** 20;
/** Points in a chunk where they are computed one after another: it is recorded with all of them. */
const MOST_ALONE = 16;
const MOST_STACKED = 1024;
const BYTES = 4;

export function checkLossesOptions(op: string, given: LossesOptions): void {
  const { signal, onProgress, chunkBytes, stacked } = given;
  if (stacked !== undefined) flag(op, 'stacked', stacked);
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw new ArgumentError(`${op}: signal must be an AbortSignal, got ${describe(signal)}`);
  if (onProgress !== undefined) requireFunction(`${op}: onProgress`, onProgress);
  if (chunkBytes !== undefined && !(typeof chunkBytes === 'number' && chunkBytes > 0))
    throw new ArgumentError(`${op}: chunkBytes must be a number above 0, got ${describe(chunkBytes)}`);
}

/** Numbers that a pass makes of one example, about: each layer's product and its activation. */
const numbersOf = ({ layers, inputShape, outputShapes }: Sequential): number =>
  outputShapes.reduce(
    (sum, shape, k) => sum + 2 * ((inside(layers[k] as Layer)?.length ?? 0) + 1) * sizeOf(shape),
    sizeOf(inputShape),
  );

/** Losses for coefficients [points, corners] over one batch of examples. */
type Work = (coefficients: Tensor, x: Tensor, y: Tensor) => Tensor;

/** A chunk of points that is under way. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly losses: Promise<Float64Array>;
}

class Losses {
  readonly #stacks: boolean;
  #step: Captured<Parameters<Work>, Tensor> | undefined;

  constructor(
    private readonly op: string,
    private readonly blend: Blend,
    private readonly data: Batch,
    private readonly options: LossesOptions,
  ) {
    const able = this.#canStack();
    if (options.stacked && !able)
      throw new ArgumentError(
        `${op}: stacked: true is for dense layers, without penalties, and a loss of the library`,
      );
    this.#stacks = options.stacked ?? able;
  }

  #canStack(): boolean {
    const { blend, op } = this;
    const { chain } = blend.model;
    if (blend.model.compiledFor(op).loss.config === OWN) return false; // it need not give a loss for each sample
    const penalties = withDevice(blend.model.device, () =>
      scope(() => chain.penalties(blend.trees.params).length),
    );
    return penalties === 0 && canStack(chain.entries, blend.trees, (tree) => blend.moves(tree));
  }

  get #context() {
    return { training: false, rng: this.blend.model.streams.noise };
  }

  /** All points in one pass. */
  #together(coefficients: Tensor, x: Tensor, y: Tensor): Tensor {
    const { blend, op } = this;
    const { chain } = blend.model;
    const points = coefficients.shape[0] as number;
    const at = blend.at(coefficients, [points]);
    const moves = (tree: object) => blend.moves(tree);
    const output = passStacked(chain.entries, blend.trees, at, moves, x.expandDims(0), this.#context);
    const flat = (t: Tensor) =>
      t.broadcastTo([points, ...t.shape.slice(1)]).reshape([-1, ...t.shape.slice(2)]);
    const { loss } = blend.model.compiledFor(op);
    return loss
      .perSample(flat(y.expandDims(0)), flat(output))
      .reshape([points, -1])
      .mean(1);
  }

  /** One point after another. */
  #alone(coefficients: Tensor, x: Tensor, y: Tensor): Tensor {
    const { blend, op } = this;
    const { chain } = blend.model;
    const one = (k: number) =>
      scope(() => {
        const at = blend.at(coefficients.slice([k, k + 1]), []);
        const loss = blend.model.compiledFor(op).loss(y, chain.apply(at, x, this.#context).output);
        return chain.penalties(at.params).reduce((sum, penalty) => sum.add(penalty), loss);
      });
    return stack(Array.from({ length: coefficients.shape[0] as number }, (_, k) => one(k)));
  }

  #run: Work = (coefficients, x, y) =>
    this.#stacks ? this.#together(coefficients, x, y) : this.#alone(coefficients, x, y);

  /** Examples in a batch, and points in a chunk, that fit into so many bytes. */
  #plan(): { examples: number; points: number } {
    const { chunkBytes = CHUNK_BYTES } = this.options;
    const { model, moving } = this.blend;
    const count = this.data.x.shape[0] as number;
    const perExample = BYTES * numbersOf(model);
    const examples = Math.max(1, Math.min(count, Math.floor(chunkBytes / perExample)));
    const perPoint = examples * perExample + BYTES * moving;
    const most = this.#stacks ? MOST_STACKED : MOST_ALONE;
    return { examples, points: Math.max(1, Math.min(most, Math.floor(chunkBytes / perPoint))) };
  }

  async at(coefficients: Float32Array): Promise<Float64Array> {
    const { op, options } = this;
    const { signal, onProgress } = options;
    const { corners } = this.blend;
    const total = coefficients.length / corners;
    const found = new Float64Array(total);
    const { examples, points } = this.#plan();
    const underWay: Chunk[] = [];
    let most = points;
    let from = 0;
    while (from < total || underWay.length > 0) {
      try {
        signal?.throwIfAborted();
        if (from < total) {
          const to = Math.min(from + most, total);
          const losses = this.#chunk(coefficients.subarray(from * corners, to * corners), examples);
          losses.catch(() => undefined); // awaited in its turn
          underWay.push({ from, to, losses });
          from = to;
        }
        // One chunk is read while the next is computed.
        const [first] = underWay;
        if (first && (underWay.length > 1 || from >= total)) {
          found.set(await first.losses, first.from);
          underWay.shift();
          onProgress?.(first.to, total);
        }
      } catch (error) {
        const first = underWay[0];
        await Promise.allSettled(underWay.splice(0).map(({ losses }) => losses));
        if (!(error instanceof OutOfMemoryError) || most === 1 || !first) throw error;
        from = first.from;
        most = Math.ceil(most / 2);
        this.dispose();
        console.warn(`tapegrad: ${op}: there is less memory than expected; chunks are of ${most} points now`);
      }
    }
    return found;
  }

  /** The losses at a few points, over all examples. */
  async #chunk(coefficients: Float32Array, examples: number): Promise<Float64Array> {
    const { data } = this;
    const { model, corners } = this.blend;
    const { device, chain } = model;
    if (device.kind === 'cpu') await turn();
    const points = coefficients.length / corners;
    const count = data.x.shape[0] as number;
    const owned = new Owned();
    try {
      const at = owned.add(tensor(coefficients, { shape: [points, corners], device }));
      const reads: Promise<ArrayLike<number>>[] = [];
      const sizes: number[] = [];
      for (let from = 0; from < count; from += examples) {
        const batch = part(data, from, Math.min(from + examples, count), owned);
        const made = withDevice(device, () => {
          if (chain.dynamic) return owned.add(scope(() => this.#run(at, batch.x, batch.y)));
          this.#step ??= capture(this.#run);
          return this.#step(at, batch.x, batch.y);
        });
        reads.push(made.data());
        sizes.push(batch.x.shape[0] as number);
      }
      const means = await Promise.all(reads);
      const sum = (p: number) =>
        means.reduce((so, values, k) => so + (values[p] as number) * (sizes[k] as number), 0);
      return Float64Array.from({ length: points }, (_, p) => sum(p) / count);
    } finally {
      owned.dispose();
    }
  }

  dispose(): void {
    this.#step?.dispose();
    this.#step = undefined;
  }
}

/** The losses at points of the blend, of which `coefficients` has a row each. */
export async function lossesAt(
  op: string,
  blend: Blend,
  data: Batch,
  options: LossesOptions,
  coefficients: Float32Array,
): Promise<Float64Array> {
  const losses = new Losses(op, blend, data, options);
  try {
    return await losses.at(coefficients);
  } finally {
    losses.dispose();
  }
}
