// showTape(f) in every place: the tape of small functions word by word, as data, and that reading it costs nothing later.
import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  DTypeError,
  grad,
  memory,
  random,
  ShapeError,
  showTape,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '../../src/index.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('showTape', () => {
  it('reads as the step of a small net ran', () => {
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const labels = tensor([0, 1, 1, 0], { dtype: 'int32' });
    const rng = random(1);
    const net = {
      w1: variable(rng.normal([2, 8])),
      b1: variable(zeros([8])),
      w2: variable(rng.normal([8, 2])),
      b2: variable(zeros([2])),
    };
    const tape = showTape((p: typeof net) => {
      const hidden = x.dense(p.w1, p.b1, 'tanh');
      const loss = hidden.dense(p.w2, p.b2).softmaxCrossEntropy(labels).mean();
      return loss.add(p.w1.square().sum());
    })(net);
    expect(lines(String(tape))).toEqual(
      lines(
        `%0  dense([4, 2], w1, b1, tanh)   [4, 8] float32  saves inputs and output: 256 bytes
         %1  dense(%0, w2, b2, linear)     [4, 2] float32  saves inputs and output: 232 bytes
         %2  softmaxCrossEntropy(%1, [4])  [4] float32     saves inputs: 48 bytes
         %3  mean(%2, axes: [0])           [] float32
         %4  square(w1)                    [2, 8] float32  saves inputs: 64 bytes
         %5  sum(%4, axes: [0, 1])         [] float32
         %6  add(%3, %5)                   [] float32
         backward
         %6  add                  → %3, %5
         %5  sum                  → %4
         %4  square               → w1
         %3  mean                 → %2
         %2  softmaxCrossEntropy  → %1
         %1  dense                → %0, w2, b2
         %0  dense                → w1, b1
         saved: 376 bytes`,
      ),
    );
    for (const w of Object.values(net)) w.dispose();
  });

  it('is data', () => {
    const tape = showTape((x: Tensor) => x.exp().sum())(tensor([[1, 2]]));
    expect(tape.operations).toEqual([
      {
        name: '%0',
        op: 'exp',
        inputs: ['arg0'],
        attributes: '',
        shape: [1, 2],
        dtype: 'float32',
        saves: 'output',
        savedBytes: 8,
        derived: false,
      },
      {
        name: '%1',
        op: 'sum',
        inputs: ['%0'],
        attributes: 'axes: [0, 1]',
        shape: [],
        dtype: 'float32',
        saves: 'nothing',
        savedBytes: 0,
        derived: false,
      },
    ]);
    expect(tape.gradients).toEqual([
      { name: '%1', op: 'sum', inputs: ['%0'] },
      { name: '%0', op: 'exp', inputs: ['arg0'] },
    ]);
    expect(tape.savedBytes).toBe(8);
  });

  it('names arguments by their places, and what is no argument by its shape or its one value', () => {
    const shift = tensor([1, 2]);
    const f = ({ layers }: { layers: readonly Tensor[] }, y: Tensor, scale: number) => {
      const [a, b] = layers as [Tensor, Tensor];
      return a.mul(b).sub(y).add(shift).mul(scale).sum();
    };
    const { operations } = showTape(f)({ layers: [tensor([1, 2]), tensor([3, 4])] }, tensor([5, 6]), 0.1);
    expect(operations.map(({ inputs }) => inputs.join(' '))).toEqual([
      'layers[0] layers[1]',
      '%0 arg1',
      '%1 [2]',
      '%2 0.1',
      '%3',
    ]);
  });

  it('leaves out of the way back what the result does not depend on', () => {
    const tape = showTape((x: Tensor) => {
      x.exp();
      return x.square().sum();
    })(tensor([1]));
    expect(tape.operations.map(({ op }) => op)).toEqual(['exp', 'square', 'sum']);
    expect(tape.gradients.map(({ name }) => name)).toEqual(['%2', '%1']);
  });

  it('marks what gradient rules within the function ran', () => {
    const slope = grad((x: Tensor) => x.tanh().sum());
    const tape = showTape((x: Tensor) => slope(x).square().sum())(tensor([1, 2]));
    const derived = tape.operations.filter((operation) => operation.derived).map(({ op }) => op);
    expect(derived).toEqual(['tanhGrad']);
    expect(String(tape)).toContain("tanhGrad'(%1, ");
  });

  it('cuts long attributes off', () => {
    const images = zeros([1, 4, 4, 1]);
    const tape = showTape((w: Tensor) => images.conv2d(w, { padding: 'same' }).sum())(zeros([3, 3, 1, 2]));
    expect(tape.operations[0]?.attributes).toMatch(/^.{40}…$/);
  });

  it('leaves nothing behind', () => {
    const x = tensor([1, 2, 3]);
    const before = memory();
    const tape = showTape((t: Tensor) => t.tanh().mul(t).sum())(x);
    const { tensors, bytes } = memory();
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
    expect(String(tape)).toContain('tanh(arg0)');
  });

  it('refuses what grad refuses', () => {
    expect(() => showTape(1 as never)(tensor(1))).toThrow(
      new ArgumentError('showTape: takes a function, got 1'),
    );
    expect(() => showTape((x: Tensor) => x)(tensor([1, 2]))).toThrow(ShapeError);
    expect(() => showTape((x: Tensor) => x)(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError);
    expect(() => showTape((x: Tensor) => x)('w' as never)).toThrow('showTape: expected a tensor');
  });
});
