// What a page does while its GPU crashes. It runs in Chrome, asks by `kill` for the crash, and answers with what it saw;
// crash.test.ts says what that must be. Nothing here depends on how fast the GPU is: where something has to be pending,
// a loop begins the next as soon as one is done.
import { fit } from '../../examples/recover.ts';
import {
  type Device,
  defineOp,
  device,
  init,
  layers,
  memory,
  optimizers,
  type Recovery,
  scope,
  sequential,
  type Tensor,
  tensor,
  variable,
  warmup,
} from '../../src/index.ts';

interface Failure {
  readonly name: string;
  readonly message: string;
}

/** What ended a loop, and whether it was under way already when the loss became known. */
interface Broken extends Failure {
  readonly pending: boolean;
}

export interface Pending {
  readonly adapter: string;
  readonly lost: Failure;
  /** By what was under way. */
  readonly broken: Record<string, Broken>;
  /** By what was called afterwards. */
  readonly later: Record<string, Failure>;
  /** What is left when all was disposed. */
  readonly tensors: number;
  readonly bytes: number;
  readonly poolBytes: number;
  /** Rejections that nobody took. */
  readonly unhandled: string[];
  /** Of the same computation before the crash, on the device that `init` gave after it, and on the CPU. */
  readonly results: { before: number[]; after: number[]; cpu: number[] };
}

export interface Recovered {
  /** Tensors that the training left behind. */
  readonly tensors: number;
  /** Of the device at every checkpoint. */
  readonly kinds: string[];
  readonly weights: number[];
  /** Of the same training on the CPU, of which nobody took notice. */
  readonly expected: number[];
  readonly fallbackReason: string | undefined;
  /** What insisting on WebGPU gives in the end: the adapter's name, or the error. */
  readonly insisting: string | Failure;
}

const failure = ({ name, message }: Error): Failure => ({ name, message });

/** What the call throws, or its promise rejects with. */
async function failureOf(call: () => unknown): Promise<Failure> {
  try {
    await call();
  } catch (error) {
    return failure(error as Error);
  }
  return { name: 'none', message: 'nothing was thrown' };
}

async function untilItBreaks(on: Device, work: () => Promise<unknown>): Promise<Broken> {
  let known = false;
  void on.lost.then(() => {
    known = true;
  });
  for (;;) {
    const pending = !known;
    const broken = await failureOf(work);
    if (broken.name !== 'none') return { ...broken, pending };
  }
}

const values = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));

/** Of values that the host has. */
async function compute(): Promise<number[]> {
  using x = tensor(values, { shape: [16, 16] });
  using product = x.matmul(x);
  using y = product.tanh();
  return Array.from(await y.data());
}

let kernels = 0;
/** By a kernel that is new each time. */
function fresh(x: Tensor): Tensor {
  const name = `fresh${kernels++}`;
  return defineOp({ name, wgsl: `a + ${kernels}.0`, cpu: (a) => a + kernels })(x);
}

/** Reads and flushes that are pending when the GPU crashes; then a new device at once. */
export async function pending(kill: () => void): Promise<Pending> {
  const unhandled: string[] = [];
  addEventListener('unhandledrejection', ({ reason }) => unhandled.push(String(reason)));
  const first = await init('webgpu');
  const start = memory();
  const before = await compute();
  const x = tensor(new Float32Array(512 * 512).fill(1e-3), { shape: [512, 512] });
  const small = tensor([1, 2]);
  const v = variable(small);
  const sgd = optimizers.sgd({ learningRate: 0.1, momentum: 0.9 });
  sgd.step(v, small);
  const loops: Record<string, () => Promise<unknown>> = {
    'a read behind heavy work': async () => {
      using power = scope(() => x.matmul(x).matmul(x).matmul(x).matmul(x).matmul(x).matmul(x).matmul(x));
      await power.data();
    },
    'a read': () => small.data(),
    'a read of a view': async () => {
      using transposed = x.T;
      await transposed.data();
    },
    'a flush': () => first.flush(),
    'a read of what is being compiled': async () => {
      using y = fresh(small);
      await y.data();
    },
    'a warmup': () => warmup(() => fresh(small)),
  };
  const broken = Promise.all(
    Object.entries(loops).map(async ([what, work]) => [what, await untilItBreaks(first, work)]),
  );
  kill();
  const lost = failure(await first.lost);
  const second = await init('webgpu');
  const after = await compute();
  const later = {
    add: await failureOf(() => small.add(1)),
    reshape: await failureOf(() => small.reshape([2, 1])),
    tensor: await failureOf(() => tensor([1], { device: first })),
    data: await failureOf(() => small.data()),
    flush: await failureOf(() => first.flush()),
    sgd: await failureOf(() => sgd.step(v, small)),
  };
  for (const made of [x, small, v, sgd]) made.dispose();
  first.close();
  const end = memory();
  await init('cpu');
  const cpu = await compute();
  return {
    adapter: second.info.name,
    lost,
    broken: Object.fromEntries(await broken),
    later,
    tensors: end.tensors - start.tensors,
    bytes: end.bytes - start.bytes,
    poolBytes: first.poolBytes,
    unhandled,
    results: { before, after, cpu },
  };
}

/** The example of docs/support.md, while the GPU crashes after the first checkpoints, once or more. */
export async function recover(kill: () => void, crashes: number): Promise<Recovered> {
  const features = Array.from({ length: 50 }, (_, i) => [1, i / 25 - 1, (i / 25 - 1) ** 2]);
  const targets = features.map(([a = 0, b = 0, c = 0]) => 0.5 * a - b + 2 * c);
  await init('webgpu');
  const start = memory();
  const kinds: string[] = [];
  const { weights } = await fit(features, targets, 50, async () => {
    kinds.push(device().kind);
    if (kinds.length > crashes) return;
    kill();
    await device().lost;
  });
  const tensors = memory().tensors - start.tensors;
  const { fallbackReason } = device();
  const insisting = await init('webgpu').then(({ info }) => info.name, failure);
  await init('cpu');
  const { weights: expected } = await fit(features, targets, 50, async () => {});
  return { tensors, kinds, weights, expected, fallbackReason, insisting };
}

export interface Trained {
  readonly adapter: string;
  readonly recoveries: readonly Recovery[];
  readonly warnings: readonly string[];
  readonly epochs: readonly number[];
  readonly weights: number[];
  /** Of the same training on the CPU, of which nobody took notice. */
  readonly expected: number[];
  readonly tensors: number;
}

/** `model.fit`, while the GPU crashes in its second epoch. */
export async function train(kill: () => void): Promise<Trained> {
  const x = Array.from({ length: 60 }, (_, i) => [i / 30 - 1, (i / 30 - 1) ** 2]);
  const y = x.map(([a = 0, b = 0]) => [a - 2 * b]);
  const warnings: string[] = [];
  console.warn = (text: string) => void warnings.push(text);
  const run = async (onBatchEnd: (batch: number, epoch: number) => unknown) => {
    const model = sequential([layers.dense(8, { activation: 'tanh', inputShape: [2] }), layers.dense(1)], {
      seed: 1,
    });
    model.compile({ optimizer: optimizers.adam(0.01), loss: 'meanSquaredError' });
    let epoch = 0;
    const history = await model.fit(x, y, {
      epochs: 4,
      batchSize: 10,
      verbose: 0,
      callbacks: [
        {
          onEpochBegin: (now) => {
            epoch = now;
          },
          onBatchEnd: (batch) => onBatchEnd(batch, epoch),
        },
      ],
    });
    const weights = (await model.getWeights()).flatMap((w) => [...w]);
    model.dispose();
    return { history, weights };
  };
  await init('webgpu');
  const start = memory();
  let crashed = false;
  const { history, weights } = await run(async (batch, epoch) => {
    if (crashed || epoch !== 1 || batch !== 2) return;
    crashed = true;
    const { lost } = device();
    kill();
    await lost;
  });
  const tensors = memory().tensors - start.tensors;
  const adapter = device().info.name;
  await init('cpu');
  const { weights: expected } = await run(() => undefined);
  const { recoveries, epoch } = history;
  return { adapter, recoveries, warnings, epochs: epoch, weights, expected, tensors };
}
