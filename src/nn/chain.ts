/** @file Layers one after another, as one layer: what a model, and a residual block, is made of. */

import { onlyWhile } from '../capture.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { type Shape, sameShape, show } from '../core/shape.ts';
import { Tensor } from '../tensor.ts';
import type { Tree } from '../tree.ts';
import { type Applied, type Built, frozenIn, type Layer, type LayerContext } from './layer.ts';

export interface Entry {
  /** Unique in the chain: that of the layer, with a number if others have it too. */
  readonly name: string;
  readonly layer: Layer;
}

/** Trees by the names of the layers. */
export type Trees = { [name: string]: Tree };

const NONE: Trees = {};

function requireLayer(op: string, value: unknown, position: number): asserts value is Layer {
  const { name, build, apply } = (value ?? {}) as Partial<Layer>;
  if (typeof name === 'string' && typeof build === 'function' && typeof apply === 'function') return;
  throw new ArgumentError(
    `${op}: entry ${position} must be a layer { name, build, apply }, as layers.dense(10), got ${describe(value)}`,
  );
}

/** Layers under unique names: dense, dense_1, dense_2. */
export function entriesOf(op: string, layers: readonly Layer[]): Entry[] {
  if (!Array.isArray(layers))
    throw new ArgumentError(`${op}: takes a list of layers, got ${describe(layers)}`);
  const names = new Set<string>();
  return layers.map((layer, position) => {
    requireLayer(op, layer, position);
    let name = layer.name;
    for (let k = 1; names.has(name); k++) name = `${layer.name}_${k}`;
    names.add(name);
    return { name, layer };
  });
}

export class Chain {
  constructor(
    readonly op: string,
    readonly entries: readonly Entry[],
  ) {}

  build(inputShape: Shape, rng: LayerContext['rng']): Built<Trees, Trees> & { readonly shapes: Shape[] } {
    const params: Trees = {};
    const state: Trees = {};
    const shapes: Shape[] = [];
    let shape = inputShape;
    for (const { name, layer } of this.entries) {
      const built = layer.build(shape, rng);
      if (!Array.isArray(built?.outputShape))
        throw new ArgumentError(
          `${this.op}: ${name}: build must return { params, state?, outputShape }, got ${describe(built)}`,
        );
      params[name] = built.params ?? {};
      state[name] = built.state ?? {};
      shape = built.outputShape;
      shapes.push(shape);
    }
    return { params, state, outputShape: shape, shapes };
  }

  /** Each layer on what the one before it gave; `after` hears of every output. */
  apply(
    { params, state }: { readonly params: Trees; readonly state: Trees },
    x: Tensor,
    context: LayerContext,
    after?: (output: Tensor, position: number, name: string) => void,
    count = this.entries.length,
  ): Applied<Trees> {
    const next: Trees = {};
    let output = x;
    this.entries.slice(0, count).forEach(({ name, layer }, position) => {
      const own = { params: params[name] ?? NONE, state: state[name] ?? NONE };
      const made = layer.apply(own, output, context);
      if (made instanceof Tensor) output = made;
      else {
        if (!(made?.output instanceof Tensor))
          throw new ArgumentError(
            `${this.op}: ${name}: apply must return a tensor, or { output, state }, got ${describe(made)}`,
          );
        output = made.output;
        next[name] = made.state;
      }
      after?.(output, position, name);
    });
    return { output, state: next };
  }

  /** What layers that are not frozen have. */
  #trained<R>(of: (entry: Entry) => readonly R[] | undefined): R[] {
    return this.entries.flatMap((entry) => {
      const { layer } = entry;
      const { trainable } = layer;
      onlyWhile(() => layer.trainable === trainable);
      return trainable === false ? [] : (of(entry) ?? []);
    });
  }

  penalties(params: Trees): Tensor[] {
    return this.#trained(({ name, layer }) => layer.penalties?.(params[name] ?? NONE));
  }

  constrained(params: Trees): (readonly [Tensor, Tensor])[] {
    return this.#trained(({ name, layer }) => layer.constrained?.(params[name] ?? NONE));
  }

  frozen(params: Trees): Tensor[] {
    return this.entries.flatMap(({ name, layer }) => frozenIn(layer, params[name] ?? NONE));
  }

  get dynamic(): boolean {
    return this.entries.some(({ layer }) => layer.dynamic === true);
  }
}

/** Refuses a layer's output of another shape than `build` has said. */
export function requireOutput(
  op: string,
  name: string,
  output: Tensor,
  examples: number,
  shape: Shape,
): void {
  if (!sameShape(output.shape, [examples, ...shape]))
    throw new ShapeError(
      `${op}: layer '${name}' made ${show(output.shape)}, where its build said ${show([examples, ...shape])}`,
    );
}
