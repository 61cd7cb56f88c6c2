/**
 * @file What a layer is. The built-in ones are objects of this form and nothing more, so that one of your own is as good.
 * Shapes of layers leave the batch out: it is the first axis of every tensor that passes through.
 */
import { options as checked, flag } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { checkShape, type Shape } from '../core/shape.ts';
import type { Rng } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { leaves, type Tree } from '../tree.ts';
import type { Config } from './labelled.ts';

export interface Built<P extends Tree = Tree, S extends Tree = Tree> {
  /** Trained: tensors, of which the model makes variables; {} where there are none. */
  readonly params: P;
  /** Not trained, but renewed by `apply`, as moving averages are. */
  readonly state?: S;
  readonly outputShape: Shape;
}

export interface Applied<S extends Tree = Tree> {
  readonly output: Tensor;
  readonly state: S;
}

export interface LayerContext {
  /** Whether the model trains, or computes only. */
  readonly training: boolean;
  /** For noise: the model's own stream, which a resumed training goes on with. */
  readonly rng: Rng;
}

/**
 * A layer: what its weights begin with, and what it does with them. `apply` changes nothing; where it has a state it
 * returns the next one with its output.
 *
 * @example
 * const scale: Layer<{ factor: Tensor }> = {
 *   name: 'scale',
 *   build: (inputShape) => ({ params: { factor: ones(inputShape) }, outputShape: inputShape }),
 *   apply: ({ params }, x) => x.mul(params.factor),
 * };
 */
export interface Layer<P extends Tree = Tree, S extends Tree = Tree> {
  readonly name: string;
  /** False freezes its parameters, and batch normalisation's averages; read when `fit` begins. */
  trainable?: boolean;
  /** Of the first layer, so that the model is built at once: without the batch. */
  readonly inputShape?: Shape | undefined;
  build(inputShape: Shape, rng: Rng): Built<P, S>;
  apply(
    own: { readonly params: P; readonly state: S },
    x: Tensor,
    context: LayerContext,
  ): Tensor | Applied<S>;
  /** Scalars that are added to the loss, unless the layer is frozen: regularizers. */
  penalties?(params: P): readonly Tensor[];
  /** What parameters become after a step of the optimizer: constraints. */
  constrained?(params: P): readonly (readonly [parameter: Tensor, next: Tensor])[];
  /** Parameters of layers inside that are not trained. */
  frozen?(params: P): readonly Tensor[];
  /** True where its work differs from one call to the next other than by its inputs and `rng`: then it is not captured. */
  readonly dynamic?: boolean;
  /** The name of its kind, as Keras has it. */
  readonly type?: string;
  /** The options that make the same layer again. */
  readonly config?: Config;
}

/** Options that every layer takes. */
export interface LayerOptions {
  readonly name?: string;
  readonly trainable?: boolean;
  /** Of the first layer: the shape of one example. */
  readonly inputShape?: Shape;
}

/** The options of a built-in layer: those of all, and its own names; anything else is a mistake. */
export function layerOptions<O extends LayerOptions>(
  op: string,
  options: O | undefined,
  ...names: (keyof O & string)[]
): O {
  const given = checked(op, options, 'name', 'trainable', 'inputShape', ...names) as O;
  if (given.name !== undefined && (typeof given.name !== 'string' || given.name === ''))
    throw new ArgumentError(`${op}: the name must be a word, got ${describe(given.name)}`);
  return given;
}

interface Kind {
  /** As Keras calls it. */
  readonly type: string;
  /** As it is called here: the default name. */
  readonly name: string;
  readonly options: LayerOptions;
  readonly config?: Config;
}

type Methods<P extends Tree, S extends Tree> = Pick<
  Layer<P, S>,
  'build' | 'apply' | 'penalties' | 'constrained' | 'frozen' | 'dynamic'
>;

/** A built-in layer of its methods and the options of all layers. */
export function makeLayer<P extends Tree = Tree, S extends Tree = Tree>(
  { type, name, options, config = {} }: Kind,
  methods: Methods<P, S>,
): Layer {
  const { inputShape, trainable = true } = options;
  const layer: Layer<P, S> = {
    name: options.name ?? name,
    type,
    config,
    trainable: flag(name, 'trainable', trainable),
    inputShape: inputShape && checkShape(name, inputShape),
    ...methods,
  };
  return layer as unknown as Layer;
}

/** A layer without weights that keeps, or changes, the shape. */
export function plainLayer(
  kind: Kind,
  apply: (x: Tensor, context: LayerContext) => Tensor,
  outputShape: (inputShape: Shape) => Shape = (shape) => shape,
): Layer {
  return makeLayer(kind, {
    build: (inputShape) => ({ params: {}, outputShape: outputShape(inputShape) }),
    apply: (_, x, context) => apply(x, context),
  });
}

/** Parameters of a layer that are not trained. */
export function frozenIn(layer: Layer, params: Tree): readonly Tensor[] {
  return layer.trainable === false ? leaves(params) : (layer.frozen?.(params) ?? []);
}
