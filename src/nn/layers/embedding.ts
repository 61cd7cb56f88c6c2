/** @file Embedding: a vector of weights for each index. */
import { integer } from '../../core/arguments.ts';
import { where } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import type { ConstraintLike } from '../constraints.ts';
import type { InitializerLike } from '../initializers.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';
import type { RegularizerLike } from '../regularizers.ts';
import { choices } from '../targets.ts';
import { begin, configOf, held, weightRule } from '../weights.ts';

export interface EmbeddingOptions extends LayerOptions {
  readonly embeddingsInitializer?: InitializerLike;
  readonly embeddingsRegularizer?: RegularizerLike;
  readonly embeddingsConstraint?: ConstraintLike;
}

/**
 * Rows of a table [inputDim, outputDim] by whole numbers in [0, inputDim): [...] → [..., outputDim]. The table is
 * randomUniform at first. Anything else, as −1 or 0.5, is an IndexError, on a GPU at the next read-out.
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
      apply({ params: { embeddings } }, x) {
        const index = choices(x);
        return embeddings.take(where(index.less(0), index.sub(inputDim), index), 0); // none counts from the end
      },
      ...held(rules),
    },
  );
}
