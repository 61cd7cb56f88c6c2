// Random training steps, captured and not: results, what was kept of them, and all variables are the same after every call,
// whatever else happens between two calls. Each has a device of its own.
import { expect, it } from 'vitest';
import {
  type Captured,
  capture,
  init,
  keep,
  type Optimizer,
  optimizers,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
} from '../../src/index.ts';
import { disposeAfterEach, freeAfterEach, testDevice } from '../place.ts';
import { generator } from '../samples/inputs.ts';
import { gpuDevice } from './device.ts';
import { watchHazards } from './watch.ts';

freeAfterEach();
const mine = disposeAfterEach();

const PROGRAMS = 24;
const CALLS = 8;

type Draw = ReturnType<typeof drawing>;

function drawing(seed: number) {
  const next = generator(seed);
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    /** True once in so many times. */
    once: (n: number) => below(n) === 0,
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
    values: (n: number) => Float32Array.from({ length: n }, () => next() - 0.5),
  };
}

function drawOptimizer({ pick, once }: Draw, rules: readonly string[]): Optimizer {
  const options = {
    learningRate: 0.1,
    ...(once(3) ? { weightDecay: 0.01 } : {}),
    ...(once(3) ? pick([{ clipNorm: 0.5 }, { clipValue: 0.05 }, { globalClipNorm: 0.7 }]) : {}),
  };
  const made: Readonly<Record<string, () => Optimizer>> = {
    sgd: () => optimizers.sgd(options),
    momentum: () => optimizers.sgd({ ...options, momentum: 0.9, nesterov: once(2) }),
    adam: () => optimizers.adam({ ...options, amsgrad: once(2), variant: pick(['keras', 'torch'] as const) }),
    adamw: () => optimizers.adamw(options),
    rmsprop: () => optimizers.rmsprop(options),
    lion: () => optimizers.lion({ ...options, learningRate: 0.001 }),
  };
  return mine((made[pick(rules)] as () => Optimizer)());
}

interface Training {
  readonly variables: readonly Variable[];
  readonly optimizers: readonly Optimizer[];
  /** Counts the calls. */
  call: number;
  /** What the step kept for itself, by the call. */
  readonly kept: Map<number, Tensor>;
  readonly inputs: number;
  readonly outputs: number;
  step(x: Tensor, y: Tensor): { readonly loss: Tensor; readonly given: readonly Tensor[] };
}

/** A net of odd sizes with its optimizers, and what one step of it does; the same for the same seed. */
function training(seed: number): Training {
  const draw = drawing(seed);
  const { below, once, pick, values } = draw;
  const sizes = Array.from({ length: 2 + below(4) }, () => 1 + below(pick([3, 20, 90, 200])));
  const variables: Variable[] = [];
  const made = (...shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const v = scope(() => mine(variable(tensor(values(size), { shape }))));
    if (once(10)) v.trainable = false;
    variables.push(v);
    return v;
  };
  const layers = sizes.slice(1).map((n, k) => ({
    w: made(sizes[k] as number, n),
    b: once(4) ? undefined : made(n),
    scale: once(3) ? made(1) : undefined,
    activation: pick(['relu', 'tanh', 'sigmoid', 'linear'] as const),
  }));
  const alone = once(3) ? made(pick([300, 70_000])) : undefined;
  const loss = (_: readonly Variable[], x: Tensor, y: Tensor) => {
    let h = x;
    for (const { w, b, scale, activation } of layers) {
      h = h.dense(w, b, activation);
      if (scale) h = h.mul(scale.add(1));
    }
    const error = h.sub(y).square().mean();
    return alone ? error.add(alone.square().mean()) : error;
  };
  const list = Array.from({ length: pick([1, 1, 2, 3]) }, () =>
    drawOptimizer(draw, ['sgd', 'momentum', 'adam', 'adamw', 'rmsprop', 'lion']),
  );
  const order = variables.map((_, k) => k).sort(once(2) ? () => below(3) - 1 : undefined);
  const [chained, twice] = [once(5), once(3)];
  const kept = once(2) ? below(variables.length) : -1;
  const given = variables.map((_, k) => k !== kept && once(6));
  const training: Training = {
    variables,
    optimizers: list,
    call: 0,
    kept: new Map(),
    inputs: sizes[0] as number,
    outputs: sizes.at(-1) as number,
    step(x, y) {
      const { value, grad } = valueAndGrad(loss)(variables, x, y);
      const g = chained ? grad.map((t, k) => (k > 0 ? t.add((grad[k - 1] as Tensor).mean()) : t)) : grad;
      if (kept >= 0) training.kept.set(training.call, mine(keep(g[kept] as Tensor)));
      for (const [k, optimizer] of [...list, ...(twice ? list.slice(0, 1) : [])].entries()) {
        const own = order.filter((_, j) => j % list.length === k % list.length);
        optimizer.step(
          own.map((j) => variables[j]) as Variable[],
          own.map((j) => g[j] as Tensor),
        );
      }
      return { loss: value, given: g.filter((_, k) => given[k]) };
    },
  };
  return training;
}

/** What may happen to both between two calls. */
const EVENTS: readonly ((training: Training, k: number) => void)[] = [
  ({ variables }, k) => void mine((variables[k] as Variable).reshape([-1])),
  ({ variables }, k) => scope(() => (variables[k] as Variable).assign((variables[k] as Variable).mul(0.5))),
  ({ variables }, k) => void (variables[k] as Variable).gpuBuffer(),
  ({ optimizers: [first] }) => {
    if (first) first.learningRate /= 2;
  },
  () => tensor(new Float32Array(500).fill(Number.NaN)).dispose(),
];

async function expectSame(found: readonly Tensor[], wanted: readonly Tensor[], what: string): Promise<void> {
  expect(found.length, what).toBe(wanted.length);
  for (const [k, t] of found.entries()) {
    const [x, y] = await Promise.all([t.data(), (wanted[k] as Tensor).data()]);
    const off = x.findIndex(
      (v, i) => !(Math.abs(v - (y[i] as number)) <= 1e-4 + 1e-3 * Math.abs(y[i] as number)),
    );
    expect(off < 0 ? 'the same' : `${x[off]} for ${y[off]} at ${off}`, `${what} ${k}`).toBe('the same');
  }
}

it.each(Array.from({ length: PROGRAMS }, (_, k) => k + 1))('program %i', async (seed) => {
  const gpu = await gpuDevice();
  const offences = watchHazards(gpu);
  const device = await init({ backend: 'webgpu', device: gpu });
  try {
    const [captured, plain] = [training(seed), training(seed)];
    const step: Captured<[Tensor, Tensor], ReturnType<Training['step']>> = mine(capture(captured.step));
    const { below, once, values } = drawing(seed + 1000);
    const rows = 1 + below(6);
    const views: [Tensor, Tensor][] = [];
    for (let call = 0; call < CALLS; call++) {
      for (const training of [captured, plain]) training.call = call;
      const [x, y] = [captured.inputs, captured.outputs].map((n) =>
        tensor(values(rows * n), { shape: [rows, n] }),
      ) as [Tensor, Tensor];
      const [one, other] = [step(x, y), scope(() => plain.step(x, y))];
      await expectSame([one.loss, ...one.given], [other.loss, ...other.given], `call ${call}: result`);
      await expectSame(captured.variables, plain.variables, `call ${call}: variable`);
      for (const [k, t] of one.given.entries())
        if (once(3)) views.push([t.reshape([-1]), (other.given[k] as Tensor).reshape([-1])]);
      await expectSame(
        views.map(([view]) => view),
        views.map(([, view]) => view),
        `call ${call}: earlier result`,
      );
      const event = once(3) ? EVENTS[below(EVENTS.length)] : undefined;
      const k = below(captured.variables.length);
      for (const training of [captured, plain]) event?.(training, k);
    }
    const calls = [...captured.kept.keys()]; // those in which the function itself was called
    await expectSame(
      [...captured.kept.values()],
      calls.map((call) => plain.kept.get(call) as Tensor),
      'kept',
    );
    await device.flush();
    expect(offences).toEqual([]);
  } finally {
    device.close();
    gpu.destroy();
    await testDevice();
  }
});
