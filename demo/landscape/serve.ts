/** @file The worker's part of the landscape: the same net trained twice from the same weights, and the losses around them. */
import {
  type Callback,
  init,
  layers,
  losses,
  optimizers,
  type Sequential,
  sequential,
  tensor,
} from 'tapegrad';
import { landscape, type Trajectory, trajectory } from 'tapegrad/landscape';
import { PIXELS } from '../digits/data.ts';
import { activationAt } from '../digits/settings.ts';
import { sizesOf } from '../digits/weights.ts';
import { placeOf } from '../ui/place.ts';
import { type FromLandscape, type ToLandscape, TRAINERS, type TrainerName } from './messages.ts';

const EPOCHS = 4;
/** Steps between two snapshots of the weights. */
const EVERY = 8;
/** Digits that the losses are of. */
const LOOKED_AT = 500;

const post = (message: FromLandscape): void => self.postMessage(message);

const OPTIMIZERS = { adam: () => optimizers.adam(0.003), sgd: () => optimizers.sgd(0.1) } as const;

/** The net of the settings; all that are made of the same ones begin with the same weights. */
function netOf({ settings }: ToLandscape, trainer: TrainerName): Sequential {
  const { hidden, seed } = settings;
  const model = sequential(
    [
      ...hidden.map((units, k) =>
        layers.dense(units, {
          activation: activationAt(settings, k),
          ...(k === 0 ? { inputShape: [PIXELS] } : {}),
        }),
      ),
      layers.dense(sizesOf(settings).at(-1) as number, hidden.length === 0 ? { inputShape: [PIXELS] } : {}),
    ],
    { seed },
  );
  model.compile({
    optimizer: OPTIMIZERS[trainer](),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
  });
  return model;
}

async function look(message: ToLandscape): Promise<void> {
  const { backend, digits, plane, settings, size } = message;
  const device = await init(backend);
  post({ type: 'device', place: placeOf(device) });
  const x = tensor(digits.inputs, { shape: [digits.labels.length, PIXELS] });
  const y = tensor(digits.labels, { dtype: 'int32' });
  const [someX, someY] = [x.slice([0, LOOKED_AT]), y.slice([0, LOOKED_AT])];
  const nets: Sequential[] = [];
  try {
    const ways: { readonly trainer: TrainerName; readonly path: Trajectory; readonly loss: number }[] = [];
    for (const trainer of TRAINERS) {
      const net = netOf(message, trainer);
      nets.push(net);
      const path = trajectory({ every: EVERY });
      const tell: Callback = {
        onEpochEnd: (epoch, logs) =>
          post({ type: 'training', trainer, epoch: epoch + 1, loss: logs.loss as number }),
      };
      await net.fit(x, y, { epochs: EPOCHS, batchSize: settings.batch, verbose: 0, callbacks: [path, tell] });
      ways.push({ trainer, path, loss: (await net.evaluate(someX, someY)).loss as number });
    }
    const found = await landscape(nets[0] as Sequential, someX, someY, {
      size,
      seed: settings.seed,
      directions: plane,
      paths: ways.map(({ path }) => path),
      onProgress: (done, total) => post({ type: 'looking', part: done / total }),
    });
    const { alphas, betas, losses: values, paths, variance } = found;
    post({
      type: 'seen',
      seen: {
        alphas: [...alphas],
        betas: [...betas],
        losses: [...values],
        variance,
        ways: ways.map(({ trainer, loss }, k) => ({
          trainer,
          loss,
          alphas: [...(paths[k]?.alphas ?? [])],
          betas: [...(paths[k]?.betas ?? [])],
        })),
      },
    });
  } finally {
    for (const net of nets) net.dispose();
    for (const t of [x, y, someX, someY]) t.dispose();
  }
}

export function serveLandscape(): void {
  self.addEventListener('message', ({ data }: MessageEvent<ToLandscape>) => {
    look(data).catch((error: Error) => post({ type: 'failed', message: error.message }));
  });
}
