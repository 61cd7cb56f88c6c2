/** @file Residual blocks: layers whose output is added to what went in. */
import { ShapeError } from '../../core/errors.ts';
import { sameShape, show } from '../../core/shape.ts';
import { Chain, entriesOf, type Trees } from '../chain.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';

/**
 * x + layers(x) (He et al. 2016). The layers must keep the shape.
 *
 * @example
 * layers.residual([layers.dense(64, { activation: 'relu' }), layers.dense(64)]);
 */
export function residual(inside: readonly Layer[], options?: LayerOptions): Layer {
  const given = layerOptions('residual', options);
  const chain = new Chain('residual', entriesOf('residual', inside));
  const config = { layers: chain.entries };
  return makeLayer<Trees, Trees>(
    { type: 'Residual', name: 'residual', options: given, config },
    {
      build(inputShape, rng) {
        const { params, state = {}, outputShape } = chain.build(inputShape, rng);
        if (!sameShape(outputShape, inputShape))
          throw new ShapeError(
            `residual: the layers make ${show(outputShape)} of ${show(inputShape)}; their output is added to what goes in, so it must keep the shape`,
          );
        return { params, state, outputShape };
      },
      apply(own, x, context) {
        const { output, state } = chain.apply(own, x, context);
        return { output: x.add(output), state: { ...own.state, ...state } };
      },
      penalties: (params) => chain.penalties(params),
      constrained: (params) => chain.constrained(params),
      frozen: (params) => chain.frozen(params),
      dynamic: chain.dynamic,
    },
  );
}
