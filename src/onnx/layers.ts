/** @file Layers as nodes of ONNX, a row each: what they compute when a model predicts. */
import type { TypedArray } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Entry } from '../nn/chain.ts';
import { weightName } from '../nn/host.ts';
import { pair, windowed } from '../nn/layers/images.ts';
import type { Padding, Pair } from '../tensor.ts';
import { activated } from './activations.ts';
import { type Graph, INT64, permuted, type Value } from './graph.ts';

/** A weight on the host. */
export interface Weight {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/** Options of layers, as their rows know them. */
interface Options extends Window {
  readonly groups: number;
  readonly activation: unknown;
  readonly epsilon: number;
  readonly axis: number | readonly number[];
  readonly units: number;
  readonly outputDim: number;
  readonly scale: number;
  readonly offset: number;
  readonly targetShape: readonly number[];
  readonly layers: readonly Entry[];
}

interface Site {
  readonly graph: Graph;
  /** Of the layer, with those around it. */
  readonly name: string;
  readonly config: Options;
  readonly input: Value;
  weight(name: string): Weight | undefined;
}

interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}

/** The attributes of a window over images: padding in numbers, [top, left, bottom, right]. */
function windowAttributes({ size, strides, padding, dilation = 1 }: Window, shape: Shape) {
  const [kernel, steps, spread] = [pair(size), pair(strides), pair(dilation)];
  const sides = ([0, 1] as const).map((axis): readonly [number, number] => {
    if (padding === 'valid') return [0, 0];
    if (padding !== 'same') return padding[axis];
    const length = shape[axis] as number;
    const reach = (kernel[axis] - 1) * spread[axis] + 1;
    const missing = Math.max(0, (Math.ceil(length / steps[axis]) - 1) * steps[axis] + reach - length);
    return [Math.floor(missing / 2), Math.ceil(missing / 2)];
  }) as [readonly [number, number], readonly [number, number]];
  const [[top, bottom], [left, right]] = sides;
  return { kernel_shape: kernel, strides: steps, dilations: spread, pads: [top, left, bottom, right] };
}

/** The shape of images behind a window. */
const behind = (window: Window, shape: Shape, channels: number): Shape => [
  ...windowed('exportOnnx', shape as readonly [number, number, number], window),
  channels,
];

function pooled({ graph, name, config, input }: Site, opType: string): Value {
  const x = graph.channelsFirst(name, input);
  const window = config;
  const { dilations: _, ...attributes } = windowAttributes(window, input.shape);
  const shape = behind(window, input.shape, input.shape[2] as number);
  return { name: graph.add(opType, name, [x.name], attributes), shape, channelsFirst: true };
}

/** Scale and offset of a batch normalisation, and its averages. */
function batchNormalized({ graph, name, config, input, weight }: Site): Value {
  const channels = input.shape.at(-1) as number;
  const filled = (value: number) => new Float32Array(channels).fill(value);
  const of = (what: string, otherwise: number) => weight(what)?.data ?? filled(otherwise);
  const [gamma, beta] = [of('gamma', 1), of('beta', 0)];
  const [mean, variance] = [of('movingMean', 0), of('movingVariance', 1)];
  const epsilon = config.epsilon;
  if (input.channelsFirst || input.shape.length === 1) {
    const weights = Object.entries({ gamma, beta, mean, variance }).map(([what, values]) =>
      graph.floats(`${name}/${what}`, values),
    );
    const normal = graph.add('BatchNormalization', name, [input.name, ...weights], {
      epsilon: { f: epsilon },
    });
    return { ...input, name: normal };
  }
  // ONNX normalises axis 1; over the last, it is a product and a sum.
  const scale = Float64Array.from(gamma, (g, k) => g / Math.sqrt((variance[k] as number) + epsilon));
  const shift = Float64Array.from(beta, (b, k) => b - (mean[k] as number) * (scale[k] as number));
  const scaled = graph.add('Mul', `${name}/scaled`, [input.name, graph.floats(`${name}/scale`, scale)]);
  return { ...input, name: graph.add('Add', name, [scaled, graph.floats(`${name}/shift`, shift)]) };
}

function layerNormalized({ graph, name, config, input, weight }: Site): Value {
  const x = graph.channelsLast(name, input);
  const rank = x.shape.length + 1;
  const axes = [config.axis as number | readonly number[]]
    .flat()
    .map((axis) => (axis < 0 ? axis + rank : axis));
  const first = Math.min(...axes);
  if (axes.length !== rank - first)
    throw new ArgumentError(
      `layer '${name}': ONNX normalises the last axes only, not ${axes.join(', ')} of ${rank}`,
    );
  const shape = x.shape.slice(first - 1);
  const constant = (what: string, otherwise: number) =>
    graph.floats(
      `${name}/${what}`,
      weight(what)?.data ?? new Float32Array(sizeOf(shape)).fill(otherwise),
      shape,
    );
  const inputs = [x.name, constant('gamma', 1), constant('beta', 0)];
  const attributes = { axis: first, epsilon: { f: config.epsilon } };
  return { ...x, name: graph.add('LayerNormalization', name, inputs, attributes) };
}

function convolved({ graph, name, config, input, weight }: Site): Value {
  const x = graph.channelsFirst(name, input);
  const kernel = weight('kernel') as Weight;
  const [kh, kw, channels, filters] = kernel.shape as [number, number, number, number];
  const turned = permuted(kernel.data, kernel.shape, [3, 2, 0, 1]);
  const inputs = [x.name, graph.floats(`${name}/kernel`, turned, [filters, channels, kh, kw])];
  const bias = weight('bias');
  if (bias) inputs.push(graph.floats(`${name}/bias`, bias.data));
  const window = { ...config, size: [kh, kw] as const };
  const attributes = { ...windowAttributes(window, input.shape), group: config.groups };
  const shape = behind(window, input.shape, filters);
  const made = { name: graph.add('Conv', name, inputs, attributes), shape, channelsFirst: true };
  return activated(graph, name, made, config.activation);
}

function densely({ graph, name, config, input, weight }: Site): Value {
  const x = graph.channelsLast(name, input);
  const kernel = weight('kernel') as Weight;
  const product = graph.add('MatMul', `${name}/product`, [
    x.name,
    graph.floats(`${name}/kernel`, kernel.data, kernel.shape),
  ]);
  const bias = weight('bias');
  const sum = bias ? graph.add('Add', name, [product, graph.floats(`${name}/bias`, bias.data)]) : product;
  const shape = [...x.shape.slice(0, -1), config.units];
  return activated(graph, name, { name: sum, shape, channelsFirst: false }, config.activation);
}

function embedded({ graph, name, config, input, weight }: Site): Value {
  const table = weight('embeddings') as Weight;
  const index = graph.add('Cast', `${name}/index`, [graph.channelsLast(name, input).name], { to: INT64 });
  const rows = graph.floats(`${name}/embeddings`, table.data, table.shape);
  const shape = [...input.shape, config.outputDim];
  return { name: graph.add('Gather', name, [rows, index], { axis: 0 }), shape, channelsFirst: false };
}

function rescaled({ graph, name, config, input }: Site): Value {
  const scale = graph.floats(`${name}/scale`, [config.scale], []);
  const offset = graph.floats(`${name}/offset`, [config.offset], []);
  const scaled = graph.add('Mul', `${name}/scaled`, [input.name, scale]);
  return { ...input, name: graph.add('Add', name, [scaled, offset]) };
}

function averaged({ graph, name, input }: Site): Value {
  const attributes = { axes: input.channelsFirst ? [2, 3] : [1, 2], keepdims: 0 };
  return {
    name: graph.add('ReduceMean', name, [input.name], attributes),
    shape: input.shape.slice(2),
    channelsFirst: false,
  };
}

function reshaped({ graph, name, config, input }: Site): Value {
  const target = config.targetShape;
  const known = sizeOf(target.filter((n) => n !== -1));
  const shape = target.map((n) => (n === -1 ? sizeOf(input.shape) / known : n));
  return graph.reshaped(name, input, shape);
}

function residual(site: Site): Value {
  const { graph, name, config, input } = site;
  const inside = config.layers.reduce((value, entry) => {
    const own = weightName('', `.${entry.name}`);
    return exported(graph, name + own, entry, value, (weight) => site.weight(`${own.slice(1)}/${weight}`));
  }, input);
  const [a, b] =
    input.channelsFirst === inside.channelsFirst
      ? [input, inside]
      : [graph.channelsLast(name, input), graph.channelsLast(`${name}/inside`, inside)];
  return { ...a, name: graph.add('Add', name, [a.name, b.name]) };
}

const ROWS: Readonly<Record<string, (site: Site) => Value>> = {
  Dense: densely,
  Conv2D: convolved,
  MaxPooling2D: (site) => pooled(site, 'MaxPool'),
  AveragePooling2D: (site) => pooled(site, 'AveragePool'),
  GlobalAveragePooling2D: averaged,
  Flatten: ({ graph, name, input }) => graph.reshaped(name, input, [sizeOf(input.shape)]),
  Reshape: reshaped,
  Activation: ({ graph, name, config, input }) => activated(graph, name, input, config.activation),
  Dropout: ({ input }) => input,
  GaussianNoise: ({ input }) => input,
  BatchNormalization: batchNormalized,
  LayerNormalization: layerNormalized,
  Embedding: embedded,
  Rescaling: rescaled,
  Residual: residual,
};

/** The value behind a layer; weights are known by their names in it. */
export function exported(
  graph: Graph,
  name: string,
  { layer }: Entry,
  input: Value,
  weight: Site['weight'],
): Value {
  const { type = '', config = {} } = layer;
  const row = Object.hasOwn(ROWS, type) ? ROWS[type] : undefined;
  if (!row)
    throw new ArgumentError(
      `layer '${name}' is one of your own, which ONNX does not know; known are ${Object.keys(ROWS).join(', ')}`,
    );
  return row({
    graph,
    name,
    config: config as unknown as Options,
    input,
    weight,
  });
}
