// The view inside: the first operation that makes a NaN or Infinity is named, and operations are logged.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  ArgumentError,
  customGradient,
  debug,
  defineOp,
  device,
  grad,
  memory,
  NonFiniteError,
  optimizers,
  scope,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

afterEach(() => {
  debug({ level: 0, nan: false });
  vi.restoreAllMocks();
});

/** The error of computing and reading: at the call on the CPU, at the read on WebGPU. */
async function errorOf(compute: () => Tensor): Promise<Error | undefined> {
  try {
    await compute().array();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

const made = (call: string) => {
  const [op, ...shapes] = call.split(': ');
  return `${op}: made NaN or Infinity out of finite inputs: ${shapes.join(': ')}, at `;
};

describe('debug({ nan: true })', () => {
  it.each<[string, () => Tensor]>([
    ['log: [2] float32 → [2] float32', () => tensor([1, -1]).log()],
    ['div: [2] float32, [2] float32 → [2] float32', () => tensor([0, 1]).div(tensor([0, 2]))],
    ['exp: [] float32 → [] float32', () => tensor(1000).exp()],
    [
      'log: [3, 1] float32 → [3, 1] float32',
      () =>
        tensor([[3, -1, 2]])
          .transpose()
          .log()
          .mul(2),
    ],
    ['astype: [1] float32 → [1] float16', () => tensor([1e6]).astype('float16').astype('float32')],
  ])('names %s', async (call, compute) => {
    debug({ nan: true });
    const error = await errorOf(compute);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error?.message).toContain(made(call));
    expect(error?.message).toMatch(/debug\.test\.ts:\d+:\d+$/);
  });

  it('names the first of several, and clears it', async () => {
    debug({ nan: true });
    const error = await errorOf(() => {
      const x = tensor([-1, 2]);
      return x.sqrt().add(x.mul(3e38).mul(10));
    });
    expect(error?.message).toContain(made('sqrt: [2] float32 → [2] float32'));
    expect(await errorOf(() => tensor([4]).sqrt())).toBeUndefined();
    expect((await errorOf(() => tensor([90]).exp()))?.message).toContain('exp: made');
    debug({ nan: false });
    expect(await tensor([-1]).log().isNaN().array()).toEqual([true]);
  });

  it('names what happens on the way back', async () => {
    debug({ nan: true });
    const f = customGradient((x: Tensor) => ({ value: x, vjp: (g) => g.neg().sqrt() }));
    const error = await errorOf(() => grad((x: Tensor) => f(x).sum())(tensor([1, 2])));
    expect(error?.message).toContain(made('sqrt (in a gradient): [2] float32 → [2] float32'));
    expect(error?.message).toMatch(/debug\.test\.ts:\d+:\d+$/);
    const slope = await errorOf(() => grad((x: Tensor) => x.sqrt().sum())(tensor([0, 1])));
    expect(slope?.message).toContain(made('div (in a gradient): [2] float32, [2] float32 → [2] float32'));
  });

  it('does not count what was not finite before, nor what a view hides', async () => {
    debug({ nan: true });
    const x = tensor([Number.NaN, 1, Infinity, -1]);
    expect(await x.add(1).mul(2).slice([1, 2]).array()).toEqual([4]);
    expect(await x.clip(-Infinity, Infinity).greater(0).array()).toEqual([false, true, true, false]);
    expect(await x.astype('float16').astype('float32').slice([1, 2]).array()).toEqual([1]);
    expect(await tensor([1, 0]).less(1).logicalNot().array()).toEqual([true, false]);
    const hidden = await errorOf(() => x.slice([3, 4]).log());
    expect(hidden?.message).toContain(made('log: [1] float32 → [1] float32'));
  });

  it('finds no fault with gradients that are finite', async () => {
    debug({ nan: true });
    const of = (f: (x: Tensor) => Tensor) =>
      errorOf(() => grad((x: Tensor) => f(x).sum())(tensor([0, 2, -3])));
    for (const f of [
      (x: Tensor) => x.pow(2),
      (x: Tensor) => x.pow(tensor([1, 2, 3])),
      (x: Tensor) => x.abs().add(x.relu()).add(x.gelu()).add(x.softmax()),
      (x: Tensor) => x.hypot(x.mul(0)),
      (x: Tensor) => x.max().add(x.prod()).add(x.logSumExp()),
      (x: Tensor) => x.logSoftmax().mul(x.sigmoid()).sub(x.tanh()),
      (x: Tensor) => x.softplus().add(x.elu()).add(x.silu()).add(x.clip(-1, 1)),
      (x: Tensor) => x.std().add(x.var()),
    ])
      expect(await of(f)).toBeUndefined();
  });

  it('watches updates', async () => {
    const w = variable(tensor([3e38]));
    const sgd = optimizers.sgd({ learningRate: 1 });
    debug({ nan: true });
    const error = await errorOf(() => {
      sgd.step([w], [tensor([-3e38])]);
      return w;
    });
    expect(error?.message).toContain('sgd: made NaN or Infinity out of finite inputs: [1] float32');
    sgd.dispose();
    w.dispose();
  });

  it('leaves no bytes behind', async () => {
    const probe = tensor([1]);
    const before = memory();
    debug({ nan: true });
    for (const x of [1, -1]) {
      const error = await errorOf(() => {
        scope(() => {
          tensor([[2, x]])
            .transpose()
            .add(0)
            .log();
        });
        return probe;
      });
      expect(error instanceof NonFiniteError).toBe(x < 0);
    }
    const { tensors, bytes } = memory();
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe('debug({ level })', () => {
  it('logs operations, with WGSL at 2', async () => {
    const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
    debug({ level: 1 });
    await tensor([[1, 2]])
      .add(tensor([1]))
      .sum()
      .array();
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines.map((line) => line.replace(/[\d.]+ ms/, 'T ms'))).toEqual([
      'tapegrad: add: [1, 2] float32, [1] float32 → [1, 2] float32, T ms',
      'tapegrad: sum: [1, 2] float32 → [] float32, T ms',
    ]);
    log.mockClear();
    debug({ level: 2 });
    const unseen = defineOp({ name: 'unseen', wgsl: 'a * 4321.0', cpu: (a) => a * 4321 }); // compiled nowhere else
    await unseen(tensor([1, 2])).array();
    await unseen(tensor([3, 4])).array();
    const texts = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('a * 4321.0'));
    expect(texts.length).toBe(device().kind === 'webgpu' ? 1 : 0);
    for (const text of texts) expect(text).toMatch(/^tapegrad: elementwise\.wgsl, \{.*\}:\n/);
    log.mockClear();
    debug({ level: 0 });
    await tensor([1]).add(1).array();
    expect(log).not.toHaveBeenCalled();
  });

  it('logs what kernels took at 3, where a GPU runs them', async () => {
    const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
    debug({ level: 3 });
    await tensor([1, 2])
      .add(tensor([3, 4]))
      .array();
    const onGpu = device().kind === 'webgpu';
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(onGpu ? 2 : 1));
    expect(String(log.mock.calls[0]?.[0])).toMatch(/^tapegrad: add: .* → \[2\] float32, [\d.]+ ms$/);
    if (onGpu) expect(String(log.mock.calls[1]?.[0])).toMatch(/^tapegrad: add: elementwise\.wgsl, .* ms/);
  });

  it('logs updates of variables too', () => {
    const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
    const w = variable(tensor([1, 2]));
    const sgd = optimizers.sgd(0.1);
    debug({ level: 1 });
    sgd.step([w], [tensor([1, 1])]);
    expect(String(log.mock.calls.at(-1)?.[0])).toMatch(
      /^tapegrad: sgd: \[2\] float32, \[2\] float32 → \[2\] float32, [\d.]+ ms$/,
    );
    for (const t of [w, sgd]) t.dispose();
  });

  it('refuses what it does not know', () => {
    expect(() => debug({ level: 4 as 2 })).toThrow(
      new ArgumentError('debug: level must be 0, 1, 2 or 3, got 4'),
    );
    expect(() => debug({ nan: 1 as unknown as boolean })).toThrow(ArgumentError);
    expect(() => debug({ nam: true } as never)).toThrow("did you mean 'nan'?");
  });
});
