/** @file Models as Keras' JSON: what `model.to_json()` gives in Python, of Keras 3 and of Keras 2, and back. */
import { options as checked } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError, FormatError } from '../../core/errors.ts';
import { inName } from '../../core/in_name.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import { random } from '../../random.ts';
import { scope } from '../../scope.ts';
import { entries, isPlainObject } from '../../tree.ts';
import { Chain, entriesOf } from '../chain.ts';
import { weightName } from '../host.ts';
import type { Layer } from '../layer.ts';
import { type Sequential, sequential } from '../model.ts';
import { fromKerasLayer, type Reading, toKerasLayer } from './keras_layers.ts';
import type { Options } from './keras_names.ts';

export interface KerasOptions {
  /** Of first weights, noise and order; a random one by default. */
  readonly seed?: number;
  /** Functions that make layers of your own from their configuration, by their types. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** A model without its weights, as the JSON of Keras 3: `keras.models.model_from_json` reads it, if Keras has all layers. */
export function toKerasJson(model: Sequential): string {
  return inName('toKerasJson', () => {
    if (typeof model?.chain !== 'object')
      throw new ArgumentError(`takes a model, as sequential gives it, got ${describe(model)}`);
    return JSON.stringify(toKeras(model));
  });
}

export function toKeras(model: Sequential): Options {
  const { name, chain, built } = model;
  const shapes = built ? [model.inputShape, ...model.outputShapes] : [];
  const [input] = shapes;
  const first = input && {
    module: 'keras.layers',
    class_name: 'InputLayer',
    config: { name: `${name}_input`, batch_shape: [null, ...input], dtype: 'float32' },
    registered_name: null,
  };
  const layers = chain.entries.map((entry, k) => toKerasLayer(entry, shapes[k]));
  return {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name,
      trainable: true,
      dtype: 'float32',
      layers: first ? [first, ...layers] : layers,
      ...(input ? { build_input_shape: [null, ...input] } : {}),
    },
    registered_name: null,
    ...(input ? { build_config: { input_shape: [null, ...input] } } : {}),
  };
}

/** What the JSON says of a model. */
export interface Architecture {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly inputShape: Shape | undefined;
  /** Axes that batch normalisations are taken over, by their places; −1 where they do not say. */
  readonly axes: readonly unknown[];
}

/** The shape of an example: what follows the batch. */
function shapeOf(batchShape: unknown): Shape | undefined {
  if (batchShape === undefined || batchShape === null) return undefined;
  if (!Array.isArray(batchShape))
    throw new FormatError(`a shape must be a list, got ${describe(batchShape)}`);
  const shape = batchShape.slice(1);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new FormatError(`sizes behind the batch must be whole numbers, got ${describe(batchShape)}`);
  return shape as number[];
}

export function architectureOf(json: unknown, reading: Omit<Reading, 'older'>): Architecture {
  const { class_name: type, config, keras_version: version } = (isPlainObject(json) ? json : {}) as Options;
  if (type !== 'Sequential')
    throw new FormatError(`only models of class Sequential are read, got ${describe(type ?? json)}`);
  const { name = 'sequential', layers: list } = (
    Array.isArray(config) ? { layers: config } : isPlainObject(config) ? config : {}
  ) as Options;
  if (typeof name !== 'string' || !Array.isArray(list))
    throw new FormatError(`a model must have a name and layers, got ${describe(config)}`);
  const older = typeof version === 'string' && /^[12]\./.test(version);
  const entries = list.map((entry) => (isPlainObject(entry) ? entry : {}) as Options);
  const inputs = entries.filter(({ class_name: kind }) => kind === 'InputLayer');
  const rest = list.filter((_, k) => !inputs.includes(entries[k] as Options));
  const first = { ...(entries[0]?.config as Options | undefined) };
  const built = isPlainObject((json as Options).build_config)
    ? ((json as Options).build_config as Options)
    : {};
  return {
    name,
    layers: rest.map((layer) => fromKerasLayer(layer, { ...reading, older })),
    inputShape: shapeOf(first.batch_shape ?? first.batch_input_shape ?? built.input_shape),
    axes: rest.map((layer) =>
      (layer as Options).class_name === 'BatchNormalization'
        ? [((layer as Options).config as Options).axis ?? -1].flat()[0]
        : -1,
    ),
  };
}

/** The model of an architecture, built if it says for what shape. */
export function modelOf(
  { name, layers, inputShape, axes }: Architecture,
  seed: number | undefined,
): Sequential {
  const model = sequential(layers, { name, ...(seed === undefined ? {} : { seed }) });
  try {
    if (inputShape) model.build(inputShape);
    axes.forEach((axis, k) => {
      if (axis !== -1 && !(model.built && model.outputShapes[k]?.length === axis))
        throw new FormatError(
          `layer '${model.chain.entries[k]?.name}' normalizes axis ${describe(axis)}; only the last is possible`,
        );
    });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

interface WeightShape {
  readonly layer: string;
  readonly name: string;
  readonly shape: Shape;
}

/** The weights that the layers would take, without taking memory for them; undefined where there is no shape of examples. */
export function weightsIn(json: unknown, custom: Reading['custom']): WeightShape[] | undefined {
  const { layers, inputShape } = architectureOf(json, { custom, hollow: true });
  if (!inputShape) return undefined;
  const found: WeightShape[] = [];
  scope(() => {
    const chain = new Chain('load', entriesOf('load', layers));
    const { params, state = {} } = chain.build(inputShape, random(0));
    for (const { name: layer } of chain.entries)
      for (const tree of [params[layer] ?? {}, state[layer] ?? {}])
        for (const [path, { shape }] of entries('load', tree))
          found.push({ layer, name: weightName(layer, path), shape });
  });
  return found;
}

/** Elements that the weights of a model may have of which there is nothing but a text: 1 GiB. */
const MOST = 2 ** 28;

/** The model that a text alone tells of. A text is short, and may ask for more memory than there is. */
export function modelOfJson(json: unknown, custom: Reading['custom'], seed: number | undefined): Sequential {
  const count = (weightsIn(json, custom) ?? []).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (count > MOST)
    throw new FormatError(
      `its layers would have ${count} weights; more than ${MOST} are not made of JSON alone, but by sequential`,
    );
  return modelOf(architectureOf(json, { custom, hollow: false }), seed);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`the JSON is broken: ${(error as Error).message}`);
  }
}

/**
 * The model that Keras' `model.to_json()` tells of, with new weights: of class Sequential, of Keras 3 or 2. Weights come by
 * `setWeights`, in the order of Keras' `get_weights`.
 *
 * @example
 * const json = toKerasJson(sequential([layers.dense(2, { inputShape: [3] })]));
 * fromKerasJson(json).weights.length; // 2
 * @throws FormatError that names the layer, or the option, that is not known.
 */
export function fromKerasJson(json: string | object, options?: KerasOptions): Sequential {
  return inName('fromKerasJson', () => {
    const { seed, custom = {} } = checked('fromKerasJson', options, 'seed', 'custom') as KerasOptions;
    requireCustom(custom);
    if (typeof json !== 'string' && !isPlainObject(json))
      throw new ArgumentError(`takes JSON, as text or as it is parsed, got ${describe(json)}`);
    const parsed = typeof json === 'string' ? parseJson(json) : json;
    return modelOfJson(parsed, custom, seed);
  });
}

export function requireCustom(custom: unknown): void {
  if (!isPlainObject(custom) || !Object.values(custom).every((make) => typeof make === 'function'))
    throw new ArgumentError(`custom holds functions under names, got ${describe(custom)}`);
}
