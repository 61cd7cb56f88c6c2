/**
 * @file What is raced: tasks as plain data, which travel from the host into every library's page, and works, which
 * make a task's inputs and what must come out of them in float64. Pure.
 */
import type { Expected } from '../../products.ts';

export type Op =
  | 'matmul'
  | 'reluAdd'
  | 'sum'
  | 'softmax'
  | 'layerNorm'
  | 'argmax'
  | 'transpose'
  | 'conv2d'
  | 'conv2dGradients'
  | 'train';

/** What `--only` chooses from. */
export type Group = 'matmul' | 'ops' | 'conv' | 'train' | 'cpu';

export type Place = 'webgpu' | 'cpu';

export interface Task {
  readonly name: string;
  readonly group: Group;
  readonly op: Op;
  /** CPU tasks run on the libraries' CPU backends: WebAssembly, for most. */
  readonly place: Place;
  readonly shapes: readonly (readonly number[])[];
  /** Which operands of a product are given transposed, and multiplied as they were before. */
  readonly transposed?: readonly [a: boolean, b: boolean];
  readonly unit: 'GFLOP/s' | 'GB/s' | 'steps/s';
  /** What one call comes to in the unit, times a second: 2·10⁻⁹·m·k·n for a product. */
  readonly amount: number;
  /** Arithmetic and memory traffic of a call, for the roofline: each input read once, each output written once. */
  readonly operations?: number;
  readonly bytes?: number;
  /** Calls before a read, where the work itself says how many. */
  readonly repetitions?: number;
}

export interface Input {
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

export interface Work {
  inputs(task: Pick<Task, 'shapes'>, random: () => number): Input[];
  /** One for each result. */
  expected(task: Task, inputs: readonly Input[]): Expected[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Of a convolution of images [..., in] with kernels [kh, kw, in / groups, out]. */
export const groupsOf = ([x, w]: Task['shapes']): number => (x?.at(-1) as number) / (w?.[2] as number);

/** The values of an input that is known to be float32. */
export function floats(input: Input | undefined): Float32Array<ArrayBuffer> {
  if (!(input?.data instanceof Float32Array)) throw new TypeError('a float32 input is missing');
  return input.data;
}
