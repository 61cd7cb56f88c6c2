/** @file The graph under construction: its nodes and constants, and where in it the values of a layer are. */
import type { TypedArray } from '../core/dtype.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './wire.ts';

/** Numbers that ONNX has for the types of elements. */
export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
/** And for the types of attributes. */
const ATTRIBUTE = { f: 1, i: 2, ints: 7 } as const;

/**
 * A value of the graph. Images are channels last here and channels first in ONNX; they stay so from one layer to the next, and
 * are turned only where somebody sees the difference.
 */
export interface Value {
  readonly name: string;
  /** Of an example, as the layers here have it: channels last. */
  readonly shape: Shape;
  readonly channelsFirst: boolean;
}

export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly #names: Set<string>;

  /** With names that are taken already. */
  constructor(taken: readonly string[]) {
    this.#names = new Set(taken);
  }

  /** The name, or the name with a number behind it where it is taken. */
  #unique(name: string): string {
    let found = name;
    for (let k = 1; this.#names.has(found); k++) found = `${name}_${k}`;
    this.#names.add(found);
    return found;
  }

  /** Adds a node; gives the name of its output. Numbers with a fraction are given as { f }. */
  add(
    opType: string,
    name: string,
    input: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[] | { readonly f: number }>> = {},
  ): string {
    const output = this.#unique(name);
    const attribute = Object.entries(attributes).map(([key, value]): OnnxAttribute => {
      if (typeof value === 'number') return { name: key, i: value, type: ATTRIBUTE.i };
      return 'f' in value
        ? { name: key, f: value.f, type: ATTRIBUTE.f }
        : { name: key, ints: value, type: ATTRIBUTE.ints };
    });
    this.nodes.push({ input, output: [output], name: output, opType, attribute });
    return output;
  }

  /** The output of the graph is this value. */
  finish(name: string, output: string): void {
    this.nodes.push({ input: name, output, name: output, opType: 'Identity' });
  }

  /** A constant of float32. */
  floats(name: string, values: TypedArray | readonly number[], dims: Shape = [values.length]): string {
    return this.#constant(name, FLOAT, Float32Array.from(values), dims);
  }

  /** A constant of int64. */
  integers(name: string, values: readonly number[]): string {
    return this.#constant(name, INT64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  #constant(name: string, dataType: number, values: ArrayBufferView, dims: Shape): string {
    const own = this.#unique(name);
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.constants.push({ dims, dataType, name: own, rawData });
    return own;
  }

  /** The value as it is here: channels last. */
  channelsLast(name: string, value: Value): Value {
    if (!value.channelsFirst) return value;
    const turned = this.add('Transpose', `${name}/nhwc`, [value.name], { perm: [0, 2, 3, 1] });
    return { ...value, name: turned, channelsFirst: false };
  }

  /** Images as ONNX has them: channels first. */
  channelsFirst(name: string, value: Value): Value {
    if (value.channelsFirst) return value;
    const turned = this.add('Transpose', `${name}/nchw`, [value.name], { perm: [0, 3, 1, 2] });
    return { ...value, name: turned, channelsFirst: true };
  }

  /** The examples in another shape. */
  reshaped(name: string, value: Value, shape: Shape): Value {
    const from = this.channelsLast(name, value);
    const sizes = this.integers(`${name}/shape`, [-1, ...shape]);
    return { name: this.add('Reshape', name, [from.name, sizes]), shape, channelsFirst: false };
  }
}

/** Values in row-major order with the axes in another order: `order[k]` is the axis that becomes the k-th. */
export function permuted(values: TypedArray, shape: Shape, order: readonly number[]): Float32Array {
  const strides = shape.map((_, d) => sizeOf(shape.slice(d + 1)));
  const sizes = order.map((d) => shape[d] as number);
  const steps = order.map((d) => strides[d] as number);
  const found = new Float32Array(values.length);
  const index = sizes.map(() => 0);
  for (let i = 0, at = 0; i < found.length; i++) {
    found[i] = values[at] as number;
    for (let d = sizes.length - 1; d >= 0; d--) {
      at += steps[d] as number;
      if (++(index[d] as number) < (sizes[d] as number)) break;
      at -= (steps[d] as number) * (sizes[d] as number);
      index[d] = 0;
    }
  }
  return found;
}
