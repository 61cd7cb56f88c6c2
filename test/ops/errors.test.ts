// Bad input: a typed error before any work, that names the operation, what it got, the rule and the cure; and nothing
// is lost by it.
import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  AxisError,
  add,
  arange,
  concat,
  DeviceError,
  DTypeError,
  full,
  IndexError,
  init,
  memory,
  optimizers,
  random,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  where,
  withDevice,
} from '../../src/index.ts';
import { onTestDevice, testDevice } from '../place.ts';

onTestDevice();

const x = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const whole = (...values: number[]) => tensor(Int32Array.from(values));

/** What is called, the kind of the error, its whole message. */
const calls: [call: () => unknown, kind: new (message: string) => Error, message: string][] = [
  [
    () => x().matmul(tensor([[1, 2]])),
    ShapeError,
    'matmul: inner dimensions differ: [2, 3] @ [1, 2] (3 vs 1)',
  ],
  [
    () => x().matmul(tensor(1)),
    ShapeError,
    'matmul: operands need at least one axis: [2, 3] @ []; use mul for scalars',
  ],
  [
    () => x().add(tensor([1, 2])),
    ShapeError,
    'add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [() => x().reshape([4, -1]), ShapeError, 'reshape: [2, 3] has 6 elements, which do not fit into [4, -1]'],
  [
    () => (x() as unknown as { reshape(...sizes: number[]): Tensor }).reshape(3, 2),
    ArgumentError,
    'reshape: takes one shape: reshape([3, 2])',
  ],
  [
    () => full([2], 1.5, { dtype: 'int32' }),
    DTypeError,
    "full: 1.5 at position 0 is not an int32; use dtype 'float32', or round it first",
  ],
  [
    () => full([2], 1, 'int32' as never),
    ArgumentError,
    "full: options are an object { dtype, device }, got 'int32'",
  ],
  [
    () => tensor([1], { dtpye: 'int32' } as never),
    ArgumentError,
    "tensor: unknown option 'dtpye', did you mean 'dtype'? The options are shape, dtype, device",
  ],
  [
    () => optimizers.adam({ learning_rate: 1 } as never),
    ArgumentError,
    "adam: unknown option 'learning_rate', did you mean 'learningRate'? The options are learningRate, beta1, beta2, epsilon",
  ],
  [() => x().reshape([7]), ShapeError, 'reshape: [2, 3] has 6 elements, which do not fit into [7]'],
  [() => x().sum(2), AxisError, 'sum: axis 2 is out of range for 2 axes; it must lie in [-2, 1]'],
  [() => x().sum([0, -2]), AxisError, 'sum: axes [0,-2] name the same axis twice'],
  [() => x().sum(0.5), AxisError, 'sum: an axis is a whole number, got 0.5'],
  [() => tensor(1).softmax(), AxisError, 'softmax: axis -1 of a tensor without axes (shape [])'],
  [
    () => x().sum(0, { keepDims: true } as never),
    ArgumentError,
    "sum: unknown option 'keepDims', did you mean 'keepdims'? The options are keepdims",
  ],
  [
    () => tensor([[], []]).max(1),
    ShapeError,
    'max: no elements to choose from in shape [2, 0] over axes [1]',
  ],
  [
    () => tensor([[1, 2], [3]]),
    ShapeError,
    'tensor: ragged data: an array of 1 entries stands at depth 1, where others have 2',
  ],
  [
    () => tensor([1, [2]]),
    ShapeError,
    'tensor: ragged data: an array of 1 entries stands at depth 1, where others have a plain value',
  ],
  [() => tensor([1, 2], { shape: [3] }), ShapeError, 'tensor: 2 values do not fit into shape [3] (3)'],
  [
    () => tensor([1, Number.NaN], { dtype: 'int32' }),
    DTypeError,
    "tensor: NaN at position 1 is not an int32; use dtype 'float32', or round it first",
  ],
  [() => tensor(['a'] as never), ArgumentError, 'tensor: values are numbers or booleans, got string'],
  [
    () => tensor([1], { dtype: 'float' as never }),
    DTypeError,
    'tensor: unknown dtype "float"; the dtypes are bool, int32, float16, float32, float64',
  ],
  [() => full([-1], 0), ShapeError, 'full: sizes are whole numbers of at least 0, got [-1]'],
  [
    () => full([1, 1, 1, 1, 1, 1, 1], 0),
    ShapeError,
    'full: shape [1, 1, 1, 1, 1, 1, 1] has 7 axes; at most 6 are possible',
  ],
  [() => arange(0, 1, 0), ArgumentError, 'arange: the step must not be 0'],
  [() => add('1' as never, 2), ArgumentError, 'add: the tensor must be a tensor or a number, got string'],
  [
    () => x().add([1, 2, 3] as never),
    ArgumentError,
    'add: the second argument must be a tensor or a number, got an array; wrap it: tensor(...)',
  ],
  [() => x().add(...([] as unknown as [number])), ArgumentError, 'add: takes 2 operands, got 1'],
  [() => x().permuteDims([0, 0]), AxisError, 'permuteDims: axes [0,0] name the same axis twice'],
  [() => x().permuteDims([0]), AxisError, 'permuteDims: axes must list all 2 axes of shape [2, 3], got 0'],
  [
    () => x().broadcastTo([2, 2]),
    ShapeError,
    'broadcastTo: shapes [2, 3] and [2, 2] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [() => x().broadcastTo([3]), ShapeError, 'broadcastTo: [2, 3] does not broadcast to [3]'],
  [() => x().slice(0, 0, 0), AxisError, 'slice: 3 ranges for 2 axes (shape [2, 3])'],
  [() => x().slice(2), IndexError, 'slice: index 2 is out of range for 2 entries; it must lie in [-2, 1]'],
  [() => x().slice([0, 1, 0]), ArgumentError, 'slice: the step of axis 0 must not be 0'],
  [() => x().squeeze(0), ShapeError, 'squeeze: axis 0 of shape [2, 3] has size 2, not 1'],
  [
    () => x().T.expandDims(5),
    AxisError,
    'expandDims: axis 5 is out of range for 3 axes; it must lie in [-3, 2]',
  ],
  [() => tensor([1]).T, ShapeError, 'T: only matrices, got shape [1]; use .mT or .permuteDims(axes)'],
  [() => concat([]), ArgumentError, 'concat: takes a list of at least one tensor, got an empty list'],
  [
    () => concat([x(), tensor([[1]])]),
    ShapeError,
    'concat: shapes [2, 3], [1, 1] must agree on every axis but axis 0',
  ],
  [() => x().take([0, 2]), IndexError, 'take: index 2 is out of range for 2 entries; it must lie in [-2, 1]'],
  [() => x().take([0.5]), ArgumentError, 'take: indices must be a whole number, got 0.5'],
  [
    () => x().take(tensor([0])),
    DTypeError,
    "take: indices must be int32, got float32; convert with .astype('int32')",
  ],
  [() => whole(1).oneHot(0), ArgumentError, 'oneHot: depth must be a whole number of at least 1, got 0'],
  [
    () => x().softmaxCrossEntropy(whole(0)),
    ShapeError,
    'softmaxCrossEntropy: logits [2, 3] want labels of shape [2], got [1]; labels are class numbers, not one-hot rows',
  ],
  [
    () => x().softmaxCrossEntropy(tensor([0, 1])),
    DTypeError,
    "softmaxCrossEntropy: labels must be int32, got float32; convert with .astype('int32')",
  ],
  [() => x().dense(x()), ShapeError, 'dense: inner dimensions differ: [2, 3] @ [2, 3] (3 vs 2)'],
  [
    () => x().dense(x().T, tensor([1, 2, 3])),
    ShapeError,
    'dense: the bias must be [2] for the kernel [3, 2], got [3]',
  ],
  [
    () => x().dense(x().T, null, 'rleu' as never),
    ArgumentError,
    "dense: unknown activation 'rleu', did you mean 'relu'? Fused are linear, relu, sigmoid, tanh",
  ],
  [
    () => where(x(), tensor([1, 2]), 0),
    ShapeError,
    'where: shapes [2, 3] and [2] and [] do not broadcast: sizes 3 and 2 meet at axis -1; they must be equal, or one of them 1',
  ],
  [() => random(0.5), ArgumentError, 'random: the seed must be a whole number, got 0.5'],
  [
    () => optimizers.adam({ learningRate: -1 }),
    ArgumentError,
    'adam: learningRate must be a number of at least 0, got -1',
  ],
  [
    () => optimizers.sgd().step([x()], [x()]),
    ArgumentError,
    'sgd: parameter [0] is not a variable; make it one: variable(tensor)',
  ],
];

describe('bad calls', () => {
  it.each(calls)('%s', (call, kind, message) => {
    const before = memory().bytes;
    let caught: unknown;
    try {
      call();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(kind);
    expect((caught as Error).message).toBe(message);
    expect((caught as Error).name).toBe(kind.name);
    // Nothing but the operands, which the call itself made, may be left.
    expect(memory().bytes - before).toBeLessThanOrEqual(64);
  });
});

describe('whole numbers', () => {
  it('beyond int32 make float32, and do not saturate', async () => {
    const top = whole(2147483647);
    expect(await top.equal(2 ** 32).array()).toEqual([false]);
    expect(await whole(1).add(3e9).array()).toEqual([3000000000]);
  });

  it('multiply modulo 2^32 in matrix products', async () => {
    const [a, b] = [whole(2147483647, 123456789), whole(2147483647, 987654321)];
    const exact = BigInt(2147483647) ** 2n + 123456789n * 987654321n;
    expect(await a.matmul(b).item()).toBe(Number(BigInt.asIntN(32, exact)));
  });
});

describe('print', () => {
  it('shows what JSON cannot', async () => {
    const lines: string[] = [];
    const log = console.log;
    console.log = (line: string) => lines.push(line);
    try {
      await tensor([
        [Number.NaN, 0.1],
        [Infinity, -2],
      ]).print();
    } finally {
      console.log = log;
    }
    expect(lines[0]).toMatch(/\n\[\[NaN, 0.1\], \[Infinity, -2\]\]$/);
  });
});

describe('read-outs', () => {
  it('item() wants one element', async () => {
    await expect(x().item()).rejects.toThrow(
      'item: only a tensor of one element has a value, got shape [2, 3]',
    );
  });

  it('indices in a tensor are found out at the latest when somebody reads', async () => {
    const late = async (make: () => Tensor) => make().data();
    await expect(late(() => x().take(whole(0, -3)))).rejects.toThrow(
      new IndexError('take: index -3 is out of range for 2 entries; it must lie in [-2, 1]'),
    );
    await expect(late(() => x().softmaxCrossEntropy(whole(0, 3)))).rejects.toThrow(
      new IndexError('softmaxCrossEntropy: 3 is out of range; it must lie in [0, 2]'),
    );
    expect(await x().take(whole(1, -1)).array()).toEqual([
      [4, 5, 6],
      [4, 5, 6],
    ]);
  });
});

describe('devices', () => {
  it('do not mix', async () => {
    const here = x();
    const cpu = await init('cpu');
    await testDevice();
    const there = withDevice(cpu, () => tensor([1, 2, 3]));
    expect(() => here.add(there)).toThrow(DeviceError);
    expect(() => here.add(there)).toThrow(/add: the tensors are on different devices .*await t.to\(device\)/);
    expect(await here.add(await there.to(here.device)).array()).toEqual([
      [2, 4, 6],
      [5, 7, 9],
    ]);
  });

  it('say which dtypes they have', async () => {
    if ((await testDevice()).kind === 'cpu') {
      expect(await tensor([0.1], { dtype: 'float64' }).array()).toEqual([0.1]);
      return;
    }
    expect(() => tensor([1], { dtype: 'float64' })).toThrow(
      'tensor: float64 is not possible on webgpu; use float32, or the CPU device: await t.to(cpu)',
    );
  });
});

describe('variables', () => {
  it('keep shape and dtype', () => {
    const v = variable(tensor([1, 2]));
    expect(() => v.assign(tensor([1, 2, 3]))).toThrow('assign: a variable of shape [2] cannot take [3]');
    expect(() => v.assign(whole(1, 2))).toThrow(
      "assign: a float32 variable cannot take int32; convert with .astype('float32')",
    );
    v.dispose();
  });
});
