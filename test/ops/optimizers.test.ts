// Optimizers against their published formulas, on every device; the same bits in a captured step; state that is saved and
// goes on bit for bit; clipping, schedules, names.
import { describe, expect, it } from 'vitest';
import {
  capture,
  device,
  IndexError,
  memory,
  type Optimizer,
  optimizers,
  type Schedule,
  schedules,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from '../../src/index.ts';
import { getOptimizer } from '../../src/nn/optimizers/optimizers.ts';
import frozen from '../fixtures/optimizers.json' with { type: 'json' };
import { onTestDevice } from '../place.ts';

onTestDevice();

type Float = 'float32' | 'float64';
type Name = keyof typeof optimizers;
type Make = (options: object) => Optimizer;

const cases = frozen.optimizers.map((c) => ({ ...c, id: `${c.name} ${JSON.stringify(c.options)}` }));
const made = (name: string, options: object) => (optimizers[name as Name] as Make)(options);
const filled = (list: readonly unknown[], dtype: Float): Tensor[] =>
  list.map((values) => tensor(values as number[], { dtype }));
const variables = (dtype: Float = 'float32') => filled(frozen.start, dtype).map(variable);
const flat = async (ws: readonly Tensor[]) =>
  (await Promise.all(ws.map((w) => w.data()))).flatMap((values) => [...values]);
const dispose = (...things: readonly { dispose(): void }[]) => {
  for (const thing of things) thing.dispose();
};

/** What differs from the frozen steps of one case. */
async function faults({ id, name, options, steps }: (typeof cases)[number], dtype: Float): Promise<string[]> {
  const [optimizer, ws] = [made(name, options), variables(dtype)];
  const reads: Promise<[step: number, values: number[]]>[] = [];
  for (const [k, grads] of frozen.grads.entries()) {
    if (k === 10) optimizer.learningRate /= 3;
    optimizer.step(ws, filled(grads, dtype));
    if (String(k + 1) in steps) reads.push(flat(ws).then((values) => [k + 1, values]));
  }
  dispose(optimizer, ...ws);
  return (await Promise.all(reads)).flatMap(([step, got]) => {
    const wanted = (steps as Record<string, number[]>)[step] as number[];
    const worst = Math.max(...got.map((v, i) => Math.abs(v - (wanted[i] as number))));
    return worst <= (dtype === 'float32' ? 1e-5 : 1e-12)
      ? []
      : [`${id} ${dtype} step ${step}: off by ${worst}`];
  });
}

describe('optimizers', () => {
  it('take the steps of their formulas', async () => {
    const onCpu = device().kind === 'cpu';
    // On a GPU each kernel once, and each kind of decay.
    const chosen = cases.filter(
      ({ name, options }) =>
        onCpu || ('learningRate' in options && (!('weightDecay' in options) || /^(sgd|adamw)$/.test(name))),
    );
    const found = await Promise.all(
      chosen.flatMap((c) => [faults(c, 'float32'), ...(onCpu ? [faults(c, 'float64')] : [])]),
    );
    expect(found.flat()).toEqual([]);
    expect(chosen.length).toBeGreaterThan(25);
  });

  it('give the same bits in a captured step', async () => {
    const chosen: [Name, object][] = [
      ['sgd', { learningRate: 0.05, momentum: 0.75, globalClipNorm: 1 }],
      [
        'adam',
        {
          learningRate: schedules.exponentialDecay({
            initialLearningRate: 0.1,
            decaySteps: 2,
            decayRate: 0.5,
          }),
        },
      ],
      ['nadam', { learningRate: 0.05, clipNorm: 0.5 }],
      ['adamw', { learningRate: 0.05, weightDecay: 0.25, clipValue: 0.5 }],
    ];
    for (const [name, options] of chosen) {
      const run = async (around: (step: (g: Tensor[]) => Tensor) => (g: Tensor[]) => Tensor) => {
        const [optimizer, ws] = [made(name, options), variables()];
        const step = around((grads) => {
          optimizer.step(ws, grads);
          return (ws[0] as Tensor).sum();
        });
        for (const grads of frozen.grads.slice(0, 6)) step(filled(grads, 'float32'));
        const result = [optimizer.iterations, optimizer.learningRate, ...(await flat(ws))];
        dispose(optimizer, ...ws);
        return result;
      };
      const eager = await run((step) => step);
      const captured = await run((step) => capture(step));
      expect([name, ...captured]).toEqual([name, ...eager]);
    }
  });

  it('go on from a saved state bit for bit', async () => {
    for (const [name, options] of [
      ['sgd', {}],
      ['rmsprop', { centered: true, momentum: 0.5 }],
      ['adagrad', { initialAccumulatorValue: 0.5 }],
      ['nadam', {}],
    ] as const) {
      const [whole, half, ws, vs] = [made(name, options), made(name, options), variables(), variables()];
      const steps = (optimizer: Optimizer, to: Variable[], from: number, end: number) => {
        for (const grads of frozen.grads.slice(from, end)) optimizer.step(to, filled(grads, 'float32'));
      };
      steps(whole, ws, 0, 6);
      steps(half, vs, 0, 3);
      const state = await half.getState();
      const again = getOptimizer(JSON.parse(JSON.stringify({ name: half.name, config: half.config })));
      again.setState(vs, structuredClone(state));
      expect(again.iterations).toBe(3);
      steps(again, vs, 3, 6);
      expect(await flat(vs)).toEqual(await flat(ws));
      expect(await again.getState(vs)).toEqual(await whole.getState());
      dispose(whole, half, again, ...ws, ...vs);
    }
  });

  it('keep state by variable: frozen ones have none, new ones begin', async () => {
    const [a, b] = variables() as [Variable, Variable];
    const [ga, gb] = filled(frozen.grads[0] as never, 'float32') as [Tensor, Tensor];
    const adam = optimizers.adam();
    expect(await adam.getState()).toEqual({ name: 'adam', iterations: 0, slots: [] });
    a.trainable = false;
    adam.step([a, b], [ga, gb]);
    const state = await adam.getState([a, b]);
    expect(state.slots.map((s) => s?.length ?? null)).toEqual([null, 2]);
    expect((await adam.getState()).slots).toEqual(state.slots.slice(1));
    adam.setState([a, b], state);
    expect(await adam.getState([a, b])).toEqual(state);
    dispose(adam, a, b);
  });

  it('refuse a state that is not theirs, and change nothing', async () => {
    const ws = variables();
    const [adam, sgd] = [optimizers.adam(), optimizers.sgd()];
    adam.step(ws, filled(frozen.grads[0] as never, 'float32'));
    const state = await adam.getState();
    expect(() => sgd.setState(ws, state)).toThrow("sgd.setState: the state is that of 'adam', not of 'sgd'");
    expect(() => adam.setState(ws.slice(1), state)).toThrow(
      'the state is that of 2 variables, and there are 1',
    );
    expect(() => adam.setState([...ws].reverse(), state)).toThrow(
      'adam.setState: the state of variable 0 [5] must be 2 Float32Arrays of 5',
    );
    expect(() => adam.setState(ws, {} as never)).toThrow('takes what getState gave');
    if (device().kind === 'webgpu')
      expect(() => capture(() => adam.setState(ws, state))()).toThrow(
        'adam.setState: not in a captured step',
      );
    expect(() => adam.setState([tensor(1)], state)).toThrow('adam.setState: parameter [0] is not a variable');
    const whole = variable(tensor(Int32Array.of(1)));
    expect(() => adam.setState([whole], { ...state, slots: [[]] })).toThrow(
      'adam.setState: parameter [0] is int32; only float32 and float64 variables are updated',
    );
    expect(await adam.getState()).toEqual(state);
    dispose(adam, sgd, whole, ...ws);
  });

  it('clip nothing of gradients whose squares are too small for float32', async () => {
    for (const options of [{ clipNorm: 1 }, { globalClipNorm: 1 }]) {
      const w = variable(tensor([1e-29, 0]));
      const sgd = optimizers.sgd({ learningRate: 1, ...options });
      sgd.step(w, tensor([3e-30, -4e-30]));
      const [a = 0, b = 0] = await w.data();
      expect([a * 1e30, b * 1e30]).toEqual([expect.closeTo(7, 4), expect.closeTo(4, 4)]);
      dispose(sgd, w);
    }
  });

  it('clip by norms to NaN where a norm is not finite, and not to zeros', async () => {
    for (const options of [{ clipNorm: 1 }, { globalClipNorm: 1 }])
      for (const bad of [Number.POSITIVE_INFINITY, Number.NaN, 3e38]) {
        const w = variable(tensor([1, 2]));
        const sgd = optimizers.sgd(options);
        sgd.step(w, tensor([bad, 1]));
        expect([...(await w.data())]).toEqual([Number.NaN, Number.NaN]);
        dispose(sgd, w);
      }
  });

  it('pass on a NaN of a gradient', async () => {
    for (const name of Object.keys(optimizers)) {
      const [w, optimizer] = [variable(tensor([1, 2])), made(name, {})];
      optimizer.step(w, tensor([Number.NaN, 1]));
      optimizer.step(w, tensor([1, 1]));
      const [first, second] = await w.data();
      expect([name, first, Number.isFinite(second)]).toEqual([name, Number.NaN, true]);
      dispose(optimizer, w);
    }
  });

  it('leave nothing behind', () => {
    const ws = variables();
    const grads = filled(frozen.grads[0] as never, 'float32');
    const first = optimizers.sgd();
    first.step(ws, grads); // now the variables have memory of their own
    first.dispose();
    const before = memory();
    for (const name of Object.keys(optimizers)) {
      const optimizer = made(name, { globalClipNorm: 1 });
      optimizer.step(ws, grads);
      optimizer.dispose();
      expect([name, memory().tensors, memory().bytes]).toEqual([name, before.tensors, before.bytes]);
    }
    dispose(...ws);
  });

  it('do nothing while something was out of range', async () => {
    const [w, lion] = [variable(tensor([1, 2])), optimizers.lion(1)];
    const step = async () => {
      const wrong = tensor([1, 2]).take(tensor([5], { dtype: 'int32' }));
      lion.step(w, tensor([1, 1]));
      await wrong.data();
    };
    await expect(step()).rejects.toThrow(IndexError);
    expect([...(await w.data())]).toEqual([1, 2]);
    dispose(lion, w);
  });
});

describe('learning rates', () => {
  const follow = (learningRate: Schedule) => {
    const [w, sgd] = [variable(tensor([0])), optimizers.sgd({ learningRate })];
    return { w, sgd, end: () => dispose(w, sgd) };
  };

  it('follow a schedule from its step 0 on', async () => {
    const rates = schedules.piecewiseConstantDecay({ boundaries: [0, 1], values: [1, 0.5, 0.25] });
    const { w, sgd, end } = follow(rates);
    expect(sgd.learningRate).toBe(1);
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      sgd.step(w, tensor([-1]));
      seen.push(await w.slice(0).item());
    }
    expect(seen).toEqual([1, 1.5, 1.75]);
    expect([sgd.learningRate, sgd.iterations]).toEqual([0.25, 3]);
    expect(sgd.config.learningRate).toEqual({ name: 'piecewiseConstantDecay', config: rates.config });
    end();
  });

  it('of a schedule cannot be set, and must be numbers', () => {
    const { w, sgd, end } = follow({ name: 'own', config: {}, at: () => Number.NaN });
    expect(() => {
      sgd.learningRate = 1;
    }).toThrow('sgd: learningRate follows a schedule (own) and cannot be set');
    expect(() => sgd.step(w, tensor([1]))).toThrow(
      'sgd: learningRate must be a number of at least 0, got NaN',
    );
    expect(sgd.iterations).toBe(0);
    end();
  });
});

describe('names', () => {
  it('stand for optimizers', () => {
    for (const name of Object.keys(optimizers) as Name[]) {
      const optimizer = getOptimizer(name);
      expect(optimizer.name).toBe(name);
      expect(getOptimizer(optimizer)).toBe(optimizer);
    }
    expect(() => getOptimizer('Adm' as never)).toThrow(
      "compile: unknown optimizer 'Adm', did you mean 'adam'?",
    );
    expect(() => getOptimizer(0.1 as never)).toThrow(
      'compile: an optimizer is a name, or one of optimizers.x(), got 0.1',
    );
  });
});
