/**
 * @file The worker of the structure search: a generation after the other, each from the state that the last one left, so that
 * it can be paused, and goes on on another device when its own is lost.
 */
import { type Device, DeviceLostError, init, type Tensor, tensor } from 'tapegrad';
import { type EvolveState, evolve } from 'tapegrad/evolve';
import { PIXELS, type Split } from '../digits/data.ts';
import type { SavedLayer } from '../digits/weights.ts';
import { placeOf } from '../ui/place.ts';
import { savedLayer } from './further.ts';
import type { FromEvolve, Task, ToEvolve } from './messages.ts';
import { SPACE } from './space.ts';

const post = (message: FromEvolve): void => self.postMessage(message);

let backend: 'auto' | 'cpu' = 'auto';
let device: Device | undefined;
let task: Task;
let data: readonly Tensor[] = [];
let state: EvolveState | undefined;
let pausing = new AbortController();
/** Weights of the parents, and of nets on the front that were parents once. */
let weights = new Map<number, readonly SavedLayer[]>();
/** One thing after another. */
let last: Promise<void> = Promise.resolve();

const upload = ({ inputs, labels }: Split): readonly Tensor[] => [
  tensor(inputs, { shape: [labels.length, PIXELS] }),
  tensor(labels, { dtype: 'int32' }),
];

async function open(): Promise<Device> {
  device = await init(backend);
  data = [];
  return device;
}

/** The next generation; none where it was paused in it. */
async function breed(signal: AbortSignal): Promise<void> {
  const from = performance.now();
  const before = state;
  const generation = before?.generation ?? 0;
  if (data.length === 0) data = [...upload(task.digits.train), ...upload(task.digits.test)];
  const [x, y, testX, testY] = data as [Tensor, Tensor, Tensor, Tensor];
  const { seed, cost } = task;
  const found = await evolve(x, y, {
    ...SPACE,
    seed,
    cost,
    validationData: [testX, testY],
    generations: generation + 1,
    signal,
    ...(before ? { state: before } : {}),
  });
  if (found.state.generation === generation) return;
  state = found.state;
  const front = found.front.map(({ id }) => id);
  const parents = state.parents.map(({ id }) => id);
  weights = new Map([
    ...[...weights].filter(([id]) => front.includes(id)),
    ...state.parents.map(({ id, layers }) => [id, layers.map(savedLayer)] as const),
  ]);
  post({
    type: 'generation',
    generation,
    children: found.individuals.filter((one) => one.generation === generation),
    parents,
    front,
    kept: [...weights.keys()],
    seconds: (performance.now() - from) / 1000,
  });
}

async function run(until: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (state?.generation ?? 0) < until) {
    try {
      await breed(signal);
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof DeviceLostError)) throw error;
      post({ type: 'recovered', place: placeOf(await open()), generation: state?.generation ?? 0 });
    }
    await new Promise((resolve) => setTimeout(resolve)); // messages come in here
  }
}

async function answer(message: Exclude<ToEvolve, { type: 'pause' }>, asked: AbortController): Promise<void> {
  switch (message.type) {
    case 'start':
      ({ backend, task } = message);
      state = undefined;
      weights = new Map();
      for (const t of data) t.dispose();
      data = [];
      return post({ type: 'device', place: placeOf(device ?? (await open())) });
    case 'run':
      try {
        return await run(message.until, asked.signal);
      } finally {
        if (pausing === asked) post({ type: 'paused' }); // and not asked to go on meanwhile
      }
    case 'weights': {
      const { id } = message;
      return post({ type: 'weights', id, layers: weights.get(id) ?? [] });
    }
  }
}

export function serveEvolve(): void {
  self.addEventListener('message', ({ data: message }: MessageEvent<ToEvolve>) => {
    if (message.type !== 'weights') pausing.abort();
    if (message.type === 'pause') return;
    if (message.type === 'run') pausing = new AbortController();
    const asked = pausing;
    last = last
      .then(() => answer(message, asked))
      .catch((error: Error) => post({ type: 'failed', message: error.message }));
  });
}
