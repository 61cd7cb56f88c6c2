/** @file The net, the batch and Adam's numbers of the cold training step: those of the race, of one batch. */
import { uniforms } from '../../products.ts';
import { type Parts, trainingParts } from '../contenders/contender.ts';
import { memoryTask, trainingInputs } from '../works/train.ts';
import { SEED } from './cold.ts';

export function netAndBatch(): Parts {
  return trainingParts(trainingInputs(memoryTask, uniforms(SEED)));
}
