/** @file Convolution of images. */
import { flag, integer } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import type { Padding, Pair, Tensor } from '../../tensor.ts';
import { type Activation, activationName, getActivation, isFused } from '../activations.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';
import { begin, configOf, held, KERNEL_OPTIONS, type KernelOptions, weightRule } from '../weights.ts';
import { checkPadding, checkPair, pair, requireImages, windowed } from './images.ts';

export interface Conv2dLayerOptions extends LayerOptions, KernelOptions {
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly activation?: Activation;
}

/**
 * activation(conv2d(x, kernel) + bias): images [h, w, in] → [h', w', filters]. The kernel [kh, kw, in / groups, filters] is
 * glorotUniform and the bias zeros at first; strides and dilation are 1, padding is 'valid' by default.
 *
 * @example
 * layers.conv2d(32, 3, { activation: 'relu', padding: 'same', inputShape: [28, 28, 1] });
 */
export function conv2d(filters: number, kernelSize: Pair, options?: Conv2dLayerOptions): Layer {
  integer('conv2d', 'filters', filters, 1);
  const given = layerOptions<Conv2dLayerOptions>(
    'conv2d',
    options,
    'strides',
    'padding',
    'dilation',
    'groups',
    'activation',
    ...KERNEL_OPTIONS,
  );
  const { strides = 1, padding = 'valid', dilation = 1, groups = 1, activation = 'linear' } = given;
  const { useBias = true } = given;
  flag('conv2d', 'useBias', useBias);
  for (const [what, value] of Object.entries({ kernelSize, strides, dilation }))
    checkPair('conv2d', what, value);
  checkPadding('conv2d', padding);
  integer('conv2d', 'groups', groups, 1);
  if (filters % groups !== 0)
    throw new ShapeError(`conv2d: ${filters} filters do not divide into ${groups} groups`);
  const activate = getActivation('conv2d', activation);
  const rules = {
    kernel: weightRule('conv2d', given, 'kernel', 'glorotUniform'),
    bias: useBias ? weightRule('conv2d', given, 'bias', 'zeros') : undefined,
  };
  const window = { strides, padding, dilation, groups };
  const config = {
    filters,
    kernelSize: pair(kernelSize),
    ...window,
    activation: activationName(activation),
    useBias,
    ...configOf(rules),
  };
  return makeLayer<{ kernel: Tensor; bias?: Tensor }>(
    { type: 'Conv2D', name: 'conv2d', options: given, config },
    {
      build(inputShape, rng) {
        const image = requireImages('conv2d', inputShape);
        const channels = image[2];
        if (channels % groups !== 0)
          throw new ShapeError(`conv2d: ${channels} channels do not divide into ${groups} groups`);
        const kernel = [...pair(kernelSize), channels / groups, filters];
        return {
          params: begin(rules, { kernel, bias: [filters] }, rng),
          outputShape: [...windowed('conv2d', image, { size: kernelSize, ...window }), filters],
        };
      },
      apply: ({ params: { kernel, bias } }, x) =>
        isFused(activation)
          ? x.conv2d(kernel, { ...window, bias, activation })
          : activate(x.conv2d(kernel, { ...window, bias })),
      ...held(rules),
    },
  );
}
