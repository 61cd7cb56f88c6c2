// Captured steps do what the function does, at every call: against the same function that is not captured. On the CPU
// device the function itself is called, so that a program may count on the same rules everywhere.
import { describe, expect, inject, it } from 'vitest';
import {
  ArgumentError,
  type Captured,
  capture,
  checkpoint,
  DisposedError,
  full,
  grad,
  keep,
  memory,
  optimizers,
  random,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

type Net = { w1: Variable; b1: Variable; w2: Variable; b2: Variable };

const makeNet = (): Net => {
  const rng = random(5);
  return scope(() => ({
    w1: variable(rng.normal([6, 9])),
    b1: variable(zeros([9])),
    w2: variable(rng.normal([9, 4])),
    b2: variable(rng.normal([4])),
  }));
};

const batches = (n: number) => {
  const rng = random(6);
  return Array.from({ length: n }, () => ({ x: rng.normal([8, 6]), y: rng.integers(0, 4, [8]) }));
};

/** A training step; `wrap` may capture it. */
function trainer(wrap: (step: (x: Tensor, y: Tensor) => Tensor) => (x: Tensor, y: Tensor) => Tensor) {
  const net = makeNet();
  const adam = optimizers.adam(0.05);
  const loss = (p: Net, x: Tensor, y: Tensor) =>
    x.dense(p.w1, p.b1, 'relu').dense(p.w2, p.b2).softmaxCrossEntropy(y).mean();
  const step = wrap((x, y) => {
    const { value, grad: g } = valueAndGrad(loss)(net, x, y);
    adam.step(net, g);
    return value;
  });
  return { net, adam, step };
}

async function contents(net: Net): Promise<number[][]> {
  return Promise.all(Object.values(net).map(async (v) => [...(await v.data())]));
}

function end({ net, adam }: { net: Net; adam: { dispose(): void } }): void {
  for (const v of [...Object.values(net), adam]) v.dispose();
}

describe('a captured training step', () => {
  it('gives the same bits as the function itself, whenever it was captured', async () => {
    const data = batches(8);
    const plain = trainer((step) => (x, y) => scope(() => step(x, y)));
    const captured = trainer((step) => capture(step));
    const late = trainer((step) => {
      const other = capture(step);
      let calls = 0;
      return (x, y) => (calls++ < 4 ? scope(() => step(x, y)) : other(x, y));
    });
    for (const { x, y } of data) {
      const losses = [];
      for (const { step } of [plain, captured, late]) losses.push(await step(x, y).item());
      expect(losses[1]).toBe(losses[0]);
      expect(losses[2]).toBe(losses[0]);
    }
    const [wanted, ...found] = await Promise.all([plain, captured, late].map(({ net }) => contents(net)));
    for (const f of found) expect(f).toEqual(wanted);
    for (const t of [plain, captured, late]) end(t);
    (captured.step as Captured<[Tensor, Tensor], Tensor>).dispose();
  });

  it('reads the learning rate at every call', async () => {
    const w = variable(tensor([0]));
    const sgd = optimizers.sgd(1);
    const step = capture(() => sgd.step([w], [tensor([1])]));
    for (const rate of [1, 2, 4, 8, 16]) {
      sgd.learningRate = rate;
      step();
    }
    expect(await w.item()).toBe(-31);
    step.dispose();
    for (const t of [w, sgd]) t.dispose();
  });

  it('counts each step of an optimizer that takes several', async () => {
    const updated = async (wrap: (step: () => void) => () => void) => {
      const [w, adam] = [variable(tensor([1, 2])), optimizers.adam(0.2)];
      const step = wrap(() => {
        for (let i = 0; i < 2; i++) scope(() => adam.step([w], [w.mul(2)]));
      });
      for (let i = 0; i < 5; i++) step();
      const values = await w.data();
      for (const t of [w, adam]) t.dispose();
      (step as Partial<Captured<[], void>>).dispose?.();
      return values;
    };
    expect(await updated((step) => capture(step))).toEqual(await updated((step) => step));
  });

  it('has a recording for every set of shapes, which share the state', async () => {
    const total = variable(tensor(0));
    const step = capture((x: Tensor) => {
      total.assign(total.add(x.sum()));
    });
    for (const n of [3, 3, 5, 3, 5, 5, 3]) step(tensor(new Float32Array(n).fill(1)));
    expect(await total.item()).toBe(27);
    step.dispose();
    total.dispose();
  });

  it('goes on where a variable got another content, or somebody holds the old one', async () => {
    const w = variable(tensor([1, 2]));
    const sgd = optimizers.sgd(1);
    const step = capture(() => sgd.step([w], [tensor([1, 1])]));
    for (let i = 0; i < 3; i++) step();
    w.assign(tensor([10, 20]));
    for (let i = 0; i < 3; i++) step();
    expect(await w.array()).toEqual([7, 17]);
    const view = w.reshape([2, 1]);
    for (let i = 0; i < 3; i++) step();
    expect(await view.array()).toEqual([[7], [17]]);
    expect(await w.array()).toEqual([4, 14]);
    step.dispose();
    for (const t of [w, sgd]) t.dispose();
  });

  it('moves random streams on', async () => {
    const [a, b] = [random(3), random(3)];
    const step = capture(() => a.uniform([5]));
    for (let i = 0; i < 5; i++) expect(await step().array()).toEqual(await b.uniform([5]).array());
    step.dispose();
  });

  it('draws again what a stream was put back for, as a checkpoint does', async () => {
    const trained = async (wrap: (step: () => Tensor) => () => Tensor) => {
      const [rng, w, sgd] = [random(5), variable(random(1).normal([4, 4])), optimizers.sgd(0.1)];
      const x = random(2).normal([8, 4]);
      const block = checkpoint((x: Tensor, w: Tensor) => x.matmul(w).dropout(0.5, rng).square());
      const step = wrap(() => {
        const { value, grad: g } = valueAndGrad((w: Tensor) => block(x, w).mean())(w);
        sgd.step(w, g);
        rng.uniform([3]);
        rng.position--;
        return value;
      });
      const found: number[] = [];
      for (let i = 0; i < 6; i++) found.push(await step().item(), rng.position);
      found.push(...(await w.data()));
      (step as Partial<Captured<[], Tensor>>).dispose?.();
      for (const t of [w, sgd]) t.dispose();
      return found;
    };
    expect(await trained((step) => capture(step))).toEqual(await trained((step) => () => scope(step)));
  });

  it('updates what is trainable now', async () => {
    const [a, b] = [variable(tensor([1])), variable(tensor([1]))];
    const sgd = optimizers.sgd(1);
    const step = capture(() => sgd.step([a, b], [tensor([1]), tensor([1])]));
    for (let i = 0; i < 10; i++) {
      if (i === 5) b.trainable = false;
      if (i === 8) b.trainable = true;
      step();
    }
    expect([await a.item(), await b.item()]).toEqual([-9, -6]);
    step.dispose();
    for (const t of [a, b, sgd]) t.dispose();
  });
});

describe('arguments and results', () => {
  it('may be views, trees, constants and nothing at all', async () => {
    const step = capture(({ a, list }: { a: Tensor; list: Tensor[] }) => ({
      sum: list.reduce((s, t) => s.add(t), a),
      turned: a.T,
      nothing: undefined,
    }));
    for (let i = 0; i < 4; i++) {
      const rows = tensor([
        [9, i, 9],
        [9, 2, 9],
      ]);
      const found = step({ a: rows.slice(null, [1, 2]), list: [zeros([2, 1]), tensor([[10], [20]])] });
      expect(await found.sum.array()).toEqual([[10 + i], [22]]);
      expect(await found.turned.array()).toEqual([[i, 2]]);
      expect(found.nothing).toBeUndefined();
    }
    step.dispose();
  });

  it('are disposed by the next call', async () => {
    const step = capture((x: Tensor) => x.add(1));
    let before: Tensor | undefined;
    for (let i = 0; i < 4; i++) {
      const now = step(tensor([i]));
      if (before) expect(() => before?.add(1)).toThrow(DisposedError);
      expect(await now.item()).toBe(i + 1);
      before = now;
    }
    step.dispose();
    await expect(before?.item()).rejects.toThrow(DisposedError);
  });

  it('leave large work on them that waits to be done', async () => {
    const n = 2 ** 18;
    const w = variable(tensor(new Float32Array(n).fill(1)));
    const step = capture(() => w.mul(2));
    const made: Tensor[] = [];
    for (let i = 0; i < 4; i++) made.push(step().slice(null).mul(3));
    for (const t of made) expect((await t.data())[5]).toBe(6);
    step.dispose();
    w.dispose();
  });

  it('leave to views of them what these show', async () => {
    const w = variable(tensor([1, 1]));
    const sgd = optimizers.sgd(1);
    const step = capture((x: Tensor) => {
      sgd.step([w], [x]);
      return { twice: x.mul(2), given: x.expandDims(0), x };
    });
    const views: [Tensor, Tensor, Tensor][] = [];
    const sums: Promise<number>[] = [];
    const kept = variable(tensor([0, 0]));
    for (let i = 0; i < 6; i++) {
      const { twice, given, x } = step(tensor([i, i]));
      views.push([twice.slice(0), given.slice(0, 1), x.reshape([2, 1]).slice(1, 0)]);
      sums.push(twice.add(given).sum().item());
      kept.assign(twice);
      if (i === 4) step(tensor([0, 0]));
      expect(await kept.array()).toEqual([2 * i, 2 * i]);
    }
    step.dispose();
    for (const [i, [twice, given, x]] of views.entries())
      expect([await twice.item(), await given.item(), await x.item()]).toEqual([2 * i, i, i]);
    expect(await Promise.all(sums)).toEqual([0, 6, 12, 18, 24, 30]);
    expect(await kept.array()).toEqual([10, 10]);
    expect(await w.array()).toEqual([-14, -14]);
    for (const t of [w, sgd, kept]) t.dispose();
  });

  it('leave the live tensors as they were', () => {
    const x = tensor([1, 2, 3]);
    const step = capture((t: Tensor) => t.mul(2).add(t).sum());
    for (let i = 0; i < 3; i++) step(x);
    const before = live();
    for (let i = 0; i < 10; i++) step(x);
    expect(live()).toEqual(before);
    step.dispose();
  });

  it('of a step that throws leave nothing', () => {
    const rows = tensor([1, 2, 3]);
    const before = memory().tensors;
    const step = capture((x: Tensor) => x.matmul(x.sum())); // a scalar is no matrix
    expect(() => step(rows)).toThrow(ShapeError);
    expect(memory().tensors).toBe(before);
    step.dispose();
  });

  it('that are variables or tensors of others stay theirs', async () => {
    const [v, x] = [variable(tensor([1])), tensor([2])];
    const step = capture(() => ({ v, x, y: v.add(x) }));
    for (let i = 0; i < 4; i++) {
      const found = step();
      expect(found.v).toBe(v);
      expect(found.x).toBe(x);
      expect(await found.y.item()).toBe(3);
    }
    step.dispose();
    expect(await x.add(v).item()).toBe(3);
    v.dispose();
  });
});

describe('what a step keeps beside its result', () => {
  it('is swapped at every recording without harm to the others', async () => {
    const [w, v] = [variable(tensor([1, 1, 1, 1])), variable(tensor([1, 1]))];
    const sgd = optimizers.sgd(1);
    let hidden: Tensor | undefined;
    const step = capture((x: Tensor) => {
      const next = keep(x.mul(3));
      hidden?.dispose();
      hidden = next;
      const y = next.add(x.mul(5).add(w.mul(0))); // the variable is used before the optimizer moves it
      sgd.step([w, v], [x.mul(0), tensor([0, 0])]);
      return y;
    });
    for (let i = 1; i < 7; i++)
      expect(await step(tensor([i, 10 * i, i, i])).array()).toEqual([8 * i, 80 * i, 8 * i, 8 * i]);
    step.dispose();
    for (const t of [hidden, w, v, sgd]) t?.dispose();
  });

  it('may be disposed before the next call makes anything', async () => {
    const [w, v] = [variable(tensor([1, 1, 1, 1])), variable(tensor([1, 1]))];
    const sgd = optimizers.sgd(1);
    let hidden: Tensor | undefined;
    const step = capture((x: Tensor) => {
      const [a, b] = [x.mul(2), x.mul(3)];
      hidden?.dispose();
      hidden = keep(b.add(1));
      const y = [x.mul(5), x.mul(7), x.mul(11)].reduce((sum, t) => sum.add(t), a.add(b));
      sgd.step([w, v], [zeros([4]), zeros([2])]);
      return y;
    });
    for (let i = 1; i < 7; i++)
      expect(await step(tensor([i, 10 * i, i, i])).array()).toEqual([28 * i, 280 * i, 28 * i, 28 * i]);
    step.dispose();
    for (const t of [hidden, w, v, sgd]) t?.dispose();
  });
});

describe('what cannot be captured', () => {
  it('is a function that returns a promise, or that is called in a gradient', () => {
    expect(() => capture(async () => tensor([1]))()).toThrow(ArgumentError);
    const step = capture((x: Tensor) => x.square().sum());
    expect(() => grad((x: Tensor) => step(x))(tensor([1]))).toThrow(
      'capture: a captured step cannot be called inside a gradient; take the gradient in the step',
    );
    expect(() => capture(1 as never)).toThrow('capture: takes a function, got 1');
  });

  it('is what differs from call to call: on a GPU it throws, and says what', async () => {
    const onCpu = inject('backend') === 'cpu';
    /** The second call with a difference. */
    const refused = (call: () => unknown, message: RegExp | string) => {
      if (onCpu) expect(call).not.toThrow();
      else expect(call).toThrow(message);
    };
    let factor = 2;
    const scaled = capture((x: Tensor) => x.mul(factor));
    scaled(tensor([1]));
    factor = 3;
    refused(
      () => scaled(tensor([1])),
      /^capture: the step did something else at its next call: mul has the number 2, then 3\. .*make what changes a tensor/,
    );
    let more = false;
    const longer = capture((x: Tensor) => (more ? x.add(1).mul(2) : x.add(1)));
    longer(tensor([1]));
    more = true;
    refused(() => longer(tensor([1])), /it records 1 kernels, then 2/);
    const drawn = capture(() => tensor([Math.random()]).add(1));
    drawn();
    refused(drawn, /it makes tensors of other host data/);
    const numbered = capture((x: Tensor, n: number) => x.mul(n));
    for (let i = 0; i < 3; i++) numbered(tensor([1]), 2);
    refused(
      () => numbered(tensor([1]), 3),
      'capture: an argument was 2 when the step was recorded and is 3 now; what changes must be a tensor',
    );
    const rates = [optimizers.sgd(1), optimizers.sgd(2)];
    const rng = random(3);
    const [w, ...variables] = [1, 2, 3].map((x) => variable(tensor([x]))) as [Variable, ...Variable[]];
    let k = 0;
    const alternating: Captured<[], unknown>[] = [
      capture(() => rates[k++ % 2]?.step(w, w)),
      capture(() => random(1).split(1)[0]?.uniform([2])),
      capture(() => rng.bernoulli(1 / (1 + k++), [3])),
      capture(() => ({ w: w.mul(2), steps: rates[0]?.iterations, count: k++ })),
      capture(() => [w, variables[k++ % 2] as Tensor]),
      capture(() => (k++ % 2 ? [w.mul(2)] : { w: w.mul(2) })),
      capture(() => full([2], k++)),
    ];
    const told = [
      /another optimizer or random stream/,
      /another optimizer or random stream/,
      /a random draw has the number \d+, then \d+/,
      /it returns \d+, then \d+/,
      /it returns another tensor/,
      /it returns something of another form/,
      /it returns another tensor/,
    ];
    for (const [i, step] of alternating.entries()) {
      step();
      refused(step, told[i] as RegExp);
    }
    const setting = capture(() => {
      if (rates[0]) rates[0].learningRate /= 2;
    });
    if (!onCpu) expect(setting).toThrow(/^sgd: learningRate cannot be set in a captured step/);
    for (const t of [...alternating, setting, ...rates, w, ...variables]) t.dispose();
    const maker = capture(() => variable(tensor([1])));
    if (onCpu) maker().dispose();
    else expect(maker).toThrow(/^variable: none can be made in a captured step/);
    for (const step of [scaled, longer, drawn, numbered, maker]) step.dispose();
  });
});
