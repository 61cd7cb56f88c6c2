/**
 * @file How the work on a product is divided: which variant, how large a tile, and how many threads share one. By shape and
 * adapter alone, never by the clock: the same product gives the same bits.
 */
import type { GpuContext } from '../device/device.ts';

/** A register tile a thread, a tile in workgroup memory a workgroup, or one element a thread. */
export type Variant = 'register' | 'tiled' | 'simple';

export interface Size {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
}

/** Of a register tile, blocks of four rows and of four columns; and the threads that share one, each with a part of the sum. */
export interface Division {
  readonly tall: number;
  readonly wide: number;
  readonly splits: number;
}

/** The tile of the tiled variant, and the slices that it stages at once. */
export const TILE = 64;
export const DEPTH = 16;

/** Multiplications of a product that comes in many variants, of which each takes a while to compile: fewer do with less. */
export const SMALL = 2 ** 20;

/** A sum so short that storing what comes of it is most of the work. */
export const SHORT = 16;

/** Register tiles of C, of which there is one at least: of no rows there may be sums. */
export const threadsOf = ({ m, n, batch }: Omit<Size, 'k'>, tall: number, wide: number): number =>
  Math.ceil(Math.max(m, 1) / (4 * tall)) * Math.ceil(n / (4 * wide)) * batch;

/** Staging pays where many large tiles keep a GPU busy; a software adapter has no workgroup memory. */
export function chooseVariant({ m, n, k, batch }: Size, context: GpuContext): Variant {
  const tiles = Math.ceil(m / TILE) * Math.ceil(n / TILE) * batch;
  const filled = (m * n * batch) / (tiles * TILE * TILE);
  return !context.info.software && tiles >= 32 && filled > 0.5 && k >= DEPTH ? 'tiled' : 'register';
}

/** At most so many threads may share a tile. */
export function chooseDivision(size: Size, most: number, context: GpuContext): Division {
  return context.info.software ? softwareDivision(size, most) : gpuDivision(size, most);
}

/**
 * SwiftShader runs four threads as the lanes of one vector. Measured: a load or a store of one element costs as much as ten
 * multiplications and additions, so the largest tile wins unless it leaves a core idle or is mostly edge. A further
 * dispatch for sums costs what thirty thousand of them do.
 */
function softwareDivision(size: Size, most: number): Division {
  const { m, n, k, batch } = size;
  const LANES = 4;
  const CORES = 2;
  const LEAST = 256;
  const cost = ({ tall, wide, splits }: Division) => {
    const rows = m === 1 ? 1 : 4 * tall;
    const columns = 4 * wide;
    const turns = Math.ceil(Math.ceil((threadsOf(size, tall, wide) * splits) / LANES) / CORES);
    const sums = splits === 1 ? 0 : 30_000 + (10 * splits * m * n * batch) / (LANES * CORES);
    return turns * ((k / splits) * (10 * (rows + columns) + rows * columns) + 10 * rows * columns) + sums;
  };
  const tall = m === 1 ? [1] : k <= SHORT ? [2, 1] : [4, 2, 1];
  const splits = [1, 2, 4, 8, 16, 32].filter((s) => s === 1 || (s <= most && k / s >= LEAST));
  return tall
    .flatMap((t) => [4, 2, 1].flatMap((wide) => splits.map((s) => ({ tall: t, wide, splits: s }))))
    .reduce((best, one) => (cost(one) < cost(best) ? one : best));
}

/**
 * The largest tile that still gives a GPU threads to hide its memory's latency with. If none does, threads share what sums
 * are long enough to pay for a further dispatch.
 */
function gpuDivision(size: Size, most: number): Division {
  const ENOUGH = 4096;
  const LONG = 1024;
  const LEAST = 64;
  const wide = size.n > 4 ? 2 : 1;
  const tiles: [tall: number, wide: number][] = [
    [size.m > 4 ? 2 : 1, wide],
    [1, wide],
  ];
  const [tall, across] = tiles.find((tile) => threadsOf(size, ...tile) >= ENOUGH) ?? [1, 1];
  const wanted = size.k < LONG ? 1 : Math.ceil(ENOUGH / threadsOf(size, tall, across));
  const splits = Math.max(Math.min(wanted, Math.floor(size.k / LEAST), most), 1);
  return { tall, wide: across, splits };
}
