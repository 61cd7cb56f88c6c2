/**
 * @file The landscapes themselves: nets learn digits, and their losses are computed on planes through what they have learnt. It
 * uses the public names of the engine only, and runs unchanged in a page of Chrome and in Node.
 */
import { interleave, type Summary, summarize } from '../../bench/statistics.ts';
import {
  type Device,
  init,
  type Layer,
  layers,
  losses,
  optimizers,
  type Sequential,
  sequential,
} from '../../src/index.ts';
import { type Landscape, type LandscapeOptions, landscape, trajectory } from '../../src/landscape.ts';
import { countingGpu, countsSince, type GpuCounts, zeroCounts } from '../gpu-counter.ts';
import type { PictureName, Settings } from './settings.ts';

/** Inputs 0..1, 256 a digit, and labels. */
export interface Split {
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

export type SessionEvent =
  | { readonly type: 'device'; readonly name: string; readonly software: boolean }
  | {
      readonly type: 'trained';
      readonly net: string;
      readonly loss: number;
      readonly accuracy: number;
      readonly seconds: number;
    }
  | { readonly type: 'points'; readonly picture: PictureName; readonly done: number; readonly total: number };

/** A landscape as plain numbers. */
export interface Drawn {
  readonly name: PictureName;
  readonly alphas: number[];
  readonly betas: number[];
  /** null stands for what is not finite. */
  readonly losses: (number | null)[];
  readonly path: { readonly alphas: number[]; readonly betas: number[] } | undefined;
  readonly variance: readonly [number, number] | undefined;
  /** What `evaluate` gives for the net on the same digits. */
  readonly loss: number;
  readonly accuracy: number;
  readonly seconds: number;
}

/** Points a second, medians with quartiles; and the dispatches that a grid takes. */
export interface Speed {
  readonly points: number;
  readonly together: Summary & { readonly dispatches: number };
  readonly alone: Summary & { readonly dispatches: number };
}

export interface SessionResult {
  readonly deviceKind: string;
  readonly adapter: string;
  readonly drawn: Drawn[];
  readonly speed: Speed | undefined;
}

const INPUTS = 256;
const CLASSES = 10;
const BATCH = 64;

const dense = (units: number) => layers.dense(units, { kernelInitializer: 'heNormal' });

function shallow(hidden: readonly number[]): Layer[] {
  return hidden.map((units) => layers.dense(units, { activation: 'relu', kernelInitializer: 'heNormal' }));
}

/** One layer as in the paper's nets: weights, batch normalisation, and what makes it bend. */
const normed = (width: number, bends: boolean): Layer[] => [
  dense(width),
  layers.batchNormalization({ momentum: 0.9 }),
  ...(bends ? [layers.activation('relu')] : []),
];

/** Layers in pairs; with `skip`, what goes into a pair is added to what comes out. */
function deep(depth: number, width: number, skip: boolean): Layer[] {
  const pair = (): Layer[] => {
    const inside = [...normed(width, true), ...normed(width, false)];
    return [...(skip ? [layers.residual(inside)] : inside), layers.activation('relu')];
  };
  return [...normed(width, true), ...Array.from({ length: depth / 2 }, pair).flat()];
}

function modelOf(hidden: readonly Layer[], seed: number): Sequential {
  const model = sequential([...hidden, dense(CLASSES)], { seed });
  model.build([INPUTS]);
  model.compile({
    optimizer: optimizers.adam({ learningRate: 1e-3 }),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return model;
}

const TIMED = 11;
const ROUNDS = 5;

/** Both ways to compute the losses of a grid, in turns; each once before, which compiles. */
async function speedOf(
  model: Sequential,
  { inputs, labels }: Split,
  counts: () => GpuCounts,
): Promise<Speed> {
  const points = TIMED * TIMED;
  const draw = (stacked: boolean) => landscape(model, inputs, labels, { size: TIMED, stacked });
  const counted = async (stacked: boolean) => {
    const before = counts();
    await draw(stacked);
    return countsSince(counts(), before).dispatches;
  };
  const time = (stacked: boolean) => async () => {
    const start = performance.now();
    await draw(stacked);
    return (1000 * points) / (performance.now() - start);
  };
  const dispatches = [await counted(true), await counted(false)] as const;
  const [together = [], alone = []] = await interleave([time(true), time(false)], ROUNDS);
  return {
    points,
    together: { ...summarize(together), dispatches: dispatches[0] },
    alone: { ...summarize(alone), dispatches: dispatches[1] },
  };
}

const first = ({ inputs, labels }: Split, count: number): Split => ({
  inputs: inputs.subarray(0, INPUTS * count),
  labels: labels.subarray(0, count),
});

/** On the backend: on WebGPU with `gpu`, which may be missing: init() then says why. */
export async function runSession(
  backend: 'webgpu' | 'cpu',
  gpu: GPU | undefined,
  settings: Settings,
  digits: Split,
  onEvent: (event: SessionEvent) => void,
): Promise<SessionResult> {
  const counting = gpu && countingGpu(gpu);
  const active: Device = await init(counting ? { backend, gpu: counting.gpu } : backend);
  const { name, software = false } = active.info;
  onEvent({ type: 'device', name, software });
  const { epochs, hidden, depth, width, seed, pictures } = settings;
  const [train, seen] = [first(digits, settings.train), first(digits, settings.digits)];

  const trained = async (net: string, model: Sequential, every: number) => {
    const start = performance.now();
    const path = trajectory({ every });
    await model.fit(train.inputs, train.labels, { epochs, batchSize: BATCH, verbose: 0, callbacks: [path] });
    const { loss = Number.NaN, accuracy = 0 } = await model.evaluate(seen.inputs, seen.labels);
    onEvent({ type: 'trained', net, loss, accuracy, seconds: (performance.now() - start) / 1000 });
    return { path, loss, accuracy };
  };
  const draw = async (
    picture: PictureName,
    model: Sequential,
    measured: { readonly loss: number; readonly accuracy: number },
    options: LandscapeOptions,
  ): Promise<Drawn> => {
    const start = performance.now();
    const found: Landscape = await landscape(model, seen.inputs, seen.labels, {
      size: settings.size,
      seed,
      onProgress: (done, total) => onEvent({ type: 'points', picture, done, total }),
      ...options,
    });
    const [path] = found.paths;
    return {
      name: picture,
      alphas: [...found.alphas],
      betas: [...found.betas],
      losses: Array.from(found.losses, (loss) => (Number.isFinite(loss) ? loss : null)),
      path: path && { alphas: [...path.alphas], betas: [...path.betas] },
      variance: found.variance,
      ...measured,
      seconds: (performance.now() - start) / 1000,
    };
  };

  const drawn: Drawn[] = [];
  const wanted = (name: PictureName) => pictures.includes(name);
  const { range, deepRange } = settings;
  let speed: Speed | undefined;
  if (wanted('random') || wanted('trajectory') || settings.speed) {
    const model = modelOf(shallow(hidden), seed);
    const every = Math.max(1, Math.round((epochs * Math.ceil(settings.train / BATCH)) / 40));
    const { path, ...measured } = await trained([INPUTS, ...hidden, CLASSES].join('-'), model, every);
    if (wanted('random')) drawn.push(await draw('random', model, measured, { range }));
    if (wanted('trajectory')) drawn.push(await draw('trajectory', model, measured, { paths: [path] }));
    if (settings.speed) speed = await speedOf(model, seen, counting?.counts ?? zeroCounts);
    model.dispose();
  }
  for (const kind of ['plain', 'residual'] as const) {
    if (!wanted(kind)) continue;
    const model = modelOf(deep(depth, width, kind === 'residual'), seed);
    const { path: _, ...measured } = await trained(`${kind}, ${depth} layers of ${width}`, model, 1e9);
    drawn.push(await draw(kind, model, measured, { range: deepRange }));
    model.dispose();
  }
  active.close();
  return { deviceKind: active.kind, adapter: name, drawn, speed };
}
