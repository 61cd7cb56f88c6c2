/** @file Layers without weights that change the shape, the range or the values one by one. */
import { finite } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, show, sizeOf } from '../../core/shape.ts';
import { type Activation, activationName, getActivation } from '../activations.ts';
import { type Layer, type LayerOptions, layerOptions, plainLayer } from '../layer.ts';

/** All axes of an example in one. */
export function flatten(options?: LayerOptions): Layer {
  return plainLayer(
    { type: 'Flatten', name: 'flatten', options: layerOptions('flatten', options) },
    (x) => x.reshape([x.shape[0] as number, sizeOf(x.shape.slice(1))]),
    (inputShape) => [sizeOf(inputShape)],
  );
}

/** Each example in another shape of as many elements; one size may be −1 and is worked out. */
export function reshape(targetShape: Shape, options?: LayerOptions): Layer {
  const given = layerOptions('reshape', options);
  if (!Array.isArray(targetShape))
    throw new ShapeError(`reshape: a shape is an array of sizes, got ${describe(targetShape)}`);
  const free = targetShape.filter((n) => n === -1).length;
  checkShape(
    'reshape',
    targetShape.map((n) => (n === -1 ? 1 : n)),
  );
  if (free > 1) throw new ShapeError(`reshape: only one size may be -1, got ${show(targetShape)}`);
  const target = (inputShape: Shape): Shape => {
    const size = sizeOf(inputShape);
    const known = sizeOf(targetShape.map((n) => (n === -1 ? 1 : n)));
    if (free === 0 ? known !== size : size % known !== 0)
      throw new ShapeError(
        `reshape: an example of shape ${show(inputShape)} (${size}) does not fit into ${show(targetShape)}`,
      );
    return targetShape.map((n) => (n === -1 ? size / known : n));
  };
  return plainLayer(
    { type: 'Reshape', name: 'reshape', options: given, config: { targetShape } },
    (x) => x.reshape([x.shape[0] as number, ...target(x.shape.slice(1))]),
    target,
  );
}

/** An activation by itself, by name or as a function. */
export function activation(of: Activation, options?: LayerOptions): Layer {
  const activate = getActivation('activation', of);
  return plainLayer(
    {
      type: 'Activation',
      name: 'activation',
      options: layerOptions('activation', options),
      config: { activation: activationName(of) },
    },
    (x) => activate(x),
  );
}

export interface RescalingOptions extends LayerOptions {
  readonly offset?: number;
}

/** x · scale + offset: `rescaling(1 / 255)` for bytes. The offset is 0 by default. */
export function rescaling(scale: number, options?: RescalingOptions): Layer {
  const given = layerOptions<RescalingOptions>('rescaling', options, 'offset');
  const { offset = 0 } = given;
  finite('rescaling', 'scale', scale);
  finite('rescaling', 'offset', offset);
  return plainLayer(
    { type: 'Rescaling', name: 'rescaling', options: given, config: { scale, offset } },
    (x) => {
      const scaled = (x.dtype === 'int32' || x.dtype === 'bool' ? x.astype('float32') : x).mul(scale);
      return offset === 0 ? scaled : scaled.add(offset);
    },
  );
}
