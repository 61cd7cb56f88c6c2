/** @file What can be chosen about the net and its training, and how it stands in the page's address. */

export const ACTIVATIONS = ['relu', 'tanh', 'sigmoid', 'linear'] as const;
export const OPTIMIZERS = ['adam', 'momentum', 'sgd'] as const;
export const RATES = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001] as const;
export const BATCHES = [16, 32, 64, 128, 256] as const;
export const L2 = [0, 0.00001, 0.0001, 0.001] as const;
export const DROPOUTS = [0, 0.1, 0.25, 0.5] as const;
export const WIDTHS = [8, 16, 32, 64, 128, 256] as const;
/** Any width up to this one may stand in an address or a file; `WIDTHS` are those to choose from. */
export const MOST_UNITS = 256;
export const MOST_LAYERS = 4;

export type Activation = (typeof ACTIVATIONS)[number];

export interface Settings {
  /** Widths of the hidden layers between the 256 pixels and the 10 digits. */
  readonly hidden: readonly number[];
  /** One for all hidden layers, or, where they differ, one for each. */
  readonly activation: readonly Activation[];
  readonly optimizer: (typeof OPTIMIZERS)[number];
  readonly learningRate: number;
  readonly batch: number;
  readonly l2: number;
  readonly dropout: number;
  readonly seed: number;
}

export const DEFAULTS: Settings = {
  hidden: [64, 32],
  activation: ['relu'],
  optimizer: 'adam',
  learningRate: 0.001,
  batch: 64,
  l2: 0,
  dropout: 0,
  seed: 1,
};

/** The activation of a hidden layer; of the outputs' layer, that of what it reads. */
export const activationAt = ({ activation }: Settings, layer: number): Activation =>
  activation[Math.min(layer, activation.length - 1)] ?? 'linear';

/** Activations layer by layer, said once where they do not differ. */
export const together = (each: readonly Activation[]): readonly Activation[] =>
  new Set(each).size > 1 ? each : each.slice(0, 1);

/** Settings with other layers: the first ones keep their activations, and a new one takes that of the last. */
export const withHidden = (settings: Settings, hidden: readonly number[]): Settings => ({
  ...settings,
  hidden,
  activation:
    hidden.length === 0
      ? settings.activation.slice(-1)
      : together(hidden.map((_, layer) => activationAt(settings, layer))),
});

export const isWidth = (units: number): boolean =>
  Number.isInteger(units) && units >= 1 && units <= MOST_UNITS;

const oneOf = <T>(list: readonly T[], value: unknown, otherwise: T): T =>
  list.find((entry) => String(entry) === value) ?? otherwise;

const listIn = (query: URLSearchParams, name: string): readonly string[] | undefined =>
  query
    .get(name)
    ?.split(',')
    .filter((text) => text !== '');

function netOf(query: URLSearchParams): Pick<Settings, 'hidden' | 'activation'> {
  const widths = listIn(query, 'hidden')?.map((text) => (/^[1-9]\d*$/.test(text) ? Number(text) : 0));
  const hidden = widths && widths.length <= MOST_LAYERS && widths.every(isWidth) ? widths : DEFAULTS.hidden;
  const names = listIn(query, 'activation') ?? [];
  const each = names.flatMap((text) => ACTIVATIONS.filter((name) => name === text));
  const known = each.length === names.length && (each.length === 1 || each.length === hidden.length);
  return { hidden, activation: known && each.length > 0 ? together(each) : DEFAULTS.activation };
}

/** The settings of an address; whatever it does not say, or says wrongly, is as in the defaults. */
export function settingsOf(query: URLSearchParams): Settings {
  const seed = Number(query.get('seed') || Number.NaN);
  return {
    ...netOf(query),
    optimizer: oneOf(OPTIMIZERS, query.get('optimizer'), DEFAULTS.optimizer),
    learningRate: oneOf(RATES, query.get('rate'), DEFAULTS.learningRate as (typeof RATES)[number]),
    batch: oneOf(BATCHES, query.get('batch'), DEFAULTS.batch as (typeof BATCHES)[number]),
    l2: oneOf(L2, query.get('l2'), DEFAULTS.l2 as (typeof L2)[number]),
    dropout: oneOf(DROPOUTS, query.get('dropout'), DEFAULTS.dropout as (typeof DROPOUTS)[number]),
    seed: Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : DEFAULTS.seed,
  };
}

/** The other way: what differs from the defaults. */
export function queryOf(settings: Settings): Record<string, string | undefined> {
  const unless = (value: unknown, usual: unknown) =>
    String(value) === String(usual) ? undefined : String(value);
  return {
    hidden: unless(settings.hidden, DEFAULTS.hidden),
    activation: unless(settings.activation, DEFAULTS.activation),
    optimizer: unless(settings.optimizer, DEFAULTS.optimizer),
    rate: unless(settings.learningRate, DEFAULTS.learningRate),
    batch: unless(settings.batch, DEFAULTS.batch),
    l2: unless(settings.l2, DEFAULTS.l2),
    dropout: unless(settings.dropout, DEFAULTS.dropout),
    seed: unless(settings.seed, DEFAULTS.seed),
  };
}
