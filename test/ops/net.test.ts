// The net under forgotten tensors: the collector gives their memory back, and under debug the console is told of them.
// No scope is open here: what a scope owns cannot be forgotten.
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  debug,
  grad,
  keep,
  memory,
  optimizers,
  scope,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';
import { collectGarbage } from '../collector.ts';
import { testDevice } from '../place.ts';

let warnings: string[] = [];

beforeAll(testDevice);
beforeEach(async () => {
  await collectGarbage(); // what earlier files have left behind
  vi.spyOn(console, 'debug').mockImplementation(() => {});
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((text) => {
    warnings.push(text);
  });
});
afterEach(() => {
  debug({ level: 0 });
  vi.restoreAllMocks();
});

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

/** Ten sums, of which nobody holds on to anything. */
function forget(): void {
  for (let k = 0; k < 10; k++) tensor([k, 1, 2]).add(tensor([1, 1, 1]));
}

/** Waits until the last reads of the work are done, so that only the collector is to blame for what is left. */
const settled = async (t: Tensor) => {
  await t.data();
  t.dispose();
};

describe('a tensor forgotten outside of a scope', () => {
  it('is found by the collector, and its memory is given back', async () => {
    const before = live();
    forget();
    expect(live()).toEqual({ tensors: before.tensors + 30, bytes: before.bytes + 360 });
    await settled(tensor([1]));
    await collectGarbage();
    expect(live()).toEqual(before);
    expect(warnings).toEqual([]); // debug is off
  });

  it('keeps what its views and its gradients still need', async () => {
    const before = live();
    const view = (() => tensor([1, 2, 3]).add(1).slice([1, 3]))();
    await collectGarbage();
    expect(live()).toEqual({ tensors: before.tensors + 1, bytes: before.bytes + 12 });
    expect(await view.array()).toEqual([3, 4]);
    view.dispose();
    expect(live()).toEqual(before);
  });
});

const HEAD =
  /^tapegrad: (?:a tensor was|(\d+) tensors were) never disposed: float32 \[3\], (\d+) bytes(?: in all)?; use scope\(\), using or dispose\(\)\. Made at$/;

describe('what was read', () => {
  const readAndForget = async (t: Tensor) => new WeakRef((await t.data()).buffer);

  it('is not kept, be it the last', async () => {
    const x = tensor(new Float32Array(1000)).add(1);
    const values = await readAndForget(x);
    await collectGarbage();
    expect(values.deref() === undefined).toBe(true);
    x.dispose();
  });
});

describe('under debug', () => {
  it('the console is told what was forgotten and where it was made, in one text for all alike', async () => {
    debug({ level: 1 });
    forget();
    await settled(tensor([1]));
    await collectGarbage();
    const found = new Map<string, number>(); // by the place; a collector that needs two runs tells of each
    for (const text of warnings) {
      const [head = '', first = '', ...rest] = text.split('\n');
      const [, several, bytes] = HEAD.exec(head) ?? [];
      const count = Number(several ?? 1);
      expect([head, Number(bytes)]).toEqual([head, 12 * count]);
      expect(first).toMatch(/^ {4}at forget \(.*net\.test\.ts.*:\d+:\d+\)$/);
      expect(rest.length).toBeGreaterThan(0); // who called forget()
      expect(text).not.toContain('/src/');
      found.set(first, (found.get(first) ?? 0) + count);
    }
    expect([...found.values()]).toEqual([10, 10, 10]); // for each tensor() and add() of the line
  });

  it('each thing is named by its own shape, dtype and bytes', async () => {
    debug({ level: 1 });
    (() => {
      tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] });
      variable(tensor(3));
      keep(grad((x: Tensor) => x.square().sum())(tensor([1, 2])));
    })();
    await settled(tensor([1]));
    await collectGarbage();
    const heads = warnings.map((text) => text.split(';')[0]);
    expect(heads.sort()).toEqual(
      [
        'int32 [2, 2], 16 bytes',
        'float32 [], 4 bytes', // the variable shares its content with
        'float32 [], 4 bytes', // the tensor that it began with
        'float32 [2], 8 bytes', // the gradient
        'float32 [2], 8 bytes', // the argument
      ]
        .map((what) => `tapegrad: a tensor was never disposed: ${what}`)
        .sort(),
    );
  });

  it('nothing is told of what was disposed, or belonged to a scope, or to the engine', async () => {
    debug({ level: 1 });
    const before = live();
    (() => {
      const w = scope(() => variable(tensor([1, 2])));
      const adam = optimizers.adam();
      scope(() => {
        const x = tensor([3, 4]).mul(2);
        scope(() => x.add(1));
        const loss = (p: Tensor) =>
          scope(() =>
            p
              .mul(x)
              .tanh()
              .dropout(0.5, { bernoulli: () => x })
              .std(),
          );
        adam.step(w, grad(loss)(w));
        expect(() => grad((p: Tensor) => loss(p).reshape([7]))(w)).toThrow();
      });
      using y = tensor([1]);
      y.add(1).dispose();
      adam.dispose();
      w.dispose();
    })();
    await collectGarbage();
    const leftover = live();
    expect(leftover.tensors - before.tensors).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('nothing is remembered of what was made before', async () => {
    forget();
    debug({ level: 1 });
    await settled(tensor([1]));
    await collectGarbage();
    expect(warnings).toEqual([]);
  });
});
