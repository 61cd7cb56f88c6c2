/** @file `exportOnnx`: a model as a file of ONNX, for who goes on elsewhere. The package @bufbuild/protobuf writes its bytes. */
import { options as checked } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import type { Shape } from '../core/shape.ts';
import { type Target, writeBytes } from '../io/places.ts';
import type { Sequential } from '../nn/model.ts';
import { FLOAT, Graph, INT32, type Value } from './graph.ts';
import { exported, type Weight } from './layers.ts';
import { encodeModel, type OnnxValueInfo } from './wire.ts';

/** The oldest set of operators that has LayerNormalization; what came later is not needed. */
const OPERATOR_SET = 17;
const IR_VERSION = 8;

export interface OnnxOptions {
  /** What the model takes and gives is called 'input' and 'output' by default. */
  readonly inputName?: string;
  readonly outputName?: string;
}

const info = (name: string, elemType: number, shape: Shape): OnnxValueInfo => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: [{ dimParam: 'batch' }, ...shape.map((dimValue) => ({ dimValue }))] },
    },
  },
});

/**
 * Writes what a model predicts as ONNX (operator set 17, float32), with any number of examples in a batch: to a target (a path in
 * Node, ...), if there is one. Gives the file's bytes. Images stay as they are here, [n, h, w, channels]. Dropout and noise are
 * left out; the model may go on training.
 *
 * @example
 * const file = await exportOnnx(model, 'digits.onnx');
 * @throws ArgumentError for layers and activations of your own, which ONNX does not know.
 */
export function exportOnnx(
  model: Sequential,
  target?: Target,
  options?: OnnxOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return inName('exportOnnx', async () => {
    const { inputName = 'input', outputName = 'output' } = checked(
      'exportOnnx',
      options,
      'inputName',
      'outputName',
    ) as OnnxOptions;
    for (const name of [inputName, outputName])
      if (typeof name !== 'string' || name === '')
        throw new ArgumentError(`a name must be a word, got ${describe(name)}`);
    if (typeof model?.chain !== 'object')
      throw new ArgumentError(`takes a model, as sequential gives it, got ${describe(model)}`);
    const weights = await weightsOf(model);
    const graph = new Graph([inputName, outputName]);
    const { inputShape, outputShape } = model;
    let value: Value = { name: inputName, shape: inputShape, channelsFirst: false };
    for (const entry of model.chain.entries)
      value = exported(graph, entry.name, entry, value, (name) => weights.get(`${entry.name}/${name}`));
    graph.finish(graph.channelsLast('output', value).name, outputName);
    const takesIndices = model.layers[0]?.type === 'Embedding';
    const file = encodeModel({
      irVersion: IR_VERSION,
      producerName: 'tapegrad',
      graph: {
        name: model.name,
        node: graph.nodes,
        initializer: graph.constants,
        input: info(inputName, takesIndices ? INT32 : FLOAT, inputShape),
        output: info(outputName, FLOAT, outputShape),
      },
      opsetImport: { domain: '', version: OPERATOR_SET },
    });
    if (target !== undefined) await writeBytes('exportOnnx', target, file);
    return file;
  });
}

async function weightsOf(model: Sequential): Promise<Map<string, Weight>> {
  if (!model.built)
    throw new ArgumentError(
      'the model has no weights yet; give the first layer an inputShape, or call model.build(inputShape)',
    );
  const weights = await model.getWeights();
  return new Map(weights.map((data) => [data.name, { data, shape: data.shape }]));
}
