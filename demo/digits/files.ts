/** @file The net as files, and back: a model of tapegrad in safetensors, and ONNX. In the worker, loaded when first asked for. */
import {
  layers,
  load,
  losses,
  optimizers,
  regularizers,
  type Sequential,
  sequential,
  toKerasJson,
} from 'tapegrad';
import { exportOnnx } from 'tapegrad/onnx';
import type { FileFormat, NetFile } from './messages.ts';
import { ACTIVATIONS, activationAt, isWidth, MOST_LAYERS, type Settings, together } from './settings.ts';
import { type SavedLayer, sizesOf } from './weights.ts';

/** What Keras' JSON says of a layer, as far as it matters here. */
interface Described {
  readonly class_name: string;
  readonly config: { readonly units?: number; readonly activation?: string; readonly rate?: number };
}

/** The page's net as anybody would write it. */
function modelOf(settings: Settings, saved: readonly SavedLayer[]): Sequential {
  const { hidden, dropout, l2, learningRate, seed } = settings;
  const [pixels = 0, ...widths] = sizesOf(settings);
  const kernelRegularizer = l2 > 0 ? regularizers.l2(l2) : undefined;
  const model = sequential(
    widths.flatMap((units, i) => [
      layers.dense(units, {
        ...(i === 0 ? { inputShape: [pixels] } : {}),
        ...(i < hidden.length ? { activation: activationAt(settings, i) } : {}),
        ...(kernelRegularizer ? { kernelRegularizer } : {}),
      }),
      ...(i < hidden.length && dropout > 0 ? [layers.dropout(dropout)] : []),
    ]),
    { seed },
  );
  model.compile({
    optimizer:
      settings.optimizer === 'adam'
        ? optimizers.adam({ learningRate })
        : optimizers.sgd({ learningRate, momentum: settings.optimizer === 'momentum' ? 0.9 : 0 }),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  model.setWeights(saved.flatMap(({ w, b }) => [w, b]));
  return model;
}

export async function write(
  format: FileFormat,
  settings: Settings,
  saved: readonly SavedLayer[],
): Promise<Uint8Array<ArrayBuffer>> {
  const model = modelOf(settings, saved);
  try {
    return await (format === 'onnx' ? exportOnnx(model) : model.save());
  } finally {
    model.dispose();
  }
}

/** The net of a model that this page, or any program with tapegrad, has saved. Throws where the page could not show it. */
export async function read(file: Uint8Array, settings: Settings): Promise<NetFile> {
  const model = await load(file);
  try {
    const { config } = JSON.parse(toKerasJson(model)) as { config: { layers: readonly Described[] } };
    const net = config.layers.filter(
      ({ class_name }) => class_name !== 'InputLayer' && class_name !== 'Dropout',
    );
    const other = net.find(({ class_name }) => class_name !== 'Dense');
    if (other)
      throw new TypeError(`it has a layer of the kind ${other.class_name}; this page has Dense and Dropout`);
    const [inputs] = model.inputShape;
    const hidden = net.slice(0, -1).map((layer) => layer.config.units as number);
    const names = net.slice(0, -1).map((layer) => layer.config.activation);
    const each = names.flatMap((name) => ACTIVATIONS.filter((known) => known === name));
    const sizes = [inputs, ...hidden, net.at(-1)?.config.units];
    const known =
      each.length === names.length &&
      hidden.length <= MOST_LAYERS &&
      hidden.every(isWidth) &&
      net.at(-1)?.config.activation === 'linear';
    const found: Settings = {
      ...settings,
      hidden,
      activation: each.length > 0 ? together(each) : settings.activation.slice(0, 1),
    };
    if (!known || String(sizes) !== String(sizesOf(found)))
      throw new TypeError(`the page has no such net: ${sizes.join('→')}, ${names.join(', ')}`);
    const weights = (await model.getWeights()) as Float32Array<ArrayBuffer>[];
    const saved = hidden.concat(0).map(
      (_, i): SavedLayer => ({
        w: weights[2 * i] as Float32Array<ArrayBuffer>,
        b: weights[2 * i + 1] as Float32Array<ArrayBuffer>,
      }),
    );
    return { settings: found, layers: saved };
  } finally {
    model.dispose();
  }
}
