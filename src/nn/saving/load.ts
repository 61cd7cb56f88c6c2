/** @file `load`: a model out of what `model.save` wrote, or of Keras' JSON. */
import { options as checked } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { FormatError } from '../../core/errors.ts';
import { inName } from '../../core/in_name.ts';
import { sameShape, show } from '../../core/shape.ts';
import type { HostArray } from '../../io/host.ts';
import { readBytes, SOURCE_OPTIONS, type Source, type SourceOptions } from '../../io/places.ts';
import { decodeSafetensors, type Metadata } from '../../io/safetensors.ts';
import type { Sequential } from '../model.ts';
import { architectureOf, modelOf, modelOfJson, parseJson, requireCustom, weightsIn } from './keras.ts';
import { VERSION } from './save.ts';
import { compileOptions, savedTraining, snapshotOf } from './training.ts';

export interface LoadModelOptions extends SourceOptions {
  /** What a file knows by name only: functions (config) → layer by types of layers, losses and metrics by their names. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** A safetensors file has a zero there, the length of its header being below 2³²; JSON has none. */
const isJson = (file: Uint8Array): boolean => file.length < 8 || file[7] !== 0;

/**
 * The model of a file that `model.save` wrote: layers, weights, optimizer, random streams, epoch; `fit` goes on bit for bit. The
 * file is bytes, a Blob or File, a path in Node, an address, `indexeddb://name`, `opfs://path`. Keras' JSON gives the model that it
 * tells of, with new weights.
 *
 * @example
 * const file = await model.save();                                  // or to a place: await model.save('net.safetensors')
 * const again = await load(file);
 * await again.fit(x, y, { epochs: 2, initialEpoch: again.epoch }); // where it was compiled
 * @throws FormatError where the file is not what it should be, and names what is not known; FileError where it cannot be read.
 */
export function load(source: Source, options?: LoadModelOptions): Promise<Sequential> {
  return inName('load', async () => {
    const given = checked('load', options, 'custom', ...SOURCE_OPTIONS) as LoadModelOptions;
    const { custom = {} } = given;
    requireCustom(custom);
    const file = await readBytes('load', source, given);
    if (isJson(file)) {
      return modelOfJson(parseJson(new TextDecoder().decode(file)), custom, undefined);
    }
    const { arrays, metadata } = decodeSafetensors(file);
    return fromFile(arrays, metadata, custom);
  });
}

function fromFile(
  arrays: ReadonlyMap<string, HostArray>,
  { format, version, architecture, training }: Metadata,
  custom: NonNullable<LoadModelOptions['custom']>,
): Sequential {
  if (format !== 'tapegrad' || architecture === undefined || training === undefined)
    throw new FormatError(
      'the file holds tensors, but no model of tapegrad; loadSafetensors gives its tensors',
    );
  if (version !== VERSION)
    throw new FormatError(`the file is of version ${describe(version)}; this one reads ${VERSION}`);
  const json = parseJson(architecture);
  const saved = savedTraining(parseJson(training));
  requireWeights(json, custom, arrays);
  const model = modelOf(architectureOf(json, { custom, hollow: false }), saved.random.seed);
  try {
    const { compile, optimizer, learningRate, random: streams, epoch, frozen } = saved;
    if (compile) model.compile(compileOptions(compile, custom));
    for (const { name, variable } of model.namedWeights) variable.trainable = !frozen.includes(name);
    model.setState({
      weights: model.namedWeights.map(({ name }) => ({ name, ...(arrays.get(name) as HostArray) })),
      optimizer: optimizer && snapshotOf(model, optimizer, arrays),
      learningRate,
      random: streams,
      epoch,
    });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Refuses a file whose layers would take other weights than it has, before memory is taken for them. */
function requireWeights(
  json: unknown,
  custom: NonNullable<LoadModelOptions['custom']>,
  arrays: ReadonlyMap<string, HostArray>,
): void {
  const weights = weightsIn(json, custom);
  if (!weights) throw new FormatError('the file does not say what shape examples have');
  for (const { layer, name, shape } of weights) {
    const array = arrays.get(name);
    if (!array || !sameShape(array.shape, shape))
      throw new FormatError(
        `layer '${layer}' takes ${name} ${show(shape)}, and the file has ${array ? show(array.shape) : 'none'}`,
      );
  }
}
