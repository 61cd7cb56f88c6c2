/**
 * @file What the race asks of a library, and no more: prepare a task, run it a number of times and read a little of
 * the last result, give the results whole for the check. Each library fulfils it as its own documentation advises.
 */
import { ADAM } from '../works/train.ts';
import type { Input, Op, Place, Task } from '../works/work.ts';

export interface Contender {
  /** Ways to do a task, the one that counts first; none if the library cannot do it. */
  variants(task: Task): readonly string[];
  prepare(task: Task, inputs: readonly Input[], variant: string): Promise<Prepared>;
}

export interface Prepared {
  /** Calls the work so many times, and is done when a few bytes of the last result have been read. */
  run(repetitions: number): Promise<void>;
  /** The results whole; of training, the losses of so many steps from now. */
  results(steps: number): Promise<ArrayLike<number>[]>;
  dispose(): void | Promise<void>;
  /** Bytes of tensors at their peak since the library was loaded, by its own account, where it keeps one. */
  peakBytes?(): number;
}

/** Starts a library on WebGPU or on its CPU backend. */
export type Start = (place: Place) => Promise<Contender>;

/** Where there is only one way. */
export const ONE_WAY: readonly string[] = ['default'];

/** How a library calls each work but training, on its own kind of tensors, of which there are as many as inputs. */
export type Calls<T> = Readonly<
  Record<Exclude<Op, 'train'>, (task: Task, ...inputs: readonly [T, T, T]) => T | readonly T[]>
>;

/** The call of a task, for inputs in a list. */
export function callOf<T>(calls: Calls<T>, task: Task): (inputs: readonly T[]) => readonly T[] {
  if (task.op === 'train') throw new TypeError('training is no single call');
  const call = calls[task.op];
  return (inputs) => {
    const out = call(task, ...(inputs as readonly [T, T, T]));
    return Array.isArray(out) ? (out as readonly T[]) : [out as T];
  };
}

interface Batch {
  readonly x: Input;
  readonly y: Input;
}

/** The pieces of a training task. */
export interface Parts {
  /** Weights and biases in turns. */
  readonly parameters: readonly Input[];
  readonly batches: readonly [Batch, ...Batch[]];
  readonly adam: typeof ADAM;
}

export function trainingParts(inputs: readonly Input[]): Parts {
  const [images, labels] = inputs.slice(-2) as [Input, Input];
  const count = images.shape[0] as number;
  const part = ({ data, shape }: Input, batch: number): Input => {
    const size = data.length / count;
    return { data: data.slice(batch * size, (batch + 1) * size), shape: shape.slice(1) };
  };
  return {
    parameters: inputs.slice(0, -2),
    batches: Array.from({ length: count }, (_, i) => ({ x: part(images, i), y: part(labels, i) })) as [Batch],
    adam: ADAM,
  };
}

/** The same elements with their axes in another order, as NumPy's transpose has it. */
export function permuted({ data, shape }: Input, axes: readonly number[]): Input {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const outShape = axes.map((axis) => shape[axis] as number);
  const outStrides = axes.map((axis) => strides[axis] as number);
  const out = data.slice();
  const index = axes.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[index.reduce((at, n, axis) => at + n * (outStrides[axis] as number), 0)] as number;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (outShape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return { data: out, shape: outShape };
}

/** From images [n, h, w, c] and kernels [kh, kw, in, out] to [n, c, h, w] and [out, in, kh, kw], and back. */
export const NHWC_TO_NCHW = [0, 3, 1, 2];
export const NCHW_TO_NHWC = [0, 2, 3, 1];
export const HWIO_TO_OIHW = [3, 2, 0, 1];
export const OIHW_TO_HWIO = [2, 3, 1, 0];
