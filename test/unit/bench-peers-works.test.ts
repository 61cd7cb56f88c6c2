// What the race holds results against: it must be right by itself, and refuse every kind of wrong result.
import { describe, expect, test } from 'vitest';
import { convTasks, convWorks } from '../../bench/peers/works/conv.ts';
import { matmulTasks, matmulWork } from '../../bench/peers/works/matmul.ts';
import { LAYER_NORM_EPSILON, rowTasks, rowWorks } from '../../bench/peers/works/rows.ts';
import {
  CHECKED_STEPS,
  gpuTrainTask,
  leastBytes,
  parameterCount,
  referenceLosses,
  trainingInputs,
  trainingIsOff,
  trainWork,
} from '../../bench/peers/works/train.ts';
import { groupsOf, type Input, type Task } from '../../bench/peers/works/work.ts';
import { objection, uniforms } from '../../bench/products.ts';

const input = (shape: number[], ...values: number[]): Input => ({ data: Float32Array.from(values), shape });
const task = (op: Task['op'], shapes: number[][], more: Partial<Task> = {}): Task => ({
  name: op,
  group: 'ops',
  op,
  place: 'webgpu',
  shapes,
  unit: 'GB/s',
  amount: 1,
  ...more,
});
const values = (expected: readonly { readonly values: Float64Array }[]) =>
  expected.map((one) => [...one.values]);

describe('products', () => {
  test('there are forty, all different', () => {
    expect(new Set(matmulTasks.map(({ name }) => name)).size).toBe(40);
    expect(matmulTasks.filter(({ transposed }) => transposed?.some(Boolean))).toHaveLength(8);
    expect(matmulTasks.filter(({ shapes }) => shapes[0]?.length === 3)).toHaveLength(5);
  });

  test('amounts count batches: 12 products of 128×64 and 64×128', () => {
    const one = matmulTasks.find(({ name }) => name === 'matmul 12×[128×64 · 64×128]');
    expect(one?.amount).toBeCloseTo((12 * 2 * 128 * 64 * 128) / 1e9, 12);
    expect(one?.bytes).toBe(4 * 12 * (2 * 128 * 64 + 128 * 128));
  });

  const [a, b] = [input([2, 3], 1, 2, 3, 4, 5, 6), input([3, 2], 7, 8, 9, 10, 11, 12)];
  const [at, bt] = [input([3, 2], 1, 4, 2, 5, 3, 6), input([2, 3], 7, 9, 11, 8, 10, 12)];
  test.each([
    [a, b, [false, false]],
    [at, b, [true, false]],
    [a, bt, [false, true]],
    [at, bt, [true, true]],
  ] as const)('however the operands lie', (left, right, transposed) => {
    expect(values(matmulWork.expected(task('matmul', [], { transposed }), [left, right]))).toEqual([
      [58, 64, 139, 154],
    ]);
  });

  test('batches', () => {
    const inputs = [input([2, 1, 2], 1, 2, 3, 4), input([2, 2, 1], 5, 6, 7, 8)];
    expect(values(matmulWork.expected(task('matmul', []), inputs))).toEqual([[17, 53]]);
  });
});

describe('rows', () => {
  const run = (op: keyof typeof rowWorks, ...inputs: Input[]) => rowWorks[op].expected(task(op, []), inputs);

  test('relu(x + b)', () => {
    const got = run('reluAdd', input([2, 2], 1, -5, -0.5, 3), input([2], 0.25, 1));
    expect(values(got)).toEqual([[1.25, 0, 0, 4]]);
  });

  test('sum', () => {
    expect(values(run('sum', input([4], 1, -2, 3.5, 4)))).toEqual([[6.5]]);
  });

  test('softmax of ln 1, ln 2, ln 5', () => {
    const [got] = values(run('softmax', input([1, 3], 0, Math.log(2), Math.log(5))));
    for (const [i, want] of [0.125, 0.25, 0.625].entries()) expect(got?.[i]).toBeCloseTo(want, 6);
  });

  test('layer norm of -1 and 1', () => {
    const got = run('layerNorm', input([1, 2], -1, 1), input([2], 2, 3), input([2], 10, 20));
    const one = 1 / Math.sqrt(1 + LAYER_NORM_EPSILON);
    expect(values(got)).toEqual([[10 - 2 * one, 20 + 3 * one]]);
  });

  test('argmax takes the first of equals', () => {
    expect(values(run('argmax', input([2, 3], 1, 7, 7, 9, 2, 3)))).toEqual([[1, 0]]);
  });

  test('transpose', () => {
    expect(values(run('transpose', input([2, 3], 1, 2, 3, 4, 5, 6)))).toEqual([[1, 4, 2, 5, 3, 6]]);
  });

  test.each(rowTasks)('$name: zeros are refused', (one) => {
    const small = { ...one, shapes: one.shapes.map((shape) => shape.map((n) => Math.min(n, 8))) };
    const work = rowWorks[one.op as keyof typeof rowWorks];
    const inputs = work.inputs(small, uniforms(3));
    const [expected] = work.expected(small, inputs);
    if (!expected) throw new Error('nothing is expected');
    expect(objection(expected.values, expected)).toBeUndefined();
    expect(objection(new Float32Array(expected.values.length), expected)).toMatch(/elements are wrong/);
  });
});

describe('convolutions', () => {
  /** Four of the images. */
  const few = (one: Task): Task => ({
    ...one,
    shapes: one.shapes.map((shape, k) => (k === 1 ? shape : shape.with(0, 4))),
  });
  const [forwardTask, gradientTask] = convTasks.map(few) as [Task, Task];
  const inputs = convWorks.conv2dGradients.inputs(gradientTask, uniforms(5));
  const [x, w, g] = inputs as [Input, Input, Input];
  const at = ({ data, shape }: Input, ...index: number[]) =>
    data[index.reduce((sum, i, axis) => sum * (shape[axis] as number) + i, 0)] as number;

  test('a corner of an image has four taps, by hand', () => {
    const [expected] = convWorks.conv2d.expected(forwardTask, inputs.slice(0, 2));
    let sum = 0;
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const)
      for (let c = 0; c < 16; c++) sum += at(x, 3, i, j, c) * at(w, i + 1, j + 1, c, 7);
    expect(expected?.values[3 * 28 * 28 * 32 + 7]).toBeCloseTo(sum, 9);
  });

  test('in groups and depthwise a channel sees its group alone; gradients are those of it', () => {
    expect(convTasks.map(({ shapes }) => groupsOf(shapes))).toEqual([1, 1, 4, 4, 32, 32]);
    const images = input([1, 1, 2, 4], 1, 2, 3, 4, 5, 6, 7, 8);
    const g = input([1, 1, 2, 2], 1, 0, 0, 10);
    const kernels = input([1, 1, 2, 2], 1, 10, 100, 1000); // of two groups: 1 and 100, then 10 and 1000
    const small = task(
      'conv2d',
      [images, kernels, g].map(({ shape }) => [...shape]),
    );
    expect(values(convWorks.conv2d.expected(small, [images, kernels]))).toEqual([[201, 4030, 605, 8070]]);
    expect(values(convWorks.conv2dGradients.expected(small, [images, kernels, g]))).toEqual([
      [1, 100, 0, 0, 0, 0, 100, 10_000],
      [1, 70, 2, 80],
    ]);
  });

  test('gradients are those of the convolution: Σ g·y = Σ dx·x = Σ dw·w, as it is linear in both', () => {
    const [y] = convWorks.conv2d.expected(forwardTask, inputs.slice(0, 2));
    const [dx, dw] = convWorks.conv2dGradients.expected(gradientTask, inputs);
    const dot = (a: ArrayLike<number> = [], b: ArrayLike<number> = []) =>
      Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);
    const total = dot(g.data, y?.values);
    expect(dot(x.data, dx?.values) / total).toBeCloseTo(1, 9);
    expect(dot(w.data, dw?.values) / total).toBeCloseTo(1, 9);
  });
});

describe('training', () => {
  const inputs = trainingInputs(gpuTrainTask, uniforms(2));
  const [expected] = trainWork.expected(gpuTrainTask, inputs);
  if (!expected) throw new Error('nothing is expected');

  test('counts parameters and the bytes that a step cannot do without', () => {
    expect(parameterCount).toBe(257 * 128 + 129 * 64 + 65 * 10);
    expect(leastBytes).toBe(4 * (4 * parameterCount + 64 * (256 + 128 + 64 + 10) + 64 + 1));
  });

  test('begins near ln 10 and learns', () => {
    const losses = referenceLosses(inputs, 80);
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses[0]).toBeLessThan(3.2);
    expect(losses[79]).toBeLessThan(0.9 * (losses[0] as number));
  });

  test('the first update moves the loss as Adam does: by the learning rate against every gradient', () => {
    // With one batch, loss(1) - loss(0) ≈ -learningRate · Σ|gradient|; finite differences give one gradient by hand.
    const nudged = (by: number) => {
      const moved = inputs.map((one) => ({ ...one, data: one.data.slice() }));
      const bias = moved[5] as Input; // of the last layer
      bias.data[3] = (bias.data[3] as number) + by;
      return referenceLosses(moved, 1)[0] as number;
    };
    const slope = (nudged(0.01) - nudged(-0.01)) / 0.02;
    expect(Math.abs(slope)).toBeGreaterThan(1e-4); // the bias does matter, and smoothly
    expect((nudged(0.01) - nudged(0)) / 0.01).toBeCloseTo(slope, 2);
  });

  test('losses of another training are refused', () => {
    const losses = [...expected.values];
    expect(objection(losses, expected)).toBeUndefined();
    const still = losses.map(() => losses[0] as number); // weights that are never updated
    expect(objection(still, expected)).toMatch(new RegExp(`of ${CHECKED_STEPS} elements are wrong`));
    const shifted = [losses[0] as number, ...losses.slice(0, -1)]; // a step late
    expect(objection(shifted, expected)).toMatch(/elements are wrong/);
  });

  test('later on a loss must have fallen', () => {
    expect(trainingIsOff([[0.3]])).toBeUndefined();
    for (const wrong of [Number.NaN, -1, 2.4, Number.POSITIVE_INFINITY])
      expect(trainingIsOff([[wrong]])).toContain(String(wrong));
    expect(trainingIsOff([])).toContain('NaN');
  });
});
