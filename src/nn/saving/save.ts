/** @file `model.save`: a safetensors file with weights and optimizer as tensors, and in its metadata all that makes the model again. */
import { ArgumentError } from '../../core/errors.ts';
import type { HostArray } from '../../io/host.ts';
import { type Target, writeBytes } from '../../io/places.ts';
import { encodeSafetensors } from '../../io/safetensors.ts';
import type { Compiled } from '../compile.ts';
import type { StoredWeight } from '../host.ts';
import type { Sequential } from '../model.ts';
import { toKeras } from './keras.ts';
import { slotArrays, toSavedTraining } from './training.ts';

/** Raised when older versions could not read what is written. */
export const VERSION = '1';

function arrayOf({ shape, data }: StoredWeight): HostArray {
  if (data instanceof Float64Array) return { dtype: 'float64', shape, data };
  if (data instanceof Int32Array) return { dtype: 'int32', shape, data };
  return { dtype: data instanceof Uint8Array ? 'bool' : 'float32', shape, data };
}

export async function saveModel(
  model: Sequential,
  compiled: Compiled | undefined,
  target: Target | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!model.built)
    throw new ArgumentError(
      'the model has no weights yet; give the first layer an inputShape, or call model.build(inputShape)',
    );
  const architecture = JSON.stringify(toKeras(model));
  const state = await model.getState();
  const arrays = [
    ...state.weights.map((weight): [string, HostArray] => [weight.name, arrayOf(weight)]),
    ...(state.optimizer ? slotArrays(model, state.optimizer) : []),
  ];
  const file = encodeSafetensors(arrays, {
    format: 'tapegrad',
    version: VERSION,
    architecture,
    training: JSON.stringify(toSavedTraining(model, state, compiled)),
  });
  if (target !== undefined) await writeBytes('save', target, file);
  return file;
}
