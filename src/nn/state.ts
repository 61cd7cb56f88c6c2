/** @file All that a training goes on with, as one plain object. */
import { describe } from '../core/describe.ts';
import { ArgumentError, DeviceLostError } from '../core/errors.ts';
import type { Device } from '../device/device.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { readWeights, type StoredWeight, weightTensors } from './host.ts';
import type { Sequential } from './model.ts';
import type { Optimizer, OptimizerSnapshot } from './optimizers/optimizer.ts';

/** Where a model's streams of random numbers stand. */
export interface RandomState {
  readonly seed: number;
  readonly noise: number;
  readonly order: number;
}

/** A plain object: `structuredClone`, IndexedDB and `postMessage` take it. */
export interface ModelState {
  readonly weights: readonly StoredWeight[];
  /** Undefined where the model is not compiled. */
  readonly optimizer: OptimizerSnapshot | undefined;
  /** As it was set last; undefined too where it follows a schedule. */
  readonly learningRate: number | undefined;
  readonly random: RandomState;
  /** Epochs that were done: the `initialEpoch` to go on with. */
  readonly epoch: number;
}

/** Whether the learning rate is a number, and no schedule. */
const isNumber = ({ config }: Optimizer): boolean => typeof config.learningRate === 'number';

export async function readState(model: Sequential, optimizer: Optimizer | undefined): Promise<ModelState> {
  const { randomState: random, epoch } = model;
  const learningRate = optimizer && isNumber(optimizer) ? optimizer.learningRate : undefined;
  const [weights, values] = await Promise.all([
    readWeights(model.namedWeights),
    optimizer?.getState(model.parameters),
  ]);
  return { weights, optimizer: values, learningRate, random, epoch };
}

const isAlive = (device: Device): boolean => {
  try {
    device.requireAlive('setState');
    return true;
  } catch (error) {
    if (error instanceof DeviceLostError) return false;
    throw error;
  }
};

/**
 * Puts a model back to a state: on the device where it is, or on `device` if that one was lost. Everything is checked before
 * anything is changed.
 */
export function writeState(
  model: Sequential,
  optimizer: Optimizer | undefined,
  state: ModelState,
  device: Device,
): void {
  const { weights, optimizer: values, learningRate, random, epoch } = (state ?? {}) as Partial<ModelState>;
  const isWhole = [random?.seed, random?.noise, random?.order, epoch].every(Number.isSafeInteger);
  if (!Array.isArray(weights) || !random || epoch === undefined || !isWhole)
    throw new ArgumentError(`setState: takes what getState gave, got ${describe(state)}`);
  const lost = !isAlive(model.device);
  scope(() => {
    const tensors = weightTensors('setState', model.namedWeights, weights, lost ? device : undefined);
    if (optimizer && values) optimizer.requireState(model.parameters, values);
    for (const [k, { variable }] of model.namedWeights.entries()) {
      const next = tensors[k] as Tensor;
      if (lost) variable.moveOnto(next);
      else variable.assign(next);
    }
  });
  if (optimizer && values) optimizer.setState(model.parameters, values);
  if (optimizer && learningRate !== undefined && isNumber(optimizer)) optimizer.learningRate = learningRate;
  model.randomState = random;
  model.epoch = epoch;
}
