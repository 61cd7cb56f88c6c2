/** @file Activations as nodes of ONNX. */
import { ArgumentError } from '../core/errors.ts';
import type { ActivationName } from '../nn/activations.ts';
import type { Graph, Value } from './graph.ts';

type Build = (graph: Graph, name: string, x: string) => string;

const node =
  (opType: string, attributes: Parameters<Graph['add']>[3] = {}): Build =>
  (graph, name, x) =>
    graph.add(opType, name, [x], attributes);

const BUILDS: Readonly<Record<ActivationName, Build>> = {
  linear: (_, __, x) => x,
  relu: node('Relu'),
  relu6: (graph, name, x) =>
    graph.add('Clip', name, [x, graph.floats(`${name}/low`, [0], []), graph.floats(`${name}/high`, [6], [])]),
  leakyRelu: node('LeakyRelu', { alpha: { f: 0.2 } }),
  elu: node('Elu'),
  selu: node('Selu'),
  gelu(graph, name, x) {
    const scaled = graph.add('Mul', `${name}/scaled`, [x, graph.floats(`${name}/root`, [Math.SQRT1_2], [])]);
    const erf = graph.add('Erf', `${name}/erf`, [scaled]);
    const share = graph.add('Add', `${name}/share`, [erf, graph.floats(`${name}/one`, [1], [])]);
    const product = graph.add('Mul', `${name}/product`, [x, share]);
    return graph.add('Mul', name, [product, graph.floats(`${name}/half`, [0.5], [])]);
  },
  silu: (graph, name, x) => graph.add('Mul', name, [x, graph.add('Sigmoid', `${name}/sigmoid`, [x])]),
  sigmoid: node('Sigmoid'),
  hardSigmoid: node('HardSigmoid', { alpha: { f: 1 / 6 }, beta: { f: 0.5 } }),
  tanh: node('Tanh'),
  softplus: node('Softplus'),
  softsign: node('Softsign'),
  softmax: node('Softmax', { axis: -1 }),
  step(graph, name, x) {
    const above = graph.add('Greater', `${name}/above`, [x, graph.floats(`${name}/zero`, [0], [])]);
    return graph.add('Cast', name, [above], { to: 1 });
  },
};

/** The value behind an activation. */
export function activated(graph: Graph, name: string, value: Value, activation: unknown): Value {
  const build = Object.hasOwn(BUILDS, String(activation)) ? BUILDS[activation as ActivationName] : undefined;
  if (!build)
    throw new ArgumentError(
      `layer '${name}': its activation is a function of your own, which ONNX does not know`,
    );
  const from = activation === 'softmax' ? graph.channelsLast(name, value) : value;
  return { ...from, name: build(graph, `${name}/${activation}`, from.name) };
}
