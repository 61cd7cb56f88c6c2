// "Memory and lifetimes" of the design, sentence by sentence, on every device: scopes, dispose, using, counts, and what
// the tape keeps whatever becomes of the handles. Variables have variables.test.ts, the collector has net.test.ts.
import { beforeAll, describe, expect, it } from 'vitest';
import { context } from '../../src/core/context.ts';
import {
  ArgumentError,
  checkpoint,
  customGradient,
  type Device,
  DisposedError,
  defineOp,
  device,
  einsum,
  grad,
  init,
  keep,
  memory,
  noGrad,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  withDevice,
  zeros,
} from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';
import { callsOf } from '../samples/inputs.ts';
import { outcomes, tensorsOf } from '../samples/run.ts';
import { opsOf, samples } from '../samples.ts';

onTestDevice();

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

/** As `before`, and so many more. */
const more = (before: ReturnType<typeof live>, tensors: number, bytes: number) => ({
  tensors: before.tensors + tensors,
  bytes: before.bytes + bytes,
});

describe('operations never consume their inputs', () => {
  it('nor change them: every operation, twice on the same ones', async () => {
    const changed: string[] = [];
    for (const op of opsOf(samples)) {
      const call = callsOf(op, samples[op]).find(
        ({ sample, inputs }) => sample.only !== 'cpu' && inputs.some((x) => typeof x !== 'number'),
      );
      if (!call) throw new Error(`${op} has no sample with a tensor`);
      const lays = call.inputs.map(() => 'strided' as const);
      const inputs = scope(() => tensorsOf(call, lays, { device: device(), float: 'float32' }));
      const tensors = inputs.filter((x): x is Tensor => typeof x !== 'number');
      const contents = async () => (await Promise.all(tensors.map((x) => x.data()))).join(' and ');
      const before = await contents();
      for (let twice = 0; twice < 2; twice++) scope(() => outcomes(op, inputs, call.args));
      if (tensors.some((x) => x.disposed) || (await contents()) !== before) changed.push(op);
      for (const x of tensors) x.dispose();
    }
    expect(changed).toEqual([]);
  });
});

describe('scope frees all that was made inside except what it returns', () => {
  it('in arrays, objects, maps and sets too', async () => {
    const before = live();
    const { a, list, map, set } = scope(() => {
      const x = tensor([1, 2, 3]);
      const a = x.add(1);
      return { a, list: [a.mul(2)], map: new Map([['c', x.mul(3)]]), set: new Set([x.mul(4)]) };
    });
    expect(live()).toEqual(more(before, 4, 48));
    const all = [a, ...list, ...map.values(), ...set];
    expect(await Promise.all(all.map((t) => t.array()))).toEqual([
      [2, 3, 4],
      [4, 6, 8],
      [3, 6, 9],
      [4, 8, 12],
    ]);
    for (const t of all) t.dispose();
    expect(live()).toEqual(before);
  });

  it('and hands that to the scope around it', () => {
    const before = live();
    scope(() => {
      scope(() => tensor([1, 2]).add(1));
    });
    expect(live()).toEqual(before);
  });

  it('and what keep() takes out', () => {
    const before = live();
    let kept: Tensor | undefined;
    scope(() => {
      kept = keep(tensor([1, 2]));
    });
    expect(live()).toEqual(more(before, 1, 8));
    kept?.dispose();
    expect(live()).toEqual(before);
  });

  it('but nothing that was made outside', async () => {
    const x = tensor([1, 2]);
    const returned = scope(() => scope(() => x));
    expect(returned).toBe(x);
    expect(await x.array()).toEqual([1, 2]);
  });

  it('after an error as well', () => {
    const before = live();
    expect(() =>
      scope(() => {
        tensor([1, 2]);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(live()).toEqual(before);
  });

  it('at once where it is disposed before', () => {
    scope(() => {
      const owned = context.scopes.at(-1)?.owned;
      const before = owned?.size;
      tensor([1, 2]).add(1).dispose();
      expect(owned?.size).toBe((before ?? 0) + 1); // the operand alone
    });
  });
});

describe('dispose', () => {
  it('gives the memory back once, and later use is an error', async () => {
    const before = live();
    const x = tensor([1, 2]);
    x.dispose();
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(() => x.add(1)).toThrow(DisposedError);
    expect(() => x.add(1)).toThrow(/float32 \[2\]\) was disposed/);
    await expect(x.data()).rejects.toThrow(DisposedError);
    expect(live()).toEqual(before);
  });

  it('is what `using` calls', () => {
    const before = live();
    {
      using x = tensor([1, 2]);
      using y = x.add(1);
      expect(y.shape).toEqual([2]);
    }
    expect(live()).toEqual(before);
  });

  it('does not reach a read that is under way', async () => {
    const x = tensor([1, 2]).add(1);
    const reading = x.data();
    x.dispose();
    const next = tensor([7, 7]).mul(2); // may get the memory
    expect([...(await reading)]).toEqual([2, 3]);
    expect(await next.array()).toEqual([14, 14]);
  });
});

describe('storages are reference counted across views', () => {
  it('so that the last of them gives the memory back', async () => {
    const before = live();
    const x = tensor([1, 2, 3, 4]);
    const views = [x.reshape([2, 2]), x.slice([1, 3]), x.expandDims(0), x.broadcastTo([3, 4])];
    expect(live()).toEqual(more(before, 5, 16));
    x.dispose();
    const last = views[1]?.slice(1) as Tensor;
    for (const view of views) view.dispose();
    expect(live()).toEqual(more(before, 1, 16));
    expect(await last.item()).toBe(3);
    last.dispose();
    expect(live()).toEqual(before);
  });
});

describe('memory() tells live tensors, live bytes, pool bytes, peak', () => {
  it('bytes as they are requested, and free ones as they are allocated', async () => {
    await device().flush();
    const [before, poolBefore] = [live(), memory().poolBytes];
    const made = Array.from({ length: 8 }, () => tensor(new Float32Array(300)).add(1));
    expect(live()).toEqual(more(before, 16, 16 * 1200));
    expect(memory().peakBytes).toBeGreaterThanOrEqual(before.bytes + 16 * 1200);
    for (const t of made) t.dispose();
    const freed = memory().poolBytes - poolBefore;
    if (device().kind === 'cpu') expect(freed).toBe(0);
    else expect(freed).toBeLessThanOrEqual(8 * 1280); // what was new; 1200 bytes take a bucket of 1280
    expect(live()).toEqual(more(before, 8, 8 * 1200));
  });

  it('counts a constant as none', () => {
    const before = live();
    const z = zeros([1000, 1000]);
    expect(live()).toEqual(more(before, 1, device().kind === 'cpu' ? 4 : 0));
    z.dispose();
  });
});

describe('the tape retains storages independently of handles', () => {
  const double = defineOp({ name: 'double', wgsl: '2.0 * a', cpu: (a) => 2 * a, vjp: (g) => [g.mul(2)] });
  const cube = customGradient((x: Tensor) => {
    const square = x.square();
    return { value: square.mul(x), vjp: (g) => g.mul(square).mul(3) };
  });
  const squared = customGradient((x: Tensor) => ({ value: x.square(), vjp: (g) => g.mul(x).mul(2) }));

  // Σ x³ in every way to let go of what backward needs; its derivatives are 3x² and, summed up, 6x.
  it.each<[string, (x: Tensor) => Tensor]>([
    [
      'using',
      (x) => {
        using square = x.square();
        using product = square.mul(x);
        return product.sum();
      },
    ],
    [
      'dispose',
      (x) => {
        const square = x.square();
        const product = square.mul(x);
        square.dispose();
        const y = product.sum();
        product.dispose();
        return y;
      },
    ],
    ['a scope', (x) => scope(() => x.square().mul(x).sum())],
    ['scopes within scopes', (x) => scope(() => scope(() => scope(() => x.square()).mul(x)).sum())],
    [
      'views',
      (x) => {
        using row = x.reshape([1, -1]);
        using column = row.T;
        return scope(() => column.square().mul(column).sum());
      },
    ],
    [
      'the argument disposed',
      (x) => {
        const y = x.square().mul(x).sum();
        x.dispose();
        return y;
      },
    ],
    ['an operation made of others', (x) => scope(() => einsum('i,i,i->', x, x, x))],
    [
      'an operation of the user’s own',
      (x) => {
        using twice = double(x);
        return scope(() => twice.mul(x).mul(x).div(2).sum());
      },
    ],
    ['customGradient, which has made something', (x) => scope(() => cube(x).sum())],
    [
      'customGradient, whose argument is disposed',
      (x) => {
        using once = x.mul(1);
        using square = squared(once);
        return square.mul(x).sum();
      },
    ],
    [
      'checkpoint, whose argument is disposed',
      (x) => {
        using once = x.mul(1);
        return checkpoint((t: Tensor) => scope(() => t.square().mul(t).sum()))(once);
      },
    ],
    [
      'a variable of its own',
      (x) => {
        const v = variable(x.square());
        const y = v.mul(x).sum();
        v.dispose();
        return y;
      },
    ],
  ])('%s inside the function never frees what backward needs', async (_, f) => {
    const x = tensor([1, 2]);
    const before = live();
    const first = grad(f)(x);
    const second = grad((t: Tensor) => grad(f)(t).sum())(x);
    expect(live()).toEqual(more(before, 2, 16)); // nothing else stays, without a scope
    expect(await first.array()).toEqual([3, 12]);
    expect(await second.array()).toEqual([6, 12]);
  });

  it('the caller’s argument may go while the function runs', async () => {
    const x = tensor([1, 2]);
    const f = (t: Tensor) => {
      const y = t.square().sum();
      x.dispose();
      return y;
    };
    expect(await grad(f)(x).array()).toEqual([2, 4]);
  });

  it('and lets go of them at the end', () => {
    const before = live();
    const x = tensor([1, 2]);
    const y = valueAndGrad((t: Tensor) => t.exp().mul(t).sum())(x);
    for (const t of [x, y.value, y.grad]) t.dispose();
    expect(live()).toEqual(before);
  });
});

describe('grad frees its own intermediates without a scope', () => {
  it('and gives out what it promises, nothing else', () => {
    const [x, w] = [random(1).normal([4, 3]), random(2).normal([3])];
    const f = (p: { w: Tensor; unused: Tensor }): [Tensor, { h: Tensor; again: Tensor[] }] => {
      const h = x.mul(p.w).tanh();
      return [h.square().sum().log(), { h, again: [h.exp()] }];
    };
    const before = live();
    const made = valueAndGrad(f, { aux: true })({ w, unused: w });
    const unused = device().kind === 'cpu' ? 4 : 0; // zeros: one element, or none
    expect(live()).toEqual(more(before, 5, 4 + 12 + unused + 2 * 48));
    for (const t of [made.value, made.grad.w, made.grad.unused, made.aux.h, ...made.aux.again]) t.dispose();
    expect(live()).toEqual(before);
  });

  it('and without a gradient, customGradient and checkpoint do so too', () => {
    const x = tensor([1, 2]);
    const before = live();
    const f = (t: Tensor) => t.exp().mul(t);
    customGradient((t: Tensor) => ({ value: f(t), vjp: (g) => g }))(x);
    checkpoint(f)(x);
    expect(live()).toEqual(more(before, 2, 16));
  });

  it('where it fails on the way back, too', () => {
    const failing = defineOp({
      name: 'failing',
      wgsl: 'a',
      cpu: (a) => a,
      vjp: () => {
        throw new Error('no gradient today');
      },
    });
    const x = tensor([1, 2]);
    const before = live();
    for (let i = 0; i < 3; i++)
      expect(() => grad((t: Tensor) => failing(t.mul(2)).sum())(x)).toThrow('no gradient today');
    const bad = customGradient((t: Tensor) => ({ value: t.exp(), vjp: (g) => [g, g] }));
    expect(() => grad((t: Tensor) => bad(t.mul(2)).sum())(x)).toThrow(ArgumentError);
    expect(live()).toEqual(before);
  });

  it('but not a value that the function did not make: that is handed out under a handle of its own', async () => {
    const v = variable(tensor(3));
    const { value } = valueAndGrad((p: Tensor) => p)(v);
    value.dispose();
    expect(await v.item()).toBe(3);
    v.dispose();
  });
});

describe('a function that returns a promise is refused', () => {
  let here: Device;
  beforeAll(async () => {
    here = await testDevice();
  });

  const x = () => tensor([1, 2]);
  it.each<[string, (f: () => Promise<Tensor>) => unknown]>([
    ['scope', (f) => scope(f)],
    ['withDevice', (f) => withDevice(here, f)],
    ['grad', (f) => grad(f as never)(x() as never)],
    ['valueAndGrad', (f) => valueAndGrad(f as never)(x() as never)],
    ['noGrad', (f) => noGrad(f)],
  ])('by %s, with a clear error, and what it has made so far is freed by the scope', (name, call) => {
    const before = live();
    const asynchronous = async () => {
      const y = tensor([1]).add(1);
      await Promise.resolve();
      throw new Error(`nobody hears of this: ${y.shape}`);
    };
    expect(() => scope(() => call(asynchronous))).toThrow(
      new RegExp(`^${name}: the function returned a promise; `),
    );
    expect(live()).toEqual(before);
    expect(context).toMatchObject({ device: here, tapes: [] });
  });
});

describe('handles', () => {
  it('have shapes that cannot be changed from outside', () => {
    const shape = [2, 2];
    const t = tensor([1, 2, 3, 4], { shape });
    shape[0] = 5;
    expect(t.shape).toEqual([2, 2]);
    expect(() => (t.shape as number[]).push(3)).toThrow(TypeError);
  });

  it('live on where another device is made, and are freed there', async () => {
    const before = live();
    const here = device();
    const t = tensor([1, 2]);
    await init('cpu');
    expect(await t.add(1).array()).toEqual([2, 3]);
    const there = tensor([5]);
    context.device = here;
    for (const s of [t, there]) s.dispose();
    expect(live()).toEqual(more(before, 1, 8)); // the sum, which the test's scope frees
  });
});
