/** @file Embedding: a vector of weights for each index. */
import { integer } from '../../core/arguments.ts';
import type { Tensor } from '../../tensor.ts';
import type { ConstraintLike } from '../constraints.ts';
import type { InitializerLike } from '../initializers.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';
import type { RegularizerLike } from '../regularizers.ts';
import { begin, configOf, held, weightRule } from '../weights.ts';

export interface EmbeddingOptions extends LayerOptions {
  readonly embeddingsInitializer?: InitializerLike;
  readonly embeddingsRegularizer?: RegularizerLike;
  readonly embeddingsConstraint?: ConstraintLike;
}

/**
 * Rows of a table [inputDim, outputDim] by whole numbers in [0, inputDim): [...] → [..., outputDim]. The table is
 * randomUniform at first. An index out of range is an IndexError, on a GPU at the next read-out.
 */
export function embedding(inputDim: number, outputDim: number, options?: EmbeddingOptions): Layer {
  integer('embedding', 'inputDim', inputDim, 1);
  integer('embedding', 'outputDim', outputDim, 1);
  const given = layerOptions<EmbeddingOptions>(
    'embedding',
    options,
    'embeddingsInitializer',
    'embeddingsRegularizer',
    'embeddingsConstraint',
  );
  const rules = { embeddings: weightRule('embedding', given, 'embeddings', 'randomUniform') };
  return makeLayer<{ embeddings: Tensor }>(
    {
      type: 'Embedding',
      name: 'embedding',
      options: given,
      config: { inputDim, outputDim, ...configOf(rules) },
    },
    {
      build: (inputShape, rng) => ({
        params: begin(rules, { embeddings: [inputDim, outputDim] }, rng),
        outputShape: [...inputShape, outputDim],
      }),
      apply: ({ params: { embeddings } }, x) =>
        embeddings.take(x.dtype === 'int32' ? x : x.astype('int32'), 0),
      ...held(rules),
    },
  );
}
