/** @file tapegrad in the race, by its public names. */
import * as tapegrad from 'tapegrad';
import {
  grad,
  init,
  memory,
  optimizers,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  warmup,
} from 'tapegrad';
import { LAYER_NORM_EPSILON } from '../works/rows.ts';
import { groupsOf, type Input, type Task } from '../works/work.ts';
import { type Calls, callOf, ONE_WAY, type Prepared, type Start, trainingParts } from './contender.ts';

type Step = ((x: Tensor, y: Tensor) => Tensor) & { dispose?(): void };
type Capture = (step: Step) => Step;

/** The switch: training is captured as soon as the engine can, and raced eagerly besides. */
const { capture } = tapegrad as { readonly capture?: Capture };
const TRAINING_WAYS = capture ? ['capture', 'eager'] : ['eager'];

const conv = (x: Tensor, w: Tensor) => x.conv2d(w, { padding: 'same', groups: groupsOf([x.shape, w.shape]) });
const convLoss = ([x, w]: readonly [Tensor, Tensor], g: Tensor) => conv(x, w).mul(g).sum();
const convGradients = grad(convLoss);

const calls: Calls<Tensor> = {
  matmul: ({ transposed: [ta, tb] = [false, false] }, a, b) => (ta ? a.mT : a).matmul(tb ? b.mT : b),
  reluAdd: (_, x, b) => x.add(b).relu(),
  sum: (_, x) => x.sum(),
  softmax: (_, x) => x.softmax(),
  layerNorm: (_, x, gamma, beta) => x.layerNorm(gamma, beta, { epsilon: LAYER_NORM_EPSILON }),
  argmax: (_, x) => x.argmax(-1),
  transpose: (_, x) => x.T.flatten(), // x.T alone copies nothing
  conv2d: (_, x, w) => conv(x, w),
  conv2dGradients: (_, x, w, g) => convGradients([x, w], g),
};

function disposeAll(tensors: readonly Tensor[]): void {
  for (const t of tensors) t.dispose();
}

function upload({ data, shape }: Input): Tensor {
  return tensor(data, { shape });
}

/** A few bytes of the result, which come when the work before them is done. */
async function readFirst(x: Tensor): Promise<void> {
  const first = scope(() => x.flatten().slice([0, 1]));
  await first.data();
  first.dispose();
}

async function prepareCall(task: Task, given: readonly Input[]): Promise<Prepared> {
  const inputs = given.map(upload);
  const call = callOf(calls, task);
  const once = () => scope(() => call(inputs) as Tensor[]);
  await warmup(once);
  let last: readonly Tensor[] = [];
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) {
        disposeAll(last);
        last = once();
      }
      await readFirst(last[0] as Tensor);
    },
    async results() {
      if (last.length === 0) last = once();
      return Promise.all(last.map((x) => x.data()));
    },
    dispose: () => disposeAll([...last, ...inputs]),
  };
}

// A type and not an interface: only those count as trees of tensors.
type Layer<T> = { readonly w: T; readonly b: T };
type Net<T> = readonly Layer<T>[];

const loss = (net: Net<Tensor>, x: Tensor, y: Tensor): Tensor =>
  net
    .reduce((h, { w, b }, i) => h.dense(w, b, i < net.length - 1 ? 'relu' : 'linear'), x)
    .softmaxCrossEntropy(y)
    .mean();

async function prepareTraining(given: readonly Input[], way: string): Promise<Prepared> {
  const { parameters, batches, adam } = trainingParts(given);
  const made = (input: Input) => scope(() => variable(upload(input)));
  const net: Net<Variable> = parameters.flatMap((w, i) =>
    i % 2 === 0 ? [{ w: made(w), b: made(parameters[i + 1] as Input) }] : [],
  );
  const data = batches.map(({ x, y }) => ({ x: upload(x), y: upload(y) }));
  const optimizer = optimizers.adam({ ...adam, variant: 'torch' }); // epsilon where the paper has it, as with the others
  const lossAndGrad = valueAndGrad(loss);
  const eager: Step = (x, y) =>
    scope(() => {
      const { value, grad } = lossAndGrad(net, x, y);
      optimizer.step(net, grad);
      return value;
    });
  const [{ x, y }] = data as [(typeof data)[0]];
  await warmup(() => lossAndGrad(net, x, y));
  const step = way === 'capture' && capture ? capture(eager) : eager;
  let steps = 0;
  let last: Tensor | undefined;
  const once = (): Tensor => {
    const { x, y } = data[steps++ % data.length] as { x: Tensor; y: Tensor };
    if (step === eager) last?.dispose(); // a captured step disposes its own last result
    last = step(x, y);
    return last;
  };
  return {
    async run(repetitions) {
      for (let i = 0; i < repetitions; i++) once();
      await last?.item();
    },
    async results(count) {
      const losses: number[] = [];
      for (let i = 0; i < count; i++) losses.push(await once().item());
      return [losses];
    },
    dispose() {
      disposeAll([...net.flatMap(({ w, b }) => [w, b]), ...data.flatMap(({ x, y }) => [x, y])]);
      if (step === eager) last?.dispose();
      else step.dispose?.();
      optimizer.dispose();
    },
    peakBytes: () => memory().peakBytes,
  };
}

export const start: Start = async (place) => {
  await init(place);
  return {
    variants: ({ op }) => (op === 'train' ? TRAINING_WAYS : ONE_WAY),
    prepare: async (task, inputs, variant) =>
      task.op === 'train' ? prepareTraining(inputs, variant) : prepareCall(task, inputs),
  };
};
