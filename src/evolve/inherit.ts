/**
 * @file What a child has of its parent's weights. Growing keeps the function: the child begins as good as its parent was (Chen,
 * Goodfellow and Shlens 2016, "Net2Net"). Pure.
 */
import type { TypedArray } from '../core/dtype.ts';
import type { Chance } from './chance.ts';
import type { HiddenLayer, PopulationActivation } from './member.ts';
import type { HostLayer } from './padding.ts';

/** The least value of an activation, where it has one. */
const LEAST: Readonly<Partial<Record<PopulationActivation, number>>> = {
  relu: 0,
  sigmoid: 0,
  tanh: -1,
  elu: -1,
  softsign: -1,
};

const at = (list: TypedArray, k: number): number => list[k] as number;

/** A layer of the same dtype, from functions of row and column, and of the column. */
function layerFrom(
  like: HostLayer,
  rows: number,
  columns: number,
  kernel: (row: number, column: number) => number,
  bias: (column: number) => number,
): HostLayer {
  const make = (length: number, of: (k: number) => number) => {
    const made = like.kernel.slice(0, 0).constructor as new (length: number) => TypedArray;
    return new made(length).map((_, k) => of(k));
  };
  return {
    kernel: make(rows * columns, (k) => kernel(Math.floor(k / columns), k % columns)),
    bias: make(columns, bias),
  };
}

const unitsOf = ({ bias }: HostLayer): number => bias.length;
const inputsOf = ({ kernel, bias }: HostLayer): number => kernel.length / bias.length;

/**
 * Hidden layer k gets more units. The new ones have first weights of their own (Glorot) and nothing listens to them yet, so
 * that the function is the same to the last bit. Net2Net copies units instead; but copies get the same gradients, and
 * Adam, which divides by their size, would keep them alike.
 */
export function widened(layers: readonly HostLayer[], k: number, units: number, chance: Chance): HostLayer[] {
  const [layer, next] = [layers[k], layers[k + 1]] as [HostLayer, HostLayer];
  const [inputs, before] = [inputsOf(layer), unitsOf(layer)];
  const limit = Math.sqrt(6 / (inputs + units));
  const wider = layerFrom(
    layer,
    inputs,
    units,
    (row, column) =>
      column < before ? at(layer.kernel, row * before + column) : chance.between(-limit, limit),
    (column) => (column < before ? at(layer.bias, column) : 0),
  );
  const outputs = unitsOf(next);
  const listening = layerFrom(
    next,
    units,
    outputs,
    (row, column) => (row < before ? at(next.kernel, row * outputs + column) : 0),
    (column) => at(next.bias, column),
  );
  return layers.with(k, wider).with(k + 1, listening);
}

/** Hidden layer k keeps as many of its units, those that the next layer listens to most: by Σ |in| · Σ |out|. */
export function narrowed(layers: readonly HostLayer[], k: number, units: number): HostLayer[] {
  const [layer, next] = [layers[k], layers[k + 1]] as [HostLayer, HostLayer];
  const [inputs, before, outputs] = [inputsOf(layer), unitsOf(layer), unitsOf(next)];
  const weight = (unit: number) => {
    let [into, out] = [0, 0];
    for (let row = 0; row < inputs; row++) into += Math.abs(at(layer.kernel, row * before + unit));
    for (let column = 0; column < outputs; column++)
      out += Math.abs(at(next.kernel, unit * outputs + column));
    return into * out;
  };
  const kept = Array.from({ length: before }, (_, unit) => [unit, weight(unit)] as const)
    .sort((a, b) => b[1] - a[1])
    .slice(0, units)
    .map(([unit]) => unit)
    .sort((a, b) => a - b);
  const narrower = layerFrom(
    layer,
    inputs,
    units,
    (row, column) => at(layer.kernel, row * before + (kept[column] as number)),
    (column) => at(layer.bias, kept[column] as number),
  );
  const listening = layerFrom(
    next,
    units,
    outputs,
    (row, column) => at(next.kernel, (kept[row] as number) * outputs + column),
    (column) => at(next.bias, column),
  );
  return layers.with(k, narrower).with(k + 1, listening);
}

/**
 * Behind hidden layer k comes another one, as wide, that changes nothing. Where the activation before it is nowhere below a
 * least value, it is relu(h − least), and the next bias takes the shift back; else it is linear.
 */
export function deepened(
  layers: readonly HostLayer[],
  { units, activation }: HiddenLayer,
  k: number,
): { layers: HostLayer[]; inserted: HiddenLayer } {
  const next = layers[k + 1] as HostLayer;
  const least = LEAST[activation];
  const identity = layerFrom(
    next,
    units,
    units,
    (row, column) => Number(row === column),
    () => -(least ?? 0),
  );
  const outputs = unitsOf(next);
  const shifted = layerFrom(
    next,
    units,
    outputs,
    (row, column) => at(next.kernel, row * outputs + column),
    (column) => {
      let sum = 0;
      for (let row = 0; row < units; row++) sum += at(next.kernel, row * outputs + column);
      return at(next.bias, column) + (least ?? 0) * sum;
    },
  );
  return {
    layers: [...layers.slice(0, k + 1), identity, shifted, ...layers.slice(k + 2)],
    inserted: { units, activation: least === undefined ? 'linear' : 'relu' },
  };
}

/** Hidden layer k is gone: the next layer sees its inputs through the product of both kernels, as if it had been linear. */
export function shortened(layers: readonly HostLayer[], k: number): HostLayer[] {
  const [layer, next] = [layers[k], layers[k + 1]] as [HostLayer, HostLayer];
  const [units, outputs] = [unitsOf(layer), unitsOf(next)];
  const through = (of: (unit: number) => number, column: number) => {
    let sum = 0;
    for (let unit = 0; unit < units; unit++) sum += of(unit) * at(next.kernel, unit * outputs + column);
    return sum;
  };
  const joined = layerFrom(
    next,
    inputsOf(layer),
    outputs,
    (row, column) => through((unit) => at(layer.kernel, row * units + unit), column),
    (column) => at(next.bias, column) + through((unit) => at(layer.bias, unit), column),
  );
  return [...layers.slice(0, k), joined, ...layers.slice(k + 2)];
}
