/**
 * @file Names and options as Keras writes them (kernel_initializer: { class_name: 'HeNormal', config }) and as they are here
 * (kernelInitializer: 'heNormal'). Pure.
 */
import { describe } from '../../core/describe.ts';
import { ArgumentError, FormatError } from '../../core/errors.ts';
import { isPlainObject } from '../../tree.ts';
import { constraints } from '../constraints.ts';
import { initializers } from '../initializers.ts';
import { isOwn } from '../labelled.ts';
import { regularizers } from '../regularizers.ts';

export type Options = Record<string, unknown>;

export const toSnake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
export const toCamel = (name: string): string =>
  name.replace(/_([a-z\d])/g, (_, c: string) => c.toUpperCase());

/** What Keras has other words for. */
const WORDS = [
  ['std', 'stddev'],
  ['low', 'minval'],
  ['high', 'maxval'],
] as const;
const toKeras: ReadonlyMap<string, string> = new Map(WORDS);
const fromKeras: ReadonlyMap<string, string> = new Map(WORDS.map(([own, keras]) => [keras, own]));

const KINDS: Readonly<Record<string, { readonly module: string; readonly makers: object }>> = {
  Initializer: { module: 'keras.initializers', makers: initializers },
  Regularizer: { module: 'keras.regularizers', makers: regularizers },
  Constraint: { module: 'keras.constraints', makers: constraints },
};

const kindOf = (option: string): string | undefined =>
  Object.keys(KINDS).find((kind) => option.endsWith(kind));

/** How Keras has written GlorotUniform and its kin before version 2.2.3, and still may. */
const SCALINGS: Readonly<Record<string, string>> = {
  '1 fan_avg uniform': 'glorotUniform',
  '1 fan_avg truncated_normal': 'glorotNormal',
  '1 fan_avg normal': 'glorotNormal',
  '2 fan_in uniform': 'heUniform',
  '2 fan_in truncated_normal': 'heNormal',
  '2 fan_in normal': 'heNormal',
  '1 fan_in uniform': 'lecunUniform',
  '1 fan_in truncated_normal': 'lecunNormal',
  '1 fan_in normal': 'lecunNormal',
};

/** Without what two ways of writing differ in: 'hard_sigmoid', 'HardSigmoid', 'hardSigmoid'. */
const bare = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** The name of a list that is meant by one of Keras', which is given back as it is where there is none. */
const nearest = (name: string, names: readonly string[]): string =>
  names.find((own) => bare(own) === bare(name)) ?? name;

/** An option of a layer, as Keras writes it. */
export function toKerasOption(layer: string, option: string, value: unknown): unknown {
  const kind = kindOf(option);
  if (option === 'activation' || kind) {
    const { name, config = {} } = (isPlainObject(value) ? value : { name: value }) as {
      name: string;
      config?: Options;
    };
    // The weights are saved: what they began with is not needed.
    if (isOwn(name) && kind === 'Initializer') return null;
    if (isOwn(name))
      throw new ArgumentError(
        `layer '${layer}': its ${option} is a function of your own, which a file cannot hold; make it a layer of your own`,
      );
    if (!kind) return toSnake(name);
    const settings = Object.entries(config).map(([key, v]) => [toKeras.get(key) ?? toSnake(key), v]);
    return {
      module: KINDS[kind]?.module,
      class_name: `${name[0]?.toUpperCase()}${name.slice(1)}`,
      config: Object.fromEntries(settings),
      registered_name: null,
    };
  }
  return value;
}

/** An option of a layer as it is here, from how Keras writes it. */
export function fromKerasOption(option: string, value: unknown): unknown {
  if (option === 'activation') {
    if (typeof value !== 'string')
      throw new FormatError(`its activation must be a name, got ${describe(value)}`);
    return value === 'swish' ? 'silu' : toCamel(value);
  }
  const kind = kindOf(option);
  if (!kind) return value;
  const { class_name: type, config = {} } = (isPlainObject(value) ? value : { class_name: value }) as Options;
  if (typeof type !== 'string' || !isPlainObject(config))
    throw new FormatError(`its ${toSnake(option)} must have class_name and config, got ${describe(value)}`);
  if (type === 'VarianceScaling') {
    const name = SCALINGS[`${config.scale} ${config.mode} ${config.distribution}`];
    if (name) return name;
  }
  const settings = Object.entries(config)
    .filter(([key, v]) => key !== 'seed' && v !== null)
    .map(([key, v]) => [fromKeras.get(key) ?? toCamel(key), v]);
  const name = nearest(type, Object.keys(KINDS[kind]?.makers ?? {}));
  return settings.length === 0 ? name : { name, config: Object.fromEntries(settings) };
}
