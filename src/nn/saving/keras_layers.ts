/** @file Layers as Keras' JSON has them, both ways: a row for each that Keras has too, and what is done with others. */
import { describe } from '../../core/describe.ts';
import { ArgumentError, FormatError, TapegradError } from '../../core/errors.ts';
import { isPlainObject } from '../../tree.ts';
import type { Entry } from '../chain.ts';
import type { Layer } from '../layer.ts';
import { layers } from '../layers.ts';
import { fromKerasOption, type Options, toCamel, toKerasOption, toSnake } from './keras_names.ts';

interface Row {
  /** The layer of options by their names here. */
  make(options: never): Layer;
  /** Names that are others in Keras. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** The initializer of a weight that may be large, where it is not a constant by default. */
  readonly large?: string;
}

type With<K extends string> = Record<K, never> & Record<string, never>;

const pool = { size: 'pool_size' };

/** By Keras' names of classes. */
const ROWS: Readonly<Record<string, Row>> = {
  Dense: {
    make: ({ units, ...rest }: With<'units'>) => layers.dense(units, rest),
    large: 'kernelInitializer',
  },
  Conv2D: {
    make: ({ filters, kernelSize, ...rest }: With<'filters' | 'kernelSize'>) =>
      layers.conv2d(filters, kernelSize, rest),
    renamed: { dilation: 'dilation_rate' },
    large: 'kernelInitializer',
  },
  MaxPooling2D: { make: (options) => layers.maxPooling2d(options), renamed: pool },
  AveragePooling2D: { make: (options) => layers.averagePooling2d(options), renamed: pool },
  GlobalAveragePooling2D: { make: (options) => layers.globalAveragePooling2d(options) },
  Flatten: { make: (options) => layers.flatten(options) },
  Reshape: { make: ({ targetShape, ...rest }: With<'targetShape'>) => layers.reshape(targetShape, rest) },
  Activation: { make: ({ activation, ...rest }: With<'activation'>) => layers.activation(activation, rest) },
  Dropout: { make: ({ rate, ...rest }: With<'rate'>) => layers.dropout(rate, rest) },
  GaussianNoise: { make: ({ stddev, ...rest }: With<'stddev'>) => layers.gaussianNoise(stddev, rest) },
  BatchNormalization: { make: ({ axis: _, ...rest }: With<'axis'>) => layers.batchNormalization(rest) },
  LayerNormalization: { make: (options) => layers.layerNormalization(options) },
  Embedding: {
    make: ({ inputDim, outputDim, ...rest }: With<'inputDim' | 'outputDim'>) =>
      layers.embedding(inputDim, outputDim, rest),
    large: 'embeddingsInitializer',
  },
  Rescaling: { make: ({ scale, ...rest }: With<'scale'>) => layers.rescaling(scale, rest) },
  Residual: { make: ({ layers: inside, ...rest }: With<'layers'>) => layers.residual(inside, rest) },
  ReLU: {
    make: ({
      maxValue = Infinity as never,
      negativeSlope = 0 as never,
      threshold = 0 as never,
      ...rest
    }: With<'maxValue' | 'negativeSlope' | 'threshold'>) => {
      const name = maxValue === 6 ? 'relu6' : maxValue === Infinity ? 'relu' : undefined;
      if (!name || negativeSlope !== 0 || threshold !== 0)
        throw new FormatError('only max_value 6 or none, and neither slope nor threshold, are possible');
      return layers.activation(name, rest);
    },
  },
  Softmax: {
    make: ({ axis = -1 as never, ...rest }: With<'axis'>) => {
      if (axis !== -1) throw new FormatError(`only axis -1 is possible, got ${describe(axis)}`);
      return layers.activation('softmax', rest);
    },
  },
};

/** What says nothing about what a layer computes, or of which there is but one kind here. */
const IGNORED = new Set([
  'dtype',
  'seed',
  'batch_input_shape',
  'batch_shape',
  'input_length',
  'renorm_momentum',
]);

/** What may only be off. */
const OFF = new Set(['synchronized', 'renorm', 'mask_zero', 'rms_scaling', 'keepdims', 'sparse', 'ragged']);

/** Makes a layer of the user's own from its configuration. */
export type CustomLayer = (config: Options) => Layer;

export interface Reading {
  readonly custom: Readonly<Record<string, unknown>>;
  /** Whether the file is one of Keras 2. */
  readonly older: boolean;
  /** Whether initializers are left out, so that nothing large is made. */
  readonly hollow: boolean;
}

const DEEPEST = 32;

/** A layer out of its JSON. */
export function fromKerasLayer(json: unknown, reading: Reading, depth = 0): Layer {
  const { class_name: type, config } = (isPlainObject(json) ? json : {}) as Options;
  if (typeof type !== 'string' || !isPlainObject(config))
    throw new FormatError(`a layer must have class_name and config, got ${describe(json)}`);
  const called = `layer ${describe(config.name)} (${describe(type)})`;
  const own = Object.hasOwn(reading.custom, type) ? reading.custom[type] : undefined;
  const row = Object.hasOwn(ROWS, type) ? ROWS[type] : undefined;
  try {
    if (typeof own === 'function') return customLayer(own as CustomLayer, config);
    if (!row)
      throw new FormatError(
        `is not known; known are ${Object.keys(ROWS).join(', ')}, and those of your own: { custom: { ${type.slice(0, 40)}: (config) => layer } }`,
      );
    if (depth > DEEPEST) throw new FormatError('lies too deep within others');
    return row.make(optionsOf(row, config, reading, depth) as never);
  } catch (error) {
    if (!(error instanceof TapegradError)) throw error;
    throw new FormatError(`${called} ${error.message}`, { cause: error });
  }
}

function customLayer(make: CustomLayer, config: Options): Layer {
  const layer = make(config);
  if (layer?.name !== config.name)
    throw new ArgumentError(
      `became a layer of name ${describe(layer?.name)}; give it the name that its config has`,
    );
  if (config.trainable === false) layer.trainable = false;
  return layer;
}

function optionsOf(row: Row, config: Options, reading: Reading, depth: number): Options {
  const back = new Map(Object.entries(row.renamed ?? {}).map(([own, keras]) => [keras, own]));
  const found: Options = {};
  for (const [key, value] of Object.entries(config)) {
    if (value === null || IGNORED.has(key) || (value === false && OFF.has(key))) continue;
    if (key === 'data_format' && value === 'channels_last') continue;
    const option = back.get(key) ?? toCamel(key);
    if (key === 'layers' && Array.isArray(value))
      found.layers = value.map((inner) => fromKerasLayer(inner, reading, depth + 1));
    else if (!reading.hollow || !option.endsWith('Initializer'))
      found[option] = fromKerasOption(option, value);
    if (reading.older && option === 'activation' && found.activation === 'hardSigmoid')
      throw new FormatError(
        'has the hard_sigmoid of Keras 2, which is not that of Keras 3, nor the one here',
      );
  }
  return reading.hollow && row.large ? { ...found, [row.large]: 'zeros' } : found;
}

/** A layer as JSON. */
export function toKerasLayer({ name, layer }: Entry, inputShape?: readonly number[]): Options {
  const { type, config, trainable } = layer;
  if (type === undefined || config === undefined)
    throw new ArgumentError(
      `layer '${name}' is one of your own; give it a type and a config that JSON can hold, and load the file with { custom: { [type]: (config) => layer } }`,
    );
  const known = Object.hasOwn(ROWS, type) ? ROWS[type] : undefined;
  const options = Object.entries(config).map(([option, value]) => {
    if (!known) return [option, value];
    if (option === 'layers') return [option, (value as Entry[]).map((entry) => toKerasLayer(entry))];
    return [known.renamed?.[option] ?? toSnake(option), toKerasOption(name, option, value)];
  });
  const inKeras = known !== undefined && type !== 'Residual';
  return {
    module: inKeras ? 'keras.layers' : null,
    class_name: type,
    config: { name, trainable: trainable !== false, ...Object.fromEntries(options) },
    registered_name: inKeras ? null : `tapegrad>${type}`,
    ...(inputShape ? { build_config: { input_shape: [null, ...inputShape] } } : {}),
  };
}
